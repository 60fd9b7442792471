import type { Queryable } from '../postgres/database.ts'
import { rowSet } from '../postgres/row-set.ts'

/** An outcome to be written. */
export interface NewOutcome {
  kioskId: number
  mutationId: number
  hash: string
  originKioskId: number
  originMutationId: number
  /** A refusal, "lost", or "done" for a mutation that was carried over. */
  why: string
}

const NEW_OUTCOMES = rowSet({
  kioskId: 'bigint',
  mutationId: 'bigint',
  hash: 'text',
  originKioskId: 'bigint',
  originMutationId: 'bigint',
  why: 'text',
})

/** Writes how mutations ended. [SYN-7] */
export async function insertOutcomes(
  client: Queryable,
  commit: { universityId: number; clock: number; nowMs: number },
  outcomes: readonly NewOutcome[],
): Promise<void> {
  await client.query({
    text: `insert into outcomes (kiosk_id, mutation_id, university_id, hash, origin_kiosk_id, origin_mutation_id,
        why, clock, created_at)
      select o.kiosk_id, o.mutation_id, $1, o.hash, o.origin_kiosk_id, o.origin_mutation_id, o.why, $2, time_of_ms($3)
      from ${NEW_OUTCOMES.table(4, 'o')}`,
    values: [commit.universityId, commit.clock, commit.nowMs, ...NEW_OUTCOMES.values(outcomes)],
  })
}
