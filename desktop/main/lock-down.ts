import type { EngineLog } from '../engine/ports.ts'
import { isAppUrl } from './app-scheme.ts'
import type { ContentsPart, Preventable, SessionPart } from './electron-parts.ts'

/** Takes from a session everything that a kiosk does not need: permissions, devices, downloads, and any other address. [BRG-4] */
export function lockSession(session: SessionPart, log: EngineLog, isDevelopment: boolean): void {
  session.setPermissionRequestHandler((_contents, permission, answer) => {
    log.warn('permission refused', { permission })
    answer(false)
  })
  session.setPermissionCheckHandler(() => false)
  session.setDevicePermissionHandler(() => false)
  session.setDisplayMediaRequestHandler(null)
  session.setSpellCheckerEnabled(false)
  session.on('will-download', (event) => event.preventDefault())
  session.webRequest.onBeforeRequest((details, answer) => {
    const isOwn = isAppUrl(details.url) || details.url.startsWith('data:image/')
    const isTool = isDevelopment && details.url.startsWith('devtools://')
    if (!isOwn && !isTool) log.warn('request refused', { kind: details.resourceType })
    answer({ cancel: !isOwn && !isTool })
  })
}

/** Lets a page go nowhere: no navigation, no redirect, no other window, no embedded page. [BRG-4] */
export function lockContents(contents: ContentsPart, log: EngineLog): void {
  const deny = (what: string) => (event: Preventable) => {
    log.warn(what)
    event.preventDefault()
  }
  contents.on('will-navigate', deny('navigation refused'))
  contents.on('will-frame-navigate', deny('navigation refused'))
  contents.on('will-redirect', deny('redirect refused'))
  contents.on('will-attach-webview', deny('embedded page refused'))
  contents.setWindowOpenHandler(() => {
    log.warn('window refused')
    return { action: 'deny' }
  })
}
