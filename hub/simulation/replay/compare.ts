import Database from 'better-sqlite3'
import { shown, type OccupancyNode } from '#shared/domain/occupancy.ts'
import type { SpaceView } from '#shared/wire/bridge.ts'
import { query, type Queryable } from '../../platform/postgres/database.ts'
import { pathShown } from './counts-file.ts'
import type { ExpectedSpace } from './expected-state.ts'

/** What one place says of one space. */
interface ObservedLevel {
  level: number | null
  meanMillionths: number | null
  /** Undefined where the place does not say it. */
  known: number | undefined
  free: number | undefined
}

/** So long that nothing of a replay ages: a file of two weeks is replayed in minutes. */
const NEVER_MS = 1e15

/** How much was compared, and what did not agree: one sentence each. */
export interface Comparison {
  comparedCount: number
  faults: string[]
}

/** Starts an empty comparison. */
export function emptyComparison(): Comparison {
  return { comparedCount: 0, faults: [] }
}

function compareOne(
  into: Comparison,
  place: string,
  expected: ReadonlyMap<string, ExpectedSpace>,
  said: ReadonlyMap<string, ObservedLevel>,
): void {
  for (const [path, space] of expected) {
    into.comparedCount += 1
    const found = said.get(path)
    const right = [space.level, space.meanMillionths, space.knownRooms, space.freeRooms]
    const is = found === undefined ? [] : [found.level, found.meanMillionths, found.known, found.free]
    const agrees =
      found !== undefined && right.every((value, index) => is[index] === value || is[index] === undefined)
    if (!agrees)
      into.faults.push(
        `${place}: ${pathShown(path)} says ${JSON.stringify(is)}, expected ${JSON.stringify(right)}`,
      )
  }
  for (const path of said.keys())
    if (!expected.has(path)) into.faults.push(`${place}: ${pathShown(path)} is not in the files`)
}

/** Compares the stored columns and shown_tree of the database. */
export async function compareDatabase(
  into: Comparison,
  database: Queryable,
  universityId: number,
  pathOf: ReadonlyMap<number, string>,
  expected: ReadonlyMap<string, ExpectedSpace>,
): Promise<void> {
  const stored = await query<{ id: number; level: number | null; mean: number | null }>(
    database,
    'select id, occupancy as level, occupancy_mean as mean from spaces where university_id = $1 and not is_deleted',
    [universityId],
  )
  const byPath = new Map<string, ObservedLevel>()
  for (const { id, level, mean } of stored)
    byPath.set(pathOf.get(id) ?? `space ${id}`, {
      level,
      meanMillionths: mean,
      known: undefined,
      free: undefined,
    })
  compareOne(into, 'database, stored', expected, byPath)
  const tree = await query<{
    id: number
    level: number | null
    mean: number | null
    known: number
    free: number
  }>(
    database,
    `select id, level, mean, known_count as known, free_count as free
       from shown_tree($1, clock_timestamp(), interval '100 years')`,
    [universityId],
  )
  const shownByPath = new Map<string, ObservedLevel>()
  for (const { id, level, mean, known, free } of tree)
    shownByPath.set(pathOf.get(id) ?? `space ${id}`, { level, meanMillionths: mean, known, free })
  compareOne(into, 'database, shown_tree', expected, shownByPath)
}

/** Compares the rows in a kiosk's `cache.db`: leaves as stored, parents by this comparison's own sum over them. */
export function compareCache(
  into: Comparison,
  kiosk: string,
  file: string,
  pathOf: ReadonlyMap<number, string>,
  expected: ReadonlyMap<string, ExpectedSpace>,
): void {
  const sqlite = new Database(file, { readonly: true })
  const rows = sqlite
    .prepare<[], { id: number; level: number | null; parentId: number | null }>(
      `select id, json_extract(hot, '$.level') as level, json_extract(body, '$.parentId') as parentId
       from rows_spaces where is_gone = 0`,
    )
    .all()
  sqlite.close()
  const rooms = new Map<string, ObservedLevel>()
  const parents = new Set(rows.map(({ parentId }) => parentId))
  for (const { id, level } of rows) {
    if (parents.has(id)) continue
    rooms.set(pathOf.get(id) ?? `space ${id}`, {
      level,
      meanMillionths: level === null ? null : level * 1_000_000,
      known: level === null ? 0 : 1,
      free: level === 0 ? 1 : 0,
    })
  }
  const leaves = new Map([...expected].filter(([, space]) => space.isRoom))
  compareOne(into, `cache of ${kiosk}`, leaves, rooms)
  const missing = [...pathOf.keys()].filter((id) => !rows.some((row) => row.id === id))
  if (missing.length > 0) into.faults.push(`cache of ${kiosk}: ${missing.length} spaces are missing`)
}

/** Compares what a kiosk's screen makes of the slices that its engine published. */
export function compareScreen(
  into: Comparison,
  kiosk: string,
  spaces: readonly SpaceView[],
  pathOf: ReadonlyMap<number, string>,
  expected: ReadonlyMap<string, ExpectedSpace>,
): void {
  const nodes: OccupancyNode[] = spaces.map(({ id, parentId, capacity, level, reportedAtMs }) => ({
    id,
    parentId,
    capacity,
    level,
    reportedAtMs,
  }))
  const said = new Map<string, ObservedLevel>()
  for (const { id, level, meanMillionths, knownCount, freeCount } of shown(nodes, 0, NEVER_MS).values())
    said.set(pathOf.get(id) ?? `space ${id}`, { level, meanMillionths, known: knownCount, free: freeCount })
  compareOne(into, `screen of ${kiosk}`, expected, said)
}

/** Compares the stored reports: as many as changes were reported, each room's levels in the order of the file, each once. */
export async function compareReports(
  into: Comparison,
  database: Queryable,
  universityId: number,
  reported: ReadonlyMap<number, readonly number[]>,
): Promise<void> {
  const rows = await query<{ spaceId: number; levels: number[] }>(
    database,
    `select space_id as "spaceId", array_agg(level order by kiosk_id, mutation_id) as levels
       from occupancy_reports where university_id = $1 group by space_id`,
    [universityId],
  )
  const stored = new Map(rows.map((row) => [row.spaceId, row.levels]))
  for (const [spaceId, levels] of reported) {
    into.comparedCount += 1
    const found = stored.get(spaceId) ?? []
    if (JSON.stringify(found) !== JSON.stringify(levels))
      into.faults.push(
        `stored reports of space ${spaceId}: ${found.length} where ${levels.length} changes were reported, or in another order`,
      )
  }
}
