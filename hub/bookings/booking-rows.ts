import type { Booking, EndedAs, Span } from '#shared/domain/booking.ts'
import { query, type Queryable, type Transaction } from '../platform/postgres/database.ts'
import { numberList, rowSet } from '../platform/postgres/row-set.ts'

/** A booking as it is stored, and as commands change it. */
export interface StoredBooking extends Booking {
  longtermId: number | null
  longtermDate: string | null
  movedFromId: number | null
  description: string | null
  importance: number | null
  checkedInMs: number | null
  endedAs: EndedAs | null
  madeMs: number
  version: number
}

/** What of the room around a span a command looks at. */
export interface RoomSpan extends Span {
  classroomId: number
}

/** A booking that is asked for, and where it may be moved to; what is null stays as it is. */
export interface BookingKey {
  id: number
  to: { classroomId: number | null; startMs: number | null; endMs: number | null } | null
}

const COLUMNS = `r.id, r.classroom_id as "classroomId", r.user_id as "userId", r.group_id as "groupId",
  r.longterm_id as "longtermId", to_char(r.longterm_date, 'YYYY-MM-DD') as "longtermDate", r.moved_from_id as "movedFromId",
  ms_of_time(r.start_time) as "startMs", ms_of_time(r.end_time) as "endMs", r.description, r.importance,
  r.is_pending as "isPending", ms_of_time(r.checked_in_at) as "checkedInMs", ms_of_time(r.frees_at) as "freesMs",
  r.frees_as as "freesAs", ms_of_time(r.freed_at) as "freedMs", r.ended_as as "endedAs",
  ms_of_time(r.created_at) as "madeMs", r.version`

const SPANS = rowSet({ classroomId: 'bigint', startMs: 'bigint', endMs: 'bigint' })
const KEYS = rowSet({
  id: 'bigint',
  classroomId: 'bigint',
  startMs: 'bigint',
  endMs: 'bigint',
  looksAround: 'smallint',
})
const LIVE = 'not r.is_deleted and r.ended_as is null'

/**
 * Bookings by id, and all live ones that touch a span: one that is given, or the one that a booking may be moved to. `wideMs`: how much
 * wider spans are read, for the rooms' buffers. Nothing is read for a span that is longer than any booking may be. Deleted bookings
 * are not there.
 */
export async function loadBookings(
  client: Queryable,
  universityId: number,
  asked: { keys: readonly BookingKey[]; spans: readonly RoomSpan[]; wideMs: number },
): Promise<StoredBooking[]> {
  const keys = asked.keys.map(({ id, to }) => ({
    id,
    classroomId: to?.classroomId ?? null,
    startMs: to?.startMs ?? null,
    endMs: to?.endMs ?? null,
    looksAround: to === null ? 0 : 1,
  }))
  const found = await client.query<StoredBooking>({
    name: 'load-bookings',
    text: `with keys as materialized (
        select r.id, k.looks_around = 1 as looks_around, coalesce(k.classroom_id, r.classroom_id) as classroom_id,
          coalesce(time_of_ms(k.start_ms), r.start_time) as start_time, coalesce(time_of_ms(k.end_ms), r.end_time) as end_time
        from ${KEYS.table(3, 'k')} join registrations r on r.id = k.id
        where r.university_id = $1 and not r.is_deleted
      ), spans as (
        select classroom_id, time_of_ms(start_ms - $2) as start_time, time_of_ms(end_ms + $2) as end_time from ${SPANS.table(3 + KEYS.width, 's')}
        union all
        select classroom_id, start_time - make_interval(secs => $2 / 1000.0), end_time + make_interval(secs => $2 / 1000.0) from keys
          where looks_around and start_time < end_time and end_time <= start_time + interval '32 days'
      )
      select ${COLUMNS} from keys k join registrations r on r.id = k.id
      union
      select ${COLUMNS} from spans s join registrations r on r.classroom_id = s.classroom_id
        and tstzrange(r.start_time, r.end_time, '[)') && tstzrange(s.start_time, s.end_time, '[)') and ${LIVE}
        and r.university_id = $1`,
    values: [universityId, asked.wideMs, ...KEYS.values(keys), ...SPANS.values(asked.spans)],
  })
  return found.rows
}

/** Takes bookings out of the constraint, before others are put in their place: those that have ended, and those whose span changes. */
export async function freeSpans(
  client: Transaction,
  bookings: readonly { id: number; endedAs: EndedAs }[],
): Promise<void> {
  await client.query({
    name: 'free-spans',
    text: `update registrations r set ended_as = o.ended_as from ${FREED.table(1, 'o')} where r.id = o.id`,
    values: FREED.values(bookings),
  })
}
const FREED = rowSet({ id: 'bigint', endedAs: 'text' })

const VALUES = {
  userId: 'bigint',
  groupId: 'bigint',
  startMs: 'bigint',
  endMs: 'bigint',
  description: 'text',
  importance: 'smallint',
  isPending: 'smallint',
  checkedInMs: 'bigint',
  freesMs: 'bigint',
  freesAs: 'text',
  freedMs: 'bigint',
  endedAs: 'text',
} as const
const CHANGED = rowSet({ id: 'bigint', ...VALUES })
const MADE = rowSet({
  classroomId: 'bigint',
  longtermId: 'bigint',
  longtermDate: 'text',
  movedFromId: 'bigint',
  ...VALUES,
})

/** Writes bookings as they are now: each a version on, with the commit's clock. */
export async function updateBookings(
  client: Transaction,
  { clock, nowMs }: { clock: number; nowMs: number },
  bookings: readonly StoredBooking[],
): Promise<void> {
  await client.query({
    name: 'update-bookings',
    text: `update registrations r set user_id = o.user_id, group_id = o.group_id, start_time = time_of_ms(o.start_ms),
        end_time = time_of_ms(o.end_ms), description = o.description, importance = o.importance, is_pending = o.is_pending = 1,
        checked_in_at = time_of_ms(o.checked_in_ms), frees_at = time_of_ms(o.frees_ms), frees_as = o.frees_as,
        freed_at = time_of_ms(o.freed_ms), ended_as = o.ended_as, version = r.version + 1, clock = $1, updated_at = time_of_ms($2)
      from ${CHANGED.table(3, 'o')} where r.id = o.id`,
    values: [clock, nowMs, ...CHANGED.values(bookings.map(asRow))],
  })
}

/** Inserts bookings and gives their ids, in their order. */
export async function insertBookings(
  client: Transaction,
  { universityId, clock, nowMs }: { universityId: number; clock: number; nowMs: number },
  bookings: readonly StoredBooking[],
): Promise<number[]> {
  const made = await client.query<{ id: number }>({
    name: 'insert-bookings',
    text: `insert into registrations (university_id, clock, created_at, updated_at, classroom_id, longterm_id, longterm_date,
        moved_from_id, user_id, group_id, start_time, end_time, description, importance, is_pending, checked_in_at, frees_at,
        frees_as, freed_at, ended_as)
      select $1, $2, time_of_ms($3), time_of_ms($3), o.classroom_id, o.longterm_id, o.longterm_date::date, o.moved_from_id, o.user_id, o.group_id,
        time_of_ms(o.start_ms), time_of_ms(o.end_ms), o.description, o.importance, o.is_pending = 1, time_of_ms(o.checked_in_ms),
        time_of_ms(o.frees_ms), o.frees_as, time_of_ms(o.freed_ms), o.ended_as
      from ${MADE.table(4, 'o')} returning id`,
    values: [universityId, clock, nowMs, ...MADE.values(bookings.map(asRow))],
  })
  return made.rows.map(({ id }) => id).toSorted((left, right) => left - right)
}

function asRow(booking: StoredBooking): Omit<StoredBooking, 'isPending'> & { isPending: number } {
  return { ...booking, isPending: booking.isPending ? 1 : 0 }
}

/** Live bookings of some people and groups that begin or last within a span of theirs. [BOK-11] */
export async function loadOwnBookings(
  client: Queryable,
  universityId: number,
  asked: readonly (Span & { userId: number | null; groupId: number | null })[],
): Promise<StoredBooking[]> {
  const found = await client.query<StoredBooking>({
    name: 'load-own-bookings',
    text: `select ${COLUMNS} from ${OWNERS.table(2, 'o')}
      join registrations r on r.user_id = o.user_id and r.end_time > time_of_ms(o.start_ms) and r.start_time < time_of_ms(o.end_ms)
        and ${LIVE} and r.university_id = $1
      union
      select ${COLUMNS} from ${OWNERS.table(2, 'o')}
      join registrations r on r.group_id = o.group_id and r.end_time > time_of_ms(o.start_ms) and r.start_time < time_of_ms(o.end_ms)
        and ${LIVE} and r.university_id = $1`,
    values: [universityId, ...OWNERS.values(asked)],
  })
  return found.rows
}
const OWNERS = rowSet({ userId: 'bigint', groupId: 'bigint', startMs: 'bigint', endMs: 'bigint' })

/** Live bookings of some rooms that touch a span. */
export async function loadRoomBookings(
  database: Queryable,
  universityId: number,
  classroomIds: readonly number[],
  { startMs, endMs }: Span,
): Promise<StoredBooking[]> {
  const found = await database.query<StoredBooking>({
    name: 'load-room-bookings',
    text: `select ${COLUMNS} from unnest($2::bigint[]) i (id) join registrations r on r.classroom_id = i.id
      and tstzrange(r.start_time, r.end_time, '[)') && tstzrange(time_of_ms($3), time_of_ms($4), '[)') and ${LIVE} and r.university_id = $1`,
    values: [universityId, numberList(classroomIds), startMs, endMs],
  })
  return found.rows
}

/** The moment of the database's clock, ms since 1970. */
export async function loadMoment(database: Queryable): Promise<number> {
  const [row] = await query<{ nowMs: number }>(database, 'select ms_of_time(clock_timestamp()) as "nowMs"')
  return row?.nowMs ?? 0
}
