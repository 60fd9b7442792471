import type { HubLog } from '../log.ts'
import type { HubMetrics } from '../metrics.ts'
import type { HubClock } from '../ports.ts'

/** Pauses between tries while the database is away, ms. */
const DELAYS_MS = [20, 50, 100, 250, 500, 1000]
/** A commit is tried for this long while the database is away; then kiosks push again when they come back, and people are told. */
const RETRY_MS = 30_000

/** How often and how long a writer tries commits again. */
export class Retries {
  private readonly dependencies: { clock: HubClock; log: HubLog; metrics: HubMetrics }
  private isAbandoned = false

  constructor(dependencies: { clock: HubClock; log: HubLog; metrics: HubMetrics }) {
    this.dependencies = dependencies
  }

  /** Until when a commit that begins now is tried, elapsed ms. */
  untilMs(): number {
    return this.dependencies.clock.elapsedMs() + RETRY_MS
  }

  /** Whether a commit that is tried until then is not tried again. */
  isOver(untilMs: number): boolean {
    return this.isAbandoned || this.dependencies.clock.elapsedMs() > untilMs
  }

  /** From now on nothing is tried again: the hub stops. */
  abandon(): void {
    this.isAbandoned = true
  }

  /** Waits before the next try, longer each time. `tries`: how many there were before the one that failed. */
  pause(universityId: number, tries: number, error: unknown): Promise<void> {
    const { clock, metrics, log } = this.dependencies
    metrics.commitRetried()
    log.warn('commit-retried', 'A commit is tried again.', { universityId, tries, err: error })
    const delayMs = DELAYS_MS[Math.min(tries, DELAYS_MS.length - 1)] ?? 1000
    return new Promise((resolve) => {
      clock.after(delayMs, resolve)
    })
  }
}
