import type { HubClock } from '../ports.ts'

/** What the clocks of hub and database may drift apart, 200 µs in a second: see the kiosk's bounds of hub time. [SYN-40] */
const MAX_DRIFT = 200e-6

/** A time this far behind was not late on its way: the database's clock was set back, or another database answers. */
const SET_BACK_MS = 5_000

/** Hub time between transactions: the database's time last read, plus the time elapsed since. */
export interface HubTime {
  /** Ms since 1970. */
  nowMs(): number
  /** Records a time that the database said, ms since 1970: just now, or before the commit that brings it. */
  record(databaseNowMs: number): void
}

/**
 * Makes a hub time that never reads the process's own wall clock: until the database's time was recorded it starts at `startMs`.
 * Each recorded time is late by its way here, a commit's by the whole commit: the latest counts, and none sets it back by more
 * than drift, but one that is five seconds behind. [SYN-45]
 */
export function makeHubTime(clock: HubClock, startMs: number): HubTime {
  let known = { databaseMs: startMs, elapsedMs: clock.elapsedMs() }
  return {
    nowMs: () => clock.databaseNowMs() ?? Math.round(known.databaseMs + clock.elapsedMs() - known.elapsedMs),
    record: (databaseMs) => {
      const elapsedMs = clock.elapsedMs()
      const earliestMs = known.databaseMs + (elapsedMs - known.elapsedMs) * (1 - MAX_DRIFT)
      const isSetBack = databaseMs < earliestMs - SET_BACK_MS
      known = { databaseMs: isSetBack ? databaseMs : Math.max(databaseMs, earliestMs), elapsedMs }
    },
  }
}
