import { randomBytes, randomInt } from 'node:crypto'
import type { Chance, HubClock } from './ports.ts'

/** The hub's real clock; the database tells its own time. */
export function makeHubClock(): HubClock {
  return {
    elapsedMs: () => performance.now(),
    after: (delayMs, run) => {
      const timer = setTimeout(run, delayMs)
      return () => clearTimeout(timer)
    },
    databaseNowMs: () => null,
  }
}

/** Chance from the operating system. */
export function makeChance(): Chance {
  // 2^48 − 1 is the widest range that randomInt takes.
  const range = 2 ** 48 - 1
  return {
    secret: (byteCount) => randomBytes(byteCount).toString('base64url'),
    fraction: () => randomInt(range) / range,
  }
}
