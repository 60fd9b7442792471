import type { HubClock } from '../ports.ts'

/** Hub time between transactions: the database's, carried on by elapsed time. */
export interface HubTime {
  /** Ms since 1970. */
  nowMs(): number
  /** What the database just said. */
  learn(databaseNowMs: number): void
}

/** Makes a hub time that asks the process's own wall clock nothing: until the database spoke it is `startMs`. */
export function makeHubTime(clock: HubClock, startMs: number): HubTime {
  let known = { databaseMs: startMs, elapsedMs: clock.elapsedMs() }
  return {
    nowMs: () => clock.databaseNowMs() ?? Math.round(known.databaseMs + clock.elapsedMs() - known.elapsedMs),
    learn: (databaseMs) => {
      known = { databaseMs, elapsedMs: clock.elapsedMs() }
    },
  }
}
