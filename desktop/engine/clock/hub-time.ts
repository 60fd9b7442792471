import type { EngineClock } from '../core/ports.ts'
import type { HubContact } from '../store/cache.ts'

/** A sample this far below the best one means that the hub's clock was set back, not that the network was slow. */
const SET_BACK_MS = 5_000

/** The greatest date in ms (ECMA-262, 21.4.1.1), which is also the greatest that a message may carry. [SYN-15] */
const MAX_DATE_MS = 8_640_000_000_000_000

/** What time it is at the hub, in ms since 1970, as well as a device with a wrong clock can tell. [SYN-16] */
export interface HubTime {
  /** Records a time that the hub just sent; `isFirst`: the first on a connection. */
  recordServerTime(nowMs: number, isFirst: boolean): void
  /** Records that a message of the hub came, without a time in it. */
  recordMessage(): void
  /** Best estimate of hub time; null when unknowable. */
  nowMs(): number | null
  /** Hub time of the hub's last message; null: none ever came. */
  lastContactMs(): number | null
  /** The wall clock minus hub time; null when unknowable. Only shown. */
  clockOffsetMs(): number | null
  /** What to store; null: no time of the hub is known in this boot. */
  contact(): HubContact | null
}

/**
 * Starts from what was stored: the last contact, and within the same boot the exact offset from elapsed time. After a reboot
 * only the wall clock is left; it is used unless it would be before the last contact. `welcomedMs`: hub time of the last
 * welcome, 0 for none. [OCC-7]
 */
export function makeHubTime(clock: EngineClock, stored: HubContact | null, welcomedMs: number): HubTime {
  const state = {
    // Hub time minus elapsed time. Each sample is late by its way here, so the greatest of a connection is the best.
    offsetMs: stored !== null && stored.boot === clock.bootId ? stored.offsetMs : null,
    contactMs: Math.max(stored?.contactMs ?? 0, welcomedMs),
    wallOffsetMs: stored?.wallOffsetMs ?? null,
  }
  const byElapsed = (offsetMs: number): number =>
    Math.min(Math.max(offsetMs + clock.elapsedMs(), 0), MAX_DATE_MS)
  const nowMs = (): number | null => {
    if (state.offsetMs !== null) return byElapsed(state.offsetMs)
    if (state.wallOffsetMs === null) return null
    const byWall = clock.wallMs() + state.wallOffsetMs
    return byWall < state.contactMs ? null : Math.min(byWall, MAX_DATE_MS)
  }
  return {
    recordServerTime: (serverMs, isFirst) => {
      const offsetMs = serverMs - clock.elapsedMs()
      if (isFirst || state.offsetMs === null || offsetMs < state.offsetMs - SET_BACK_MS)
        state.offsetMs = offsetMs
      else state.offsetMs = Math.max(state.offsetMs, offsetMs)
      state.contactMs = byElapsed(state.offsetMs)
      state.wallOffsetMs = state.contactMs - clock.wallMs()
    },
    recordMessage: () => {
      if (state.offsetMs === null) return
      state.contactMs = byElapsed(state.offsetMs)
    },
    nowMs,
    lastContactMs: () => (state.contactMs === 0 ? null : state.contactMs),
    clockOffsetMs: () => {
      const hubMs = nowMs()
      return hubMs === null ? null : Math.round(clock.wallMs() - hubMs)
    },
    contact: () =>
      state.offsetMs === null || state.wallOffsetMs === null
        ? null
        : {
            contactMs: state.contactMs,
            offsetMs: state.offsetMs,
            boot: clock.bootId,
            wallOffsetMs: state.wallOffsetMs,
          },
  }
}
