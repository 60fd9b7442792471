import type { Locale } from '#shared/domain/university.ts'
import { makeLocalClock, type LocalTime } from '#shared/domain/week-time.ts'
import { factsOf } from '../i18n/languages.ts'

// A browser's list of time zones may be older than the engine's or the hub's. No screen depends on it: what needs the
// local time of a zone that is unknown here is left out, and times bear the name of the zone that they are in. [SCR-12]

/** From ms since 1970 to local time in a zone; null where this browser does not know the zone. [SCR-12] */
export function localClockOf(timezone: string): ((atMs: number) => LocalTime) | null {
  try {
    return makeLocalClock(timezone)
  } catch (error) {
    if (error instanceof RangeError) return null
    throw error
  }
}

/** This device's own zone, whatever it is called; UTC where its browser cannot say. */
export function ownClock(): (atMs: number) => LocalTime {
  const own = localClockOf(new Intl.DateTimeFormat().resolvedOptions().timeZone)
  return own ?? makeLocalClock('UTC')
}

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
    ...factsOf(locale).time,
  })
  const calendar = new Intl.DateTimeFormat(locale, { ...zone, ...factsOf(locale).day })
  return { time: (atMs) => clock.format(atMs), date: (atMs) => calendar.format(atMs) }
}

/** Makes what tells of each zone that is unknown here, once. Throws nothing. [SCR-12] */
export function makeZoneTeller(tell: (fault: Error) => void): (timezone: string) => void {
  const told = new Set<string>()
  return (timezone) => {
    if (told.has(timezone) || localClockOf(timezone) !== null) return
    told.add(timezone)
    tell(new Error(`the time zone "${timezone}" is not known to this browser: please update it`))
  }
}
