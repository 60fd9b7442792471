import { allowanceBurst } from '#shared/domain/kiosk.ts'
import type { HubClock, KioskLine } from '../ports.ts'

/** A socket faster than its rate rests at most this long after a push: what was promised offline still drains. [CON-1] */
export const MAX_REST_MS = 1_000

/** Slows a socket that reports faster than its rate by not reading it for a while; nothing that waits is refused. [CON-1] */
export class Pace {
  private readonly clock: HubClock
  private readonly line: KioskLine
  private tokens: number | null = null
  private atMs = 0
  private cancel: (() => void) | null = null

  constructor(clock: HubClock, line: KioskLine) {
    this.clock = clock
    this.line = line
  }

  /** A push of `count` mutations arrived; `perSecond` is the kiosk's rate. */
  took(count: number, perSecond: number): void {
    const nowMs = this.clock.elapsedMs()
    const burst = allowanceBurst(perSecond)
    const grown = (this.tokens ?? burst) + ((nowMs - this.atMs) / 1000) * perSecond
    const tokens = Math.min(burst, grown) - count
    // A debt is rested off once, not carried on.
    this.tokens = Math.max(tokens, -perSecond)
    this.atMs = nowMs
    if (tokens >= 0) return
    this.line.pause()
    const restMs = Math.min(MAX_REST_MS, (-tokens / perSecond) * 1000)
    this.cancel = this.clock.after(restMs, () => this.resume())
  }

  /** A line that ends must be read again, or it would never see the other side's goodbye. */
  stop(): void {
    if (this.cancel !== null) this.resume()
  }

  private resume(): void {
    this.cancel?.()
    this.cancel = null
    this.line.resume()
  }
}
