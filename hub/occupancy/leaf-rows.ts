import type { Level } from '#shared/domain/occupancy.ts'
import type { StoredLeaf } from '../platform/writer/batch.ts'
import type { Queryable } from '../platform/postgres/database.ts'
import { numberList } from '../platform/postgres/row-set.ts'

// What one commit reads under the lock, in this order, each a statement of its own. Nothing here reads a clock.

/** A leaf as it is stored, and which of its generations reports of now count in. */
export interface LeafRow extends StoredLeaf {
  generation: number
}

/** The newest reports of some leaves. */
export async function loadLeaves(client: Queryable, spaceIds: readonly number[]): Promise<LeafRow[]> {
  const result = await client.query<LeafRow>({
    name: 'load-leaves',
    text: `select id, occupancy as level, ms_of_time(occupancy_updated_at) as "reportedAtMs",
             report_clock as clock, report_mutation_id as "mutationId", report_kiosk_id as "kioskId", generation
           from spaces where id = any($1)`,
    values: [numberList(spaceIds)],
  })
  return result.rows
}

/**
 * The newest remaining report of each space, without some that are being withdrawn. A space without one gives no row. Withdrawn
 * reports are in no generation, and a reset begins another: so an index gives the first that counts, however many do not. The
 * clock is looked at for resets of before there were generations. [OCC-2]
 */
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
             where r.space_id = s.id and r.generation = s.generation and r.clock > s.counts_after_clock
               and r.id <> all($2::bigint[])
             order by r.reported_at desc, r.clock desc, r.mutation_id desc nulls last, r.kiosk_id desc nulls last, r.id desc limit 1
           ) r where s.id = any($1::bigint[])`,
    values: [numberList(spaceIds), numberList(withoutReportIds)],
  })
  return result.rows
}
