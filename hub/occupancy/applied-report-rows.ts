import type { Queryable } from '../platform/postgres/database.ts'
import { rowSet } from '../platform/postgres/row-set.ts'

/** A stored report of a kiosk, and one of the ids by which it was asked for. */
export interface AppliedReportRow {
  namedKioskId: number
  namedMutationId: number
  id: number
  spaceId: number
  clock: number
  kioskId: number
  mutationId: number
  originKioskId: number
  originMutationId: number
  hash: string
  isWithdrawn: boolean
}

const NAMES = rowSet({ kioskId: 'bigint', mutationId: 'bigint' })

/** Reports that were made under some pairs of kiosk and number, or that were carried over under them. [SYN-12] [OCC-2] */
export async function loadAppliedReports(
  client: Queryable,
  names: readonly { kioskId: number; mutationId: number }[],
): Promise<AppliedReportRow[]> {
  const result = await client.query<AppliedReportRow>({
    name: 'load-applied-reports',
    text: `with wanted as (
        select distinct w.kiosk_id, w.mutation_id from ${NAMES.table(1, 'w')}
      ), named as (
        select kiosk_id, mutation_id, kiosk_id as origin_kiosk_id, mutation_id as origin_mutation_id, null as hash from wanted
        union
        select m.actor_id, m.id, m.origin_id, m.origin_number, m.hash
        from wanted w join mutations m on m.actor_id = w.kiosk_id and m.id = w.mutation_id
        where m.outcome = 'done' and m.origin_id is not null
        union
        select o.kiosk_id, o.mutation_id, o.origin_kiosk_id, o.origin_mutation_id, o.hash
        from wanted w join outcomes o on o.kiosk_id = w.kiosk_id and o.mutation_id = w.mutation_id
        where o.why = 'done'
      )
      select n.kiosk_id as "namedKioskId", n.mutation_id as "namedMutationId", r.id, r.space_id as "spaceId", r.clock,
        r.kiosk_id as "kioskId", r.mutation_id as "mutationId", r.origin_kiosk_id as "originKioskId",
        r.origin_mutation_id as "originMutationId", r.hash,
        exists (select from report_withdrawals w where w.occupancy_report_id = r.id) as "isWithdrawn"
      from named n join occupancy_reports r
        on r.origin_kiosk_id = n.origin_kiosk_id and r.origin_mutation_id = n.origin_mutation_id
        and r.hash = coalesce(n.hash, r.hash)`,
    values: NAMES.values(names),
  })
  return result.rows
}
