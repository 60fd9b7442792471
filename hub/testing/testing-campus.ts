import { makeSyncFeatures } from '../make-sync-features.ts'
import { makeRandomSource, makeHubClock } from '../platform/clock.ts'
import { noLog } from '../platform/log.ts'
import { noMetrics } from '../platform/metrics.ts'
import { query, type Database } from '../platform/postgres/database.ts'
import { insertTestSpace, insertTestUniversity } from './testing-rows.ts'
import { makeSyncCore, type SyncCore, type SyncDependencies } from '../platform/connections/sync-core.ts'

/** A university of one library with two floors of two rooms. */
export interface TestCampus {
  universityId: number
  root: number
  floors: [number, number]
  /** Two on the first floor, two on the second. */
  rooms: [number, number, number, number]
}

/** Makes one in a test database. */
export async function makeTestCampus(database: Database, name = 'Test'): Promise<TestCampus> {
  const universityId = await insertTestUniversity(database, name)
  const add = (label: string, parentId: number | null): Promise<number> =>
    insertTestSpace(database, { universityId, parentId, name: label })
  const root = await add('Library', null)
  const first = await add('Floor 1', root)
  const second = await add('Floor 2', root)
  const rooms: TestCampus['rooms'] = [
    await add('Room 11', first),
    await add('Room 12', first),
    await add('Room 21', second),
    await add('Room 22', second),
  ]
  await query(database, 'update universities set clock = 1, facts_clock = 1 where id = $1', [universityId])
  await query(database, 'select rebuild_composites($1, 1)', [universityId])
  return { universityId, root, floors: [first, second], rooms }
}

/** A core on real time and randomness, silent. */
export function makeTestCore(pool: Database, changes: Partial<SyncDependencies> = {}): SyncCore {
  return makeSyncCore({
    pool,
    features: makeSyncFeatures(pool),
    clock: makeHubClock(),
    random: makeRandomSource(),
    log: noLog,
    metrics: noMetrics,
    ...changes,
  })
}

/** Stored level and mean of a space. */
export async function loadOccupancy(
  database: Database,
  spaceId: number,
): Promise<{ level: number | null; mean: number | null; reportedAt: Date | null } | undefined> {
  const [row] = await query<{ level: number | null; mean: number | null; reportedAt: Date | null }>(
    database,
    'select level, mean, reported_at as "reportedAt" from get_occupancy($1)',
    [spaceId],
  )
  return row
}
