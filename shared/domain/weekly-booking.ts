import { Temporal } from 'temporal-polyfill'
import { accept, refuse, type Decision } from './decision.ts'
import { parseDate, weeklyInstants, type LocalInstant, type Zone } from './local-time.ts'
import { dateAfter } from './week-time.ts'
import {
  MAX_WEEKLY_DATES,
  MAX_WEEKLY_YEARS,
  type DatedSpan,
  type WeeklyPattern,
  type WeeklyRefusal,
} from './weekly-pattern.ts'

// A weekly booking as its dates. What becomes of each date is in weekly-preview.ts, changes are in weekly-edit.ts.

/** One date of a weekly booking; empty (`isEmpty`) where the clocks skip all of it, and then nobody books it. [BOK-43] [BOK-44] */
export interface Occurrence extends DatedSpan {
  /** What the wall time at which it starts was: where skipped, it starts at the jump; where doubled, at the first of the two. */
  startIs: LocalInstant['is']
  endIs: LocalInstant['is']
}

/** All dates of a weekly booking, in order, also those that are empty; refused as a whole, before any is worked out. [BOK-41] [BOK-43] */
export function occurrencesOf(pattern: WeeklyPattern, zone: Zone): Decision<Occurrence[], WeeklyRefusal> {
  const dates = datesOf(pattern)
  if (!dates.ok) return dates
  const { first, start, end, count } = dates.value
  if (count > MAX_WEEKLY_DATES)
    return refuse({ why: 'tooManyDates', rule: 'BOK-41', count, most: MAX_WEEKLY_DATES })
  if (Temporal.PlainDate.compare(end, start.add({ years: MAX_WEEKLY_YEARS })) > 0)
    return refuse({ why: 'tooManyYears', rule: 'BOK-41', most: MAX_WEEKLY_YEARS })
  const occurrences = occurrencesFrom(first.toString(), pattern, zone, count)
  return occurrences === null
    ? refuse({ why: 'noSuchDate', rule: 'BOK-41', field: 'endDate' })
    : accept(occurrences)
}

/** What the times of a weekly booking are on one date, whichever day that is; null for a date that no calendar has. [BOK-43] */
export function occurrenceOn(
  date: string,
  times: Pick<WeeklyPattern, 'startMinute' | 'endMinute'>,
  zone: Zone,
): Occurrence | null {
  return occurrencesFrom(date, times, zone, 1)?.[0] ?? null
}

/** What is wrong with the dates of a weekly booking, however many they are; null when nothing is. [BOK-41] */
export function faultOfDates(pattern: WeeklyPattern): WeeklyRefusal | null {
  const dates = datesOf(pattern)
  return dates.ok ? null : dates.refusal
}

/**
 * The date of a day (0 Sunday … 6 Saturday; seven less: the week before) in the week of another date, a week beginning on Sunday;
 * null where that is no date. By its week an occurrence stays the same one when its day changes. [BOK-51]
 */
export function dateInWeek(date: string, dayOfWeek: number): string | null {
  const parsed = parseDate(date)
  return parsed === null ? null : parsed.add({ days: dayOfWeek - (parsed.dayOfWeek % 7) }).toString()
}

interface WeeklyDates {
  start: Temporal.PlainDate
  end: Temporal.PlainDate
  /** The first date on the day of the week, and how many there are. */
  first: Temporal.PlainDate
  count: number
}

function datesOf({ startDate, endDate, dayOfWeek }: WeeklyPattern): Decision<WeeklyDates, WeeklyRefusal> {
  const start = parseDate(startDate)
  if (start === null) return refuse({ why: 'noSuchDate', rule: 'BOK-41', field: 'startDate' })
  const end = parseDate(endDate)
  if (end === null) return refuse({ why: 'noSuchDate', rule: 'BOK-41', field: 'endDate' })
  if (Temporal.PlainDate.compare(end, start) < 0) return refuse({ why: 'endsBeforeItStarts', rule: 'BOK-41' })
  // Temporal's Sunday is 7.
  const first = start.add({ days: (dayOfWeek + 7 - (start.dayOfWeek % 7)) % 7 })
  const count = Math.floor(first.until(end).days / 7) + 1
  return count < 1 ? refuse({ why: 'noDates', rule: 'BOK-41' }) : accept({ start, end, first, count })
}

function occurrencesFrom(
  first: string,
  { startMinute, endMinute }: Pick<WeeklyPattern, 'startMinute' | 'endMinute'>,
  zone: Zone,
  count: number,
): Occurrence[] | null {
  const starts = weeklyInstants({ date: first, minute: startMinute }, zone, count)
  if (!starts.ok) return null
  const endDate = endMinute > startMinute ? first : dateAfter(first, 1)
  const ends = weeklyInstants({ date: endDate, minute: endMinute }, zone, count)
  if (!ends.ok) return null
  return starts.value.flatMap(({ date, atMs, is }, week) => {
    const end = ends.value[week]
    return end === undefined ? [] : [{ date, startMs: atMs, endMs: end.atMs, startIs: is, endIs: end.is }]
  })
}
