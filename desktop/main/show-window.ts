import type { EngineClock } from '../engine/core/ports.ts'
import type { WindowPart } from './electron-parts.ts'

/** After so long a window is shown even if it has not painted. Longer than a page takes on a weak panel. */
export const SHOW_TIMEOUT_MS = 3_000

/**
 * Shows a window once: as soon as its page has painted, so that nothing flashes, and after a while in any case, since a
 * hidden window may never paint (on Wayland, electron#48859). Calls `onShown` once, when the window shows and a page was
 * loaded. [SHL-2]
 */
export function showWindow(window: WindowPart, clock: Pick<EngineClock, 'after'>, onShown: () => void): void {
  let isShown = false
  let hasLoaded = false
  let isReported = false
  const report = (): void => {
    if (!isShown || !hasLoaded || isReported) return
    isReported = true
    onShown()
  }
  const show = (): void => {
    cancel()
    if (isShown || window.isDestroyed()) return
    isShown = true
    window.show()
    report()
  }
  const cancel = clock.after(SHOW_TIMEOUT_MS, show)
  window.on('ready-to-show', show)
  window.webContents.on('did-finish-load', () => {
    hasLoaded = true
    report()
  })
}
