import type { Level } from '#shared/domain/occupancy.ts'
import type { SpaceDetails, SpaceKind, SpaceTexts } from '#shared/domain/space.ts'
import type { OpeningHours } from '#shared/domain/week-time.ts'
import type { GoneRow, LevelRow, SpaceRow } from '#shared/wire/messages.ts'
import type { FeedRows } from '../platform/broadcast/feed-rows.ts'
import type { LiveSpace } from '#shared/wire/live.ts'
import {
  query,
  transaction,
  type Database,
  type Queryable,
  type Transaction,
} from '../platform/postgres/database.ts'
import { HOURS_BY_SPACE } from './hour-rows.ts'

/** Which spaces a feed has, and which columns more. */
interface View {
  sees: string
  columns: string
}

const KIOSKS: View = { sees: 'not is_deleted and is_public', columns: '' }
const PEOPLE: View = { sees: 'not is_deleted', columns: ', version, on_kiosks as "isOnKiosks"' }

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
  return load(pool, universityId, from, isWhole, KIOSKS)
}

/** The same for people, who also see spaces that are not on kiosks. [LIV-2] */
export async function loadLiveFeed(
  pool: Database,
  universityId: number,
  from: number | null,
  isWhole: boolean,
): Promise<FeedRows<LiveSpace> | null> {
  return load<LiveSpace>(pool, universityId, from, isWhole, PEOPLE)
}

/** Some live spaces as people see them, in the order of their ids. */
export function loadLiveSpaces(
  client: Queryable,
  universityId: number,
  ids: readonly number[],
): Promise<LiveSpace[]> {
  return loadRows<LiveSpace>(client, universityId, 'id = any($2)', [ids], PEOPLE)
}

async function load<Row extends SpaceRow>(
  pool: Database,
  universityId: number,
  from: number | null,
  isWhole: boolean,
  view: View,
): Promise<FeedRows<Row> | null> {
  return transaction(pool, 'snapshot', async (client) => {
    const [university] = await query<{ epoch: string; head: number; factsClock: number }>(
      client,
      'select epoch, clock as head, facts_clock as "factsClock" from universities where id = $1',
      [universityId],
    )
    if (university === undefined) return null
    const moved = isWhole || from === null ? 'clock' : 'facts_clock'
    const rows = await loadRows<Row>(client, universityId, `${moved} > $2`, [from ?? -1], view)
    const levels = from === null || isWhole ? [] : await loadLevels(client, universityId, from, view)
    const gone = from === null ? [] : await loadGone(client, universityId, from, view)
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
  /** Null: none, and then the row says nothing of them. [TXT-1] */
  texts: SpaceTexts | null
  /** Of people's rows. */
  version?: number
  isOnKiosks?: boolean
}

/** Live spaces of a view that a condition over $2 picks. */
async function loadRows<Row extends SpaceRow>(
  client: Queryable,
  universityId: number,
  condition: string,
  values: readonly unknown[],
  view: View,
): Promise<Row[]> {
  const found = await query<RowColumns>(
    client,
    `select id, clock, case when child_count = 0 then occupancy end as level,
        case when child_count = 0 then ms_of_time(occupancy_updated_at) end as "reportedAtMs",
        parent_id as "parentId", name, kind, location, details, capacity,
        nullif(texts, '{}') as texts${view.columns}
     from spaces where university_id = $1 and ${condition} and ${view.sees} order by id`,
    [universityId, ...values],
  )
  const hours = await loadHours(client, universityId, found.length)
  return found.map(({ id, clock, level, reportedAtMs, texts, version, isOnKiosks, ...facts }) => {
    const row: SpaceRow = {
      id,
      clock,
      level,
      reportedAtMs,
      facts: {
        ...facts,
        hours: hours.get(id) ?? { weekly: null, closures: [] },
        ...(texts === null ? {} : { texts }),
      },
    }
    return (version === undefined ? row : { ...row, version, isOnKiosks }) as Row
  })
}

async function loadLevels(
  client: Transaction,
  universityId: number,
  from: number,
  view: View,
): Promise<LevelRow[]> {
  const found = await query<Pick<RowColumns, 'id' | 'clock' | 'level' | 'reportedAtMs'>>(
    client,
    `select id, clock, case when child_count = 0 then occupancy end as level,
        case when child_count = 0 then ms_of_time(occupancy_updated_at) end as "reportedAtMs"
     from spaces where university_id = $1 and clock > $2 and facts_clock <= $2 and ${view.sees} order by id`,
    [universityId, from],
  )
  return found.map(({ id, clock, level, reportedAtMs }) => [id, clock, level, reportedAtMs])
}

async function loadGone(
  client: Transaction,
  universityId: number,
  from: number,
  view: View,
): Promise<GoneRow[]> {
  const found = await query<{ id: number; clock: number }>(
    client,
    `select id, clock from spaces where university_id = $1 and clock > $2 and not (${view.sees}) order by id`,
    [universityId, from],
  )
  return found.map(({ id, clock }) => [id, clock])
}

/** Opening hours and closures of a university, by space; asked only when some row carries facts. [HRS-1] [HRS-2] */
async function loadHours(
  client: Queryable,
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
