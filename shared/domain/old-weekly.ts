import { Temporal } from 'temporal-polyfill'
import { parseDayOfWeek } from './day-of-week.ts'
import { accept, refuse, type Decision } from './decision.ts'
import type { Zone } from './local-time.ts'
import { faultOfDates } from './weekly-booking.ts'
import type { WeeklyPattern, WeeklyRefusal } from './weekly-pattern.ts'

/** A row of `longterm_registrations` of a system before, as the import keeps it. */
export interface OldWeekly {
  /** yyyy-mm-dd */
  start_date: string
  end_date: string
  /** A time of day (08:00, 08:00:00), or a moment in ISO 8601, of which only the time of day counts. */
  start_time: string
  end_time: string
  day_of_week: string
}

/** Why such a row is no weekly booking. [BOK-58] */
export type OldWeeklyRefusal =
  | WeeklyRefusal
  | { why: 'unknownDay'; rule: 'BOK-42' }
  | { why: 'noSuchTime'; rule: 'BOK-58'; field: 'start_time' | 'end_time' }
  /** It starts and ends at the same time of day, and is not a day long. */
  | { why: 'noLength'; rule: 'BOK-58' }

/**
 * A weekly booking of a system before. Its times of day are those of the university's wall clock; of a moment, what that clock
 * showed then. Begun minutes count. It may have more dates than a new one, since it is only kept. [BOK-58]
 */
export function parseOldWeekly(row: OldWeekly, zone: Zone): Decision<WeeklyPattern, OldWeeklyRefusal> {
  const day = parseDayOfWeek(row.day_of_week)
  if (!day.ok) return day
  const start = parseTime(row.start_time, zone, Math.floor)
  if (start === null) return refuse({ why: 'noSuchTime', rule: 'BOK-58', field: 'start_time' })
  const end = parseTime(row.end_time, zone, Math.ceil)
  if (end === null) return refuse({ why: 'noSuchTime', rule: 'BOK-58', field: 'end_time' })
  const isDayLong =
    start.atMs !== null && end.atMs !== null && Math.round((end.atMs - start.atMs) / DAY_MS) === 1
  if (start.minute === end.minute && !isDayLong) return refuse({ why: 'noLength', rule: 'BOK-58' })
  const pattern = {
    startDate: row.start_date,
    endDate: row.end_date,
    startMinute: start.minute,
    endMinute: end.minute % MINUTES_OF_DAY,
    dayOfWeek: day.value,
  }
  const fault = faultOfDates(pattern)
  return fault === null ? accept(pattern) : refuse(fault)
}

const MINUTE_MS = 60_000
const MINUTES_OF_DAY = 1440
const DAY_MS = MINUTES_OF_DAY * MINUTE_MS
const TIME_OF_DAY = /^([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?$/

interface OldTime {
  /** 0 … 1440, where 1440 is the last midnight of the day, which 23:59:59 means too. */
  minute: number
  /** Null for a time of day. */
  atMs: number | null
}

function parseTime(text: string, zone: Zone, round: (minutes: number) => number): OldTime | null {
  const [, hour, minute, second = '0'] = TIME_OF_DAY.exec(text.trim()) ?? []
  if (hour !== undefined)
    return {
      minute: round(Number(hour) * 60 + Number(minute) + Number(second) / 60),
      atMs: null,
    }
  try {
    const atMs = Temporal.Instant.from(text.trim()).epochMilliseconds
    return { minute: zone.localAt(round(atMs / MINUTE_MS) * MINUTE_MS).minute, atMs }
  } catch (error) {
    if (error instanceof RangeError) return null
    throw error
  }
}
