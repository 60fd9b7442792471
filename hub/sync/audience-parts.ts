import type { Seal } from '../identity/seal.ts'
import type { HubLog } from '../log.ts'
import type { HubMetrics } from '../metrics.ts'
import type { HubClock, KioskLine } from '../ports.ts'
import type { Database } from '../store/database.ts'
import type { Turnstile } from './feed.ts'
import type { InFlight } from './in-flight.ts'

/** One kiosk's line among the audience. */
export interface Member {
  line: KioskLine
  /** It speaks the protocol before `levels`. [SYN-13] */
  isOld: boolean
  /** Clock up to which it was told everything. */
  told: number
  state: 'catching' | 'live' | 'behind' | 'gone'
  /** Unsent bytes when last looked at, and since when they have not become fewer (elapsed ms). */
  unsent: number
  stillSinceMs: number
  cancel(): void
  /** It must go: it stands still, or the epoch is another one. */
  end(code: 'stalled' | 'epochChanged'): void
}

/** What an audience is made of. */
export interface AudienceParts {
  pool: Database
  clock: HubClock
  log: HubLog
  metrics: HubMetrics
  inFlight: InFlight
  turnstile: Turnstile
  seal(): Seal
  /** Hub time, ms since 1970. */
  nowMs(): number
  heartbeatMs: number
  /** Facts of the university changed: assignments may have. */
  factsMoved(universityId: number): void
}

/** A member that was told everything up to `told`. */
export function makeMember(
  line: KioskLine,
  facts: Pick<Member, 'isOld' | 'told' | 'end'> & { nowMs: number },
): Member {
  const { isOld, told, end, nowMs } = facts
  return {
    line,
    isOld,
    told,
    end,
    state: 'catching',
    unsent: 0,
    stillSinceMs: nowMs,
    cancel: () => undefined,
  }
}
