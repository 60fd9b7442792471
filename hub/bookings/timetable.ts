import { may, type Actor } from '#shared/domain/access.ts'
import { accept, refuse } from '#shared/domain/decision.ts'
import { parseInstant } from '#shared/domain/instant.ts'
import type { Span } from '#shared/domain/booking.ts'
import type { Handle } from '../platform/http/handle.ts'
import type { Database } from '../platform/postgres/database.ts'
import { loadMoment, loadRoomBookings, type StoredBooking } from './booking-rows.ts'
import type { RoomCache } from './room-cache.ts'

/** The longest span of a timetable, ms: two weeks, with the hour that clocks may add. */
const MAX_TIMETABLE_MS = 14 * 86_400_000 + 3_600_000
const MINUTE_MS = 60_000

/** The call for what is booked in rooms on some days. Its answer is kept short: half a thousand rooms are looked at in it. [BOK-62] */
export function timetableRoutes(handle: Handle, { pool, cache }: { pool: Database; cache: RoomCache }): void {
  handle('GET /timetable', async ({ query }, { actor }) => {
    const { universityId } = actor
    if (universityId === null) return refuse({ why: 'notFound' })
    const [startMs, endMs] = [parseInstant(query.from), parseInstant(query.to)]
    const isSpan =
      startMs !== null && endMs !== null && startMs < endMs && endMs - startMs <= MAX_TIMETABLE_MS
    if (!isSpan) return refuse({ why: 'spanRefused', rule: 'BOK-2' })
    const { rooms, shown } = await cache.load(universityId)
    const asked = shown.flatMap(({ id }) => {
      const room = rooms.get(id)
      const isAsked =
        room !== undefined &&
        (query.classroomId === undefined || query.classroomId === id) &&
        (query.within === undefined || room.line.includes(query.within))
      return isAsked ? [room] : []
    })
    const span = { startMs, endMs }
    const ids = asked.map(({ id }) => id)
    const [nowMs, bookings] = await Promise.all([
      loadMoment(pool),
      loadRoomBookings(pool, universityId, ids, span),
    ])
    const byRoom = Map.groupBy(bookings, ({ classroomId }) => classroomId)
    const closedByHours = new Map<string, [number, number][]>()
    return accept({
      from: new Date(startMs).toISOString(),
      rooms: asked.map((room) => {
        const closed =
          closedByHours.get(room.hoursKey) ??
          rooms.closedSpans(room, span).map((one) => minutesOf(one, startMs))
        closedByHours.set(room.hoursKey, closed)
        const live = (byRoom.get(room.id) ?? []).filter(({ freesMs }) => freesMs === null || nowMs < freesMs)
        return {
          classroomId: room.id,
          bookings: live
            .toSorted((left, right) => left.startMs - right.startMs)
            .map((one) => shortened(one, startMs, maySee(actor, universityId, one))),
          closed,
        }
      }),
    })
  })
}

function minutesOf(span: Span, fromMs: number): [number, number] {
  return [
    Math.round((span.startMs - fromMs) / MINUTE_MS),
    Math.round((span.endMs - span.startMs) / MINUTE_MS),
  ]
}

function shortened(booking: StoredBooking, fromMs: number, isSeen: boolean): number[] {
  const own = isSeen ? [booking.id] : []
  return [...minutesOf(booking, fromMs), booking.isPending ? 1 : 0, ...own]
}

function maySee(actor: Actor, universityId: number, { groupId, userId }: StoredBooking): boolean {
  return groupId === null
    ? may(actor, 'managePersonalBooking', { universityId, createdById: userId })
    : may(actor, 'manageBookings', { universityId, group: { id: groupId, isSuper: false } })
}
