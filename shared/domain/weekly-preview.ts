import { overlaps, type Span } from './booking.ts'
import { closedWithin } from './booking-hours.ts'
import { accept, refuse, type Decision } from './decision.ts'
import type { Zone } from './local-time.ts'
import type { OpeningHours } from './week-time.ts'
import { compareDates, compareSpans, hasBegun, isEmpty, type DatedSpan } from './weekly-pattern.ts'

// What would become of each date of a weekly booking, before anything is written; and what is booked of it in the end.

/** A booking of the room that holds its span, pending ones too. */
export interface LiveBooking extends Span {
  id: number
  /** The weekly booking that it belongs to; null for one by itself. */
  longtermId: number | null
}

/** What must be known to judge dates. `Quota` is what a refusal by quota says. */
export interface PreviewFacts<Quota> {
  nowMs: number
  zone: Zone
  /** Opening hours of the room and of what it is in, nearest first, as in `closedWithin`. */
  hours: readonly OpeningHours[]
  /** Bookings of the room around the dates, in any order. */
  live: readonly LiveBooking[]
  /** The weekly booking that is changed, whose own dates are in nobody's way; null for a new one. */
  longtermId: number | null
  /** How far apart two bookings of the room must be; 0 where they may meet. */
  bufferMs: number
  /** How far ahead of now a booking may end; null for as far as one likes. */
  aheadMs: number | null
  /** The quota that one more booking would exceed beside those of the same preview that come before it; null where none is. */
  quotaOf(wanted: DatedSpan, before: readonly DatedSpan[]): Quota | null
}

/** What becomes of one date; the first of these that is so. [BOK-45] */
export type Verdict<Quota> =
  | { is: 'empty'; rule: 'BOK-44' }
  | { is: 'past'; rule: 'BOK-45' }
  /** `closed`: the parts in which it is. */
  | { is: 'closed'; rule: 'BOK-47'; closed: Span[] }
  | { is: 'tooFarAhead'; rule: 'BOK-48'; latestEndMs: number }
  /** `inTheWay`: every booking that is, in order. */
  | { is: 'conflict'; rule: 'BOK-46'; inTheWay: (Span & { id: number })[] }
  | { is: 'overQuota'; rule: 'BOK-48'; quota: Quota }
  | { is: 'ok' }

/** A date with what becomes of it. */
export type JudgedDate<Dated extends DatedSpan, Quota> = Dated & { verdict: Verdict<Quota> }

/** One verdict for each date, in order of the dates, whatever the order of the facts. [BOK-45] [BOK-46] [BOK-47] [BOK-48] */
export function previewDates<Dated extends DatedSpan, Quota>(
  dates: readonly Dated[],
  facts: PreviewFacts<Quota>,
): JudgedDate<Dated, Quota>[] {
  const others = facts.live
    .filter(({ longtermId }) => longtermId === null || longtermId !== facts.longtermId)
    .toSorted((left, right) => compareSpans(left, right) || left.id - right.id)
  const taken: Dated[] = []
  return dates
    .toSorted((left, right) => compareDates(left, right) || compareSpans(left, right))
    .map((date) => {
      const verdict = verdictOf(date, others, taken, facts)
      if (verdict.is === 'ok') taken.push(date)
      return { ...date, verdict }
    })
}

function verdictOf<Quota>(
  date: DatedSpan,
  others: readonly LiveBooking[],
  taken: readonly DatedSpan[],
  facts: PreviewFacts<Quota>,
): Verdict<Quota> {
  if (isEmpty(date)) return { is: 'empty', rule: 'BOK-44' }
  if (hasBegun(date, facts.nowMs)) return { is: 'past', rule: 'BOK-45' }
  const closed = closedWithin(facts.hours, facts.zone, date)
  if (closed.length > 0) return { is: 'closed', rule: 'BOK-47', closed }
  const latestEndMs = facts.aheadMs === null ? Infinity : facts.nowMs + facts.aheadMs
  if (date.endMs > latestEndMs) return { is: 'tooFarAhead', rule: 'BOK-48', latestEndMs }
  const wide = { startMs: date.startMs - facts.bufferMs, endMs: date.endMs + facts.bufferMs }
  const inTheWay = others.filter((other) => overlaps(other, wide))
  if (inTheWay.length > 0)
    return {
      is: 'conflict',
      rule: 'BOK-46',
      inTheWay: inTheWay.map(({ id, startMs, endMs }) => ({ id, startMs, endMs })),
    }
  const quota = facts.quotaOf(date, taken)
  return quota === null ? { is: 'ok' } : { is: 'overQuota', rule: 'BOK-48', quota }
}

/** What the maker of a weekly booking chose after its preview. */
export type DatesChoice = 'all' | 'allButConflicts'

/** Why a weekly booking is not made, or not changed, as its maker chose. [BOK-49] */
export type DatesRefusal =
  /** Dates on which it cannot be, and what is so on each. */
  | { why: 'datesRefused'; rule: 'BOK-49'; dates: { date: string; is: Verdict<unknown>['is'] }[] }
  /** Of some dates none is left to be booked. */
  | { why: 'noDateLeft'; rule: 'BOK-49' }

/** What is booked of a preview, and on which dates nothing is. */
export interface ChosenDates<Dated> {
  book: Dated[]
  leaveOut: { date: string; is: Verdict<unknown>['is'] }[]
}

/** Nobody books these, and they keep nobody from booking the others. */
const ALWAYS_LEFT_OUT: readonly string[] = ['empty', 'past']

/** Others have the room on these, or nobody has: the others may be booked without. */
const LEFT_OUT_BY_CHOICE: readonly string[] = [...ALWAYS_LEFT_OUT, 'conflict', 'closed']

/**
 * The dates that are booked. `all`: refused if the room is taken or closed on any. `allButConflicts`: those are left out. Either is
 * refused if any date is too far ahead or over a quota, so that nobody gets the beginning of what they may not have. [BOK-49]
 */
export function chooseDates<Dated extends DatedSpan, Quota>(
  judged: readonly JudgedDate<Dated, Quota>[],
  choice: DatesChoice,
): Decision<ChosenDates<JudgedDate<Dated, Quota>>, DatesRefusal> {
  const mayBeLeftOut = choice === 'all' ? ALWAYS_LEFT_OUT : LEFT_OUT_BY_CHOICE
  const book = judged.filter(({ verdict }) => verdict.is === 'ok')
  const others = judged.flatMap(({ date, verdict: { is } }) => (is === 'ok' ? [] : [{ date, is }]))
  const refused = others.filter(({ is }) => !mayBeLeftOut.includes(is))
  if (refused.length > 0) return refuse({ why: 'datesRefused', rule: 'BOK-49', dates: refused })
  if (book.length === 0 && judged.length > 0) return refuse({ why: 'noDateLeft', rule: 'BOK-49' })
  return accept({ book, leaveOut: others })
}
