import type { EngineClock } from '../core/ports.ts'
import type { Contact } from '../store/cache.ts'

/** A sample this far below the best one means that the hub's clock was set back, not that the line was slow. */
const SET_BACK_MS = 5_000

/** The last moment that a date can be (ECMA-262, 21.4.1.1), and that a message may carry: past it no tap could be told to any hub. */
const LAST_MS = 8_640_000_000_000_000

/** What time it is at the hub, as well as a device with a wrong clock can tell. [SYN-16] */
export interface HubTime {
  /** Takes in a time that the hub just sent; `isFirst`: the first of a line. */
  hear(nowMs: number, isFirst: boolean): void
  /** Some word came from the hub. */
  touch(): void
  /** Best estimate of hub time; null when unknowable. */
  nowMs(): number | null
  /** Hub time of the last word; null when it was never met. */
  lastContactMs(): number | null
  /** The wall clock minus hub time; null when unknowable. Only shown. */
  clockOffsetMs(): number | null
  /** What to keep on disk; null when the hub was never met. */
  contact(): Contact | null
}

/**
 * Starts from what was kept: the last contact, and within the same boot the exact relation to elapsed time. After a
 * reboot only the wall clock is left; it is believed unless it would be before the last contact.
 */
export function makeHubTime(clock: EngineClock, kept: Contact | null, welcomedMs: number): HubTime {
  const state = {
    // Hub time minus elapsed time. A time is older by its way here, so the greatest of a line is the best.
    offsetMs: kept !== null && kept.boot === clock.bootId ? kept.offsetMs : null,
    contactMs: Math.max(kept?.contactMs ?? 0, welcomedMs),
    wallOffsetMs: kept?.wallOffsetMs ?? null,
  }
  const byElapsed = (offsetMs: number): number => Math.min(Math.max(offsetMs + clock.elapsedMs(), 0), LAST_MS)
  const nowMs = (): number | null => {
    if (state.offsetMs !== null) return byElapsed(state.offsetMs)
    if (state.wallOffsetMs === null) return null
    const byWall = clock.wallMs() + state.wallOffsetMs
    return byWall < state.contactMs ? null : Math.min(byWall, LAST_MS)
  }
  return {
    hear: (heardMs, isFirst) => {
      const offsetMs = heardMs - clock.elapsedMs()
      if (isFirst || state.offsetMs === null || offsetMs < state.offsetMs - SET_BACK_MS)
        state.offsetMs = offsetMs
      else state.offsetMs = Math.max(state.offsetMs, offsetMs)
      state.contactMs = byElapsed(state.offsetMs)
      state.wallOffsetMs = state.contactMs - clock.wallMs()
    },
    touch: () => {
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
