import type { Locale } from '#shared/domain/university.ts'
import { dateAfter } from '#shared/domain/week-time.ts'
import { languageFactsOf } from '../i18n/languages.ts'
import { localClockOf, ownClock } from './local-clock.ts'

/** Writes times and dates of a zone; where it is unknown here, in this device's own, and times say in which. [SCR-12] */
export function timeFormats(
  locale: Locale,
  timezone: string,
): { time(atMs: number): string; date(atMs: number): string } {
  const isKnown = localClockOf(timezone) !== null
  const zone: Intl.DateTimeFormatOptions = isKnown ? { timeZone: timezone } : {}
  const clock = new Intl.DateTimeFormat(locale, {
    ...zone,
    ...(isKnown ? {} : { timeZoneName: 'short' }),
    ...languageFactsOf(locale).time,
  })
  const calendar = new Intl.DateTimeFormat(locale, { ...zone, ...languageFactsOf(locale).day })
  return { time: (atMs) => clock.format(atMs), date: (atMs) => calendar.format(atMs) }
}

/** Makes what reports each zone that is unknown here, once. Throws nothing. [SCR-12] */
export function makeUnknownZoneReporter(report: (fault: Error) => void): (timezone: string) => void {
  const reported = new Set<string>()
  return (timezone) => {
    if (reported.has(timezone) || localClockOf(timezone) !== null) return
    reported.add(timezone)
    report(new Error(`the time zone "${timezone}" is not known to this browser: please update it`))
  }
}

const DAY_MS = 86_400_000

/** The first moment of a local date (yyyy-mm-dd) in a zone, ms since 1970; right across clock changes. In a zone unknown here, that of this device's own day, as its times are. [SCR-12] */
export function startOfDay(date: string, timezone: string): number {
  const clock = localClockOf(timezone) ?? ownClock()
  // No zone is further than 14 hours from UTC: the day begins between these two moments.
  let from = Date.parse(`${dateAfter(date, 0)}T00:00:00Z`) - DAY_MS
  let to = from + 2 * DAY_MS
  while (to - from > 60_000) {
    const middle = Math.floor((from + to) / 2)
    if (clock(middle).date < date) from = middle
    else to = middle
  }
  return Math.ceil(from / 60_000) * 60_000
}

/** How long ago something was, in the unit that people would use. */
export type Age = { unit: 'unknown' | 'now' } | { unit: 'minutes' | 'hours' | 'days'; count: number }

const MINUTE_MS = 60_000

/** The age of a report; whole units, rounded down. Unknown when the present is. A report from the future is now. */
export function ageOf(atMs: number, nowMs: number | null): Age {
  if (nowMs === null) return { unit: 'unknown' }
  const minutes = Math.floor((nowMs - atMs) / MINUTE_MS)
  if (minutes < 1) return { unit: 'now' }
  if (minutes < 60) return { unit: 'minutes', count: minutes }
  const hours = Math.floor(minutes / 60)
  return hours < 24 ? { unit: 'hours', count: hours } : { unit: 'days', count: Math.floor(hours / 24) }
}

const STEP_MS = { now: MINUTE_MS, minutes: MINUTE_MS, hours: 60 * MINUTE_MS, days: DAY_MS } as const

/** The next moment after `nowMs` at which the age of a report is another one. */
export function nextAgeAt(atMs: number, nowMs: number): number {
  const age = ageOf(atMs, nowMs)
  if (age.unit === 'unknown') return Number.POSITIVE_INFINITY
  const count = 'count' in age ? age.count : 0
  return atMs + (count + 1) * STEP_MS[age.unit]
}

/** A minute of the day as a clock shows it; 1440 is 24:00. */
export function minuteText(minute: number): string {
  return `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`
}

/** Whole seconds that are left, never below zero. */
export function secondsLeft(untilMs: number, nowMs: number): number {
  return Math.max(0, Math.ceil((untilMs - nowMs) / 1000))
}
