import { mkdirSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'
import process from 'node:process'
import type { EngineApi } from '#shared/wire/bridge.ts'
import type { EngineClock, EngineLog } from '../engine/core/ports.ts'
import type { ScreenFile } from '../engine/screen/screen-files.ts'
import { EXIT_CODES, type AppEnd } from './app-exit.ts'
import { registerAppScheme, serveAppScheme } from './app-scheme.ts'
import { serveCalls } from './call-channel.ts'
import type { ElectronParts, WindowPart } from './electron-parts.ts'
import { focusWindow, leaveFullScreen, makeKioskWindow, type KioskWindowOptions } from './kiosk-window.ts'
import { KIOSK_WALLS, lockEverything } from './navigation-policy.ts'
import { keepAlive, keepPainting, loadKioskPage } from './recovery.ts'
import { showWindow } from './show-window.ts'
import { dropStaleLock } from './stale-lock.ts'

/** What the shell shows and with what. */
export interface ShellOptions extends KioskWindowOptions {
  engine: EngineApi
  files: ReadonlyMap<string, ScreenFile>
  clock: Pick<EngineClock, 'after' | 'elapsedMs'>
  log: EngineLog
  end: AppEnd
  /** The window shows the kiosk's page. */
  seen: () => void
}

/** A kiosk's shell that is open. */
export interface Shell {
  window: WindowPart
  /** Lets IT out of full screen; false where there is no window any more. */
  leaveFullScreen: () => boolean
}

/**
 * First steps, before Electron is ready and before any file of the kiosk is opened: the sandbox for every page, the
 * app:// scheme, and the lock that only one app per folder holds. False: another one runs, and has been told to show itself.
 */
export function claimInstance(
  parts: Pick<ElectronParts, 'app' | 'protocol' | 'Menu'>,
  folder: string,
  log: EngineLog,
): boolean {
  registerAppScheme(parts.protocol)
  const { platform, execPath: program } = process
  if (dropStaleLock(folder, { platform, hostname: hostname(), program, programOf }))
    log.warn('the lock of another host name was removed', { folder })
  return claimFolder(parts, folder)
}

function programOf(pid: number): string | null {
  try {
    return readlinkSync(`/proc/${pid}/exe`)
  } catch {
    return null
  }
}

/** The same for an app without a scheme of its own. Throws where the folder cannot be made. */
export function claimFolder({ app, Menu }: Pick<ElectronParts, 'app' | 'Menu'>, folder: string): boolean {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  app.setPath('userData', folder)
  app.enableSandbox()
  Menu.setApplicationMenu(null)
  return app.requestSingleInstanceLock()
}

/**
 * Opens the kiosk's window on a locked-down Electron that is ready, keeps the display awake, and brings the page back when
 * it breaks. What the page loads, and whether it does, holds up nothing. [BRG-4] [SHL-3]
 */
export function startShell(parts: ElectronParts, options: ShellOptions): Shell {
  const { app, protocol, ipcMain } = parts
  lockEverything(app, KIOSK_WALLS, options.log, options.isDevelopment)
  serveAppScheme(protocol, options.files, options.log)
  const window = makeKioskWindow(parts, options)
  showWindow(window, options.clock, options.seen)
  const onPainted = keepPainting(window, options.clock, options.log)
  serveCalls(ipcMain, { ...options, window, onPainted })
  keepAlive(window, options.clock, options.log, options.end)
  app.on('second-instance', () => focusWindow(window))
  app.on('child-process-gone', (_event, details) => {
    // Chromium starts its helpers again by itself; a page that suffered from it is told as gone and comes back.
    options.log.warn('helper gone', { type: details.type, reason: details.reason })
  })
  window.on('session-end', () => options.end.end(EXIT_CODES.restart))
  void loadKioskPage(window, options.log)
  if (!options.isFullScreen) return { window, leaveFullScreen: () => leaveFullScreen(window) }
  parts.powerSaveBlocker.start('prevent-display-sleep')
  return { window, leaveFullScreen: guardClosing(window, options) }
}

/**
 * Nobody closes a kiosk from the screen or the keyboard. Once staff have left full screen, which takes the PIN, closing is
 * meant, and ends the app for maintenance. Gives the function that leaves full screen. [SHL-3]
 */
function guardClosing(window: WindowPart, { end, log }: ShellOptions): () => boolean {
  let isLeft = false
  window.on('close', (event) => {
    event.preventDefault()
    if (isLeft) end.end(EXIT_CODES.maintenance)
    else log.warn('closing refused')
  })
  return () => {
    isLeft = leaveFullScreen(window)
    return isLeft
  }
}
