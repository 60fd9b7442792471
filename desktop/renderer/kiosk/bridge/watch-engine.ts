import { refuse } from '#shared/domain/decision.ts'
import type { Bridge, CallInput, CallName, CallOutput } from '#shared/wire/bridge.ts'
import { SILENT_ENGINE_MS } from '../../common/limits.ts'

/** How often `look` is to be called. */
export const CHECK_EVERY_MS = 500

/** A check that comes later than this means that the page itself was held up; it says nothing about the engine. */
const LATE_CHECK_MS = 4 * CHECK_EVERY_MS

/** What listening for an engine's beats needs of the page. */
export interface HeartbeatWatchParts {
  /** Elapsed ms. */
  elapsed(): number
  /** Nobody answers, and the connection was given up: shows that. */
  onSilence(): void
  /** Somebody is there again. */
  onReturn(): void
}

/** A bridge over a connection that may be given up for a new one. */
export interface ReconnectableBridge extends Bridge {
  /** Nothing comes from the other end any more: this connection is over, whatever still comes of it, and a new one begins. */
  reconnect(): void
}

/** A bridge that knows whether anybody is at its other end. */
export interface WatchedBridge extends Bridge {
  /** To be called twice a second. */
  check(): void
}

/**
 * The same bridge, which notices that nothing has come for five seconds from an engine that beat before, and its next message
 * after that. What was asked until then rejects, since nobody knows whether the engine had it, and the connection is given up, so
 * that it is not done later; what is asked until then is not passed on, and refused as not saved. An engine that never beats is
 * of the release before, and is left alone. Time in which this page was held up itself counts for nothing. [KSK-17]
 */
export function watchHeartbeats(bridge: ReconnectableBridge, parts: HeartbeatWatchParts): WatchedBridge {
  const losing = new Set<() => void>()
  const state = { isBeating: false, isAway: false, silentMs: 0, checkedAtMs: parts.elapsed() }

  const received = (): void => {
    state.silentMs = 0
    state.checkedAtMs = parts.elapsed()
    if (!state.isAway) return
    state.isAway = false
    parts.onReturn()
  }
  const goAway = (): void => {
    state.isAway = true
    // A new connection may lead to another release.
    state.isBeating = false
    const lost = [...losing]
    losing.clear()
    for (const lose of lost) lose()
    bridge.reconnect()
    parts.onSilence()
  }

  return {
    check: () => {
      const stepMs = parts.elapsed() - state.checkedAtMs
      state.checkedAtMs += stepMs
      if (!state.isBeating || state.isAway) return
      if (stepMs < LATE_CHECK_MS) state.silentMs += stepMs
      if (state.silentMs >= SILENT_ENGINE_MS) goAway()
    },
    call: <Name extends CallName>(name: Name, input: CallInput<Name>) => {
      if (state.isAway) return Promise.resolve<CallOutput<Name>>(refuse({ why: 'notSaved' }))
      return new Promise<CallOutput<Name>>((resolve, reject) => {
        const lose = (): void => reject(new Error(`no sign of life while "${name}" was asked`))
        losing.add(lose)
        void bridge
          .call(name, input)
          .then(resolve, reject)
          .finally(() => losing.delete(lose))
      })
    },
    onSlice: (listen) =>
      bridge.onSlice((name, value) => {
        received()
        if (name === 'beat') state.isBeating = true
        else listen(name, value)
      }),
  }
}
