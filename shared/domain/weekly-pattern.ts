import { Type, type Static } from 'typebox'
import type { Span } from './booking.ts'

/** Most dates of one weekly booking. [BOK-41] */
export const MAX_WEEKLY_DATES = 200

/** Most years from the first to the last date of a weekly booking. [BOK-41] */
export const MAX_WEEKLY_YEARS = 3

const LocalDate = Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}$' })
const MinuteOfDay = Type.Integer({ minimum: 0, maximum: 1439 })

/**
 * What a weekly booking repeats, by the calendar and the wall clock of the university. Whether the dates exist, and are not too
 * many, is decided by `occurrencesOf`. [BOK-40]
 */
export const WeeklyPattern = Type.Object(
  {
    /** yyyy-mm-dd, the first date that it may be on. */
    startDate: LocalDate,
    /** yyyy-mm-dd, the last date that it may start on. */
    endDate: LocalDate,
    startMinute: MinuteOfDay,
    /** At or before `startMinute`: on the day after. */
    endMinute: MinuteOfDay,
    /** 0 Sunday … 6 Saturday */
    dayOfWeek: Type.Integer({ minimum: 0, maximum: 6 }),
  },
  { additionalProperties: false },
)
export type WeeklyPattern = Static<typeof WeeklyPattern>

/** The span of one date. */
export interface DatedSpan extends Span {
  /** yyyy-mm-dd: the date that it is booked for, on which it starts unless somebody moved it. */
  date: string
}

/** Whether nothing is left of a span. [BOK-44] */
export function isEmpty({ startMs, endMs }: Span): boolean {
  return startMs >= endMs
}

/** Whether a span started before now. [BOK-45] [BOK-50] */
export function hasBegun({ startMs }: Span, nowMs: number): boolean {
  return startMs < nowMs
}

/** Below zero when `left` is before `right`: by start, then by end. */
export function compareSpans(left: Span, right: Span): number {
  return left.startMs - right.startMs || left.endMs - right.endMs
}

/** Below zero when `left` is of an earlier date than `right`; dates as yyyy-mm-dd. */
export function compareDates(left: { date: string }, right: { date: string }): number {
  if (left.date === right.date) return 0
  return left.date < right.date ? -1 : 1
}

/** Why a weekly booking is not one. [BOK-41] */
export type WeeklyRefusal =
  | { why: 'noSuchDate'; rule: 'BOK-41'; field: 'startDate' | 'endDate' }
  | { why: 'endsBeforeItStarts'; rule: 'BOK-41' }
  /** The day of the week is on none of the dates. */
  | { why: 'noDates'; rule: 'BOK-41' }
  | { why: 'tooManyDates'; rule: 'BOK-41'; count: number; most: number }
  | { why: 'tooManyYears'; rule: 'BOK-41'; most: number }
