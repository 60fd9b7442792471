import type { HubLog } from '../log.ts'
import type { HubMetrics } from '../metrics.ts'
import type { HubClock, KioskLine } from '../ports.ts'
import type { Database } from '../postgres/database.ts'
import type { LoadFeed } from './feed-rows.ts'
import type { Turnstile } from '../semaphore.ts'
import type { InFlight } from '../writer/in-flight.ts'
import type { Mirror } from './mirror.ts'

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

/** What an audience is told, and how often: kiosks and people hold different rows. */
export interface AudienceView {
  /** Time between frames; under load up to twice as much. */
  tickMs: number
  heartbeatMs: number
  load: LoadFeed
  /** Null: nothing is said this time. */
  heartbeat(universityId: number, mirror: Mirror): Buffer | null
}

/** Telling everybody may take this share of a core. */
const TICK_SHARE = 0.1

/** Time to the next frame after one whose telling took `costMs`. */
export function nextTickMs({ tickMs }: Pick<AudienceView, 'tickMs'>, costMs: number): number {
  return Math.min(2 * tickMs, Math.max(tickMs, costMs / TICK_SHARE))
}

/** What an audience is made of. */
export interface AudienceParts {
  pool: Database
  clock: HubClock
  log: HubLog
  metrics: HubMetrics
  inFlight: InFlight
  turnstile: Turnstile
  view: AudienceView
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
