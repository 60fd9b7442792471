import type { HubClock } from '../ports.ts'

/** Hub time between transactions: the database's time last read, plus the time elapsed since. */
export interface HubTime {
  /** Ms since 1970. */
  nowMs(): number
  /** Records the database's time, just read, ms since 1970. */
  record(databaseNowMs: number): void
}

/** Makes a hub time that never reads the process's own wall clock: until the database's time was recorded it starts at `startMs`. */
export function makeHubTime(clock: HubClock, startMs: number): HubTime {
  let recorded = { databaseMs: startMs, elapsedMs: clock.elapsedMs() }
  return {
    nowMs: () =>
      clock.databaseNowMs() ?? Math.round(recorded.databaseMs + clock.elapsedMs() - recorded.elapsedMs),
    record: (databaseMs) => {
      recorded = { databaseMs, elapsedMs: clock.elapsedMs() }
    },
  }
}
