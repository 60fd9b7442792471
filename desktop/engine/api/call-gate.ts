import type { EngineClock } from '../core/ports.ts'

/** How often a process records that it runs. */
export const TICK_MS = 1_000

/**
 * A process that recorded nothing for longer stood still. Heartbeats come every two seconds and a page gives up after five
 * without one, so a process that its page gave up recorded nothing for at least three.
 */
export const STANDSTILL_MS = 2_000

/** How long a call that was read after a standstill waits, so that what lies behind it on its connection is read too. */
export const DRAIN_MS = 250

/** Delays the calls of all pages of one process after a standstill. */
export interface CallGate {
  /**
   * Runs `run` at once; after a standstill only when the process has also read what came behind the call. `run` is to check
   * then whether the page has given its connection up meanwhile.
   */
  pass(run: () => void): void
  /** Stops the timer. */
  end(): void
}

/**
 * Makes a gate that keeps a call from being executed after its page gave up waiting. Only the page knows whether it did: it
 * closes its connection, which is read after the call. So nothing depends on which clock runs on during a sleep, and a call
 * whose page still waits is executed. [KSK-17]
 */
export function makeCallGate(clock: Pick<EngineClock, 'after' | 'elapsedMs'>): CallGate {
  const state = { ranAtMs: clock.elapsedMs(), stoodStillAtMs: Number.NEGATIVE_INFINITY }
  let cancel = (): void => undefined
  const note = (): number => {
    const nowMs = clock.elapsedMs()
    if (nowMs - state.ranAtMs > STANDSTILL_MS) state.stoodStillAtMs = nowMs
    state.ranAtMs = nowMs
    return nowMs
  }
  const run = (): void => {
    note()
    cancel = clock.after(TICK_MS, run)
  }
  run()
  return {
    pass: (call) => {
      // Timers run before anything is read, and they may take long themselves.
      if (note() - state.stoodStillAtMs > STANDSTILL_MS) call()
      else clock.after(DRAIN_MS, call)
    },
    end: () => cancel(),
  }
}
