import type { EngineClock } from '../core/ports.ts'

/** A visible page that painted nothing for so long hangs: its heartbeat comes every five seconds. [SCR-3] */
export const SILENT_PAGE_MS = 15_000

/** How long a page may take from the beginning of its load to its first frame on a weak panel. [SCR-8] */
export const FIRST_FRAME_MS = 60_000

/** How often silence is counted. */
export const LOOK_EVERY_MS = 2_500

/** Watches one page by its heartbeats. */
export interface PageWatch {
  /** A page begins to load: it is waited for, whatever the one before said. That one's silence counts on: loading is no frame. */
  began(): void
  /** The page painted a frame; or, not visible, that it will not. */
  painted(isVisible: boolean): void
  /** The page is gone for good. */
  stop(): void
}

/**
 * Calls `restart` when a visible page has painted nothing for 15 s, and every minute while it does not come back. Silence
 * is counted by this watch's own steps; one that took twice as long was a sleep, in which neither page nor watch ran, and
 * counts for nothing. A page is watched from the beginning of its load, or from its first heartbeat. [SCR-3] [SCR-8]
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

  const hear = (isNowVisible: boolean, nextLimitMs: number): void => {
    if (isStopped) return
    isVisible = isNowVisible
    limitMs = nextLimitMs
    if (cancel !== null) return
    lookedAtMs = clock.elapsedMs()
    cancel = clock.after(LOOK_EVERY_MS, look)
  }

  return {
    began: () => hear(true, FIRST_FRAME_MS),
    painted: (isNowVisible) => {
      silentMs = 0
      hear(isNowVisible, SILENT_PAGE_MS)
    },
    stop: () => {
      isStopped = true
      cancel?.()
    },
  }
}
