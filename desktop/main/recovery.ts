import { watchPage } from '../engine/page-watch.ts'
import type { EngineClock, EngineLog } from '../engine/ports.ts'
import { KIOSK_PAGE } from './app-scheme.ts'
import type { WindowPart } from './electron-parts.ts'

/** First wait before a page is loaded again after it broke; doubled each time. */
export const FIRST_RELOAD_MS = 250

/** The longest wait: a screen that keeps breaking still comes back once a minute. */
export const LAST_RELOAD_MS = 60_000

/** A page that held for so long starts again with the first wait. */
export const CALM_MS = 300_000

/** How long a page may be silent before its process is ended. Longer than the slowest start that was seen on weak panels. */
export const HANG_MS = 10_000

type Timers = Pick<EngineClock, 'after' | 'elapsedMs'>

/** What Chromium says of a load that was given up, because a newer one took its place or because it was refused. */
export const ABORTED = -3

/**
 * Brings a kiosk's page back: after its process crashed or was killed, after a load that failed, and after it hung.
 * Waits 0.25 s, doubled up to a minute; the engine runs in the main process and is not touched.
 */
export function keepAlive(window: WindowPart, clock: Timers, log: EngineLog): void {
  const reload = makeReload(window, clock, () => loadKioskPage(window, log))
  keepProcess(window, clock, log, reload)
  window.webContents.on('did-fail-load', (_event, code) => {
    if (code === ABORTED) return
    log.warn('page not loaded', { code })
    reload()
  })
}

/** Calls `reload` after a page's process crashed, was killed, or hung for so long that it was ended. */
export function keepProcess(window: WindowPart, clock: Timers, log: EngineLog, reload: () => void): void {
  let endHang = (): void => undefined
  window.webContents.on('render-process-gone', (_event, details) => {
    endHang()
    log.warn('page gone', { reason: details.reason, exitCode: details.exitCode })
    reload()
  })
  window.on('unresponsive', () => {
    endHang()
    log.warn('page hangs')
    endHang = clock.after(HANG_MS, () => {
      if (!window.isDestroyed()) window.webContents.forcefullyCrashRenderer()
    })
  })
  window.on('responsive', () => endHang())
  window.on('closed', () => endHang())
}

/**
 * Ends the process of a page that says nothing more of painting, though it should: that brings it back as a crash does.
 * Returns what its heartbeats are to be told to. A window that nobody sees need not paint. [SCR-3]
 */
export function keepPainting(
  window: WindowPart,
  clock: Timers,
  log: EngineLog,
): (isVisible: boolean) => void {
  const watch = watchPage(clock, () => {
    if (window.isDestroyed() || window.isMinimized()) return
    log.warn('page paints nothing')
    window.webContents.forcefullyCrashRenderer()
  })
  window.on('closed', watch.stop)
  return watch.painted
}

/** A function that loads a page again, each time a little later; while it waits, further calls are the same call. */
export function makeReload(window: WindowPart, clock: Timers, load: () => Promise<void>): () => void {
  let waitMs = FIRST_RELOAD_MS
  let brokeAtMs = Number.NEGATIVE_INFINITY
  let isWaiting = false
  return () => {
    if (isWaiting) return
    isWaiting = true
    const nowMs = clock.elapsedMs()
    if (nowMs - brokeAtMs > CALM_MS) waitMs = FIRST_RELOAD_MS
    brokeAtMs = nowMs
    clock.after(waitMs, () => {
      isWaiting = false
      if (!window.isDestroyed()) void load()
    })
    waitMs = Math.min(LAST_RELOAD_MS, waitMs * 2)
  }
}

/** Loads the kiosk's page. Never rejects: a load that fails is told by `did-fail-load`. */
export function loadKioskPage(window: WindowPart, log: EngineLog): Promise<void> {
  return loadPage(window, KIOSK_PAGE, log)
}

/** Loads a page. Never rejects: a load that fails is told by `did-fail-load`. */
export async function loadPage(window: WindowPart, url: string, log: EngineLog): Promise<void> {
  try {
    await window.webContents.loadURL(url)
  } catch (error) {
    log.warn('load ended', { error: String(error) })
  }
}
