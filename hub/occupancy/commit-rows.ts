import type { Level } from '#shared/domain/occupancy.ts'
import type { StoredLeaf } from '../platform/writer/batch.ts'
import type { Queryable } from '../platform/postgres/database.ts'
import { numberList, rowSet } from '../platform/postgres/row-set.ts'

// What one commit reads under the lock, in this order, each a statement of its own. Nothing here reads a clock.

/** The newest reports of some leaves. */
export async function loadLeaves(client: Queryable, spaceIds: readonly number[]): Promise<StoredLeaf[]> {
  const result = await client.query<StoredLeaf>({
    name: 'load-leaves',
    text: `select id, occupancy as level, ms_of_time(occupancy_updated_at) as "reportedAtMs",
             report_clock as clock, report_mutation_id as "mutationId", report_kiosk_id as "kioskId"
           from spaces where id = any($1)`,
    values: [numberList(spaceIds)],
  })
  return result.rows
}

/** A mutation that was settled before: a report, a withdrawal, or an outcome. */
export interface SettledRecord {
  kind: 'report' | 'withdraw' | 'outcome'
  /** The kiosk that pushed it and its number there. */
  kioskId: number
  mutationId: number
  originKioskId: number
  originMutationId: number
  hash: string
  /** Of an outcome. */
  why: string | null
  /** Of a report. */
  report: { id: number; spaceId: number; level: Level; reportedAtMs: number; clock: number } | null
  isWithdrawn: boolean
}

const REPORT_COLUMNS = `r.kiosk_id as "kioskId", r.mutation_id as "mutationId", r.origin_kiosk_id as "originKioskId",
  r.origin_mutation_id as "originMutationId", r.hash, null as why,
  json_build_object('id', r.id, 'spaceId', r.space_id, 'level', r.level,
    'reportedAtMs', ms_of_time(r.reported_at), 'clock', r.clock) as report,
  exists (select from report_withdrawals w where w.occupancy_report_id = r.id) as "isWithdrawn"`

const MUTATIONS = rowSet({ kioskId: 'bigint', mutationId: 'bigint' })

/** What was settled under some pairs of kiosk and number: by origin for reports and withdrawals, by own number for outcomes. [SYN-2] [SYN-12] */
export async function loadRecords(
  client: Queryable,
  pairs: readonly { kioskId: number; mutationId: number }[],
): Promise<SettledRecord[]> {
  const result = await client.query<SettledRecord>({
    name: 'load-records',
    text: `with wanted as (select * from ${MUTATIONS.table(1, 'w')}),
      ended as (
        select o.* from wanted w join outcomes o on o.kiosk_id = w.kiosk_id and o.mutation_id = w.mutation_id
      ), origins as (
        select kiosk_id, mutation_id from wanted
        union select origin_kiosk_id, origin_mutation_id from ended where why = 'done'
      )
      select 'report' as kind, ${REPORT_COLUMNS} from origins w
        join occupancy_reports r on r.origin_kiosk_id = w.kiosk_id and r.origin_mutation_id = w.mutation_id
      union all
      select 'withdraw', d.kiosk_id, d.mutation_id, d.origin_kiosk_id, d.origin_mutation_id, d.hash, null, null, false
        from origins w
        join report_withdrawals d on d.origin_kiosk_id = w.kiosk_id and d.origin_mutation_id = w.mutation_id
      union all
      select 'outcome', kiosk_id, mutation_id, origin_kiosk_id, origin_mutation_id, hash, why, null, false from ended`,
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

/** The newest remaining report of each space, without some that are being withdrawn. A space without one gives no row. [OCC-2] */
export async function loadNewestRemaining(
  client: Queryable,
  spaceIds: readonly number[],
  withoutReportIds: readonly number[],
): Promise<(Required<StoredLeaf> & { level: Level; reportedAtMs: number })[]> {
  const result = await client.query<Required<StoredLeaf> & { level: Level; reportedAtMs: number }>({
    text: `select s.id, r.level, ms_of_time(r.reported_at) as "reportedAtMs", r.clock,
             r.mutation_id as "mutationId", r.kiosk_id as "kioskId"
           from spaces s cross join lateral (
             select * from occupancy_reports r
             where r.space_id = s.id and r.clock > s.counts_after_clock and r.id <> all($2::bigint[])
               and not exists (select from report_withdrawals w where w.occupancy_report_id = r.id)
             order by r.reported_at desc, r.clock desc, r.mutation_id desc nulls last, r.kiosk_id desc nulls last limit 1
           ) r where s.id = any($1::bigint[])`,
    values: [numberList(spaceIds), numberList(withoutReportIds)],
  })
  return result.rows
}
