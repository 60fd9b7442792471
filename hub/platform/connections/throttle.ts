import { allowanceBurst } from '#shared/domain/kiosk.ts'
import type { HubClock, Connection } from '../ports.ts'

/** A connection faster than its rate is paused at most this long after a push: what was reported offline is still taken. [CON-1] */
export const MAX_PAUSE_MS = 1_000

/** Slows a connection that reports faster than its rate by not reading it for a while; nothing is refused. [CON-1] */
export class Throttle {
  private readonly clock: HubClock
  private readonly connection: Connection
  private tokens: number | null = null
  private atMs = 0
  private cancel: (() => void) | null = null

  constructor(clock: HubClock, connection: Connection) {
    this.clock = clock
    this.connection = connection
  }

  /** Counts a push of `count` mutations, and pauses the connection when it is over `perSecond`, the kiosk's rate. */
  record(count: number, perSecond: number): void {
    const nowMs = this.clock.elapsedMs()
    const burst = allowanceBurst(perSecond)
    const grown = (this.tokens ?? burst) + ((nowMs - this.atMs) / 1000) * perSecond
    const tokens = Math.min(burst, grown) - count
    // A debt is paid by one pause and not carried on.
    this.tokens = Math.max(tokens, -perSecond)
    this.atMs = nowMs
    if (tokens >= 0) return
    this.connection.pause()
    const pauseMs = Math.min(MAX_PAUSE_MS, (-tokens / perSecond) * 1000)
    this.cancel = this.clock.after(pauseMs, () => this.resume())
  }

  /** Resumes reading: a connection that ends must be read, or it would never see the other side's close. */
  stop(): void {
    if (this.cancel !== null) this.resume()
  }

  private resume(): void {
    this.cancel?.()
    this.cancel = null
    this.connection.resume()
  }
}
