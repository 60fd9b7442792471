import {
  overlaps,
  type Booking,
  type Quota,
  type QuotaAmount,
  type QuotaOwner,
  type ReachedQuota,
  type Span,
  type SpaceQuota,
  type Term,
} from './booking.ts'
import { instantOf, type Zone } from './local-time.ts'
import { dateAfter } from './week-time.ts'

// How much somebody has of the rooms in a space. A booking counts for the day, the week and the term in which it begins, on the
// university's calendar; requests that wait count too. [BOK-11]

/** The periods in which a booking counts, from and to moments in ms; `term` null: it begins in none. */
export interface QuotaPeriods {
  day: Span
  week: Span
  term: Span | null
}

/** The day, the week (from Monday) and the term of a moment, on the calendar of a zone. [BOK-11] */
export function quotaPeriods(startMs: number, zone: Zone, terms: readonly Term[]): QuotaPeriods {
  const { date, day } = zone.localAt(startMs)
  const monday = dateAfter(date, -((day + 6) % 7))
  const term = terms.find(({ from, to }) => from <= date && date <= to)
  return {
    day: spanOfDates(date, date, zone),
    week: spanOfDates(monday, dateAfter(monday, 6), zone),
    term: term === undefined ? null : spanOfDates(term.from, term.to, zone),
  }
}

function spanOfDates(from: string, to: string, zone: Zone): Span {
  return { startMs: midnight(from, zone), endMs: midnight(dateAfter(to, 1), zone) }
}

function midnight(date: string, zone: Zone): number {
  const found = instantOf({ date, minute: 0 }, zone)
  if (!found.ok) throw new Error(`no calendar has ${date}`)
  return found.value.atMs
}

/** A booking that counts, with the space of its room. */
export type CountedBooking = Pick<Booking, 'id' | 'startMs' | 'endMs' | 'userId' | 'groupId'> & {
  spaceId: number
}

/** What is asked of quotas. */
export interface QuotaQuestion {
  wish: Span & { userId: number; groupId: number | null }
  periods: QuotaPeriods
  quotas: readonly SpaceQuota[]
  /** Live bookings of the person, and of the group, that begin in one of the periods or overlap the wish; without the one that changes. */
  counted: readonly CountedBooking[]
  isWithin(spaceId: number, ancestorId: number): boolean
}

/** The first limit that a booking would go beyond; null: none. The nearest space's come first. [BOK-11] */
export function findReachedQuota({
  wish,
  periods,
  quotas,
  counted,
  isWithin,
}: QuotaQuestion): ReachedQuota | null {
  for (const { spaceId, of, quota } of quotas) {
    // A booking without a group is nobody's but its maker's.
    if (of === 'group' && wish.groupId === null) continue
    const own = counted.filter((booking) => isOf(booking, wish, of) && isWithin(booking.spaceId, spaceId))
    const reached = reachedOf(quota, wish, periods, own)
    if (reached !== null) return { of, spaceId, ...reached }
  }
  return null
}

function isOf(booking: CountedBooking, wish: QuotaQuestion['wish'], of: QuotaOwner): boolean {
  return of === 'person' ? booking.userId === wish.userId : booking.groupId === wish.groupId
}

function reachedOf(
  quota: Quota,
  wish: Span,
  periods: QuotaPeriods,
  own: readonly CountedBooking[],
): Pick<ReachedQuota, 'per' | 'what' | 'limit'> | null {
  for (const per of ['day', 'week', 'term'] as const) {
    const period = periods[per]
    const amount = quota[per]
    if (period === null || amount === undefined) continue
    const reached = reachedAmount(amount, [
      wish,
      ...own.filter(({ startMs }) => period.startMs <= startMs && startMs < period.endMs),
    ])
    if (reached !== null) return { per, ...reached }
  }
  const { atOnce } = quota
  if (atOnce !== undefined && mostAtOnce(wish, own) > atOnce)
    return { per: 'atOnce', what: 'count', limit: atOnce }
  return null
}

function reachedAmount(
  { count, minutes }: QuotaAmount,
  all: readonly Span[],
): Pick<ReachedQuota, 'what' | 'limit'> | null {
  if (count !== undefined && all.length > count) return { what: 'count', limit: count }
  const sum = all.reduce((total, { startMs, endMs }) => total + (endMs - startMs), 0) / 60_000
  return minutes !== undefined && sum > minutes ? { what: 'minutes', limit: minutes } : null
}

/** The most bookings, the wish among them, that have one moment of the wish in common. */
function mostAtOnce(wish: Span, own: readonly Span[]): number {
  const beside = own.filter((booking) => overlaps(booking, wish))
  const starts = [wish.startMs, ...beside.map(({ startMs }) => Math.max(startMs, wish.startMs))]
  return Math.max(
    ...starts.map(
      (atMs) => 1 + beside.filter(({ startMs, endMs }) => startMs <= atMs && atMs < endMs).length,
    ),
  )
}
