import type { Queryable } from '../postgres/database.ts'
import { rowSet } from '../postgres/row-set.ts'

/** How a mutation of a kiosk ended, to be written. */
export interface NewOutcome {
  kioskId: number
  mutationId: number
  /** Null: nobody knows, since it is lost. */
  kind: string | null
  hash: string
  originKioskId: number
  originMutationId: number
  /** A refusal, "lost", or "done" for one that no row of its own records under this number. */
  why: string
}

const NEW_OUTCOMES = rowSet({
  kioskId: 'bigint',
  mutationId: 'bigint',
  kind: 'text',
  hash: 'text',
  originKioskId: 'bigint',
  originMutationId: 'bigint',
  why: 'text',
})

/**
 * Writes how mutations ended: into the ledger, and into the table that a hub of release 0.1 beside this one reads, in the words
 * that it knows. [SYN-7] [SYN-55]
 */
export async function insertOutcomes(
  client: Queryable,
  commit: { universityId: number; clock: number; nowMs: number },
  outcomes: readonly NewOutcome[],
): Promise<void> {
  await client.query({
    text: `with o as (select * from ${NEW_OUTCOMES.table(4, 'o')}), ledger as (
        insert into mutations (university_id, actor_kind, actor_id, id, kind, hash, origin_id, origin_number, outcome, clock, at)
        select $1, 'kiosk', o.kiosk_id, o.mutation_id, o.kind, o.hash, own.origin_id, own.origin_number, o.why, $2, time_of_ms($3)
        from o left join lateral (
          select o.origin_kiosk_id as origin_id, o.origin_mutation_id as origin_number
          where (o.origin_kiosk_id, o.origin_mutation_id) <> (o.kiosk_id, o.mutation_id)
        ) own on true
      )
      insert into outcomes (kiosk_id, mutation_id, university_id, hash, origin_kiosk_id, origin_mutation_id,
        why, clock, created_at)
      select o.kiosk_id, o.mutation_id, $1, o.hash, o.origin_kiosk_id, o.origin_mutation_id,
        case o.why when 'internal' then 'malformed' else o.why end, $2, time_of_ms($3)
      from o`,
    values: [commit.universityId, commit.clock, commit.nowMs, ...NEW_OUTCOMES.values(outcomes)],
  })
}
