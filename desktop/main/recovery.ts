import { watchPage } from '../engine/screen/page-watch.ts'
import type { EngineClock } from '../engine/core/ports.ts'
import type { EngineLog } from '../engine/log/engine-log.ts'
import { KIOSK_PAGE } from './app-scheme.ts'
import type { AppExit } from './app-exit.ts'
import type { WindowPart } from './electron-parts.ts'

/** First wait before a page is loaded again after a fault, ms; doubled each time. */
export const MIN_RELOAD_MS = 250

/** The longest wait: a page that keeps failing is still loaded once a minute. */
export const MAX_RELOAD_MS = 60_000

/** After so long without a fault the first wait counts again. */
export const STABLE_MS = 300_000

/** Where a page's process ends more often than this within `CRASH_SPAN_MS`, loading it again does not help. [SHL-11] */
export const MAX_CRASHES = 5
/** The time within which crashes are counted, ms. [SHL-11] */
export const CRASH_SPAN_MS = 600_000

/** An app that has run for less does not end for it: where the page fails at once it would restart every few seconds. */
const MIN_UPTIME_MS = 60_000

/** How long a page may be unresponsive before its process is ended. Longer than the slowest start that was seen on weak panels. */
export const HANG_MS = 10_000

type Timers = Pick<EngineClock, 'after' | 'elapsedMs'>

/** Chromium's error code of a load that was cancelled, by a newer one or by the navigation policy. */
export const ABORTED = -3

/**
 * Loads a kiosk's page again after its process crashed, was killed or hung, and after a load that failed. Waits 0.25 s, doubled
 * each time up to a minute; the engine runs in the main process and is not affected. Where that does not help, the app ends with
 * `fatal`, because a fault of the graphics driver goes away only with all of Chromium's processes. [SHL-11]
 */
export function reloadAfterFaults(
  window: WindowPart,
  clock: Timers,
  log: EngineLog,
  appExit: Pick<AppExit, 'fatal'>,
): void {
  countCrashes(window, clock, appExit)
  const reload = makeReloadWithBackoff(window, clock, () => loadKioskPage(window, log))
  reloadAfterProcessEnd(window, clock, log, reload)
  window.webContents.on('did-fail-load', (_event, code) => {
    if (code === ABORTED) return
    log.warn('page-not-loaded', 'The page could not be loaded; it is loaded again.', { errorCode: code })
    reload()
  })
}

/** Ends the app when a page's process ended for the sixth time in ten minutes, but not in the app's first minute. [SHL-11] */
function countCrashes(window: WindowPart, clock: Timers, appExit: Pick<AppExit, 'fatal'>): void {
  const beganMs = clock.elapsedMs()
  const crashedMs: number[] = []
  window.webContents.on('render-process-gone', (_event, { reason }) => {
    if (reason === 'clean-exit') return
    const nowMs = clock.elapsedMs()
    crashedMs.push(nowMs)
    crashedMs.splice(
      0,
      crashedMs.findIndex((atMs) => nowMs - atMs < CRASH_SPAN_MS),
    )
    if (crashedMs.length <= MAX_CRASHES || nowMs - beganMs < MIN_UPTIME_MS) return
    appExit.fatal(`the page ended ${crashedMs.length} times in ten minutes`)
  })
}

/** Calls `reload` after a page's process crashed or was killed; ends the process of a page that does not respond for ten seconds. */
export function reloadAfterProcessEnd(
  window: WindowPart,
  clock: Timers,
  log: EngineLog,
  reload: () => void,
): void {
  let endHang = (): void => undefined
  window.webContents.on('render-process-gone', (_event, details) => {
    endHang()
    log.warn('page-process-gone', 'The process of the page ended; the page is loaded again.', {
      reason: details.reason,
      exitCode: details.exitCode,
    })
    reload()
  })
  window.on('unresponsive', () => {
    endHang()
    log.warn('page-hangs', 'The page does not respond.')
    endHang = clock.after(HANG_MS, () => {
      if (!window.isDestroyed()) window.webContents.forcefullyCrashRenderer()
    })
  })
  window.on('responsive', () => endHang())
  window.on('closed', () => endHang())
}

/**
 * Ends the process of a visible page that paints nothing more; it is loaded again then as after a crash. Returns a function to be
 * called when the page reports that it painted (true) or is hidden (false). A minimised window need not paint; a page that
 * never painted at all is given a minute. [SCR-3] [SCR-8]
 */
export function endWhenNotPainting(
  window: WindowPart,
  clock: Timers,
  log: EngineLog,
): (isVisible: boolean) => void {
  const watch = watchPage(clock, () => {
    if (window.isDestroyed() || window.isMinimized()) return
    log.warn('page-not-painting', 'The page paints nothing; its process is ended.')
    window.webContents.forcefullyCrashRenderer()
  })
  window.on('closed', watch.stop)
  window.webContents.on('did-start-loading', watch.loadStarted)
  return watch.painted
}

/** Gives a function that calls `load` after a wait that doubles with each call; while it waits, further calls do nothing. */
export function makeReloadWithBackoff(
  window: WindowPart,
  clock: Timers,
  load: () => Promise<void>,
): () => void {
  let waitMs = MIN_RELOAD_MS
  let brokeAtMs = Number.NEGATIVE_INFINITY
  let isWaiting = false
  return () => {
    if (isWaiting) return
    isWaiting = true
    const nowMs = clock.elapsedMs()
    if (nowMs - brokeAtMs > STABLE_MS) waitMs = MIN_RELOAD_MS
    brokeAtMs = nowMs
    clock.after(waitMs, () => {
      isWaiting = false
      if (!window.isDestroyed()) void load()
    })
    waitMs = Math.min(MAX_RELOAD_MS, waitMs * 2)
  }
}

/** Loads the kiosk's page. Never rejects: a load that fails is handled at `did-fail-load`. */
export function loadKioskPage(window: WindowPart, log: EngineLog): Promise<void> {
  return loadPage(window, KIOSK_PAGE, log)
}

/** Loads a page. Never rejects: a load that fails is logged, and handled at `did-fail-load`. */
export async function loadPage(window: WindowPart, url: string, log: EngineLog): Promise<void> {
  try {
    await window.webContents.loadURL(url)
  } catch (error) {
    log.warn('load-ended', 'Loading a page ended with an error.', { error: String(error) })
  }
}
