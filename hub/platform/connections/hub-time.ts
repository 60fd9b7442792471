import type { HubClock } from '../ports.ts'

/** What the clocks of hub and database may drift apart, 200 µs in a second: see the kiosk's bounds of hub time. [SYN-40] */
const MAX_DRIFT = 200e-6

/** A reading this far behind, whatever its round trip took: the database's clock was set back, or another database answers. */
const SET_BACK_MS = 5_000

/** Hub time between transactions: the database's time last read, plus the time elapsed since. */
export interface HubTime {
  /** Ms since 1970. */
  nowMs(): number
  /** Records a time that a commit or an answer brings, ms since 1970: however late it comes, it sets nothing back. */
  record(databaseNowMs: number): void
  /** Records the database's clock as it was read during the last `roundTripMs`, ms since 1970. One that was set back is followed. */
  recordReading(databaseNowMs: number, roundTripMs: number): void
}

/**
 * Makes a hub time that never reads the process's own wall clock: until the database's time was recorded it starts at `startMs`.
 * Each recorded time is late by its way here, a commit's by the whole commit, and how long that took nobody knows: the latest counts, and
 * none sets it back by more than drift, but a reading that is five seconds behind also with its round trip. [SYN-45]
 */
export function makeHubTime(clock: HubClock, startMs: number): HubTime {
  let known = { databaseMs: startMs, elapsedMs: clock.elapsedMs() }
  const earliestMs = (): number => known.databaseMs + (clock.elapsedMs() - known.elapsedMs) * (1 - MAX_DRIFT)
  const set = (databaseMs: number): void => void (known = { databaseMs, elapsedMs: clock.elapsedMs() })
  const record = (databaseMs: number): void => set(Math.max(databaseMs, earliestMs()))
  return {
    nowMs: () => clock.databaseNowMs() ?? Math.round(known.databaseMs + clock.elapsedMs() - known.elapsedMs),
    record,
    recordReading: (databaseMs, roundTripMs) => {
      if (databaseMs + roundTripMs < earliestMs() - SET_BACK_MS) set(databaseMs)
      else record(databaseMs)
    },
  }
}
