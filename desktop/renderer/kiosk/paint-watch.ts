/** How often `tick` is to be called. */
export const TICK_MS = 1_000

/** How often a page says that it paints. */
export const REPORT_EVERY_MS = 5_000

/** A visible page that painted nothing for so long is loaded again. [SCR-3] */
export const SILENT_MS = 15_000

/** What watching a page's frames needs of it. Elapsed ms. */
export interface PaintWatchParts {
  elapsed(): number
  isHidden(): boolean
  /** Whether anything stands on the page: frames of an empty one count for nothing. */
  hasContent(): boolean
  /** Calls back before the next frame; a page that paints nothing never does. */
  requestFrame(run: () => void): void
  /** Tells whoever can restart the page. */
  report(isVisible: boolean): void
  /** Loads the page again, as far as it can by itself. */
  reload(): void
}

/**
 * Returns what is to be called every second: it reports painted frames every five, hiding at once, and loads the page
 * again when it was visible and painted nothing for fifteen. Time asleep, in which no tick came, counts for nothing. A page
 * whose thread hangs cannot do this either: then its silence is for the shell to notice. [SCR-3]
 */
export function makePaintWatch(parts: PaintWatchParts): () => void {
  let tickedAtMs = parts.elapsed()
  let reportedAtMs = Number.NEGATIVE_INFINITY
  let reportedVisible: boolean | null = null
  let silentMs = 0
  let isAsked = false

  const reportPainted = (isVisible: boolean): void => {
    reportedAtMs = parts.elapsed()
    reportedVisible = isVisible
    parts.report(isVisible)
  }
  const painted = (): void => {
    isAsked = false
    if (parts.isHidden() || !parts.hasContent()) return
    silentMs = 0
    if (reportedVisible !== true || parts.elapsed() - reportedAtMs >= REPORT_EVERY_MS) reportPainted(true)
  }

  return () => {
    const stepMs = parts.elapsed() - tickedAtMs
    tickedAtMs += stepMs
    if (parts.isHidden()) {
      silentMs = 0
      if (reportedVisible !== false) reportPainted(false)
      return
    }
    if (stepMs < 2 * TICK_MS) silentMs += stepMs
    if (silentMs >= SILENT_MS) {
      silentMs = 0
      parts.reload()
    }
    if (isAsked) return
    isAsked = true
    // The first callback comes before a frame is painted, the second after it was.
    parts.requestFrame(() => parts.requestFrame(painted))
  }
}
