import { randomBytes, randomInt } from 'node:crypto'
import type { RandomSource, HubClock } from './ports.ts'

/** The hub's real clock; the database reads its own clock. */
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

/** Random values from the operating system. */
export function makeRandomSource(): RandomSource {
  // 2^48 − 1 is the widest range that randomInt takes.
  const range = 2 ** 48 - 1
  return {
    secret: (byteCount) => randomBytes(byteCount).toString('base64url'),
    fraction: () => randomInt(range) / range,
  }
}
