import type { EngineLog } from '../engine/log/engine-log.ts'
import { isAppUrl, KIOSK_PAGE } from './app-scheme.ts'
import type { ContentsPart, ElectronParts, Preventable, SessionPart } from './electron-parts.ts'

/** What the pages of an app may do with an address; everything else is refused. */
export interface NavigationPolicy {
  /** Navigate there, in the same window. */
  mayVisit(url: string): boolean
  /** Load a file from there. */
  mayLoad(url: string): boolean
  /** Download it to where the person chooses. */
  maySave(url: string): boolean
}

/** A kiosk's page navigates nowhere, at most loads itself again, and loads only files of the app. [BRG-4] [SCR-1] */
export const KIOSK_NAVIGATION: NavigationPolicy = {
  mayVisit: (url) => url === KIOSK_PAGE,
  mayLoad: (url) => isAppUrl(url) || url.startsWith('data:image/'),
  maySave: () => false,
}

/** Holds every page that is ever made to a policy, and its session before it has loaded anything. [BRG-4] [POR-7] */
export function enforceNavigation(
  app: ElectronParts['app'],
  policy: NavigationPolicy,
  log: EngineLog,
  isDevelopment: boolean,
): void {
  const restricted = new Set<SessionPart>()
  app.on('web-contents-created', (_event, contents) => {
    restrictContents(contents, policy, log)
    if (restricted.has(contents.session)) return
    restricted.add(contents.session)
    restrictSession(contents.session, policy, log, isDevelopment)
  })
}

/** Refuses what pages of this app do not need: permissions, devices, downloads, and every other address. */
function restrictSession(
  session: SessionPart,
  policy: NavigationPolicy,
  log: EngineLog,
  isDevelopment: boolean,
): void {
  session.setPermissionRequestHandler((_contents, permission, answer) => {
    log.warn('permission-refused', 'A permission that a page requested was refused.', { permission })
    answer(false)
  })
  session.setPermissionCheckHandler(() => false)
  session.setDevicePermissionHandler(() => false)
  session.setDisplayMediaRequestHandler(null)
  session.setSpellCheckerEnabled(false)
  session.on('will-download', (event, item) => {
    if (!policy.maySave(item.getURL())) event.preventDefault()
  })
  session.webRequest.onBeforeRequest((details, answer) => {
    const isOwn = policy.mayLoad(details.url)
    const isTool = isDevelopment && details.url.startsWith('devtools://')
    if (!isOwn && !isTool)
      log.warn('request-refused', 'A request of a page to another address was refused.', {
        kind: details.resourceType,
      })
    answer({ cancel: !isOwn && !isTool })
  })
}

/** Refuses navigations, redirects and windows outside the policy, and every embedded page. */
function restrictContents(contents: ContentsPart, policy: NavigationPolicy, log: EngineLog): void {
  const refuseNavigation = (event: Preventable & { url: string }): void => {
    if (policy.mayVisit(event.url)) return
    log.warn('navigation-refused', 'A navigation of a page to another address was refused.')
    event.preventDefault()
  }
  contents.on('will-navigate', refuseNavigation)
  contents.on('will-frame-navigate', refuseNavigation)
  contents.on('will-redirect', (event) => {
    if (policy.mayVisit(event.url)) return
    log.warn('redirect-refused', 'A redirect of a page to another address was refused.')
    event.preventDefault()
  })
  contents.on('will-attach-webview', (event) => {
    log.warn('webview-refused', 'A page that another one tried to embed was refused.')
    event.preventDefault()
  })
  contents.setWindowOpenHandler(({ url }) => {
    // There is one window: what would open in another opens in this one. A load that fails is handled at `did-fail-load`.
    if (policy.mayVisit(url)) contents.loadURL(url).catch(() => undefined)
    else log.warn('window-refused', 'A window that a page tried to open was refused.')
    return { action: 'deny' }
  })
}

/** `webPreferences` of every page of the app, a kiosk's and the portal's alike. [BRG-4] [POR-7] */
export const HARDENED_PREFERENCES = {
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
  // Chromium would download its dictionaries.
  spellcheck: false,
  disableDialogs: true,
} as const
