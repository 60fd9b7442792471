import type { EngineDoor } from '#shared/wire/bridge.ts'
import type { EngineClock, EngineLog } from '../engine/ports.ts'
import type { ScreenFile } from '../engine/screen-files.ts'
import { registerAppScheme, serveAppScheme } from './app-scheme.ts'
import { serveCalls } from './call-channel.ts'
import type { ElectronParts, WindowPart } from './electron-parts.ts'
import { focusWindow, makeKioskWindow, type KioskWindowOptions } from './kiosk-window.ts'
import { KIOSK_WALLS, lockEverything } from './lock-down.ts'
import { keepAlive, keepPainting, loadKioskPage } from './recovery.ts'

/** What the shell shows and with what. */
export interface ShellOptions extends KioskWindowOptions {
  engine: EngineDoor
  files: ReadonlyMap<string, ScreenFile>
  clock: Pick<EngineClock, 'after' | 'elapsedMs'>
  log: EngineLog
  /** Closes the engine; the app quits once this has settled. */
  stop: () => Promise<void>
}

/**
 * First steps, before Electron is ready and before any file of the kiosk is opened: the sandbox for every page, the
 * app:// scheme, and the lock that only one app per folder holds. False: another one runs, and has been told to show itself.
 */
export function claimInstance(
  parts: Pick<ElectronParts, 'app' | 'protocol' | 'Menu'>,
  folder: string,
): boolean {
  registerAppScheme(parts.protocol)
  return claimFolder(parts, folder)
}

/** The same for an app without a scheme of its own. */
export function claimFolder({ app, Menu }: Pick<ElectronParts, 'app' | 'Menu'>, folder: string): boolean {
  app.setPath('userData', folder)
  app.enableSandbox()
  Menu.setApplicationMenu(null)
  const isFirst = app.requestSingleInstanceLock()
  if (!isFirst) app.quit()
  return isFirst
}

/** Opens the kiosk's window on a locked-down Electron, brings its page back when it breaks, and quits cleanly. [BRG-4] */
export async function startShell(parts: ElectronParts, options: ShellOptions): Promise<WindowPart> {
  const { app, protocol, ipcMain } = parts
  await app.whenReady()
  lockEverything(app, KIOSK_WALLS, options.log, options.isDevelopment)
  serveAppScheme(protocol, options.files, options.log)
  const window = makeKioskWindow(parts, options)
  const onPainted = keepPainting(window, options.clock, options.log)
  serveCalls(ipcMain, { ...options, window, onPainted })
  keepAlive(window, options.clock, options.log)
  app.on('second-instance', () => focusWindow(window))
  app.on('child-process-gone', (_event, details) => {
    // Chromium starts its helpers again by itself; a page that suffered from it is told as gone and comes back.
    options.log.warn('helper gone', { type: details.type, reason: details.reason })
  })
  quitCleanly(app, options)
  await loadKioskPage(window, options.log)
  return window
}

function quitCleanly(app: ElectronParts['app'], { stop, log }: ShellOptions): void {
  let stopping: Promise<void> | null = null
  let hasStopped = false
  app.on('window-all-closed', () => app.quit())
  app.on('before-quit', (event) => {
    if (hasStopped) return
    event.preventDefault()
    stopping ??= stop()
      .catch((error: unknown) => log.warn('not stopped cleanly', { error: String(error) }))
      .then(() => {
        hasStopped = true
        app.quit()
      })
  })
}
