import type { EngineClock } from '../engine/core/ports.ts'
import type { WindowPart } from './electron-parts.ts'

/** A window that has not painted by now is shown all the same. Longer than a page takes on a weak panel. */
export const SHOW_MS = 3_000

/**
 * Shows a window once: as soon as its page has painted, so that nothing flashes, and after a while in any case, since a
 * hidden window may never paint (on Wayland, electron#48859). Calls `seen` once the window shows and a page was
 * loaded. [SHL-2]
 */
export function showWindow(window: WindowPart, clock: Pick<EngineClock, 'after'>, seen: () => void): void {
  let isShown = false
  let hasLoaded = false
  let isSeen = false
  const look = (): void => {
    if (!isShown || !hasLoaded || isSeen) return
    isSeen = true
    seen()
  }
  const show = (): void => {
    cancel()
    if (isShown || window.isDestroyed()) return
    isShown = true
    window.show()
    look()
  }
  const cancel = clock.after(SHOW_MS, show)
  window.on('ready-to-show', show)
  window.webContents.on('did-finish-load', () => {
    hasLoaded = true
    look()
  })
}
