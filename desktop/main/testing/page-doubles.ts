import { EventEmitter } from 'node:events'
import type { BrowserWindowConstructorOptions, HandlerDetails, WindowOpenHandlerResponse } from 'electron'
import type { ContentsPart, SessionPart } from '../electron-parts.ts'

// The double's windows, pages and sessions; electron-double.ts says where they differ from Electron's.

/** What a page needs of the Electron that it runs in. */
export interface PageHost {
  readonly machine: { readonly paintsHidden: boolean }
  fetch(url: string): Promise<Response | null>
  opened(window: WindowDouble): void
}

/** An event with a memory of whether it was refused. */
export class Refusable {
  isRefused = false
  preventDefault(): void {
    this.isRefused = true
  }
}

type PermissionHandler = Parameters<SessionPart['setPermissionRequestHandler']>[0]
type CheckHandler = Parameters<SessionPart['setPermissionCheckHandler']>[0]
type DeviceHandler = Parameters<SessionPart['setDevicePermissionHandler']>[0]
type RequestListener = (
  details: { url: string; resourceType: string },
  answer: (response: { cancel?: boolean }) => void,
) => void

/** A session; without handlers it grants everything, as Electron does. */
export class SessionDouble extends EventEmitter {
  permission: PermissionHandler = null
  check: CheckHandler = null
  device: DeviceHandler = null
  isSpelling = true
  private beforeRequest: RequestListener | null = null
  readonly webRequest = {
    onBeforeRequest: (...args: unknown[]): void => {
      this.beforeRequest = args.at(-1) as RequestListener | null
    },
  } as SessionPart['webRequest']

  setPermissionRequestHandler(handler: PermissionHandler): void {
    this.permission = handler
  }
  setPermissionCheckHandler(handler: CheckHandler): void {
    this.check = handler
  }
  setDevicePermissionHandler(handler: DeviceHandler): void {
    this.device = handler
  }
  setDisplayMediaRequestHandler(): void {}
  setSpellCheckerEnabled(isOn: boolean): void {
    this.isSpelling = isOn
  }
  /** Whether a request would leave. */
  isAllowed(url: string): boolean {
    let isAllowed = true
    this.beforeRequest?.({ url, resourceType: 'script' }, (answer) => (isAllowed = answer.cancel !== true))
    return isAllowed
  }
  /** Whether a permission is granted to a page. */
  isGranted(permission: 'media' | 'geolocation' | 'fullscreen' | 'clipboard-read'): boolean {
    let isGranted = true
    this.permission?.(undefined as never, permission, (answer) => (isGranted = answer), undefined as never)
    return isGranted
  }
  /** Whether a download goes on. */
  isDownloaded(url = 'https://evil.example/x.exe'): boolean {
    const event = new Refusable()
    this.emit('will-download', event, { getURL: () => url })
    return !event.isRefused
  }
}

/** A double of Electron's `WebContents`: loads only what its session allows, and emits the events that a test asks for. */
export class ContentsDouble extends EventEmitter {
  readonly session = new SessionDouble()
  readonly mainFrame = { url: 'about:blank', parent: null }
  readonly sent: { channel: string; args: unknown[] }[] = []
  readonly loads: { url: string; status: number }[] = []
  /** The newest load, for a test to wait for. */
  lastLoad: Promise<void> = Promise.resolve()
  isGone = false
  isDead = false
  private openHandler: ((url: string) => WindowOpenHandlerResponse) | null = null
  private readonly electron: PageHost

  constructor(electron: PageHost) {
    super()
    this.electron = electron
  }

  loadURL(url: string): Promise<void> {
    const load = this.load(url)
    this.lastLoad = load.catch(() => undefined)
    return load
  }
  private async load(url: string): Promise<void> {
    this.emit('did-start-loading')
    if (!this.session.isAllowed(url)) return this.fail(url, -20, 'ERR_BLOCKED_BY_CLIENT')
    const response = await this.electron.fetch(url)
    if (response === null)
      return url.startsWith('http')
        ? this.fail(url, -102, 'ERR_CONNECTION_REFUSED')
        : this.fail(url, -300, 'ERR_INVALID_URL')
    this.isGone = false
    this.mainFrame.url = url
    this.loads.push({ url, status: response.status })
    this.emit('did-navigate', {}, url, url.startsWith('http') ? response.status : -1, '')
    this.emit('did-finish-load')
  }
  private fail(url: string, code: number, text: string): never {
    this.emit('did-fail-load', {}, code, text, url, true)
    throw new Error(text)
  }
  send(channel: string, ...args: unknown[]): void {
    if (!this.isGone) this.sent.push({ channel, args: structuredClone(args) })
  }
  isDestroyed(): boolean {
    return this.isDead
  }
  setWindowOpenHandler(handler: Parameters<ContentsPart['setWindowOpenHandler']>[0]): void {
    this.openHandler = (url) => handler({ url } as HandlerDetails)
  }
  forcefullyCrashRenderer(): void {
    this.crash('killed')
  }

  /** The page's process ends. */
  crash(reason: string): void {
    this.isGone = true
    this.emit('render-process-gone', {}, { reason, exitCode: 5 })
  }
  /** The page tries to go elsewhere; whether it got there. */
  navigate(kind: 'will-navigate' | 'will-frame-navigate' | 'will-redirect', url: string): boolean {
    const event = Object.assign(new Refusable(), { url })
    this.emit(kind, event)
    if (!event.isRefused) this.mainFrame.url = url
    return !event.isRefused
  }
  /** Somebody follows a link of the page; whether it was allowed and loaded or not. */
  async follow(url: string): Promise<boolean> {
    if (!this.navigate('will-navigate', url)) return false
    await this.loadURL(url).catch(() => undefined)
    return true
  }
  /** The page tries to embed a <webview>; whether it could. */
  embed(): boolean {
    const event = new Refusable()
    this.emit('will-attach-webview', event, {}, {})
    return !event.isRefused
  }
  /** The page calls window.open; whether a window came. */
  open(url = 'https://evil.example/'): boolean {
    return this.openHandler?.(url).action !== 'deny'
  }
}

/** A window. */
export class WindowDouble extends EventEmitter {
  readonly webContents: ContentsDouble
  readonly options: BrowserWindowConstructorOptions
  isKiosk: boolean
  isFull: boolean
  isMin = false
  shown = 0
  focused = 0
  isDead = false
  private hasLoaded = false
  private hasPainted = false
  private readonly host: PageHost

  constructor(electron: PageHost, options: BrowserWindowConstructorOptions) {
    super()
    this.host = electron
    this.options = options
    this.isKiosk = options.kiosk === true
    this.isFull = options.fullscreen === true
    this.webContents = new ContentsDouble(electron)
    this.webContents.on('did-finish-load', () => {
      this.hasLoaded = true
      this.paint()
    })
    electron.opened(this)
  }
  private paint(): void {
    if (!this.hasLoaded || this.hasPainted || (this.shown === 0 && !this.host.machine.paintsHidden)) return
    this.hasPainted = true
    this.emit('ready-to-show')
  }
  focus(): void {
    this.focused += 1
  }
  show(): void {
    this.shown += 1
    this.emit('show')
    this.paint()
  }
  restore(): void {
    this.isMin = false
  }
  isMinimized(): boolean {
    return this.isMin
  }
  isDestroyed(): boolean {
    return this.isDead
  }
  setKiosk(isOn: boolean): void {
    this.isKiosk = isOn
  }
  setFullScreen(isOn: boolean): void {
    this.isFull = isOn
  }
  /** The user closes it, by Alt+F4 or its button, or the operating system does; a handler can refuse. */
  close(): void {
    const event = new Refusable()
    this.emit('close', event)
    if (!event.isRefused) this.destroy()
  }
  /** Ends it without asking. */
  destroy(): void {
    if (this.isDead) return
    this.isDead = true
    this.webContents.isDead = true
    this.webContents.emit('destroyed')
    this.emit('closed')
  }
}
