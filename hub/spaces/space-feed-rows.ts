import type { Level } from '#shared/domain/occupancy.ts'
import type { SpaceDetails, SpaceFacts, SpaceKind, SpaceTexts } from '#shared/domain/space.ts'
import type { OpeningHours } from '#shared/domain/week-time.ts'
import type { GoneRow, LevelRow, SpaceRow } from '#shared/wire/messages.ts'
import {
  readAtMoment,
  type FeedRows,
  type SpaceChanges,
  type SpacesFeed,
} from '../platform/broadcast/feed-rows.ts'
import type { RowForm } from '../platform/broadcast/row-form.ts'
import type { LiveSpace } from '#shared/wire/live.ts'
import { query, type Database, type Queryable, type Transaction } from '../platform/postgres/database.ts'
import { HOURS_BY_SPACE } from './hour-rows.ts'

/** Which spaces a feed has, and which columns more. */
interface View {
  sees: string
  columns: string
}

const KIOSKS: View = { sees: 'not is_deleted and is_public', columns: '' }
const PEOPLE: View = { sees: 'not is_deleted', columns: ', version, on_kiosks as "isOnKiosks"' }

/** A space as people see it, with its hours. */
export type WholeSpace = LiveSpace & { facts: SpaceFacts }

/**
 * All that changed after `from`, or everything that lives when it is null. Of a space of which only the level changed, the
 * level alone, where the form has levels. [SYN-8] [SYN-21]
 */
export const spacesOfKiosks: SpacesFeed = (client, universityId, from, form) =>
  loadChanges(client, universityId, from, { ...KIOSKS, form })

/** The same for people, who also see spaces that are not on kiosks. [LIV-2] */
export const spacesOfPages: SpacesFeed = (client, universityId, from, form) =>
  loadChanges(client, universityId, from, { ...PEOPLE, form })

/** Whole rows with all that they can say. */
const WHOLE_FORM: RowForm = { name: 'whole', hasLevels: false, hasTexts: true, hasHours: true }

/** What people see, with the head, in one snapshot; of what changed, whole rows. Null: no such university. [TRE-5] */
export function loadLiveFeed(
  pool: Database,
  universityId: number,
  from: number | null,
): Promise<FeedRows<WholeSpace> | null> {
  const view = { ...PEOPLE, form: WHOLE_FORM }
  return readAtMoment(pool, universityId, (client) =>
    loadChanges<WholeSpace>(client, universityId, from, view),
  )
}

/** Some live spaces as people see them, in the order of their ids. */
export function loadLiveSpaces(
  client: Queryable,
  universityId: number,
  ids: readonly number[],
): Promise<WholeSpace[]> {
  return loadRows<WholeSpace>(client, universityId, 'id = any($2)', [ids], { ...PEOPLE, form: WHOLE_FORM })
}

type FormedView = View & { form: RowForm }

async function loadChanges<Row extends SpaceRow>(
  client: Transaction,
  universityId: number,
  from: number | null,
  view: FormedView,
): Promise<SpaceChanges<Row>> {
  const { hasLevels } = view.form
  const moved = from === null || !hasLevels ? 'clock' : 'facts_clock'
  const rows = await loadRows<Row>(client, universityId, `${moved} > $2`, [from ?? -1], view)
  const levels = from === null || !hasLevels ? [] : await loadLevels(client, universityId, from, view)
  const gone = from === null ? [] : await loadGone(client, universityId, from, view)
  return { rows, levels, gone }
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
  view: FormedView,
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
  const { hasHours } = view.form
  const hours = hasHours
    ? await loadHours(client, universityId, found.length)
    : new Map<number, OpeningHours>()
  return found.map(({ id, clock, level, reportedAtMs, texts, version, isOnKiosks, ...facts }) => {
    const row: SpaceRow = {
      id,
      clock,
      level,
      reportedAtMs,
      facts: {
        ...facts,
        ...(hasHours ? { hours: hours.get(id) ?? NO_HOURS } : {}),
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

const NO_HOURS: OpeningHours = { weekly: null, closures: [] }

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
