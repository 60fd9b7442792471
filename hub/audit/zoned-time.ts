const QUARTER_MS = 900_000

/**
 * Makes a function from ms since 1970 to a local time with its distance from UTC, "2026-11-21T15:04:05+01:00": readable
 * where it happened, and never two moments in one text. Throws RangeError for a zone that does not exist.
 */
export function makeZonedText(timezone: string): (atMs: number) => string {
  const format = new Intl.DateTimeFormat('en', { timeZone: timezone, timeZoneName: 'longOffset' })
  // Offsets change at quarters of an hour only; asking Intl for each of 100,000 rows would take a second.
  const offsets = new Map<number, string>()
  return (atMs) => {
    const quarter = Math.floor(atMs / QUARTER_MS)
    const offset = offsets.get(quarter) ?? offsetText(format, atMs)
    offsets.set(quarter, offset)
    return `${new Date(atMs + minutesOf(offset) * 60_000).toISOString().slice(0, 19)}${offset}`
  }
}

/** "+01:00"; Intl says "GMT+01:00", and "GMT" for none. */
function offsetText(format: Intl.DateTimeFormat, atMs: number): string {
  const name = format.formatToParts(atMs).find(({ type }) => type === 'timeZoneName')?.value ?? ''
  return /[+-]\d\d:\d\d/.exec(name)?.[0] ?? '+00:00'
}

function minutesOf(offset: string): number {
  const minutes = Number(offset.slice(1, 3)) * 60 + Number(offset.slice(4, 6))
  return offset.startsWith('-') ? -minutes : minutes
}
