import { watchPage } from '../engine/screen/page-watch.ts'
import type { EngineClock, EngineLog } from '../engine/core/ports.ts'
import { KIOSK_PAGE } from './app-scheme.ts'
import type { AppEnd } from './app-exit.ts'
import type { WindowPart } from './electron-parts.ts'

/** First wait before a page is loaded again after it broke; doubled each time. */
export const FIRST_RELOAD_MS = 250

/** The longest wait: a screen that keeps breaking still comes back once a minute. */
export const LAST_RELOAD_MS = 60_000

/** A page that held for so long starts again with the first wait. */
export const CALM_MS = 300_000

/** A page whose process ends more often than this within this time is not healed by loading it again. [SHL-11] */
export const MOST_CRASHES = 5
export const CRASH_SPAN_MS = 600_000

/** An app that has run for less does not end for it: one whose page breaks at once would start again every few seconds. */
const YOUNG_MS = 60_000

/** How long a page may be silent before its process is ended. Longer than the slowest start that was seen on weak panels. */
export const HANG_MS = 10_000

type Timers = Pick<EngineClock, 'after' | 'elapsedMs'>

/** What Chromium says of a load that was given up, because a newer one took its place or because it was refused. */
export const ABORTED = -3

/**
 * Brings a kiosk's page back: after its process crashed or was killed, after a load that failed, and after it hung.
 * Waits 0.25 s, doubled up to a minute; the engine runs in the main process and is not touched. Where that does not help,
 * the app ends as one that cannot go on, because trouble of the graphics or its driver ends only with all of Chromium's
 * processes. [SHL-11]
 */
export function keepAlive(
  window: WindowPart,
  clock: Timers,
  log: EngineLog,
  end: Pick<AppEnd, 'fatal'>,
): void {
  countCrashes(window, clock, end)
  const reload = makeReload(window, clock, () => loadKioskPage(window, log))
  keepProcess(window, clock, log, reload)
  window.webContents.on('did-fail-load', (_event, code) => {
    if (code === ABORTED) return
    log.warn('page not loaded', { code })
    reload()
  })
}

/** Ends the app after the sixth end of a page's process in ten minutes, and not in the app's first minute. [SHL-11] */
function countCrashes(window: WindowPart, clock: Timers, end: Pick<AppEnd, 'fatal'>): void {
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
    if (crashedMs.length <= MOST_CRASHES || nowMs - beganMs < YOUNG_MS) return
    end.fatal(`the page ended ${crashedMs.length} times in ten minutes`)
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
 * Returns what its heartbeats are to be told to. A window that nobody sees need not paint; a page that never painted at all is
 * given longer. [SCR-3] [SCR-8]
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
  window.webContents.on('did-start-loading', watch.began)
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
