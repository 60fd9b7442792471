import { may, type Actor } from '#shared/domain/access.ts'
import { MAX_BOOKING_MINUTES, trustIn, type Span } from '#shared/domain/booking.ts'
import { accept, refuse, type Decision } from '#shared/domain/decision.ts'
import { parseInstant } from '#shared/domain/instant.ts'
import type { Classroom, Registration } from '#shared/wire/rest-bookings.ts'
import type { Handle, HttpRefusal, SignedIn } from '../platform/http/handle.ts'
import { runCommand } from '../platform/http/run-command.ts'
import type { Database } from '../platform/postgres/database.ts'
import type { TenantWriter } from '../platform/writer/tenant-writer.ts'
import { bookRoomCommand, isoOf } from './book-room.ts'
import {
  approveCommand,
  changeBookingCommand,
  checkInCommand,
  endBookingCommand,
  rejectCommand,
  restoreBookingCommand,
} from './change-booking.ts'
import { loadRegistration, loadRegistrations, type RegistrationRow } from './registration-rows.ts'
import { findRooms, LATER_MS, laterSpans, loadJudge } from './find-rooms.ts'
import { makeRoomCache, type RoomCache } from './room-cache.ts'
import { timetableRoutes } from './timetable.ts'
import { loadUniversityRooms, type Room } from './rooms.ts'
import { setRoomCommand } from './set-room.ts'

/** What calls of bookings need. */
export interface BookingDependencies {
  pool: Database
  writer: TenantWriter
}

/** Routes of rooms and bookings. */
export function bookingRoutes(handle: Handle, dependencies: BookingDependencies): void {
  const cache = makeRoomCache(dependencies.pool)
  roomRoutes(handle, dependencies, cache)
  timetableRoutes(handle, { pool: dependencies.pool, cache })
  readingRoutes(handle, dependencies)
  changingRoutes(handle, dependencies)
  actingRoutes(handle, dependencies)
}

function roomRoutes(handle: Handle, { pool, writer }: BookingDependencies, cache: RoomCache): void {
  handle('GET /classrooms', async (_input, { actor }) => {
    const { universityId } = actor
    if (universityId === null) return refuse({ why: 'notFound' })
    const { rooms, shown } = await cache.load(universityId)
    const classrooms = shown.flatMap((one): Classroom[] => {
      const room = rooms.get(one.id)
      return room === undefined ? [] : [{ ...one, ...settingsOf(room), trust: trustOf(room, actor) }]
    })
    return accept({ timezone: rooms.zone.name, classrooms })
  })
  handle('GET /classrooms/free', async ({ query }, { actor }) => {
    const { universityId } = actor
    if (universityId === null) return refuse({ why: 'notFound' })
    const span = askedSpan(query.from, query.to, MAX_BOOKING_MINUTES * 60_000)
    if (!span.ok) return span
    if (!mayBookFor(actor, query.groupId)) return refuse({ why: 'notAllowed', rule: 'BOK-15' })
    const found = await findRooms(pool, actor, await cache.load(universityId), {
      ...span.value,
      groupId: query.groupId ?? null,
      people: query.people ?? null,
      equipment: namesIn(query.equipment ?? ''),
      withinId: query.floor ?? null,
    })
    const rooms = found.map(({ room, decision }) => ({
      classroomId: room.id,
      why: decision.ok ? null : decision.refusal.why,
      isPending: decision.ok && decision.value.isPending,
      rule: decision.ok ? null : decision.refusal.rule,
    }))
    return accept({ rooms })
  })
  handle('GET /classrooms/:id/alternatives', async ({ params, query }, { actor }) => {
    const { universityId, userId } = actor
    const known = universityId === null ? null : await cache.load(universityId)
    const room = known?.rooms.get(params.id)
    if (universityId === null || known === null || room === undefined) return refuse({ why: 'notFound' })
    const span = askedSpan(query.from, query.to, MAX_BOOKING_MINUTES * 60_000)
    if (!span.ok) return span
    const { groupId = null } = query
    if (!mayBookFor(actor, groupId)) return refuse({ why: 'notAllowed', rule: 'BOK-15' })
    if (room.isDeleted) return refuse({ why: 'roomGone', rule: 'BOK-12' })
    const isStaff = may(actor, 'overrideBookings', { universityId })
    const { startMs, endMs } = span.value
    const judge = await loadJudge(pool, universityId, known, {
      booker: { userId, groupId, isStaff },
      span: { startMs, endMs: endMs + LATER_MS },
      rooms: [room],
    })
    const capacity = known.shown.find(({ id }) => id === room.id)?.capacity ?? null
    const search = { ...span.value, groupId, people: capacity, equipment: [], withinId: null }
    const others = await findRooms(pool, actor, known, search)
    return accept({
      later: laterSpans(room, judge, span.value).map(shownSpan),
      elsewhere: others
        .filter((one) => one.room.id !== room.id)
        .flatMap(({ room: { id: classroomId }, decision }) =>
          decision.ok ? [{ classroomId, isPending: decision.value.isPending }] : [],
        )
        .slice(0, MOST_ELSEWHERE),
    })
  })
  handle('PUT /spaces/:id/classroom', async ({ params, body }, caller) => {
    const { universityId, userId } = caller.actor
    if (universityId === null) return refuse({ why: 'notFound' })
    const by = { userId, sessionId: caller.sessionId, address: caller.address }
    const input = { by, settings: { spaceId: params.id, ...body } }
    const done = await writer.runAlone(universityId, setRoomCommand, input, caller.callName)
    return done.ok ? accept({ classroomId: done.value }) : done
  })
}

/** How many other rooms are offered. */
const MOST_ELSEWHERE = 5

/** Whether somebody may ask for a group; for nobody's name anybody may, whatever the answer is. */
function mayBookFor(actor: Actor, groupId: number | null | undefined): boolean {
  if (groupId === null || groupId === undefined) return true
  const { universityId } = actor
  const group = { id: groupId, isSuper: false }
  return universityId !== null && may(actor, 'manageBookings', { universityId, group })
}

function namesIn(text: string): string[] {
  return text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')
}

function askedSpan(from: string, to: string, longestMs: number): Decision<Span, HttpRefusal> {
  const span = spanOfTexts(from, to)
  const isSpan = span !== null && span.startMs < span.endMs && span.endMs - span.startMs <= longestMs
  return isSpan ? accept(span) : refuse({ why: 'spanRefused', rule: 'BOK-2' })
}

function shownSpan({ startMs, endMs }: Span): { start: string; end: string } {
  return { start: isoOf(startMs), end: isoOf(endMs) }
}

function settingsOf({ isValid, requirePermission, checkIn, rules }: Room) {
  const { gridMinutes, shortestMinutes, longestMinutes, aheadDays } = rules
  return { isValid, requirePermission, checkIn, gridMinutes, shortestMinutes, longestMinutes, aheadDays }
}

/** What the people of each group of somebody may do in a room, and they for themselves where that is allowed. */
function trustOf(room: Room, actor: Actor): Classroom['trust'] {
  const isStaff = may(actor, 'overrideBookings', { universityId: actor.universityId ?? 0 })
  const own = isStaff || room.rules.isPersonalAllowed ? [null] : []
  return [...own, ...actor.memberships.map(({ groupId }) => groupId)].map((groupId) => ({
    groupId,
    trust: trustIn(room, { groupId, isStaff }),
  }))
}

/** The longest span that one call may ask about, ms: a term and some. */
const MAX_ASKED_MS = 400 * 86_400_000

function readingRoutes(handle: Handle, { pool }: BookingDependencies): void {
  handle('GET /registrations', async ({ query }, { actor }) => {
    const { universityId, userId } = actor
    if (universityId === null) return refuse({ why: 'notFound' })
    const span = askedSpan(query.from, query.to, MAX_ASKED_MS)
    if (!span.ok) return span
    const seesAll = may(actor, 'overrideBookings', { universityId })
    const rows = await loadRegistrations(pool, universityId, {
      classroomId: query.classroomId ?? null,
      groupId: query.groupId ?? null,
      userId: query.mine === true ? userId : null,
      seenBy: seesAll ? null : { userId, groupIds: actor.memberships.map(({ groupId }) => groupId) },
      fromMs: span.value.startMs,
      toMs: span.value.endMs,
    })
    return accept({ registrations: rows.map(shownRegistration) })
  })
  handle('GET /registrations/:id', ({ params }, { actor }) => show(pool, actor, params.id))
}

function changingRoutes(handle: Handle, { pool, writer }: BookingDependencies): void {
  handle('POST /registrations', async ({ body }, caller) => {
    const span = spanOfTexts(body.start, body.end)
    if (span === null) return refuse({ why: 'spanRefused', rule: 'BOK-2' })
    const { classroomId, groupId = null, description = null, importance = null } = body
    const wish = { classroomId, groupId, description, importance, ...span }
    return showDone(pool, caller, await runCommand(writer, bookRoomCommand, caller, wish))
  })
  handle('PATCH /registrations/:id', async ({ params, body }, caller) => {
    const { start, end, ...said } = body
    const startMs = start === undefined ? undefined : parseInstant(start)
    const endMs = end === undefined ? undefined : parseInstant(end)
    if (startMs === null || endMs === null) return refuse({ why: 'spanRefused', rule: 'BOK-2' })
    const wish = { id: params.id, startMs, endMs, ...said }
    return showDone(pool, caller, await runCommand(writer, changeBookingCommand, caller, wish), params.id)
  })
  handle('DELETE /registrations/:id', async ({ params, query }, caller) => {
    const wish = { id: params.id, version: query.version }
    return showDone(pool, caller, await runCommand(writer, endBookingCommand, caller, wish), params.id)
  })
}

function actingRoutes(handle: Handle, { pool, writer }: BookingDependencies): void {
  handle('POST /registrations/:id/restore', async ({ params }, caller) =>
    showDone(pool, caller, await runCommand(writer, restoreBookingCommand, caller, params)),
  )
  handle('POST /registrations/:id/check-in', async ({ params }, caller) =>
    showDone(pool, caller, await runCommand(writer, checkInCommand, caller, params)),
  )
  handle('POST /registrations/:id/approve', async ({ params, body }, caller) => {
    const wish = { ...params, version: body.version, reason: body.reason ?? null }
    return showDecided(pool, caller, await runCommand(writer, approveCommand, caller, wish), params.id)
  })
  handle('POST /registrations/:id/reject', async ({ params, body }, caller) => {
    const wish = { ...params, version: body.version, reason: body.reason ?? null }
    return showDecided(pool, caller, await runCommand(writer, rejectCommand, caller, wish), params.id)
  })
}

function spanOfTexts(start: string, end: string): Span | null {
  const [startMs, endMs] = [parseInstant(start), parseInstant(end)]
  return startMs === null || endMs === null ? null : { startMs, endMs }
}

/** The booking that a command answered with; of one that is out of date, the booking as it is now. */
async function showDone(
  pool: Database,
  { actor }: SignedIn,
  done: Decision<number, HttpRefusal>,
  id: number | null = null,
): Promise<Decision<Registration, HttpRefusal>> {
  if (done.ok) return show(pool, actor, done.value)
  if (done.refusal.why !== 'stale' || id === null) return done
  const current = await show(pool, actor, id)
  return refuse(current.ok ? { ...done.refusal, current: current.value } : done.refusal)
}

/** The same for a request: who decided it sees what became of it, also where they may not see whose it is any more. */
async function showDecided(
  pool: Database,
  caller: SignedIn,
  done: Decision<number, HttpRefusal>,
  id: number,
): Promise<Decision<Registration, HttpRefusal>> {
  const { universityId } = caller.actor
  if (!done.ok || universityId === null) return showDone(pool, caller, done, id)
  const row = await loadRegistration(pool, universityId, done.value)
  return row === null ? refuse({ why: 'notFound' }) : accept(shownRegistration(row))
}

async function show(pool: Database, actor: Actor, id: number): Promise<Decision<Registration, HttpRefusal>> {
  const { universityId } = actor
  const row = universityId === null ? null : await loadRegistration(pool, universityId, id)
  if (row === null || universityId === null || !(await sees(pool, actor, universityId, row)))
    return refuse({ why: 'notFound' })
  return accept(shownRegistration(row))
}

/** Its group, the super group, whoever made it for themselves, and who decides on it: nobody else. [BOK-15] */
async function sees(
  pool: Database,
  actor: Actor,
  universityId: number,
  { groupId, userId, isPending, endedAs, freesAs, classroomId }: RegistrationRow,
): Promise<boolean> {
  const isOwn =
    groupId === null
      ? may(actor, 'managePersonalBooking', { universityId, createdById: userId })
      : may(actor, 'manageBookings', { universityId, group: { id: groupId, isSuper: false } })
  const isDecided = isPending || endedAs === 'rejected' || freesAs === 'rejected'
  if (isOwn || !isDecided) return isOwn
  const { approverIds = new Set<number>() } =
    (await loadUniversityRooms(pool, universityId)).get(classroomId) ?? {}
  return [...approverIds].some((approver) =>
    may(actor, 'decideRequests', { universityId, group: { id: approver, isSuper: false } }),
  )
}

function shownRegistration(row: RegistrationRow): Registration {
  const { startMs, endMs, freesMs, ...rest } = row
  return {
    ...rest,
    start: isoOf(startMs),
    end: isoOf(endMs),
    freesAt: freesMs === null ? null : isoOf(freesMs),
  }
}
