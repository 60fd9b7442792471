import type { BrowserWindowConstructorOptions } from 'electron'
import type { EngineClock } from '../engine/core/ports.ts'
import type { EngineLog } from '../engine/log/engine-log.ts'
import type { ElectronParts, WindowPart } from './electron-parts.ts'
import { HARDENED_PREFERENCES, type NavigationPolicy } from './navigation-policy.ts'
import { ABORTED, reloadAfterProcessEnd, loadPage, makeReloadWithBackoff } from './recovery.ts'
import { unreachablePage } from './unreachable-page.ts'

/** Makes an ordinary window for the hub's pages: no preload, no bridge, no Node. [POR-7] */
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
      ...HARDENED_PREFERENCES,
      devTools: isDevelopment,
    },
  }
}

/** The portal stays on the hub's origin; it saves only files that it made itself (`blob:`). [POR-7] */
export function portalNavigation(origin: string): NavigationPolicy {
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

/** Compared as a parsed URL and with the scheme: the origin of `blob:https://hub/…` is also the hub's. */
function isOfOrigin(url: string, origin: string): boolean {
  if (!URL.canParse(url)) return false
  const { protocol, host, username, password } = new URL(url)
  return `${protocol}//${host}` === origin && username === '' && password === ''
}

/**
 * Loads the portal, and loads it again after its process ended, like a kiosk's. For a hub that cannot be reached it shows a page
 * with "try again": somebody sits here, so nothing is loaded without them. Resolves when the first load has ended; never
 * rejects. [POR-7]
 */
export async function showPortal(
  window: WindowPart,
  origin: string,
  clock: Pick<EngineClock, 'after' | 'elapsedMs'>,
  log: EngineLog,
): Promise<void> {
  const load = (): Promise<void> => loadPage(window, `${origin}/`, log)
  const tell = (code: number): void => {
    log.warn('portal-hub-unreachable', 'The hub of the portal cannot be reached.', { errorCode: code })
    if (!window.isDestroyed()) void loadPage(window, unreachablePage(origin), log)
  }
  reloadAfterProcessEnd(window, clock, log, makeReloadWithBackoff(window, clock, load))
  window.webContents.on('did-fail-load', (_event, code, _text, url, isMainFrame) => {
    if (code !== ABORTED && isMainFrame && !url.startsWith('data:')) tell(code)
  })
  window.webContents.on('did-navigate', (_event, _url, status) => {
    // A proxy answers for a hub that is down, with a page of its own that has no "try again".
    if (status >= 502 && status <= 504) tell(status)
  })
  await load()
}
