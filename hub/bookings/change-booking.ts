import { may } from '#shared/domain/access.ts'
import {
  holds,
  isWithin,
  UNDO_END_MS,
  UNDO_FREE_MS,
  type EndedAs,
  type Span,
} from '#shared/domain/booking.ts'
import { accept, refuse, type Decision } from '#shared/domain/decision.ts'
import { groupFacts } from '../groups/group-facts.ts'
import type { HttpRefusal } from '../platform/http/handle.ts'
import { changedBy } from '../platform/postgres/append-change.ts'
import type { Effects } from '../platform/writer/effects.ts'
import type { PersonCommand, PersonWish } from '../platform/writer/command.ts'
import type { LoadedFacts, Need } from '../platform/writer/fact-set.ts'
import { treeFacts } from '../spaces/tree.ts'
import {
  decideBooker,
  decideImportance,
  decideSpan,
  decideText,
  freeingOf,
  shownIn,
  spanOf,
} from './book-room.ts'
import type { StoredBooking } from './booking-rows.ts'
import { bookingFacts, freeing, withBuffer } from './bookings.ts'
import { ownBookingFacts } from './own-bookings.ts'
import { roomFacts, type Room } from './rooms.ts'
import { tellBooker, tellMoved } from './tell.ts'

/** A change of a booking that was at `version`; what is absent stays as it is. Times in ms since 1970. */
export interface ChangeInput {
  id: number
  version: number
  classroomId?: number | undefined
  startMs?: number | undefined
  endMs?: number | undefined
  groupId?: number | null | undefined
  description?: string | null | undefined
  importance?: number | null | undefined
}

interface AcceptedChange {
  booking: StoredBooking
  room: Room
  after: Pick<StoredBooking, 'startMs' | 'endMs' | 'groupId' | 'description' | 'importance' | 'isPending'>
  /** What it became in another room. */
  made: { booking: StoredBooking | null }
}

/**
 * Moves a booking, or changes what is said of it. In another room it is another booking, and the old one has ended as `moved`. Its
 * answer is the id of what it is now. [BOK-14] [BOK-19]
 */
export const changeBookingCommand: PersonCommand<ChangeInput, AcceptedChange, number> = {
  name: 'change a booking',
  load: ({ userId, body }, need) => {
    const { id, classroomId = null, startMs = null, endMs = null, groupId } = body
    needOfBooking(need, { id, to: { classroomId, startMs, endMs } })
    if (typeof groupId === 'number') need(groupFacts, groupId)
    need(ownBookingFacts, { userId, id, groupId: groupId ?? null, classroomId, startMs, endMs })
  },
  decide: (wish, facts) => {
    const { actor, body } = wish
    const found = decideFound(wish, facts, 'manage')
    if (!found.ok) return found
    const { booking } = found.value
    if (booking.version !== body.version) return refuse({ why: 'stale' })
    const room = facts.of(roomFacts).get(body.classroomId ?? booking.classroomId)
    if (room === undefined) return refuse({ why: 'notFound' })
    const { groupId = booking.groupId, importance = booking.importance } = body
    // Whose it stays, its manager books for.
    const isStaff = may(actor, 'overrideBookings', { universityId: facts.moment.universityId })
    const booker =
      groupId === booking.groupId
        ? accept({ userId: actor.userId, groupId, isStaff })
        : decideBooker(actor, groupId, facts)
    if (!booker.ok) return booker
    const text = body.description === undefined ? accept(booking.description) : decideText(body.description)
    if (!text.ok) return text
    const important = decideImportance(booker.value, body.importance)
    if (!important.ok) return important
    const span = { startMs: body.startMs ?? booking.startMs, endMs: body.endMs ?? booking.endMs }
    const said = { ...span, groupId, description: text.value, importance }
    const isSame = isSameSpan(span, booking) && room.id === booking.classroomId && groupId === booking.groupId
    if (isSame)
      return accept({
        booking,
        room,
        after: { ...said, isPending: booking.isPending },
        made: { booking: null },
      })
    const decided = decideSpan({ ...span, booker: booker.value, room, changing: booking }, facts)
    if (!decided.ok) return decided
    // What was approved stays so while it only gives time back.
    const isPending = decided.value.isPending || (booking.isPending && isWithin(span, booking))
    return accept({ booking, room, after: { ...said, isPending }, made: { booking: null } })
  },
  write: (wish, { booking, room, after, made }, facts, effects) => {
    const { nowMs } = facts.moment
    const bookings = facts.of(bookingFacts)
    const before = { ...booking }
    bookings.endFreed(withBuffer(room.id, after, room.rules.bufferMinutes), nowMs)
    const values = { ...after, ...freeingOf({ ...after, ...pick(booking) }, room, nowMs) }
    if (booking.checkedInMs !== null) Object.assign(values, freeing(null, null))
    if (room.id === booking.classroomId) bookings.change(booking, values)
    else {
      bookings.change(booking, { endedAs: 'moved', ...freeing(null, null) })
      made.booking = bookings.make({
        ...values,
        classroomId: room.id,
        userId: booking.userId,
        longtermId: booking.longtermId,
        longtermDate: booking.longtermDate,
        movedFromId: booking.id,
        madeMs: booking.madeMs,
      })
    }
    effects.step()
    const now = made.booking ?? booking
    const roomBefore = facts.of(roomFacts).get(before.classroomId) ?? room
    if (now !== booking || !isSameSpan(now, before))
      tellMoved(now, before, { room, roomBefore, madeById: wish.actor.userId }, facts, effects)
    logChange(wish, facts, effects, { subject: 'edit', booking: now, before })
  },
  answer: (_wish, { booking, made }) => made.booking?.id ?? booking.id,
}

const pick = ({ longtermId, madeMs }: StoredBooking) => ({ longtermId, madeMs })

function isSameSpan(left: Span, right: Span): boolean {
  return left.startMs === right.startMs && left.endMs === right.endMs
}

/** A booking that is cancelled, or ended while it is on. */
export const endBookingCommand: PersonCommand<{ id: number; version: number }, StoredBooking, number> = {
  name: 'end a booking',
  load: ({ body: { id } }, need) => needOfBooking(need, { id, to: null }),
  decide: (wish, facts) => {
    const found = decideFound(wish, facts, 'manage')
    if (!found.ok) return found
    const { booking } = found.value
    return booking.version === wish.body.version ? accept(booking) : refuse({ why: 'stale' })
  },
  write: (wish, booking, facts, effects) => {
    const isOn = booking.startMs <= facts.moment.nowMs && !booking.isPending
    free(wish, booking, facts, effects, isOn ? 'ended' : 'cancelled')
  },
  answer: (_wish, { id }) => id,
}

/** A request that is rejected, with a reason for those who asked. */
export const rejectCommand: PersonCommand<
  { id: number; version: number; reason: string | null },
  { booking: StoredBooking; reason: string | null },
  number
> = {
  name: 'reject a request',
  load: ({ body: { id } }, need) => needOfBooking(need, { id, to: null }),
  decide: (wish, facts) => decideRequest(wish, facts),
  write: (wish, { booking, reason }, facts, effects) => {
    free(wish, booking, facts, effects, 'rejected', reason)
    const room = facts.of(roomFacts).get(booking.classroomId)
    if (room !== undefined)
      tellBooker('rejected', booking, { room, reason, madeById: wish.actor.userId }, facts, effects)
  },
  answer: (_wish, { booking }) => booking.id,
}

/** A request that is approved. */
export const approveCommand: PersonCommand<
  { id: number; version: number; reason: string | null },
  { booking: StoredBooking; reason: string | null },
  number
> = {
  name: 'approve a request',
  load: ({ body: { id } }, need) => needOfBooking(need, { id, to: null }),
  decide: (wish, facts) => decideRequest(wish, facts),
  write: (wish, { booking, reason }, facts, effects) => {
    const room = facts.of(roomFacts).get(booking.classroomId)
    if (room === undefined) throw new Error('a request for no room was approved')
    const before = { ...booking }
    const approved = { ...spanOf(booking), ...pick(booking), isPending: false }
    facts.of(bookingFacts).change(booking, {
      isPending: false,
      ...freeingOf({ ...approved, madeMs: facts.moment.nowMs }, room, facts.moment.nowMs),
    })
    effects.step()
    tellBooker('approved', booking, { room, reason, madeById: wish.actor.userId }, facts, effects)
    logChange(wish, facts, effects, { subject: 'approve', booking, before, reason })
  },
  answer: (_wish, { booking }) => booking.id,
}

/** Undoes an ending while its room is not free yet. [BOK-6] */
export const restoreBookingCommand: PersonCommand<{ id: number }, StoredBooking, number> = {
  name: 'restore a booking',
  load: ({ body: { id } }, need) => needOfBooking(need, { id, to: null }),
  decide: (wish, facts) => {
    const found = decideFound(wish, facts, 'any')
    if (!found.ok) return found
    const { booking, isManager, isApprover } = found.value
    const isTheirs = booking.freesAs === 'rejected' ? isApprover : isManager
    return isTheirs ? accept(booking) : refuse({ why: 'notAllowed', rule: 'BOK-15' })
  },
  write: (wish, booking, facts, effects) => {
    if (booking.freedMs === null) return
    const room = facts.of(roomFacts).get(booking.classroomId)
    if (room === undefined) throw new Error('a booking of no room was restored')
    const before = { ...booking }
    const natural =
      booking.checkedInMs === null ? freeingOf(booking, room, facts.moment.nowMs) : freeing(null, null)
    facts.of(bookingFacts).change(booking, { ...natural, freedMs: null })
    effects.step()
    logChange(wish, facts, effects, { subject: 'restore', booking, before })
  },
  answer: (_wish, { id }) => id,
}

/** How long before its start somebody may check in to a booking, ms. */
const EARLY_CHECK_IN_MS = 15 * 60_000

/** Says that somebody is there; twice is as once. [BOK-8] */
export const checkInCommand: PersonCommand<{ id: number }, StoredBooking, number> = {
  name: 'check in',
  isRepeatable: true,
  load: ({ body: { id } }, need) => needOfBooking(need, { id, to: null }),
  decide: (wish, facts) => {
    const found = decideFound(wish, facts, 'manage')
    if (!found.ok) return found
    const { booking, room } = found.value
    const isEarly = facts.moment.nowMs < booking.startMs - EARLY_CHECK_IN_MS
    return isEarly || booking.isPending || room.checkIn !== 'person'
      ? refuse({ why: 'valueRefused', rule: 'BOK-8' })
      : accept(booking)
  },
  write: (wish, booking, facts, effects) => {
    if (booking.checkedInMs !== null) return
    const before = { ...booking }
    facts.of(bookingFacts).change(booking, { checkedInMs: facts.moment.nowMs, ...freeing(null, null) })
    effects.step()
    logChange(wish, facts, effects, { subject: 'checkIn', booking, before })
  },
  answer: (_wish, { id }) => id,
}

function needOfBooking(need: Need, booking: Parameters<typeof bookingNeed>[0]): void {
  need(treeFacts, null)
  need(roomFacts, null)
  need(bookingFacts, bookingNeed(booking))
}

const bookingNeed = (booking: {
  id: number
  to: { classroomId: number | null; startMs: number | null; endMs: number | null } | null
}) => ({ booking })

interface FoundBooking {
  booking: StoredBooking
  room: Room
  isManager: boolean
  isApprover: boolean
}

/**
 * A live booking of the caller's university that they may do something to; one that they may not even see is not there. One that is
 * over, by an act or by the time, is refused. [ACC-2] [BOK-15]
 */
function decideFound(
  { actor, body }: PersonWish<{ id: number }>,
  facts: LoadedFacts,
  what: 'manage' | 'decide' | 'any',
): Decision<FoundBooking, HttpRefusal> {
  const { universityId, nowMs } = facts.moment
  const booking = facts.of(bookingFacts).get(body.id)
  const room = booking === null ? undefined : facts.of(roomFacts).get(booking.classroomId)
  if (booking === null || room === undefined) return refuse({ why: 'notFound' })
  const { groupId, userId } = booking
  const isManager =
    groupId === null
      ? may(actor, 'managePersonalBooking', { universityId, createdById: userId })
      : may(actor, 'manageBookings', { universityId, group: { id: groupId, isSuper: false } })
  const isApprover =
    may(actor, 'overrideBookings', { universityId }) ||
    [...room.approverIds].some((id) =>
      may(actor, 'decideRequests', { universityId, group: { id, isSuper: false } }),
    )
  const sees = isManager || (isApprover && (booking.isPending || booking.freesAs === 'rejected'))
  if (!sees) return refuse({ why: 'notFound' })
  const isAllowed = what === 'any' || (what === 'manage' ? isManager : isApprover)
  if (!isAllowed) return refuse({ why: 'notAllowed', rule: 'BOK-15' })
  // What somebody ended waits to be free: it can be restored, and nothing else. [BOK-6]
  const isLetGo = booking.freedMs !== null && what !== 'any'
  const isOver = isLetGo || booking.endedAs !== null || !holds(booking, nowMs) || booking.endMs <= nowMs
  return isOver
    ? refuse({ why: 'bookingOver', rule: 'BOK-5' })
    : accept({ booking, room, isManager, isApprover })
}

function decideRequest(
  wish: PersonWish<{ id: number; version: number; reason: string | null }>,
  facts: LoadedFacts,
): Decision<{ booking: StoredBooking; reason: string | null }, HttpRefusal> {
  const found = decideFound(wish, facts, 'decide')
  if (!found.ok) return found
  const { booking } = found.value
  if (!booking.isPending || booking.version !== wish.body.version) return refuse({ why: 'stale' })
  const reason = decideText(wish.body.reason)
  return reason.ok ? accept({ booking, reason: reason.value }) : reason
}

/** Lets a booking go: its span is free after the time in which that can be undone, or sooner if it frees it sooner by itself. [BOK-6] */
function free(
  wish: Pick<PersonWish<unknown>, 'actor' | 'address'>,
  booking: StoredBooking,
  facts: LoadedFacts,
  effects: Effects,
  as: EndedAs,
  reason: string | null = null,
): void {
  const { nowMs } = facts.moment
  const before = { ...booking }
  const undoMs = nowMs + (as === 'ended' ? UNDO_END_MS : UNDO_FREE_MS)
  facts.of(bookingFacts).change(booking, freeing(Math.min(undoMs, booking.freesMs ?? undoMs), as, nowMs))
  effects.step()
  logChange(wish, facts, effects, { subject: as, booking, before, reason })
}

function logChange(
  wish: Pick<PersonWish<unknown>, 'actor' | 'address'>,
  facts: LoadedFacts,
  effects: Effects,
  {
    subject,
    booking,
    before,
    reason = null,
  }: {
    subject: string
    booking: StoredBooking
    before: StoredBooking
    reason?: string | null
  },
): void {
  effects.log.push({
    ...changedBy(wish),
    universityId: facts.moment.universityId,
    groupId: booking.groupId,
    service: 'bookings',
    subject,
    log: {
      registrationId: before.id,
      classroomId: booking.classroomId,
      before: shownIn(before),
      after: shownIn(booking),
      ...(reason === null ? {} : { reason }),
    },
  })
}
