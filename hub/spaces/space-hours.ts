import type { OpeningHours } from '#shared/domain/week-time.ts'
import type { Queryable } from '../platform/postgres/database.ts'
import { loadHoursFeed } from './hour-rows.ts'

/** Hours and closures of all live spaces of a university that have some of their own. [HRS-1] [HRS-2] */
export async function loadSpaceHours(
  database: Queryable,
  universityId: number,
): Promise<ReadonlyMap<number, OpeningHours>> {
  const rows = await loadHoursFeed(database, universityId, null)
  return new Map(rows.flatMap(({ id, row }) => (row === null ? [] : [[id, row.hours] as const])))
}
