import type { Queryable } from '../postgres/database.ts'
import { rowSet } from '../postgres/row-set.ts'

// How mutations of kiosks were settled. An applied report or withdrawal is its own entry; everything else has a row in the ledger,
// or in the table that release 0.1 had for it, until that is copied. [SYN-50] [SYN-55] [SYN-56]

/** A mutation that was settled before. */
export interface SettledRow {
  /** The kiosk that pushed it and its number there. */
  kioskId: number
  mutationId: number
  originKioskId: number
  originMutationId: number
  hash: string
  /** A refusal, "lost", or "done" for one that no row of its own records; null: it was applied, and one does. */
  why: string | null
  /** It is the entry of a mutation that counts. */
  isApplied: boolean
}

const MUTATIONS = rowSet({ kioskId: 'bigint', mutationId: 'bigint' })

/** What was settled under some pairs of kiosk and number: by origin what was applied, by own number the outcomes. [SYN-2] [SYN-12] */
export async function loadSettledRows(
  client: Queryable,
  pairs: readonly { kioskId: number; mutationId: number }[],
): Promise<SettledRow[]> {
  const result = await client.query<SettledRow>({
    name: 'load-settled',
    text: `with wanted as (select * from ${MUTATIONS.table(1, 'w')}),
      ended as (
        select m.actor_id as kiosk_id, m.id as mutation_id, coalesce(m.origin_id, m.actor_id) as origin_kiosk_id,
          coalesce(m.origin_number, m.id) as origin_mutation_id, m.hash, m.outcome as why
        from wanted w join mutations m on m.actor_id = w.kiosk_id and m.id = w.mutation_id
        union all
        select o.kiosk_id, o.mutation_id, o.origin_kiosk_id, o.origin_mutation_id, o.hash, o.why
        from wanted w join outcomes o on o.kiosk_id = w.kiosk_id and o.mutation_id = w.mutation_id
        where not exists (select from mutations m where m.actor_id = o.kiosk_id and m.id = o.mutation_id)
      ), origins as (
        select kiosk_id, mutation_id from wanted
        union select origin_kiosk_id, origin_mutation_id from ended where why = 'done'
      )
      select r.kiosk_id as "kioskId", r.mutation_id as "mutationId", r.origin_kiosk_id as "originKioskId",
          r.origin_mutation_id as "originMutationId", r.hash, null as why, true as "isApplied"
        from origins w join occupancy_reports r on r.origin_kiosk_id = w.kiosk_id and r.origin_mutation_id = w.mutation_id
      union all
      select d.kiosk_id, d.mutation_id, d.origin_kiosk_id, d.origin_mutation_id, d.hash, null, true
        from origins w join report_withdrawals d on d.origin_kiosk_id = w.kiosk_id and d.origin_mutation_id = w.mutation_id
      union all
      select kiosk_id, mutation_id, origin_kiosk_id, origin_mutation_id, hash, why, false from ended
      union all
      select m.actor_id, m.id, w.kiosk_id, w.mutation_id, m.hash, m.outcome, true
        from origins w join mutations m on m.actor_id = w.kiosk_id and m.id = w.mutation_id and m.origin_id is null
        where m.outcome = 'done' and m.kind not in ('report', 'withdraw')
      union all
      select m.actor_id, m.id, w.kiosk_id, w.mutation_id, m.hash, m.outcome, true
        from origins w join mutations m on m.origin_id = w.kiosk_id and m.origin_number = w.mutation_id
        where m.outcome = 'done' and m.kind not in ('report', 'withdraw')`,
    values: MUTATIONS.values(pairs),
  })
  return result.rows
}

const CARRIED = rowSet({ kioskId: 'bigint', originId: 'bigint' })

/** Kiosks whose mutations a kiosk may carry: its earlier identities, and identities that were revoked. [SYN-12] */
export async function loadCarriable(
  client: Queryable,
  universityId: number,
  pairs: readonly { kioskId: number; originId: number }[],
): Promise<{ kioskId: number; originId: number }[]> {
  const result = await client.query<{ kioskId: number; originId: number }>({
    text: `with recursive chain as (
        select k.id as kiosk_id, k.forked_from_id as origin_id from kiosks k where k.id = any($2)
        union
        select c.kiosk_id, k.forked_from_id from chain c join kiosks k on k.id = c.origin_id
      )
      select distinct w.kiosk_id as "kioskId", w.origin_id as "originId"
      from ${CARRIED.table(2, 'w')}
      join kiosks o on o.id = w.origin_id and o.university_id = $1
      where o.revoked_at is not null
        or exists (select from chain c where c.kiosk_id = w.kiosk_id and c.origin_id = w.origin_id)`,
    values: [universityId, ...CARRIED.values(pairs)],
  })
  return result.rows
}
