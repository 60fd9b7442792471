import { Temporal } from 'temporal-polyfill'

/** Date, time to the minute or finer, and "Z" or an offset. Temporal takes more, such as names of calendars. */
const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:\d{2})$/

/** The moment of an ISO 8601 text with an offset, ms since 1970; null: it is none, or names a time that no calendar has. [BOK-2] */
export function parseInstant(text: string): number | null {
  if (!INSTANT.test(text)) return null
  try {
    return Temporal.Instant.from(text).epochMilliseconds
  } catch (error) {
    if (error instanceof RangeError) return null
    throw error
  }
}
