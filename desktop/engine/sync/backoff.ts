import type { SeededRandom } from '#shared/domain/seeded-random.ts'
import type { SessionEnd } from './session-state.ts'

const SHORTEST_MS = 1_000
const LONGEST_MS = 60_000

/** Between tries that will not help before somebody does something: an update, a new place, another device switched off. */
const PATIENT_MS = 60_000

/** However long a hub says goodbye for: a timer of more than 24 days would fire at once, and nobody waits a day. */
const LONGEST_BYE_MS = 300_000

/** Full jitter between 1 and 60 s: the span doubles with each try that failed, from 4 s on. [SYN-23] */
export function backoffMs(failedTries: number, random: SeededRandom): number {
  const span = Math.min(LONGEST_MS, SHORTEST_MS * 2 ** Math.min(failedTries + 2, 10))
  return SHORTEST_MS + random.fraction() * (span - SHORTEST_MS)
}

/** How long to wait before the next line; null: until somebody enrols the device anew. */
export function retryAfterMs(end: SessionEnd, failedTries: number, random: SeededRandom): number | null {
  if (end.why === 'bye') {
    const waitMs = Math.min(end.retryAfterMs, LONGEST_BYE_MS)
    return waitMs + random.fraction() * Math.max(SHORTEST_MS, waitMs)
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
      return PATIENT_MS * (1 + random.fraction())
    case 'epochChanged':
      return backoffMs(0, random)
    default:
      return backoffMs(failedTries, random)
  }
}
