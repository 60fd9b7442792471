import type { HubClock } from './ports.ts'

/** Time that a test moves. */
export class TestClock implements Pick<HubClock, 'elapsedMs' | 'after'> {
  nowMs = 0
  private timers: { atMs: number; run: () => void }[] = []

  elapsedMs = (): number => this.nowMs

  after = (delayMs: number, run: () => void): (() => void) => {
    const timer = { atMs: this.nowMs + delayMs, run }
    this.timers.push(timer)
    return () => {
      this.timers = this.timers.filter((one) => one !== timer)
    }
  }

  /** How many still wait. */
  get timerCount(): number {
    return this.timers.length
  }

  /** Moves time on, and runs what is due. */
  advance(ms: number): void {
    this.nowMs += ms
    for (const timer of this.timers.filter(({ atMs }) => atMs <= this.nowMs)) timer.run()
  }
}
