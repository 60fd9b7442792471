import type { OpeningHours } from '#shared/domain/week-time.ts'
import type { FeedRow } from '../platform/broadcast/collection.ts'
import { query, type Queryable } from '../platform/postgres/database.ts'

/**
 * SQL of a `with` list: `hours_by_space (space_id, hours)` of university $1, `hours` as the type `OpeningHours`. A space
 * with neither weekly hours nor closures has no row. [HRS-1] [HRS-2]
 */
export const HOURS_BY_SPACE = `weekly as (
    select space_id, json_agg(json_build_array(day_of_week, opens_minute, closes_minute)
      order by day_of_week, opens_minute) as spans
    from opening_hours where university_id = $1 group by space_id
  ), dates as (
    select space_id, on_date, coalesce(json_agg(json_build_array(opens_minute, closes_minute) order by opens_minute)
      filter (where opens_minute is not null), '[]') as spans
    from closures where university_id = $1 group by space_id, on_date
  ), closed as (
    select space_id, json_agg(json_build_object('date', to_char(on_date, 'YYYY-MM-DD'), 'spans', spans)
      order by on_date) as closures
    from dates group by space_id
  ), hours_by_space as (
    select coalesce(w.space_id, c.space_id) as space_id,
      json_build_object('weekly', w.spans, 'closures', coalesce(c.closures, '[]')) as hours
    from weekly w full join closed c on c.space_id = w.space_id
  )`

/** Hours of a space, and whether kiosks see the space. */
export interface SpaceHours {
  isPublic: boolean
  hours: OpeningHours
}

/**
 * Hours of all live spaces that have any; or, since `from`, of all spaces whose facts changed and that have hours or ever had
 * some, gone where there are none. The clock is that of the space's facts: it moves with every change of hours, and with every change of who sees the space.
 */
export async function loadHoursFeed(
  client: Queryable,
  universityId: number,
  from: number | null,
): Promise<FeedRow<SpaceHours>[]> {
  const rows = await query<{ id: number; clock: number; isPublic: boolean; hours: OpeningHours | null }>(
    client,
    `with ${HOURS_BY_SPACE}
     select s.id, s.facts_clock as clock, s.is_public as "isPublic",
       case when not s.is_deleted then h.hours end as hours
     from spaces s left join hours_by_space h on h.space_id = s.id
     where s.university_id = $1 and ${from === null ? 'h.hours is not null and not s.is_deleted' : 's.facts_clock > $2 and s.had_hours'}
     order by s.id`,
    from === null ? [universityId] : [universityId, from],
  )
  return rows.map(({ id, clock, isPublic, hours }) => ({
    id,
    clock,
    row: hours === null ? null : { isPublic, hours },
  }))
}

interface ClosureRow {
  id: number
  date: string
  /** Null: closed all day. */
  opens: number | null
  closes: number | null
}

/** Puts hours in the place of those that the spaces had. [HRS-1] [HRS-2] */
export async function replaceHours(
  transaction: Queryable,
  universityId: number,
  spaces: readonly { id: number; hours: OpeningHours }[],
): Promise<void> {
  const ids = spaces.map((space) => space.id)
  const weekly = spaces.flatMap(({ id, hours }) =>
    (hours.weekly ?? []).map(([day, opens, closes]) => ({ id, day, opens, closes })),
  )
  const closures = spaces.flatMap(({ id, hours }) =>
    hours.closures.flatMap(({ date, spans }): ClosureRow[] =>
      spans.length === 0
        ? [{ id, date, opens: null, closes: null }]
        : spans.map(([opens, closes]) => ({ id, date, opens, closes })),
    ),
  )
  await dropHours(transaction, universityId, ids)
  await dropClosures(transaction, universityId, ids)
  await insertHours(transaction, universityId, weekly)
  await insertClosures(transaction, universityId, closures)
}

async function dropHours(transaction: Queryable, universityId: number, ids: number[]): Promise<void> {
  const text = 'delete from opening_hours where university_id = $1 and space_id = any($2)'
  await query(transaction, text, [universityId, ids])
}

async function dropClosures(transaction: Queryable, universityId: number, ids: number[]): Promise<void> {
  const text = 'delete from closures where university_id = $1 and space_id = any($2)'
  await query(transaction, text, [universityId, ids])
}

async function insertHours(
  transaction: Queryable,
  universityId: number,
  weekly: readonly { id: number; day: number; opens: number; closes: number }[],
): Promise<void> {
  await query(
    transaction,
    `insert into opening_hours (university_id, space_id, day_of_week, opens_minute, closes_minute)
     select $1, n.id, n.day, n.opens, n.closes
     from jsonb_to_recordset($2) n (id bigint, day smallint, opens smallint, closes smallint)`,
    [universityId, JSON.stringify(weekly)],
  )
}

async function insertClosures(
  transaction: Queryable,
  universityId: number,
  closures: readonly ClosureRow[],
): Promise<void> {
  await query(
    transaction,
    `insert into closures (university_id, space_id, on_date, opens_minute, closes_minute)
     select $1, n.id, n.date, n.opens, n.closes
     from jsonb_to_recordset($2) n (id bigint, date date, opens smallint, closes smallint)`,
    [universityId, JSON.stringify(closures)],
  )
}
