import type { EngineClock } from '../core/ports.ts'
import type { Conversation } from './session-state.ts'

/** A line is dead when two heartbeats are missed; half a one more for the way. [SYN-23] */
export const MISSED_BEATS = 2.5

/** How long a line may take to answer when it is asked whether it still lives. [KSK-12] */
const ANSWER_MS = 3_000

/** A look that comes later than planned by this much was held up by a standstill of the process. */
const LATE_MS = 2_000

/** Whether the other end of a line still lives. */
export interface LifeWatch {
  /** Some word came. */
  heard(): void
  /** Asks for a sign of life; without one in time the line has ended. What came before it, unread, is no sign. */
  ask(): void
  isAsked(): boolean
  /** The sign came. */
  answered(): void
  stop(): void
}

/**
 * Watches one line, and ends it when nothing was heard for too long. Counts elapsed time, so a suspend is noticed soon
 * after waking; a look that itself comes late says nothing of the hub, since nobody listened here: then it is asked. [SYN-23]
 */
export function watchLife(clock: EngineClock, talk: Conversation, ping: () => void): LifeWatch {
  const state = { heardMs: clock.elapsedMs(), dueMs: clock.elapsedMs() }
  const cancels: { look: (() => void) | null; asked: (() => void) | null } = { look: null, asked: null }
  const end = (): void => talk.end({ why: 'silent' })
  const look = (): void => {
    const nowMs = clock.elapsedMs()
    if (nowMs - state.dueMs > LATE_MS) life.ask()
    const leftMs = MISSED_BEATS * talk.limits.heartbeatMs - (nowMs - state.heardMs)
    if (leftMs <= 0) return end()
    // Not later than half a beat: the welcome may name shorter ones, and a timer stands still in a suspend.
    const waitMs = Math.min(leftMs, talk.limits.heartbeatMs / 2)
    state.dueMs = nowMs + waitMs
    cancels.look = clock.after(waitMs, look)
  }
  const life: LifeWatch = {
    heard: () => {
      state.heardMs = clock.elapsedMs()
    },
    ask: () => {
      if (talk.phase === 'ended' || cancels.asked !== null) return
      life.heard()
      cancels.asked = clock.after(ANSWER_MS, end)
      ping()
    },
    isAsked: () => cancels.asked !== null,
    answered: () => {
      if (cancels.asked === null) return
      cancels.asked()
      cancels.asked = null
      life.heard()
      talk.changed()
    },
    stop: () => {
      cancels.look?.()
      cancels.asked?.()
      cancels.asked = null
    },
  }
  look()
  return life
}
