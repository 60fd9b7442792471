import type { EngineClock } from '../core/ports.ts'

/** How often a process notes that it runs. */
export const RUNS_EVERY_MS = 1_000

/**
 * A process that noted nothing for longer stood still. A page gives up after five seconds without a beat of every two, so
 * that a process of which a page did noted nothing for three at least.
 */
export const STOOD_STILL_MS = 2_000

/** How long a call that was read after a standstill waits for what lies behind it on its line. */
export const READ_ON_MS = 250

/** What the calls of every page of one process go through. */
export interface CallGate {
  /**
   * Runs at once; after a standstill only when the process has also read what came behind the call. Whoever runs looks
   * then whether the page has given its line up meanwhile.
   */
  pass(run: () => void): void
  end(): void
}

/**
 * Keeps what a page asked before it gave up from being done when the process goes on. Only the page knows whether it did:
 * it gives its line up, which is read after the call. So nothing depends on whose clock counts a sleep, and a call of a page
 * that still waits is done. [KSK-17]
 */
export function makeCallGate(clock: Pick<EngineClock, 'after' | 'elapsedMs'>): CallGate {
  const state = { ranAtMs: clock.elapsedMs(), stoodStillAtMs: Number.NEGATIVE_INFINITY }
  let cancel = (): void => undefined
  const note = (): number => {
    const nowMs = clock.elapsedMs()
    if (nowMs - state.ranAtMs > STOOD_STILL_MS) state.stoodStillAtMs = nowMs
    state.ranAtMs = nowMs
    return nowMs
  }
  const run = (): void => {
    note()
    cancel = clock.after(RUNS_EVERY_MS, run)
  }
  run()
  return {
    pass: (call) => {
      // Timers run before anything is read, and they may take long themselves.
      if (note() - state.stoodStillAtMs > STOOD_STILL_MS) call()
      else clock.after(READ_ON_MS, call)
    },
    end: () => cancel(),
  }
}
