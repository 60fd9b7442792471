import type { EngineClock } from './ports.ts'

/** A visible page that painted nothing for so long hangs: its heartbeat comes every five seconds. [SCR-3] */
export const SILENT_PAGE_MS = 15_000

/** How long a page that was restarted may take to its first frame on a weak panel. [SCR-3] */
export const FIRST_FRAME_MS = 60_000

/** How often silence is counted. */
export const LOOK_EVERY_MS = 2_500

/** Watches one page by its heartbeats. */
export interface PageWatch {
  /** The page painted a frame; or, not visible, that it will not. */
  painted(isVisible: boolean): void
  /** The page is gone for good. */
  stop(): void
}

/**
 * Calls `restart` when a visible page has painted nothing for 15 s, and every minute while it does not come back. Silence
 * is counted by this watch's own steps; one that took twice as long was a sleep, in which neither page nor watch ran, and
 * counts for nothing. A page is watched from its first heartbeat on. [SCR-3]
 */
export function watchPage(clock: Pick<EngineClock, 'after' | 'elapsedMs'>, restart: () => void): PageWatch {
  let cancel: (() => void) | null = null
  let isStopped = false
  let isVisible = true
  let silentMs = 0
  let limitMs = SILENT_PAGE_MS
  let lookedAtMs = 0

  const look = (): void => {
    const nowMs = clock.elapsedMs()
    const stepMs = nowMs - lookedAtMs
    if (isVisible && stepMs < 2 * LOOK_EVERY_MS) silentMs += stepMs
    lookedAtMs = nowMs
    cancel = clock.after(LOOK_EVERY_MS, look)
    if (silentMs < limitMs) return
    silentMs = 0
    limitMs = FIRST_FRAME_MS
    restart()
  }

  return {
    painted: (isNowVisible) => {
      if (isStopped) return
      isVisible = isNowVisible
      silentMs = 0
      limitMs = SILENT_PAGE_MS
      if (cancel !== null) return
      lookedAtMs = clock.elapsedMs()
      cancel = clock.after(LOOK_EVERY_MS, look)
    },
    stop: () => {
      isStopped = true
      cancel?.()
    },
  }
}
