import type {
  App,
  BrowserWindow,
  BrowserWindowConstructorOptions,
  DownloadItem,
  Menu,
  PowerSaveBlocker,
  Protocol,
  Session,
  WebContents,
  WebFrameMain,
} from 'electron'

// What this shell uses of Electron, part by part, so that every function says what it uses and the double in the tests can be
// checked against electron.d.ts. Methods are picked from Electron's own types; events, of which Pick cannot choose, are written
// out and checked against Electron where main.ts passes the real parts.

/** An event whose default can be prevented. */
export interface Preventable {
  preventDefault(): void
}

/** Why a process of Chromium ended. */
export interface ProcessGone {
  reason: string
  exitCode: number
}

/** Who sent an IPC message. */
export interface SenderEvent {
  readonly sender: ContentsPart
  readonly senderFrame: FramePart | null
}

/** A frame of a page; the main frame has no parent. */
export interface FramePart extends Pick<WebFrameMain, 'url'> {
  readonly parent: object | null
}

/** The part of Electron's `WebContents` that the app uses. */
export interface ContentsPart extends Pick<
  WebContents,
  'forcefullyCrashRenderer' | 'isDestroyed' | 'loadURL' | 'send' | 'setWindowOpenHandler'
> {
  readonly session: SessionPart
  on(
    event: 'will-navigate' | 'will-frame-navigate' | 'will-redirect',
    run: (event: Preventable & { url: string }) => void,
  ): unknown
  on(event: 'will-attach-webview', run: (event: Preventable) => void): unknown
  on(event: 'render-process-gone', run: (event: unknown, details: ProcessGone) => void): unknown
  on(
    event: 'did-fail-load',
    run: (event: unknown, code: number, text: string, url: string, isMainFrame: boolean) => void,
  ): unknown
  /** `status` is -1 where the page did not come by HTTP. */
  on(event: 'did-navigate', run: (event: unknown, url: string, status: number) => void): unknown
  on(event: 'destroyed' | 'did-finish-load' | 'did-start-loading', run: () => void): unknown
}

/** A window. */
export interface WindowPart extends Pick<
  BrowserWindow,
  'focus' | 'isDestroyed' | 'isMinimized' | 'restore' | 'setFullScreen' | 'setKiosk' | 'show'
> {
  readonly webContents: ContentsPart
  on(event: 'unresponsive' | 'responsive' | 'ready-to-show', run: () => void): unknown
  /** `session-end` comes on Windows only: the person logs out, or the machine goes down. */
  on(event: 'closed' | 'session-end', run: () => void): unknown
  on(event: 'close', run: (event: Preventable) => void): unknown
}

/** A browser session: permissions, requests, downloads. */
export interface SessionPart extends Pick<
  Session,
  | 'setDevicePermissionHandler'
  | 'setDisplayMediaRequestHandler'
  | 'setPermissionCheckHandler'
  | 'setPermissionRequestHandler'
  | 'setSpellCheckerEnabled'
> {
  readonly webRequest: Pick<Session['webRequest'], 'onBeforeRequest'>
  on(event: 'will-download', run: (event: Preventable, item: Pick<DownloadItem, 'getURL'>) => void): unknown
}

/** The application. */
export interface AppPart extends Pick<
  App,
  'enableSandbox' | 'exit' | 'getPath' | 'isPackaged' | 'requestSingleInstanceLock' | 'setPath' | 'whenReady'
> {
  on(event: 'second-instance' | 'window-all-closed', run: () => void): unknown
  on(event: 'before-quit', run: (event: Preventable) => void): unknown
  on(event: 'web-contents-created', run: (event: unknown, contents: ContentsPart) => void): unknown
  on(
    event: 'child-process-gone',
    run: (event: unknown, details: ProcessGone & { type: string }) => void,
  ): unknown
}

/** IPC from pages. */
export interface IpcPart {
  handle(channel: string, run: (event: SenderEvent, ...args: unknown[]) => unknown): unknown
  on(channel: string, run: (event: SenderEvent, ...args: unknown[]) => void): unknown
}

/** All that this shell uses of Electron. */
export interface ElectronParts {
  app: AppPart
  BrowserWindow: new (options: BrowserWindowConstructorOptions) => WindowPart
  ipcMain: IpcPart
  protocol: Pick<Protocol, 'handle' | 'registerSchemesAsPrivileged'>
  Menu: Pick<typeof Menu, 'setApplicationMenu'>
  powerSaveBlocker: Pick<PowerSaveBlocker, 'start'>
}
