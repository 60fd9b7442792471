import type { EngineClock } from '../core/ports.ts'
import type { SessionState } from './session-state.ts'

/** A connection has ended when two heartbeats are missed; half a one more for the network. [SYN-23] */
export const MISSED_HEARTBEATS = 2.5

/** How long the hub may take to answer a ping. [KSK-12] */
const PONG_TIMEOUT_MS = 3_000

/** A check that comes later than planned by this much was held up by a standstill of the process. */
const LATE_MS = 2_000

/** Watches whether the hub still answers on a connection. */
export interface ConnectionWatch {
  /** A message came. */
  received(): void
  /** Sends a ping; without a pong within 3 s the connection ends. Messages that lay unread do not count as an answer. */
  probe(): void
  isProbing(): boolean
  /** The pong came. */
  ponged(): void
  stop(): void
}

/**
 * Ends a session when nothing was received for too long. Counts elapsed time, so a suspend is noticed soon after waking; a
 * check that itself comes late says nothing about the hub, since nothing was read here: then a ping is sent. [SYN-23]
 */
export function watchConnection(
  clock: EngineClock,
  session: SessionState,
  ping: () => void,
): ConnectionWatch {
  const state = { heardMs: clock.elapsedMs(), dueMs: clock.elapsedMs() }
  const cancels: { check: (() => void) | null; probe: (() => void) | null } = { check: null, probe: null }
  const end = (): void => session.end({ why: 'silent' })
  const check = (): void => {
    const nowMs = clock.elapsedMs()
    if (nowMs - state.dueMs > LATE_MS) watch.probe()
    const leftMs = MISSED_HEARTBEATS * session.limits.heartbeatMs - (nowMs - state.heardMs)
    if (leftMs <= 0) return end()
    // Not later than half a heartbeat: the welcome may set shorter ones, and a timer stands still in a suspend.
    const waitMs = Math.min(leftMs, session.limits.heartbeatMs / 2)
    state.dueMs = nowMs + waitMs
    cancels.check = clock.after(waitMs, check)
  }
  const watch: ConnectionWatch = {
    received: () => {
      state.heardMs = clock.elapsedMs()
    },
    probe: () => {
      if (session.phase === 'ended' || cancels.probe !== null) return
      watch.received()
      cancels.probe = clock.after(PONG_TIMEOUT_MS, end)
      ping()
    },
    isProbing: () => cancels.probe !== null,
    ponged: () => {
      if (cancels.probe === null) return
      cancels.probe()
      cancels.probe = null
      watch.received()
      session.statusChanged()
    },
    stop: () => {
      cancels.check?.()
      cancels.probe?.()
      cancels.probe = null
    },
  }
  check()
  return watch
}
