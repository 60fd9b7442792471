import type { BrowserWindowConstructorOptions } from 'electron'
import type { EngineClock, EngineLog } from '../engine/core/ports.ts'
import type { ElectronParts, WindowPart } from './electron-parts.ts'
import { SEALED_PAGE, type Walls } from './navigation-policy.ts'
import { ABORTED, keepProcess, loadPage, makeReload } from './recovery.ts'
import { unreachablePage } from './unreachable-page.ts'

/** Makes an ordinary window with nothing of the app in it: no preload, no bridge, no Node. [POR-7] */
export function makePortalWindow(
  { BrowserWindow }: Pick<ElectronParts, 'BrowserWindow'>,
  isDevelopment: boolean,
): WindowPart {
  return new BrowserWindow(windowOptions(isDevelopment))
}

function windowOptions(isDevelopment: boolean): BrowserWindowConstructorOptions {
  return {
    width: 1280,
    height: 860,
    show: false,
    autoHideMenuBar: true,
    title: 'Carrel',
    webPreferences: {
      // Kept on the disk, so that a sign-in lasts as it does in a browser.
      partition: 'persist:portal',
      ...SEALED_PAGE,
      devTools: isDevelopment,
    },
  }
}

/** The portal stays on the hub's origin; it saves only files that it made itself. [POR-7] */
export function portalWalls(origin: string): Walls {
  const unreachable = unreachablePage(origin)
  const liveOrigin = origin.replace(/^http/, 'ws')
  const isOwnFile = (url: string): boolean => url.startsWith(`blob:${origin}/`)
  return {
    mayVisit: (url) => isOfOrigin(url, origin),
    mayLoad: (url) =>
      isOfOrigin(url, origin) ||
      isOfOrigin(url, liveOrigin) ||
      isOwnFile(url) ||
      url.startsWith('data:image/') ||
      url === unreachable,
    maySave: isOwnFile,
  }
}

/** Compared as parsed, and with the scheme: the origin of `blob:https://hub/…` is also the hub's. */
function isOfOrigin(url: string, origin: string): boolean {
  if (!URL.canParse(url)) return false
  const { protocol, host, username, password } = new URL(url)
  return `${protocol}//${host}` === origin && username === '' && password === ''
}

/**
 * Loads the portal and brings it back after its process broke, like a kiosk's. A hub that cannot be reached is told on a
 * page with a "try again": somebody sits here, so nothing is loaded behind their back.
 */
export async function showPortal(
  window: WindowPart,
  origin: string,
  clock: Pick<EngineClock, 'after' | 'elapsedMs'>,
  log: EngineLog,
): Promise<void> {
  const load = (): Promise<void> => loadPage(window, `${origin}/`, log)
  const tell = (code: number): void => {
    log.warn('hub not reached', { code })
    if (!window.isDestroyed()) void loadPage(window, unreachablePage(origin), log)
  }
  keepProcess(window, clock, log, makeReload(window, clock, load))
  window.webContents.on('did-fail-load', (_event, code, _text, url, isMainFrame) => {
    if (code !== ABORTED && isMainFrame && !url.startsWith('data:')) tell(code)
  })
  window.webContents.on('did-navigate', (_event, _url, status) => {
    // A proxy answers for a hub that is away, in its own words and without a way to go on.
    if (status >= 502 && status <= 504) tell(status)
  })
  await load()
}
