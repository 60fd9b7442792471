import type { SeededRandom } from '#shared/domain/seeded-random.ts'
import type { SessionEnd } from './session-state.ts'

const MIN_MS = 1_000
const MAX_MS = 60_000

/** Between tries that cannot succeed before staff do something: an update, a new code, another device switched off. */
const NEEDS_STAFF_MS = 60_000

/** The longest wait that a hub's `bye` is obeyed for: a timer of more than 24 days would fire at once. */
const MAX_BYE_MS = 300_000

/** A wait in ms with full jitter, 1 to 60 s: the span doubles with each failed try, from 4 s on. [SYN-23] */
export function backoffMs(failedTries: number, random: SeededRandom): number {
  const span = Math.min(MAX_MS, MIN_MS * 2 ** Math.min(failedTries + 2, 10))
  return MIN_MS + random.fraction() * (span - MIN_MS)
}

/** How long to wait before the next connection, in ms; null: until somebody enrols the device again. [SYN-23] [SYN-28] */
export function retryAfterMs(end: SessionEnd, failedTries: number, random: SeededRandom): number | null {
  if (end.why === 'bye') {
    const waitMs = Math.min(end.retryAfterMs, MAX_BYE_MS)
    return waitMs + random.fraction() * Math.max(MIN_MS, waitMs)
  }
  if (end.why === 'forked') return backoffMs(0, random)
  if (end.why === 'keyUnreadable') return null
  if (end.why !== 'err') return backoffMs(failedTries, random)
  switch (end.code) {
    case 'revoked':
      return null
    case 'upgrade':
    case 'superseded':
    case 'forked':
    case 'badProof':
    case 'unknownKiosk':
      return NEEDS_STAFF_MS * (1 + random.fraction())
    case 'epochChanged':
      return backoffMs(0, random)
    default:
      return backoffMs(failedTries, random)
  }
}
