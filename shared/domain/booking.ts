import { Type, type Static } from 'typebox'
import { accept, refuse, type Decision } from './decision.ts'
import { Id } from './space.ts'

// Rooms that are booked: what a booking is, how it ends, and the one referee of who may have a room when. Pure: times are
// ms since 1970, spans are half-open [start, end).

const closed = { additionalProperties: false }
const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS

/** From one moment to before another one, ms since 1970. [BOK-2] */
export interface Span {
  startMs: number
  endMs: number
}

/** Whether two half-open spans have a moment in common: what ends when another begins does not. [BOK-1] */
export function overlaps(left: Span, right: Span): boolean {
  return left.startMs < right.endMs && right.startMs < left.endMs
}

/** What people of a group may do in a room: book it, ask for it, or neither. [BOK-9] */
export const Trust = Type.Enum(['book', 'request', 'none'])
export type Trust = Static<typeof Trust>

/** How a room asks that somebody really came: not at all, by a person's own word, or at its door. */
export const CheckInPolicy = Type.Enum(['off', 'person', 'door'])
export type CheckInPolicy = Static<typeof CheckInPolicy>

/** How a booking ended before its time, or that it was never had. */
export const EndedAs = Type.Enum(['cancelled', 'rejected', 'lapsed', 'released', 'ended', 'moved'])
export type EndedAs = Static<typeof EndedAs>

const Minutes = (minimum: number, maximum: number) => Type.Optional(Type.Integer({ minimum, maximum }))

/** How much in a period; what is absent has no limit. */
export const QuotaAmount = Type.Object({ count: Minutes(0, 10_000), minutes: Minutes(0, 1_000_000) }, closed)
export type QuotaAmount = Static<typeof QuotaAmount>

/** How much one person, or one group, may have of the rooms in a space. [BOK-11] */
export const Quota = Type.Object(
  {
    day: Type.Optional(QuotaAmount),
    week: Type.Optional(QuotaAmount),
    term: Type.Optional(QuotaAmount),
    /** Rooms for the same moment. */
    atOnce: Minutes(0, 1_000),
  },
  closed,
)
export type Quota = Static<typeof Quota>

/** A term, with its first and last date (yyyy-mm-dd). */
export const Term = Type.Object(
  {
    from: Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}$' }),
    to: Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}$' }),
  },
  closed,
)
export type Term = Static<typeof Term>

/** The longest that a booking may ever be, and so the longest that a rule allows: 31 days. [BOK-2] */
export const MAX_BOOKING_MINUTES = 31 * 24 * 60

/** Rules for the rooms in a space. What is absent is said by the nearest space above it that says it. [BOK-10] */
export const BookingRules = Type.Object(
  {
    /** Steps in which screens offer times; bookings may begin and end at any minute. */
    gridMinutes: Minutes(5, 120),
    shortestMinutes: Minutes(1, MAX_BOOKING_MINUTES),
    longestMinutes: Minutes(1, MAX_BOOKING_MINUTES),
    /** Kept free before and after each booking. */
    bufferMinutes: Minutes(0, 24 * 60),
    /** A booking ends at most so many days from now. */
    aheadDays: Minutes(0, 1_200),
    /** From the start of a booking until it is given up when nobody checked in. */
    graceMinutes: Minutes(1, 24 * 60),
    /** How long a request waits at most for a decision. */
    pendingDays: Minutes(1, 365),
    /** Whether people may book in nobody's name but their own. */
    isPersonalAllowed: Type.Optional(Type.Boolean()),
    terms: Type.Optional(Type.Array(Term, { maxItems: 40 })),
    quotas: Type.Optional(Type.Object({ person: Type.Optional(Quota), group: Type.Optional(Quota) }, closed)),
  },
  closed,
)
export type BookingRules = Static<typeof BookingRules>

/** What holds where nobody said anything: five minutes to a whole day, half a year ahead. */
export const DEFAULT_BOOKING_RULES = {
  gridMinutes: 15,
  shortestMinutes: 5,
  longestMinutes: 24 * 60,
  bufferMinutes: 0,
  aheadDays: 180,
  graceMinutes: 10,
  pendingDays: 7,
  isPersonalAllowed: false,
} as const satisfies BookingRules

/** Who a limit counts. */
export type QuotaOwner = 'person' | 'group'

/** A limit on the bookings of the rooms in a space. */
export interface SpaceQuota {
  spaceId: number
  of: QuotaOwner
  quota: Quota
}

type NumberRule = Exclude<keyof typeof DEFAULT_BOOKING_RULES, 'isPersonalAllowed'>

/** The rules of one room, all said. */
export type RoomRules = Record<NumberRule, number> & {
  isPersonalAllowed: boolean
  terms: readonly Term[]
  /** Of the room and of all spaces that it is in: each holds. [BOK-11] */
  quotas: readonly SpaceQuota[]
}

/** The rules of a room, from those of itself and of what it is in, nearest first. [BOK-10] [BOK-11] */
export function rulesOf(chain: readonly { spaceId: number; rules: BookingRules }[]): RoomRules {
  const said = <Key extends keyof BookingRules>(key: Key): BookingRules[Key] | undefined =>
    chain.find(({ rules }) => rules[key] !== undefined)?.rules[key]
  const pick = (key: NumberRule): number => said(key) ?? DEFAULT_BOOKING_RULES[key]
  return {
    gridMinutes: pick('gridMinutes'),
    shortestMinutes: pick('shortestMinutes'),
    longestMinutes: pick('longestMinutes'),
    bufferMinutes: pick('bufferMinutes'),
    aheadDays: pick('aheadDays'),
    graceMinutes: pick('graceMinutes'),
    pendingDays: pick('pendingDays'),
    isPersonalAllowed: said('isPersonalAllowed') ?? DEFAULT_BOOKING_RULES.isPersonalAllowed,
    terms: said('terms') ?? [],
    quotas: chain.flatMap(({ spaceId, rules: { quotas = {} } }) =>
      (['person', 'group'] as const).flatMap((of): SpaceQuota[] => {
        const quota = quotas[of]
        return quota === undefined ? [] : [{ spaceId, of, quota }]
      }),
    ),
  }
}

/** A booking, as the rules see it. */
export interface Booking extends Span {
  /** Below zero while it has no row yet. */
  id: number
  classroomId: number
  /** Who made it; null when nobody who is still there did. */
  userId: number | null
  /** In whose name; null: their own. */
  groupId: number | null
  /** It holds its span until somebody decides. */
  isPending: boolean
  /**
   * When it frees its span unless something happens before, and how it has ended then; null: at its end. Until that moment it is
   * live, and who needs the span after it ends the row. [BOK-5]
   */
  freesMs: number | null
  freesAs: EndedAs | null
  /** When somebody ended it, who may undo that until `freesMs`; null: nobody did. [BOK-6] */
  freedMs: number | null
}

/** Whether a booking holds its span at a moment. Without a job having run. [BOK-5] */
export function holds({ freesMs }: Pick<Booking, 'freesMs'>, nowMs: number): boolean {
  return freesMs === null || nowMs < freesMs
}

/** An ending may be undone for so long, ms. [BOK-6] */
export const UNDO_END_MS = 60_000
/** Any other act that frees a span may be undone for so long, ms. [BOK-6] */
export const UNDO_FREE_MS = 10_000

/** When a booking frees its span by itself, and as what. */
export interface Freeing {
  freesMs: number | null
  freesAs: EndedAs | null
}

/**
 * When a booking that nobody ends frees its span before its end: a request that nobody decides at its start, or some days after it was
 * made; a booking that nobody checks in to ten seconds after its grace. [BOK-7] [BOK-8]
 */
export function naturalFreeing(
  booking: Span & { isPending: boolean },
  made: { madeMs: number; pendingDays: number },
  checkIn: { isAsked: boolean; graceMinutes: number },
): Freeing {
  if (booking.isPending)
    return { freesMs: Math.min(booking.startMs, made.madeMs + made.pendingDays * DAY_MS), freesAs: 'lapsed' }
  if (!checkIn.isAsked) return { freesMs: null, freesAs: null }
  // Who made it in its first minutes has the whole grace from then.
  const fromMs = Math.max(booking.startMs, made.madeMs)
  const freesMs = fromMs + checkIn.graceMinutes * MINUTE_MS + UNDO_FREE_MS
  return freesMs < booking.endMs ? { freesMs, freesAs: 'released' } : { freesMs: null, freesAs: null }
}

/** A booking begins at most so long before it is made: a quarter of an hour that has begun can be had, ms. [BOK-3] */
export const PAST_START_MS = 15 * MINUTE_MS

/** The longest description of a booking, in characters. */
export const MAX_BOOKING_DESCRIPTION = 500

/** How important the super group says that a booking is. It sorts the approval queue. */
export const Importance = Type.Integer({ minimum: 0, maximum: 9 })

/** Limits of a booking that was refused for one. */
export const ReachedQuota = Type.Object(
  {
    of: Type.Enum(['person', 'group']),
    per: Type.Enum(['day', 'week', 'term', 'atOnce']),
    what: Type.Enum(['count', 'minutes']),
    limit: Type.Integer(),
    /** The space whose rooms are counted. */
    spaceId: Id,
  },
  closed,
)
export type ReachedQuota = Static<typeof ReachedQuota>

/** Why a span is not booked, and the rule that says so. */
export type BookingRefusal =
  | { why: 'spanRefused'; rule: 'BOK-2' }
  | { why: 'inThePast'; rule: 'BOK-3' }
  | { why: 'tooShort' | 'tooLong'; rule: 'BOK-4'; limitMinutes: number }
  | { why: 'tooFarAhead'; rule: 'BOK-4'; untilMs: number }
  | { why: 'roomGone'; rule: 'BOK-12' }
  | { why: 'roomNotBookable'; rule: 'BOK-12' }
  | { why: 'groupNeeded'; rule: 'BOK-16' }
  | { why: 'notTrusted'; rule: 'BOK-9' }
  | { why: 'outsideHours'; rule: 'BOK-13' }
  | { why: 'quotaReached'; rule: 'BOK-11'; quota: ReachedQuota }
  | { why: 'bookingConflict'; rule: 'BOK-1'; inTheWay: Span[] }

/** A room, as the referee asks about it. */
export interface BookableRoom {
  id: number
  spaceId: number
  /** Its space, or its being bookable, was deleted. */
  isDeleted: boolean
  isValid: boolean
  requirePermission: boolean
  checkIn: CheckInPolicy
  rules: RoomRules
  /** What trust rows say, by group; the key null is people without a group. */
  trust: ReadonlyMap<number | null, Trust>
}

/** In whose name somebody books. `isStaff`: of the super group, whom neither trust nor quotas bind. */
export interface Booker {
  userId: number
  groupId: number | null
  isStaff: boolean
}

/** The trust that a room has in a group, or in people without one: a row's, else what the room asks of all. [BOK-9] */
export function trustIn(
  room: Pick<BookableRoom, 'trust' | 'requirePermission'>,
  { groupId, isStaff }: Pick<Booker, 'groupId' | 'isStaff'>,
): Trust {
  if (isStaff) return 'book'
  return room.trust.get(groupId) ?? (room.requirePermission ? 'request' : 'book')
}

/** What the referee decides from. */
export interface BookingFacts {
  nowMs: number
  room: BookableRoom
  /** Live bookings of the room around the span. The one that changes is not among them. */
  others: readonly Booking[]
  /** The parts of the span in which the room is closed. */
  closedSpans: readonly Span[]
  /** The first limit that the booking would break; null: none. */
  reachedQuota: ReachedQuota | null
}

/** A span that somebody wants. */
export interface BookingWish extends Span {
  booker: Booker
  /** The span that it had; null: it is new. A start or end that stays is not asked about again. [BOK-14] */
  before: Span | null
}

/** Whether a room may be had, and whether somebody has to approve. One referee for everybody. [BOK-1] … [BOK-14] */
export function decideBooking(
  wish: BookingWish,
  facts: BookingFacts,
): Decision<{ isPending: boolean }, BookingRefusal> {
  const { room } = facts
  const span = faultOfSpan(wish, facts)
  if (span !== null) return refuse(span)
  if (room.isDeleted) return refuse({ why: 'roomGone', rule: 'BOK-12' })
  // Who only gives time back is not asked for anything: the room may have closed meanwhile. [BOK-14]
  if (wish.before !== null && isWithin(wish, wish.before)) return accept({ isPending: false })
  if (!room.isValid) return refuse({ why: 'roomNotBookable', rule: 'BOK-12' })
  const { groupId, isStaff } = wish.booker
  if (groupId === null && !isStaff && !room.rules.isPersonalAllowed)
    return refuse({ why: 'groupNeeded', rule: 'BOK-16' })
  const trust = trustIn(room, wish.booker)
  if (trust === 'none') return refuse({ why: 'notTrusted', rule: 'BOK-9' })
  const limit = faultOfLimits(wish, room.rules, facts.nowMs)
  if (limit !== null) return refuse(limit)
  if (facts.closedSpans.length > 0) return refuse({ why: 'outsideHours', rule: 'BOK-13' })
  if (facts.reachedQuota !== null && !isStaff)
    return refuse({ why: 'quotaReached', rule: 'BOK-11', quota: facts.reachedQuota })
  const inTheWay = spansInTheWay(wish, facts)
  if (inTheWay.length > 0) return refuse({ why: 'bookingConflict', rule: 'BOK-1', inTheWay })
  return accept({ isPending: trust === 'request' })
}

/** What live bookings leave no room for a span, in order; without who has them. [BOK-1] */
export function spansInTheWay(
  wish: Span,
  { nowMs, others, room }: Pick<BookingFacts, 'nowMs' | 'others' | 'room'>,
): Span[] {
  const bufferMs = room.rules.bufferMinutes * MINUTE_MS
  const wide = { startMs: wish.startMs - bufferMs, endMs: wish.endMs + bufferMs }
  return others
    .filter((other) => holds(other, nowMs) && overlaps(other, wide))
    .map(({ startMs, endMs }) => ({ startMs, endMs }))
    .toSorted((left, right) => left.startMs - right.startMs)
}

/** Whether a span is no longer than another one at either end. [BOK-14] */
export function isWithin(inner: Span, outer: Span): boolean {
  return outer.startMs <= inner.startMs && inner.endMs <= outer.endMs
}

function faultOfSpan(
  { startMs, endMs, before }: BookingWish,
  { nowMs }: BookingFacts,
): BookingRefusal | null {
  const minutes = (endMs - startMs) / MINUTE_MS
  const isWhole = startMs % MINUTE_MS === 0 && endMs % MINUTE_MS === 0
  if (!isWhole || !(minutes > 0) || minutes > MAX_BOOKING_MINUTES)
    return { why: 'spanRefused', rule: 'BOK-2' }
  // A booking that is on keeps its start; it cannot end before now.
  const isStartOver = startMs < nowMs - PAST_START_MS && startMs !== before?.startMs
  if (isStartOver || endMs <= nowMs) return { why: 'inThePast', rule: 'BOK-3' }
  return null
}

function faultOfLimits({ startMs, endMs }: Span, rules: RoomRules, nowMs: number): BookingRefusal | null {
  const minutes = (endMs - startMs) / MINUTE_MS
  if (minutes < rules.shortestMinutes)
    return { why: 'tooShort', rule: 'BOK-4', limitMinutes: rules.shortestMinutes }
  if (minutes > rules.longestMinutes)
    return { why: 'tooLong', rule: 'BOK-4', limitMinutes: rules.longestMinutes }
  const untilMs = nowMs + rules.aheadDays * DAY_MS
  return endMs > untilMs ? { why: 'tooFarAhead', rule: 'BOK-4', untilMs } : null
}
