import type { Booker, Span } from '#shared/domain/booking.ts'
import { quotaPeriods, type QuotaQuestion } from '#shared/domain/booking-quota.ts'
import type { Zone } from '#shared/domain/local-time.ts'
import type { FactSet, LoadedFacts } from '../platform/writer/fact-set.ts'
import { loadOwnBookings, type StoredBooking } from './booking-rows.ts'
import { bookingFacts } from './bookings.ts'
import { roomFacts, type Room } from './rooms.ts'

// What people and groups have already, for quotas. Read only where a room has one.

/** Who books what; of a booking that changes, what is null stays as it is. */
export interface OwnKey {
  userId: number
  groupId: number | null
  classroomId: number | null
  startMs: number | null
  endMs: number | null
  /** The booking that changes. */
  id?: number
}

/** Bookings of people and groups of a batch, as they were before it. */
export const ownBookingFacts: FactSet<OwnKey, readonly StoredBooking[]> = {
  name: 'own bookings',
  rank: 35,
  after: [roomFacts, bookingFacts],
  load: async (client, { universityId }, keys, loaded) => {
    const asked = keys.flatMap((key) => spanToRead(key, loaded))
    return asked.length === 0 ? [] : loadOwnBookings(client, universityId, asked)
  },
}

type OwnSpan = Span & { userId: number; groupId: number | null }

function spanToRead(key: OwnKey, loaded: LoadedFacts): OwnSpan[] {
  const rooms = loaded.of(roomFacts)
  const changing = key.id === undefined ? null : loaded.of(bookingFacts).get(key.id)
  const room = rooms.get(key.classroomId ?? changing?.classroomId ?? 0)
  const startMs = key.startMs ?? changing?.startMs ?? 0
  const endMs = key.endMs ?? changing?.endMs ?? 0
  if (room === undefined || room.rules.quotas.length === 0 || !(startMs < endMs)) return []
  const { day, week, term } = quotaPeriods(startMs, rooms.zone, room.rules.terms)
  const spans = [day, week, { startMs, endMs }, ...(term === null ? [] : [term])]
  return [
    {
      userId: key.userId,
      groupId: key.groupId ?? changing?.groupId ?? null,
      startMs: Math.min(...spans.map((span) => span.startMs)),
      endMs: Math.max(...spans.map((span) => span.endMs)),
    },
  ]
}

/** What quotas are asked, with what earlier commands of the batch made and changed. */
export function quotaQuestionOf(
  facts: LoadedFacts,
  wish: { room: Room; booker: Booker; span: Span; zone: Zone; changingId: number | null },
): Omit<QuotaQuestion, 'isWithin'> {
  const { room, booker, span, zone, changingId } = wish
  const { nowMs } = facts.moment
  const bookings = facts.of(bookingFacts)
  const rooms = facts.of(roomFacts)
  const own = facts.of(ownBookingFacts).map((booking) => bookings.current(booking))
  const counted = [...own, ...bookings.new]
    .filter(
      ({ id, endedAs, freesMs }) =>
        id !== changingId && endedAs === null && (freesMs === null || nowMs < freesMs),
    )
    .flatMap((booking) => {
      const spaceId = rooms.get(booking.classroomId)?.spaceId
      return spaceId === undefined ? [] : [{ ...booking, spaceId }]
    })
  return {
    wish: { ...span, userId: booker.userId, groupId: booker.groupId },
    periods: quotaPeriods(span.startMs, zone, room.rules.terms),
    quotas: room.rules.quotas,
    counted,
  }
}
