import { Temporal } from 'temporal-polyfill'
import { accept, refuse, type Decision } from './decision.ts'
import { makeLocalClock, type LocalTime } from './week-time.ts'

// From local times to moments and back: for bookings, weekly bookings and whatever else is agreed upon by wall clock. Screens
// that only show times need no more than week-time.ts, and this file must not get into the kiosk's page.

/** A time zone that this machine knows. */
export interface Zone {
  /** IANA name, for example "Europe/Ljubljana". */
  readonly name: string
  /** What the wall clocks of the zone show at a moment, ms since 1970. [LOC-1] */
  localAt(atMs: number): LocalTime
}

/** A date and a minute of it on the wall clock: 0 … 1440, where 1440 is the midnight that ends the date. */
export interface WallTime {
  /** yyyy-mm-dd */
  date: string
  minute: number
}

/**
 * The moment of a wall time. `skipped`: clocks jump over it, and the moment is that of the jump; `doubled`: they show it twice,
 * and the moment is the first. [LOC-1]
 */
export interface LocalInstant {
  /** Ms since 1970. */
  atMs: number
  is: 'single' | 'skipped' | 'doubled'
}

/** One of several weeks: its wall time, and the moment of it. */
export interface WeeklyInstant extends LocalInstant {
  /** yyyy-mm-dd: what was wanted, also where that day or minute is skipped. */
  date: string
}

/** An offset such as +01:00 would be taken by Intl, and knows nothing of summer time. [HRS-3] */
const ZONE_NAME = /^[A-Za-z][A-Za-z0-9_+/-]*$/

/** A zone by its name in any case; one that this machine does not know, and an offset, is refused. [LOC-4] */
export function parseZone(name: string): Decision<Zone, { why: 'unknownZone' }> {
  if (!ZONE_NAME.test(name)) return refuse({ why: 'unknownZone' })
  try {
    const { timeZone } = new Intl.DateTimeFormat('en-US', { timeZone: name }).resolvedOptions()
    // As it is written, but never another name for the same zone.
    const written = timeZone.toLowerCase() === name.toLowerCase() ? timeZone : name
    return accept({ name: written, localAt: makeLocalClock(written) })
  } catch (error) {
    if (error instanceof RangeError) return refuse({ why: 'unknownZone' })
    throw error
  }
}

/** The moment of a wall time in a zone; a date that no calendar has, or a minute that no day has, is refused. [LOC-1] [LOC-2] [LOC-4] */
export function instantOf(wall: WallTime, zone: Zone): Decision<LocalInstant, { why: 'noSuchTime' }> {
  const plain = plainOf(wall)
  return plain === null ? refuse({ why: 'noSuchTime' }) : accept(instantOfPlain(plain, zone))
}

/**
 * The moments of the same wall time in `count` weeks, the first of them `start`: seven days of the calendar apart, however many
 * hours those have. Refused as in `instantOf`. [LOC-3]
 */
export function weeklyInstants(
  start: WallTime,
  zone: Zone,
  count: number,
): Decision<WeeklyInstant[], { why: 'noSuchTime' }> {
  const first = plainOf(start)
  const firstDate = parseDate(start.date)
  if (first === null || firstDate === null) return refuse({ why: 'noSuchTime' })
  return accept(
    Array.from({ length: count }, (_, weeks) => ({
      date: firstDate.add({ weeks }).toString(),
      ...instantOfPlain(first.add({ weeks }), zone),
    })),
  )
}

/** How far a zone's clocks are from UTC at a moment (ms since 1970): "+01:00". [LOC-1] */
export function offsetAt(atMs: number, zone: Zone): string {
  return zonedAt(atMs, zone).offset
}

/** A yyyy-mm-dd date; null for one that no calendar has, and for any other text. [LOC-4] */
export function parseDate(date: string): Temporal.PlainDate | null {
  const [, year, month, day] = DATE.exec(date) ?? []
  if (year === undefined) return null
  const fields = { year: Number(year), month: Number(month), day: Number(day) }
  try {
    return Temporal.PlainDate.from(fields, { overflow: 'reject' })
  } catch (error) {
    if (error instanceof RangeError) return null
    throw error
  }
}

const DATE = /^(\d{4})-(\d{2})-(\d{2})$/
const MINUTES_OF_DAY = 1440

function plainOf({ date, minute }: WallTime): Temporal.PlainDateTime | null {
  if (!Number.isInteger(minute) || minute < 0 || minute > MINUTES_OF_DAY) return null
  return parseDate(date)?.toPlainDateTime().add({ minutes: minute }) ?? null
}

function instantOfPlain(plain: Temporal.PlainDateTime, zone: Zone): LocalInstant {
  const earlier = plain.toZonedDateTime(zone.name, { disambiguation: 'earlier' })
  const later = plain.toZonedDateTime(zone.name, { disambiguation: 'later' })
  if (earlier.epochMilliseconds === later.epochMilliseconds)
    return { atMs: earlier.epochMilliseconds, is: 'single' }
  if (earlier.toPlainDateTime().equals(plain)) return { atMs: earlier.epochMilliseconds, is: 'doubled' }
  // The two lie on either side of the jump, as far from it as the wall time is within the gap.
  const jump = earlier.getTimeZoneTransition('next') ?? later
  return { atMs: jump.epochMilliseconds, is: 'skipped' }
}

function zonedAt(atMs: number, zone: Zone): Temporal.ZonedDateTime {
  return Temporal.Instant.fromEpochMilliseconds(atMs).toZonedDateTimeISO(zone.name)
}
