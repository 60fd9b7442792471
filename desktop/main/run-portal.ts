import { createHash } from 'node:crypto'
import { join } from 'node:path'
import type { EngineClock, EngineLog } from '../engine/core/ports.ts'
import { EXIT_CODES, type AppEnd } from './app-exit.ts'
import type { ElectronParts } from './electron-parts.ts'
import { focusWindow } from './kiosk-window.ts'
import { lockEverything } from './navigation-policy.ts'
import type { PortalStart } from './portal-arguments.ts'
import { makePortalWindow, portalWalls, showPortal } from './portal-window.ts'
import { claimFolder } from './shell.ts'
import { showWindow } from './show-window.ts'

/** What the process brings. */
export interface PortalSurroundings {
  clock: Pick<EngineClock, 'after' | 'elapsedMs'>
  log: EngineLog
  end: AppEnd
  /** A line for programs: `portal window`. */
  print: (line: string) => void
}

/**
 * Shows the hub's pages for people in one window, from the hub's own origin, so that cookies are what they are in a
 * browser. No engine, no app://, no bridge. Resolves once a page was loaded; not to be waited for before Electron is
 * ready. [POR-7] [SHL-1]
 */
export async function runPortal(
  parts: ElectronParts,
  { clock, log, end, print }: PortalSurroundings,
  { origin, hasCaFile }: PortalStart,
): Promise<void> {
  const { app } = parts
  if (!claimFolder(parts, profileFolder(app, origin))) return end.end(EXIT_CODES.restart)
  if (hasCaFile) log.warn('hub.caFile is for kiosks: the portal trusts the authorities of the system')
  await app.whenReady()
  const isDevelopment = !app.isPackaged
  lockEverything(app, portalWalls(origin), log, isDevelopment)
  const window = makePortalWindow(parts, isDevelopment)
  showWindow(window, clock, () => print('portal window'))
  app.on('second-instance', () => focusWindow(window))
  await showPortal(window, origin, clock, log)
}

/** Chromium's own folder, and the name of the lock: one for each hub, and none of a kiosk's. */
function profileFolder(app: ElectronParts['app'], origin: string): string {
  const mark = createHash('sha256').update(origin).digest('hex')
  return join(app.getPath('appData'), 'Carrel', `portal-${mark.slice(0, 16)}`)
}
