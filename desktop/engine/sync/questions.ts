import type { EngineClock } from '../core/ports.ts'

/** How often the hub is sent a ping so that the time in its next heartbeat is bounded. [SYN-44] */
const ASK_EVERY_MS = 60_000

/** The ping goes out after this much of a heartbeat's interval: shortly before the next, and with time left for the answer. */
const BEFORE_HEARTBEAT = 0.9

/**
 * What this device sent on one connection that the hub answers: the hello and pings. A message that comes after an answer was
 * written after the question had arrived; a heartbeat by itself says only that the hub's time is not earlier. [SYN-40] [SYN-44]
 */
export interface Questions {
  /** To be called just before the hello is sent. */
  helloSent(): void
  /** The welcome came. */
  helloAnswered(): void
  /** Sends a ping; only its answer counts from now on, none to an earlier one. */
  ping(): void
  /** A pong came; true: it answers the newest ping. */
  pingAnswered(payload: string): boolean
  /** To be called with each heartbeat, which come at an interval: plans a ping before the next one where one is due. */
  heartbeat(intervalMs: number): void
  /** Elapsed time at which the newest question was sent that was answered; null: none was. */
  answeredMs(): number | null
  /** Cancels the ping that is planned. */
  stop(): void
}

/** Makes the questions of one connection. No planned ping is sent while `mayPing` says no. */
export function makeQuestions(
  clock: EngineClock,
  sendPing: (payload: string) => void,
  mayPing: () => boolean,
): Questions {
  const state = {
    helloMs: null as number | null,
    ping: { number: 0, sentMs: 0 },
    answeredMs: null as number | null,
    askedMs: 0,
    cancel: null as (() => void) | null,
  }
  const questions: Questions = {
    helloSent: () => {
      state.helloMs = clock.elapsedMs()
      state.askedMs = state.helloMs
    },
    helloAnswered: () => {
      state.answeredMs ??= state.helloMs
    },
    ping: () => {
      state.ping = { number: state.ping.number + 1, sentMs: clock.elapsedMs() }
      sendPing(String(state.ping.number))
    },
    pingAnswered: (payload) => {
      if (state.ping.number === 0 || payload !== String(state.ping.number)) return false
      state.answeredMs = state.ping.sentMs
      return true
    },
    heartbeat: (intervalMs) => {
      if (state.cancel !== null || clock.elapsedMs() - state.askedMs < ASK_EVERY_MS) return
      state.cancel = clock.after(intervalMs * BEFORE_HEARTBEAT, () => {
        state.cancel = null
        if (!mayPing()) return
        state.askedMs = clock.elapsedMs()
        questions.ping()
      })
    },
    answeredMs: () => state.answeredMs,
    stop: () => {
      state.cancel?.()
      state.cancel = null
    },
  }
  return questions
}
