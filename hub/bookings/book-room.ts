import { may, type Actor } from '#shared/domain/access.ts'
import {
  decideBooking,
  MAX_BOOKING_DESCRIPTION,
  MAX_BOOKING_MINUTES,
  naturalFreeing,
  type Booker,
  type BookingRefusal,
  type ReachedQuota,
  type Span,
} from '#shared/domain/booking.ts'
import { findReachedQuota } from '#shared/domain/booking-quota.ts'
import { accept, refuse, type Decision } from '#shared/domain/decision.ts'
import { faultOfText, normaliseName } from '#shared/domain/space-tree.ts'
import { groupFacts } from '../groups/group-facts.ts'
import type { HttpRefusal } from '../platform/http/handle.ts'
import { changedBy } from '../platform/postgres/append-change.ts'
import type { PersonCommand, PersonWish } from '../platform/writer/command.ts'
import type { LoadedFacts, Need } from '../platform/writer/fact-set.ts'
import { treeFacts } from '../spaces/tree.ts'
import { bookingFacts, withBuffer } from './bookings.ts'
import type { StoredBooking } from './booking-rows.ts'
import { ownBookingFacts, quotaQuestionOf } from './own-bookings.ts'
import { roomFacts, type Room } from './rooms.ts'
import { tellApprovers } from './tell.ts'

/** What somebody wants to book. Times in ms since 1970. */
export interface BookRoomInput extends Span {
  classroomId: number
  groupId: number | null
  description: string | null
  importance: number | null
}

interface AcceptedBooking {
  room: Room
  isPending: boolean
  description: string | null
  made: { booking: StoredBooking | null }
}

/** Books a room, or asks for it. Its answer is the booking's id. [BOK-1] … [BOK-16] */
export const bookRoomCommand: PersonCommand<BookRoomInput, AcceptedBooking, number> = {
  name: 'book a room',
  load: ({ userId, body }, need) => {
    needOfSpan(need, body)
    if (body.groupId !== null) need(groupFacts, body.groupId)
    need(ownBookingFacts, { userId, groupId: body.groupId, classroomId: body.classroomId, ...spanOf(body) })
  },
  decide: ({ actor, body }, facts) => {
    const room = facts.of(roomFacts).get(body.classroomId)
    if (room === undefined || !may(actor, 'seeRooms', { universityId: facts.moment.universityId }))
      return refuse({ why: 'notFound' })
    const booker = decideBooker(actor, body.groupId, facts)
    if (!booker.ok) return booker
    const text = decideText(body.description)
    if (!text.ok) return text
    const importance = decideImportance(booker.value, body.importance)
    if (!importance.ok) return importance
    const decided = decideSpan({ ...spanOf(body), booker: booker.value, room, changing: null }, facts)
    return decided.ok
      ? accept({ room, isPending: decided.value.isPending, description: text.value, made: { booking: null } })
      : decided
  },
  write: (wish, { room, isPending, description, made }, facts, effects) => {
    const { actor, body } = wish
    const { nowMs } = facts.moment
    const bookings = facts.of(bookingFacts)
    bookings.endFreed(withBuffer(room.id, body, room.rules.bufferMinutes), nowMs)
    made.booking = bookings.make({
      ...spanOf(body),
      ...freeingOf({ ...spanOf(body), isPending }, room, nowMs),
      classroomId: room.id,
      userId: actor.userId,
      groupId: body.groupId,
      longtermId: null,
      longtermDate: null,
      movedFromId: null,
      description,
      importance: body.importance,
      isPending,
      madeMs: nowMs,
    })
    effects.step()
    if (isPending) {
      const groupName = body.groupId === null ? null : (facts.of(groupFacts).get(body.groupId)?.name ?? null)
      tellApprovers(made.booking, { room, groupName, madeById: actor.userId }, facts, effects)
    }
    effects.log.push({
      ...changedBy(wish),
      universityId: facts.moment.universityId,
      groupId: body.groupId,
      service: 'bookings',
      subject: isPending ? 'request' : 'add',
      log: { classroomId: room.id, spaceId: room.spaceId, after: shownIn(made.booking) },
    })
  },
  answer: (_wish, { made }) => {
    if (made.booking === null) throw new Error('a booking was answered before it was written')
    return made.booking.id
  },
}

/** What of a booking the log keeps. [AUD-1] */
export function shownIn(booking: StoredBooking): Record<string, unknown> {
  const { startMs, endMs, groupId, importance, isPending } = booking
  return { start: isoOf(startMs), end: isoOf(endMs), groupId, importance, isPending }
}

/** A moment as the log and calls write it. */
export function isoOf(atMs: number): string {
  return new Date(atMs).toISOString()
}

/** The span of anything that has one. */
export function spanOf({ startMs, endMs }: Span): Span {
  return { startMs, endMs }
}

/** What a command needs that puts a booking into a span. */
export function needOfSpan(need: Need, span: Span & { classroomId: number }): void {
  need(treeFacts, null)
  need(roomFacts, null)
  const { classroomId, startMs, endMs } = span
  // What is no span is refused, and nothing is looked for; nor is more than a booking can be long.
  const longestMs = startMs + MAX_BOOKING_MINUTES * 60_000
  const toMs = startMs < endMs ? Math.min(endMs, longestMs) : startMs + 60_000
  need(bookingFacts, { span: { classroomId, startMs, endMs: toMs } })
}

/** Whether somebody may book in the name of a group, or in nobody's. [ACC-1] [BOK-15] */
export function decideBooker(
  actor: Actor,
  groupId: number | null,
  facts: LoadedFacts,
): Decision<Booker, HttpRefusal> {
  const { universityId } = facts.moment
  const isStaff = may(actor, 'overrideBookings', { universityId })
  const booker = { userId: actor.userId, groupId, isStaff }
  if (groupId === null) return accept(booker)
  const group = facts.of(groupFacts).get(groupId)
  if (group === undefined) return refuse({ why: 'notAllowed', rule: 'BOK-15' })
  return may(actor, 'manageBookings', { universityId, group })
    ? accept(booker)
    : refuse({ why: 'notAllowed', rule: 'BOK-15' })
}

/** A description as it is stored: one line, null for none. [BOK-17] */
export function decideText(typed: string | null): Decision<string | null, HttpRefusal> {
  if (typed === null) return accept(null)
  if (faultOfText(typed, MAX_BOOKING_DESCRIPTION) !== null)
    return refuse({ why: 'valueRefused', at: '/description', rule: 'BOK-17' })
  const text = normaliseName(typed)
  return accept(text === '' ? null : text)
}

/** Only the super group says how important something is. [BOK-18] */
export function decideImportance(
  { isStaff }: Booker,
  importance: number | null | undefined,
): Decision<null, HttpRefusal> {
  const isSaid = importance !== null && importance !== undefined
  return isSaid && !isStaff ? refuse({ why: 'notAllowed', at: '/importance', rule: 'BOK-18' }) : accept(null)
}

/** A booking that goes into a span of a room; `changing`: it is one already. */
export interface SpanWish extends Span {
  booker: Booker
  room: Room
  changing: StoredBooking | null
}

/** Asks the referee, with what this batch knows. */
export function decideSpan(
  wish: SpanWish,
  facts: LoadedFacts,
): Decision<{ isPending: boolean }, HttpRefusal> {
  const { room, booker, changing } = wish
  const { nowMs } = facts.moment
  const isInRoom = changing?.classroomId === room.id
  const isSpan = wish.startMs < wish.endMs
  const others = facts
    .of(bookingFacts)
    .around(withBuffer(room.id, wish, room.rules.bufferMinutes))
    .filter((other) => other !== changing)
  const decided = decideBooking(
    { ...spanOf(wish), booker, before: isInRoom ? spanOf(changing) : null },
    {
      nowMs,
      room,
      others,
      closedSpans:
        isSpan && wish.endMs - wish.startMs <= 32 * 86_400_000
          ? facts.of(roomFacts).closedSpans(room, wish)
          : [],
      reachedQuota: isSpan ? reachedQuotaOf(wish, facts) : null,
    },
  )
  return decided.ok ? decided : refuse(refusalOf(decided.refusal))
}

function reachedQuotaOf(
  { room, booker, changing, ...span }: SpanWish,
  facts: LoadedFacts,
): ReachedQuota | null {
  if (room.rules.quotas.length === 0 || booker.isStaff) return null
  const { zone } = facts.of(roomFacts)
  const tree = facts.of(treeFacts)
  return findReachedQuota({
    ...quotaQuestionOf(facts, { room, booker, span: spanOf(span), zone, changingId: changing?.id ?? null }),
    isWithin: (spaceId, ancestorId) => tree.isWithin(spaceId, ancestorId),
  })
}

/** When a booking frees its span by itself, by the rules of its room. [BOK-7] [BOK-8] */
export function freeingOf(
  booking: Span & { isPending: boolean; longtermId?: number | null; madeMs?: number },
  room: Room,
  nowMs: number,
): ReturnType<typeof naturalFreeing> {
  const { pendingDays, graceMinutes } = room.rules
  // At a door its own clock decides, and weekly bookings are had by whoever comes.
  const isAsked = room.checkIn === 'person' && (booking.longtermId ?? null) === null
  return naturalFreeing(booking, { madeMs: booking.madeMs ?? nowMs, pendingDays }, { isAsked, graceMinutes })
}

/** A refusal of the referee as calls answer it. */
export function refusalOf(refusal: BookingRefusal): HttpRefusal {
  switch (refusal.why) {
    case 'bookingConflict':
      return {
        ...refusal,
        inTheWay: refusal.inTheWay.map(({ startMs, endMs }) => ({
          start: isoOf(startMs),
          end: isoOf(endMs),
        })),
      }
    case 'tooFarAhead':
      return { why: refusal.why, rule: refusal.rule, until: isoOf(refusal.untilMs) }
    default:
      return refusal
  }
}

/** Who calls, for rules that ask it. */
export type Asking = Pick<PersonWish<unknown>, 'actor' | 'address'>
