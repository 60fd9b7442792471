import { makeLocalClock, type LocalTime } from '#shared/domain/week-time.ts'

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
