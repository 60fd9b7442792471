import type { EngineLog } from '../engine/core/ports.ts'
import { isAppUrl, KIOSK_PAGE } from './app-scheme.ts'
import type { ContentsPart, ElectronParts, Preventable, SessionPart } from './electron-parts.ts'

/** What the pages of an app may do with an address; whatever is not let is refused. */
export interface Walls {
  /** Go there, in the window that is there. */
  mayVisit(url: string): boolean
  /** Load something from there. */
  mayLoad(url: string): boolean
  /** Save what is there, where the person says. */
  maySave(url: string): boolean
}

/** A kiosk's page stays where it is, at most loads itself again, and loads what came with the app. [BRG-4] [SCR-1] */
export const KIOSK_WALLS: Walls = {
  mayVisit: (url) => url === KIOSK_PAGE,
  mayLoad: (url) => isAppUrl(url) || url.startsWith('data:image/'),
  maySave: () => false,
}

/** Locks every page that is ever made, and its session before it has loaded anything. [BRG-4] [POR-7] */
export function lockEverything(
  app: ElectronParts['app'],
  walls: Walls,
  log: EngineLog,
  isDevelopment: boolean,
): void {
  const locked = new Set<SessionPart>()
  app.on('web-contents-created', (_event, contents) => {
    lockContents(contents, walls, log)
    if (locked.has(contents.session)) return
    locked.add(contents.session)
    lockSession(contents.session, walls, log, isDevelopment)
  })
}

/** Takes from a session everything that its pages do not need: permissions, devices, downloads, and any other address. */
function lockSession(session: SessionPart, walls: Walls, log: EngineLog, isDevelopment: boolean): void {
  session.setPermissionRequestHandler((_contents, permission, answer) => {
    log.warn('permission refused', { permission })
    answer(false)
  })
  session.setPermissionCheckHandler(() => false)
  session.setDevicePermissionHandler(() => false)
  session.setDisplayMediaRequestHandler(null)
  session.setSpellCheckerEnabled(false)
  session.on('will-download', (event, item) => {
    if (!walls.maySave(item.getURL())) event.preventDefault()
  })
  session.webRequest.onBeforeRequest((details, answer) => {
    const isOwn = walls.mayLoad(details.url)
    const isTool = isDevelopment && details.url.startsWith('devtools://')
    if (!isOwn && !isTool) log.warn('request refused', { kind: details.resourceType })
    answer({ cancel: !isOwn && !isTool })
  })
}

/** Keeps a page within the walls: navigations, redirects, other windows, and no embedded page at all. */
function lockContents(contents: ContentsPart, walls: Walls, log: EngineLog): void {
  const leave = (what: string) => (event: Preventable & { url: string }) => {
    if (walls.mayVisit(event.url)) return
    log.warn(what)
    event.preventDefault()
  }
  contents.on('will-navigate', leave('navigation refused'))
  contents.on('will-frame-navigate', leave('navigation refused'))
  contents.on('will-redirect', leave('redirect refused'))
  contents.on('will-attach-webview', (event) => {
    log.warn('embedded page refused')
    event.preventDefault()
  })
  contents.setWindowOpenHandler(({ url }) => {
    // There is one window: what would open in another opens in this one. A load that fails is told by `did-fail-load`.
    if (walls.mayVisit(url)) contents.loadURL(url).catch(() => undefined)
    else log.warn('window refused')
    return { action: 'deny' }
  })
}

/** What every page of the app is denied, a kiosk's and the portal's alike. [BRG-4] [POR-7] */
export const SEALED_PAGE = {
  sandbox: true,
  contextIsolation: true,
  nodeIntegration: false,
  nodeIntegrationInWorker: false,
  nodeIntegrationInSubFrames: false,
  webSecurity: true,
  allowRunningInsecureContent: false,
  experimentalFeatures: false,
  webviewTag: false,
  navigateOnDragDrop: false,
  // Chromium would fetch its dictionaries from elsewhere.
  spellcheck: false,
  disableDialogs: true,
} as const
