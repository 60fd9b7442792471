import { may, type Actor } from '#shared/domain/access.ts'
import {
  decideBooking,
  overlaps,
  type Booker,
  type Booking,
  type BookingRefusal,
  type Span,
} from '#shared/domain/booking.ts'
import { findReachedQuota, quotaPeriods } from '#shared/domain/booking-quota.ts'
import type { Zone } from '#shared/domain/local-time.ts'
import type { Decision } from '#shared/domain/decision.ts'
import type { Database } from '../platform/postgres/database.ts'
import { loadMoment, loadOwnBookings, loadRoomBookings } from './booking-rows.ts'
import type { KnownRooms } from './room-cache.ts'
import type { ShownRoom } from './room-rows.ts'
import type { Room } from './rooms.ts'

/** What somebody looks for. Times in ms since 1970. */
export interface RoomSearch extends Span {
  groupId: number | null
  people: number | null
  /** All of these, as spaces name them, in any case. */
  equipment: readonly string[]
  /** Only in this space. */
  withinId: number | null
}

/** A room for a search, and what the referee says of it now. */
export interface FoundRoom {
  room: Room
  shown: ShownRoom
  decision: Decision<{ isPending: boolean }, BookingRefusal>
}

/**
 * The rooms that suit a search, each with the answer that booking it would get: those that can be had first, then those that must be asked
 * for, each the best fit first. The referee of commands decides, from the same facts. [BOK-60]
 */
export async function findRooms(
  pool: Database,
  actor: Actor,
  { rooms, shown }: KnownRooms,
  search: RoomSearch,
): Promise<FoundRoom[]> {
  const universityId = actor.universityId ?? 0
  const booker = {
    userId: actor.userId,
    groupId: search.groupId,
    isStaff: may(actor, 'overrideBookings', { universityId }),
  }
  const suitable = shown.flatMap((one) => {
    const room = rooms.get(one.id)
    return room !== undefined && room.isValid && suits(one, room, search) ? [{ shown: one, room }] : []
  })
  const { judge } = await loadJudge(
    pool,
    universityId,
    { rooms, shown },
    {
      booker,
      span: search,
      rooms: suitable.map(({ room }) => room),
    },
  )
  return suitable
    .map((one) => ({ ...one, decision: judge(one.room, search) }))
    .toSorted(
      (left, right) => rankOf(left) - rankOf(right) || spareSeats(left, search) - spareSeats(right, search),
    )
}

function suits(shown: ShownRoom, room: Room, { people, equipment, withinId }: RoomSearch): boolean {
  if (people !== null && shown.capacity !== null && shown.capacity < people) return false
  const has = new Set((shown.details.equipment ?? []).map((one) => one.toLowerCase()))
  if (!equipment.every((one) => has.has(one.toLowerCase()))) return false
  return withinId === null || room.line.includes(withinId)
}

/** 0: it can be had, 1: it can be asked for, 2: neither. */
function rankOf({ decision }: FoundRoom): number {
  if (!decision.ok) return 2
  return decision.value.isPending ? 1 : 0
}

/** How many seats would stay empty; rooms whose seats nobody counted come after all others. */
function spareSeats({ shown: { capacity } }: FoundRoom, { people }: RoomSearch): number {
  return capacity === null ? Number.MAX_SAFE_INTEGER : capacity - (people ?? 0)
}

/** Answers for rooms and spans as booking them would be answered. */
export interface Judge {
  nowMs: number
  judge(room: Room, span: Span): Decision<{ isPending: boolean }, BookingRefusal>
  /** Live bookings of a room, by start, without whose they are. */
  busy(room: Room): readonly Span[]
}

/** The periods of all rooms with quotas, as one span. */
function countedSpan(span: Span, zone: Zone, rooms: readonly Room[]): Span {
  const terms = new Set(rooms.filter(({ rules }) => rules.quotas.length > 0).map(({ rules }) => rules.terms))
  const periods = [...terms].flatMap((one) => {
    const { day, week, term } = quotaPeriods(span.startMs, zone, one)
    return [day, week, ...(term === null ? [] : [term])]
  })
  return {
    startMs: Math.min(span.startMs, ...periods.map(({ startMs }) => startMs)),
    endMs: Math.max(span.endMs, ...periods.map(({ endMs }) => endMs)),
  }
}

/** Reads what the referee decides from: for spans of some rooms within a span, for one who books. */
export async function loadJudge(
  pool: Database,
  universityId: number,
  known: Pick<KnownRooms, 'rooms' | 'shown'>,
  { booker, span, rooms }: { booker: Booker; span: Span; rooms: readonly Room[] },
): Promise<Judge> {
  const wide = widened(span, known.rooms.widestBufferMs)
  const ids = rooms.map(({ id }) => id)
  const hasQuotas = !booker.isStaff && rooms.some(({ rules }) => rules.quotas.length > 0)
  const counted = countedSpan(span, known.rooms.zone, rooms)
  const [nowMs, bookings, own] = await Promise.all([
    loadMoment(pool),
    loadRoomBookings(pool, universityId, ids, wide),
    hasQuotas ? loadOwnBookings(pool, universityId, [{ ...booker, ...counted }]) : [],
  ])
  const byRoom = Map.groupBy(bookings, ({ classroomId }) => classroomId)
  const closedByHours = new Map<string, readonly Span[]>()
  const closedSpans = (room: Room, asked: Span): readonly Span[] => {
    const closed = closedByHours.get(room.hoursKey) ?? known.rooms.closedSpans(room, span)
    closedByHours.set(room.hoursKey, closed)
    return closed.filter((one) => overlaps(one, asked))
  }
  const countedBookings = own
    .filter(({ freesMs }) => freesMs === null || nowMs < freesMs)
    .flatMap((booking) => {
      const room = known.rooms.get(booking.classroomId)
      return room === undefined ? [] : [{ ...booking, spaceId: room.spaceId }]
    })
  const lineOf = new Map([...known.rooms.all()].map(({ spaceId, line }) => [spaceId, line]))
  const othersOf = (room: Room): readonly Booking[] => byRoom.get(room.id) ?? []
  return {
    nowMs,
    judge: (room, asked) =>
      decideBooking(
        { ...asked, booker, before: null },
        {
          nowMs,
          room,
          others: othersOf(room),
          closedSpans: closedSpans(room, asked),
          reachedQuota:
            booker.isStaff || room.rules.quotas.length === 0
              ? null
              : findReachedQuota({
                  wish: { ...asked, userId: booker.userId, groupId: booker.groupId },
                  periods: quotaPeriods(asked.startMs, known.rooms.zone, room.rules.terms),
                  quotas: room.rules.quotas,
                  counted: countedBookings,
                  isWithin: (spaceId, ancestorId) => lineOf.get(spaceId)?.includes(ancestorId) === true,
                }),
        },
      ),
    busy: (room) =>
      othersOf(room)
        .filter(({ freesMs }) => freesMs === null || nowMs < freesMs)
        .map(({ startMs, endMs }) => ({ startMs, endMs }))
        .toSorted((left, right) => left.startMs - right.startMs),
  }
}

function widened({ startMs, endMs }: Span, byMs: number): Span {
  return { startMs: startMs - byMs, endMs: endMs + byMs }
}

/** How far ahead the same room is looked for, ms. */
export const LATER_MS = 7 * 86_400_000
/** How many times and rooms are offered. */
const MOST_OFFERED = 4
const STEP_MS = 15 * 60_000

/** The next spans of the same length that one could have in a room, after one that cannot be had. [BOK-61] */
export function laterSpans(room: Room, { judge, busy }: Judge, wanted: Span): Span[] {
  const lengthMs = wanted.endMs - wanted.startMs
  const bufferMs = room.rules.bufferMinutes * 60_000
  const found: Span[] = []
  let startMs = wanted.startMs
  while (startMs <= wanted.startMs + LATER_MS && found.length < MOST_OFFERED) {
    const span = { startMs, endMs: startMs + lengthMs }
    const inTheWay = busy(room).find((one) => overlaps(widened(one, bufferMs), span))
    if (inTheWay !== undefined) startMs = roundUp(inTheWay.endMs + bufferMs)
    else {
      if (judge(room, span).ok) found.push(span)
      startMs += found.at(-1) === span ? Math.max(lengthMs, STEP_MS) : STEP_MS
    }
  }
  return found
}

function roundUp(atMs: number): number {
  return Math.ceil(atMs / STEP_MS) * STEP_MS
}
