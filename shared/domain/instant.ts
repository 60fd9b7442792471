/** Date, time to the minute or finer, and "Z" or an offset. */
const INSTANT = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2})(?::(\d{2})(?:\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})$/

/** The moment of an ISO 8601 text with an offset, ms since 1970; null: it is none, or names a time that no calendar has. [BOK-2] */
export function parseInstant(text: string): number | null {
  const [, year, month, day, hour, minute] = INSTANT.exec(text)?.map(Number) ?? []
  if (year === undefined || month === undefined || day === undefined) return null
  // Date takes "02-30" for the second of March.
  const date = new Date(Date.UTC(year, month - 1, day))
  const isDate =
    date.getUTCFullYear() === year && date.getUTCMonth() === month - 1 && date.getUTCDate() === day
  if (!isDate || (hour ?? 0) > 23 || (minute ?? 0) > 59) return null
  const atMs = Date.parse(text)
  return Number.isNaN(atMs) ? null : atMs
}
