import { mkdirSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'
import process from 'node:process'
import type { EngineApi } from '#shared/wire/bridge.ts'
import type { EngineClock } from '../engine/core/ports.ts'
import type { EngineLog } from '../engine/log/engine-log.ts'
import type { ScreenFile } from '../engine/screen/screen-files.ts'
import { EXIT_CODES, type AppExit } from './app-exit.ts'
import { registerAppScheme, serveAppScheme } from './app-scheme.ts'
import { serveCalls } from './call-channel.ts'
import type { ElectronParts, WindowPart } from './electron-parts.ts'
import { focusWindow, leaveFullScreen, makeKioskWindow, type KioskWindowOptions } from './kiosk-window.ts'
import { KIOSK_NAVIGATION, enforceNavigation } from './navigation-policy.ts'
import { reloadAfterFaults, endWhenNotPainting, loadKioskPage } from './recovery.ts'
import { showWindow } from './show-window.ts'
import { dropStaleLock } from './stale-lock.ts'

/** What the shell of a kiosk needs. */
export interface ShellOptions extends KioskWindowOptions {
  engine: EngineApi
  files: ReadonlyMap<string, ScreenFile>
  clock: Pick<EngineClock, 'after' | 'elapsedMs'>
  log: EngineLog
  appExit: AppExit
  /** Called once the window shows the kiosk's page. */
  onShown: () => void
}

/** The open shell of a kiosk. */
export interface Shell {
  window: WindowPart
  /** Leaves full screen; false where there is no window any more. */
  leaveFullScreen: () => boolean
}

/**
 * First steps, before Electron is ready and before any file of the kiosk is opened: the sandbox for every page, the
 * app:// scheme, and the lock that only one app per folder holds. False: another one runs, and Electron asked it to come to the
 * front. Throws where the folder cannot be made. [SHL-9]
 */
export function claimInstance(
  parts: Pick<ElectronParts, 'app' | 'protocol' | 'Menu'>,
  folder: string,
  log: EngineLog,
): boolean {
  registerAppScheme(parts.protocol)
  const { platform, execPath: program } = process
  if (dropStaleLock(folder, { platform, hostname: hostname(), program, programOf }))
    log.warn('stale-lock-removed', 'A stale lock of Chromium’s, with another host name, was removed.', {
      folder,
    })
  return claimFolder(parts, folder)
}

function programOf(pid: number): string | null {
  try {
    return readlinkSync(`/proc/${pid}/exe`)
  } catch {
    return null
  }
}

/** The same for an app without app:// and without a stale lock to remove. Throws where the folder cannot be made. */
export function claimFolder({ app, Menu }: Pick<ElectronParts, 'app' | 'Menu'>, folder: string): boolean {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  app.setPath('userData', folder)
  app.enableSandbox()
  Menu.setApplicationMenu(null)
  return app.requestSingleInstanceLock()
}

/**
 * Opens the kiosk's window once Electron is ready, with the navigation policy of kiosks, keeps the display awake, and loads the
 * page again when it fails. Does not wait for the page. [BRG-4] [SHL-3]
 */
export function startShell(parts: ElectronParts, options: ShellOptions): Shell {
  const { app, protocol, ipcMain } = parts
  enforceNavigation(app, KIOSK_NAVIGATION, options.log, options.isDevelopment)
  serveAppScheme(protocol, options.files, options.log)
  const window = makeKioskWindow(parts, options)
  showWindow(window, options.clock, options.onShown)
  const onPainted = endWhenNotPainting(window, options.clock, options.log)
  serveCalls(ipcMain, { ...options, window, onPainted })
  reloadAfterFaults(window, options.clock, options.log, options.appExit)
  app.on('second-instance', () => focusWindow(window))
  app.on('child-process-gone', (_event, details) => {
    // Chromium starts its helpers again by itself; a page that ended with one comes as `render-process-gone`.
    options.log.warn('helper-process-gone', 'A helper process of Chromium’s ended.', {
      type: details.type,
      reason: details.reason,
    })
  })
  window.on('session-end', () => options.appExit.exit(EXIT_CODES.restart))
  void loadKioskPage(window, options.log)
  if (!options.isFullScreen) return { window, leaveFullScreen: () => leaveFullScreen(window) }
  parts.powerSaveBlocker.start('prevent-display-sleep')
  return { window, leaveFullScreen: guardClosing(window, options) }
}

/**
 * Refuses to close a kiosk from the screen or the keyboard. Once staff have left full screen, which takes the PIN, closing
 * ends the app for maintenance. Gives the function that leaves full screen. [SHL-3]
 */
function guardClosing(window: WindowPart, { appExit, log }: ShellOptions): () => boolean {
  let isLeft = false
  window.on('close', (event) => {
    event.preventDefault()
    if (isLeft) appExit.exit(EXIT_CODES.maintenance)
    else log.warn('close-refused', 'Closing the window of the kiosk was refused.')
  })
  return () => {
    isLeft = leaveFullScreen(window)
    return isLeft
  }
}
