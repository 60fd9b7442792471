import type { HubLog } from '../log.ts'
import type { HubMetrics } from '../metrics.ts'
import type { HubClock, Connection } from '../ports.ts'
import type { Database } from '../postgres/database.ts'
import type { SeenCollection } from './collection.ts'
import type { FeedMoment, SpacesFeed } from './feed-rows.ts'
import type { Semaphore } from '../semaphore.ts'
import type { InFlight } from '../writer/in-flight.ts'
import type { Taker } from './taker.ts'

/** One connection of a kiosk or a page, and how far it has been sent changes. */
export interface AudienceMember {
  connection: Connection
  /** What it is sent. */
  taker: Taker
  /** Clock up to which everything was sent. */
  sentClock: number
  state: 'catching' | 'live' | 'behind' | 'gone'
  /** It needs everything anew, as soon as what is on its way to it has gone. [SYN-32] */
  needsSnapshot: boolean
  /** Unsent bytes when last checked, and since when they have not become fewer (elapsed ms). */
  unsentBytes: number
  stalledSinceMs: number
  cancel(): void
  /** Ends its connection: it takes no bytes any more, or the epoch changed. */
  end(code: 'stalled' | 'epochChanged'): void
}

/** What an audience is sent, and how often: kiosks and people hold different rows. */
export interface AudienceView {
  /** Time between frames; under load up to twice as much. */
  tickMs: number
  heartbeatMs: number
  spaces: SpacesFeed
  collections: readonly SeenCollection[]
  /** Makes the heartbeat for each who hold rows of one digest; null: none is sent this time. [SYN-33] */
  heartbeat(universityId: number, moment: FeedMoment): ((digest: string) => Buffer) | null
}

/** Sending to all members may take this share of a core. */
const TICK_SHARE = 0.1

/** Time to the next frame after one that took `costMs` to send. */
export function nextTickMs({ tickMs }: Pick<AudienceView, 'tickMs'>, costMs: number): number {
  return Math.min(2 * tickMs, Math.max(tickMs, costMs / TICK_SHARE))
}

/** What an audience is given. */
export interface AudienceDependencies {
  pool: Database
  clock: HubClock
  log: HubLog
  metrics: HubMetrics
  inFlight: InFlight
  readSemaphore: Semaphore
  view: AudienceView
  /** Facts of the university changed, or were read for the first time: assignments may have changed. */
  factsChanged(universityId: number): void
}

/** A member that was sent everything up to `sentClock`; `nowMs` is elapsed time. */
export function makeMember(
  connection: Connection,
  facts: Pick<AudienceMember, 'taker' | 'sentClock' | 'end'> & { nowMs: number },
): AudienceMember {
  const { taker, sentClock, end, nowMs } = facts
  return {
    connection,
    taker,
    sentClock,
    end,
    state: 'catching',
    needsSnapshot: false,
    unsentBytes: 0,
    stalledSinceMs: nowMs,
    cancel: () => undefined,
  }
}
