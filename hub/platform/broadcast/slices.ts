import type { HubClock } from '../ports.ts'

/** A slice takes about this long; then whoever waits for the event loop, above all commits and acks, has a turn. */
const SLICE_MS = 4
/** Items between two looks at the clock: about a third of a millisecond of sends. */
const LOOK_EVERY = 32

/** Does something for many, one round at a time, in slices between which others get their turn. */
export class Slices<Item> {
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

  /** Begins a round; `done` hears how much time its slices took, ms, without what others did in between. */
  start(items: Iterable<Item>, each: (item: Item) => void, done: (spentMs: number) => void): void {
    this.finish()
    this.round = { rest: items[Symbol.iterator](), each, done }
    this.spentMs = 0
    this.go(SLICE_MS)
  }

  /** Does at once what is left of the round. */
  finish(): void {
    this.cancel()
    this.go(Infinity)
  }

  /** Leaves the rest of the round undone. */
  drop(): void {
    this.cancel()
    this.round = null
  }

  private go(atMostMs: number): void {
    const { round } = this
    if (round === null) return
    const startedMs = this.clock.elapsedMs()
    let count = 0
    for (let next = round.rest.next(); next.done !== true; next = round.rest.next()) {
      round.each(next.value)
      count += 1
      if (count % LOOK_EVERY !== 0 || this.clock.elapsedMs() - startedMs < atMostMs) continue
      this.spentMs += this.clock.elapsedMs() - startedMs
      this.cancel = this.clock.after(0, () => this.go(SLICE_MS))
      return
    }
    this.round = null
    round.done(this.spentMs + this.clock.elapsedMs() - startedMs)
  }
}
