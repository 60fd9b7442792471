import type { EngineClock } from '../core/ports.ts'

/** A visible page that painted nothing for so long hangs: its heartbeat comes every five seconds. [SCR-3] */
export const PAINT_TIMEOUT_MS = 15_000

/** How long a page may take from the beginning of its load to its first frame on a weak panel. [SCR-8] */
export const FIRST_PAINT_TIMEOUT_MS = 60_000

/** How often the time without a frame is added up. */
export const CHECK_INTERVAL_MS = 2_500

/** Watches one page by its heartbeats. */
export interface PageWatch {
  /** A page begins to load: it is expected to paint within a minute. The time without a frame counts on: loading is no frame. */
  loadStarted(): void
  /** The page painted a frame (true), or says that it is hidden and will not (false). */
  painted(isVisible: boolean): void
  /** The page is gone for good. */
  stop(): void
}

/**
 * Calls `restart` when a visible page has painted nothing for 15 s, and every minute while it does not come back. The time is
 * added up in this watch's own steps; one that took twice as long was a sleep, in which neither page nor watch ran, and is not
 * counted. A page is watched from the beginning of its load, or from its first frame. [SCR-3] [SCR-8]
 */
export function watchPage(clock: Pick<EngineClock, 'after' | 'elapsedMs'>, restart: () => void): PageWatch {
  let cancel: (() => void) | null = null
  let isStopped = false
  let isVisible = true
  let silentMs = 0
  let limitMs = PAINT_TIMEOUT_MS
  let checkedAtMs = 0

  const check = (): void => {
    const nowMs = clock.elapsedMs()
    const stepMs = nowMs - checkedAtMs
    if (isVisible && stepMs < 2 * CHECK_INTERVAL_MS) silentMs += stepMs
    checkedAtMs = nowMs
    cancel = clock.after(CHECK_INTERVAL_MS, check)
    if (silentMs < limitMs) return
    silentMs = 0
    limitMs = FIRST_PAINT_TIMEOUT_MS
    restart()
  }

  const expectPaint = (isNowVisible: boolean, nextLimitMs: number): void => {
    if (isStopped) return
    isVisible = isNowVisible
    limitMs = nextLimitMs
    if (cancel !== null) return
    checkedAtMs = clock.elapsedMs()
    cancel = clock.after(CHECK_INTERVAL_MS, check)
  }

  return {
    loadStarted: () => expectPaint(true, FIRST_PAINT_TIMEOUT_MS),
    painted: (isNowVisible) => {
      silentMs = 0
      expectPaint(isNowVisible, PAINT_TIMEOUT_MS)
    },
    stop: () => {
      isStopped = true
      cancel?.()
    },
  }
}
