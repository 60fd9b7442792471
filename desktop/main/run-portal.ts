import { createHash } from 'node:crypto'
import { join } from 'node:path'
import type { EngineClock } from '../engine/core/ports.ts'
import type { EngineLog } from '../engine/log/engine-log.ts'
import { EXIT_CODES, type AppExit } from './app-exit.ts'
import type { ElectronParts } from './electron-parts.ts'
import { focusWindow } from './kiosk-window.ts'
import { enforceNavigation } from './navigation-policy.ts'
import type { PortalOptions } from './portal-arguments.ts'
import { makePortalWindow, portalNavigation, showPortal } from './portal-window.ts'
import { claimFolder } from './shell.ts'
import { showWindow } from './show-window.ts'

/** What the process gives to the portal. */
export interface PortalContext {
  clock: Pick<EngineClock, 'after' | 'elapsedMs'>
  log: EngineLog
  appExit: AppExit
  /** A line for programs: `portal window`. */
  print: (line: string) => void
}

/**
 * Shows the hub's pages for people in one window, from the hub's own origin, so that cookies work as in a browser. No engine, no
 * app://, no bridge. Resolves once a load has ended; must not be awaited before Electron is ready. [POR-7] [SHL-1]
 */
export async function runPortal(
  parts: ElectronParts,
  { clock, log, appExit, print }: PortalContext,
  { origin, hasCaFile }: PortalOptions,
): Promise<void> {
  const { app } = parts
  if (!claimFolder(parts, profileFolder(app, origin))) return appExit.exit(EXIT_CODES.restart)
  if (hasCaFile)
    log.warn('ca-file-ignored', 'hub.caFile is for kiosks: the portal trusts the authorities of the system.')
  await app.whenReady()
  const isDevelopment = !app.isPackaged
  enforceNavigation(app, portalNavigation(origin), log, isDevelopment)
  const window = makePortalWindow(parts, isDevelopment)
  showWindow(window, clock, () => print('portal window'))
  app.on('second-instance', () => focusWindow(window))
  await showPortal(window, origin, clock, log)
}

/** Chromium's profile folder, in which its lock is: one for each hub, and none of a kiosk's. */
function profileFolder(app: ElectronParts['app'], origin: string): string {
  const mark = createHash('sha256').update(origin).digest('hex')
  return join(app.getPath('appData'), 'Carrel', `portal-${mark.slice(0, 16)}`)
}
