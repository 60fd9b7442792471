import type { Level } from '#shared/domain/occupancy.ts'
import type { SpaceDetails, SpaceKind } from '#shared/domain/space.ts'
import type { OpeningHours } from '#shared/domain/week-time.ts'
import type { GoneRow, LevelRow, SpaceRow } from '#shared/wire/messages.ts'
import { query, transaction, type Database, type Transaction } from './database.ts'
import { HOURS_BY_SPACE } from './hours.ts'

/** What kiosks hold of a university, or what changed of it, at one moment. */
export interface FeedRows {
  epoch: string
  /** Clock of that moment. */
  head: number
  factsClock: number
  rows: SpaceRow[]
  levels: LevelRow[]
  gone: GoneRow[]
}

/**
 * All that changed after `from`, or everything that lives when it is null, with the head, in one snapshot. Of a space
 * of which only the level changed, the level alone, unless `isWhole`. Null: no such university. [SYN-8] [SYN-21]
 */
export async function loadFeed(
  pool: Database,
  universityId: number,
  from: number | null,
  isWhole: boolean,
): Promise<FeedRows | null> {
  return transaction(pool, 'snapshot', async (client) => {
    const [university] = await query<{ epoch: string; head: number; factsClock: number }>(
      client,
      'select epoch, clock as head, facts_clock as "factsClock" from universities where id = $1',
      [universityId],
    )
    if (university === undefined) return null
    const anyFrom = isWhole || from === null ? (from ?? -1) : null
    const rows = await loadRows(client, universityId, from ?? -1, anyFrom)
    const levels = from === null || isWhole ? [] : await loadLevels(client, universityId, from)
    const gone = from === null ? [] : await loadGone(client, universityId, from)
    return { ...university, rows, levels, gone }
  })
}

interface RowColumns {
  id: number
  clock: number
  level: Level | null
  reportedAtMs: number | null
  parentId: number | null
  name: string
  kind: SpaceKind
  location: string | null
  details: SpaceDetails
  capacity: number | null
}

/** Spaces whose facts changed after `from`; with `anyFrom`, those of which anything did. */
async function loadRows(
  client: Transaction,
  universityId: number,
  from: number,
  anyFrom: number | null,
): Promise<SpaceRow[]> {
  const found = await query<RowColumns>(
    client,
    `select id, clock, case when child_count = 0 then occupancy end as level,
        case when child_count = 0 then ms_of_time(occupancy_updated_at) end as "reportedAtMs",
        parent_id as "parentId", name, kind, location, details, capacity
     from spaces where university_id = $1 and ${anyFrom === null ? 'facts_clock' : 'clock'} > $2
       and not is_deleted and is_public order by id`,
    [universityId, anyFrom ?? from],
  )
  const hours = await loadHours(client, universityId, found.length)
  return found.map(({ id, clock, level, reportedAtMs, ...facts }) => ({
    id,
    clock,
    level,
    reportedAtMs,
    facts: { ...facts, hours: hours.get(id) ?? { weekly: null, closures: [] } },
  }))
}

async function loadLevels(client: Transaction, universityId: number, from: number): Promise<LevelRow[]> {
  const found = await query<Pick<RowColumns, 'id' | 'clock' | 'level' | 'reportedAtMs'>>(
    client,
    `select id, clock, case when child_count = 0 then occupancy end as level,
        case when child_count = 0 then ms_of_time(occupancy_updated_at) end as "reportedAtMs"
     from spaces where university_id = $1 and clock > $2 and facts_clock <= $2 and not is_deleted and is_public`,
    [universityId, from],
  )
  return found.map(({ id, clock, level, reportedAtMs }) => [id, clock, level, reportedAtMs])
}

async function loadGone(client: Transaction, universityId: number, from: number): Promise<GoneRow[]> {
  const found = await query<{ id: number; clock: number }>(
    client,
    'select id, clock from spaces where university_id = $1 and clock > $2 and (is_deleted or not is_public)',
    [universityId, from],
  )
  return found.map(({ id, clock }) => [id, clock])
}

/** Opening hours and closures of a university, by space; asked only when some row carries facts. [HRS-1] [HRS-2] */
async function loadHours(
  client: Transaction,
  universityId: number,
  rowCount: number,
): Promise<Map<number, OpeningHours>> {
  if (rowCount === 0) return new Map()
  const found = await query<{ spaceId: number; hours: OpeningHours }>(
    client,
    `with ${HOURS_BY_SPACE} select space_id as "spaceId", hours from hours_by_space`,
    [universityId],
  )
  return new Map(found.map(({ spaceId, hours }) => [spaceId, hours]))
}
