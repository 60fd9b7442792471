import type { HubClock } from '../ports.ts'

/** A slice takes about this long; then the event loop gets to other work, above all commits and acks. */
const SLICE_MS = 4
/** Items between two readings of the clock: about a third of a millisecond of sends. */
const CHECK_EVERY = 32

/** Calls a function for many items, one round at a time, in slices that yield to the event loop in between. */
export class TimeSlices<Item> {
  private readonly clock: HubClock
  private round: { rest: Iterator<Item>; each(item: Item): void; done(spentMs: number): void } | null = null
  private spentMs = 0
  private cancel = (): void => undefined

  constructor(clock: HubClock) {
    this.clock = clock
  }

  get isRunning(): boolean {
    return this.round !== null
  }

  /** Begins a round; `done` is given how long its slices took, ms, without other work in between. */
  start(items: Iterable<Item>, each: (item: Item) => void, done: (spentMs: number) => void): void {
    this.finish()
    this.round = { rest: items[Symbol.iterator](), each, done }
    this.spentMs = 0
    this.run(SLICE_MS)
  }

  /** Does the rest of the round at once. */
  finish(): void {
    this.cancel()
    this.run(Infinity)
  }

  /** Leaves the rest of the round undone. */
  abandon(): void {
    this.cancel()
    this.round = null
  }

  private run(atMostMs: number): void {
    const { round } = this
    if (round === null) return
    const startedMs = this.clock.elapsedMs()
    let count = 0
    for (let next = round.rest.next(); next.done !== true; next = round.rest.next()) {
      round.each(next.value)
      count += 1
      if (count % CHECK_EVERY !== 0 || this.clock.elapsedMs() - startedMs < atMostMs) continue
      this.spentMs += this.clock.elapsedMs() - startedMs
      this.cancel = this.clock.after(0, () => this.run(SLICE_MS))
      return
    }
    this.round = null
    round.done(this.spentMs + this.clock.elapsedMs() - startedMs)
  }
}
