import { overlaps, type Span } from './booking.ts'
import { accept, type Decision } from './decision.ts'
import type { Zone } from './local-time.ts'
import { orderMoves } from './order-moves.ts'
import { dateInWeek, occurrenceOn, occurrencesOf, type Occurrence } from './weekly-booking.ts'
import {
  compareDates,
  compareSpans,
  hasBegun,
  isEmpty,
  type DatedSpan,
  type WeeklyPattern,
  type WeeklyRefusal,
} from './weekly-pattern.ts'
import {
  planOf,
  type Exceptions,
  type Series,
  type SeriesInstance,
  type SeriesPlan,
  type StayingDate,
} from './weekly-series.ts'

/** Where and when a change is planned, and without which dates. */
export interface Circumstances {
  zone: Zone
  nowMs: number
  leaveOut: ReadonlySet<string>
}

/** A change of a weekly booking from some week on. */
export interface Replan extends Circumstances {
  series: Series
  to: WeeklyPattern
  /** Sunday of the first week that changes; '' for all. */
  fromWeek: string
  exceptions: Exceptions
}

/** A date that may get its new span: a registration that moves to it, or one that comes (`id` null). */
interface Candidate extends DatedSpan {
  id: number | null
}

/** What becomes of a registration, or of a date without one: it takes the span that is wanted, goes, is left alone, or stays and is named. */
type Fate = 'takesSpan' | 'goes' | 'isEmpty' | 'untouched' | StayingDate['why']

/** Plans week by week: what was there in a week, and what is wanted in it; refused where it is no weekly booking. [BOK-50] [BOK-52] [BOK-54] [BOK-56] */
export function replanSeries(parts: Replan): Decision<SeriesPlan, WeeklyRefusal> {
  const { series, to, fromWeek, zone } = parts
  const occurrences = occurrencesOf(to, zone)
  if (!occurrences.ok) return occurrences
  const wanted = new Map(occurrences.value.map((each) => [weekOf(each), each]))
  const instances = series.instances.toSorted(
    (left, right) => compareSpans(left, right) || left.id - right.id,
  )
  const plan = planOf(to)
  const seen = new Set<string>()
  const kept: SeriesInstance[] = []
  const candidates: Candidate[] = []
  for (const instance of instances) {
    const { id, date } = instance
    const week = weekOf(instance)
    const target = wanted.get(week)
    const fate = fateOfInstance(instance, target, seen.has(week), parts)
    seen.add(week)
    if (fate === 'takesSpan' && target !== undefined) candidates.push({ ...spanOf(target), id })
    else if (fate === 'goes' || fate === 'isEmpty') plan.drop.push(id)
    else kept.push(instance)
    if (fate === 'isEmpty') plan.empty.push(target?.date ?? date)
    else if (isNamed(fate)) plan.stay.push({ date, id, why: fate })
  }
  for (const [week, target] of wanted) {
    if (seen.has(week) || week < fromWeek) continue
    const { date } = target
    const fate = fateOfGap(week, target, parts)
    if (fate === 'takesSpan') candidates.push({ ...spanOf(target), id: null })
    else if (fate === 'isEmpty') plan.empty.push(date)
    else if (isNamed(fate)) plan.stay.push({ date, id: null, why: fate })
  }
  return accept(settle(plan, candidates, kept, new Map(instances.map((each) => [each.id, each]))))
}

function fateOfInstance(
  instance: SeriesInstance,
  target: Occurrence | undefined,
  isSecondInWeek: boolean,
  { fromWeek, exceptions, nowMs, leaveOut }: Replan,
): Fate {
  if (hasBegun(instance, nowMs) || weekOf(instance) < fromWeek) return 'untouched'
  if (target === undefined) return 'goes'
  if (compareSpans(instance, target) === 0) return 'untouched'
  // A second one in a week was made by hand, and only one of them can have the week's span.
  if (isSecondInWeek || (instance.isException && exceptions === 'keep')) return 'exception'
  if (hasBegun(target, nowMs)) return 'past'
  if (isEmpty(target)) return 'isEmpty'
  return leaveOut.has(target.date) ? 'choice' : 'takesSpan'
}

/** Of a week without a registration. */
function fateOfGap(week: string, target: Occurrence, { series, zone, nowMs, leaveOut }: Replan): Fate {
  if (hasBegun(target, nowMs)) return 'untouched'
  if (isEmpty(target)) return 'isEmpty'
  if (wasLeftOut(series.pattern, week, zone)) return 'leftOut'
  return leaveOut.has(target.date) ? 'choice' : 'takesSpan'
}

function isNamed(fate: Fate): fate is StayingDate['why'] {
  return !['takesSpan', 'goes', 'isEmpty', 'untouched'].includes(fate)
}

/** Takes out what would meet one of the weekly booking's own that stays, until nothing does, and puts the moves in order. [BOK-55] [BOK-56] */
function settle(
  plan: SeriesPlan,
  candidates: readonly Candidate[],
  kept: readonly SeriesInstance[],
  byId: ReadonlyMap<number, SeriesInstance>,
): SeriesPlan {
  let staying: readonly Span[] = kept
  let going = [...candidates]
  const stay = [...plan.stay]
  while (staying.length > 0) {
    const blocked = going.filter((one) => staying.some((other) => overlaps(one, other)))
    going = going.filter((one) => !blocked.includes(one))
    stay.push(
      ...blocked.map(({ id, date }) => ({
        date: byId.get(id ?? 0)?.date ?? date,
        id,
        why: 'ownSeries' as const,
      })),
    )
    // What is blocked stays where it is, and may be in the way of others there.
    staying = blocked.flatMap(({ id }) => byId.get(id ?? 0) ?? [])
  }
  const { move, inCircle } = orderMoves(
    going.flatMap(({ id, ...span }) => (id === null ? [] : [{ ...span, id }])),
    byId,
  )
  const added = going.flatMap(({ id, ...span }) => (id === null ? [span] : []))
  return {
    ...plan,
    drop: [...plan.drop, ...inCircle.map(({ id }) => id)],
    move,
    add: [...added, ...inCircle.map(spanOf)].toSorted(compareSpans),
    stay: stay.toSorted(compareDates),
    empty: plan.empty.toSorted(),
  }
}

/** Whether a week without a registration had a date that could have been booked. */
function wasLeftOut(pattern: WeeklyPattern, week: string, zone: Zone): boolean {
  const date = dateInWeek(week, pattern.dayOfWeek)
  if (date === null || !isDateOf(pattern, date)) return false
  const occurrence = occurrenceOn(date, pattern, zone)
  return occurrence !== null && !isEmpty(occurrence)
}

/** Whether a date is one of a weekly booking's. */
export function isDateOf({ startDate, endDate, dayOfWeek }: WeeklyPattern, date: string): boolean {
  return date >= startDate && date <= endDate && dateInWeek(date, dayOfWeek) === date
}

/** The Sunday on or before a date: of the dates of one week a weekly booking has one. [BOK-51] */
export function weekOf({ date }: Pick<DatedSpan, 'date'>): string {
  return dateInWeek(date, 0) ?? date
}

function spanOf({ date, startMs, endMs }: DatedSpan): DatedSpan {
  return { date, startMs, endMs }
}
