import { offsetAt, parseZone, type Zone } from '#shared/domain/local-time.ts'
import { makeLocalClock } from '#shared/domain/week-time.ts'

const QUARTER_MS = 900_000

/**
 * Makes a function from ms since 1970 to a local time with its distance from UTC, "2026-11-21T15:04:05+01:00": readable
 * where it happened, and never two moments in one text.
 */
export function makeZonedText(zone: Zone): (atMs: number) => string {
  // Offsets change at quarters of an hour only; asking for each of 100,000 rows would take a second.
  const offsets = new Map<number, string>()
  return (atMs) => {
    const quarter = Math.floor(atMs / QUARTER_MS)
    const offset = offsets.get(quarter) ?? offsetAt(atMs, zone)
    offsets.set(quarter, offset)
    return `${new Date(atMs + minutesOf(offset) * 60_000).toISOString().slice(0, 19)}${offset}`
  }
}

const UTC: Zone = { name: 'UTC', localAt: makeLocalClock('UTC') }

/** A zone by its name; UTC where this machine does not know it. */
export function zoneOrUtc(timezone: string): Zone {
  const parsed = parseZone(timezone)
  return parsed.ok ? parsed.value : UTC
}

function minutesOf(offset: string): number {
  const minutes = Number(offset.slice(1, 3)) * 60 + Number(offset.slice(4, 6))
  return offset.startsWith('-') ? -minutes : minutes
}
