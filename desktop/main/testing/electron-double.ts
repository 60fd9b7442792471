import { EventEmitter } from 'node:events'
import { existsSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { isAbsolute, join } from 'node:path'
import type { BrowserWindowConstructorOptions } from 'electron'
import type { ElectronParts, SenderEvent } from '../electron-parts.ts'
import { Refusable, WindowDouble, type PageHost } from './page-doubles.ts'

// A double of Electron that behaves as Electron is documented to: `ready` comes after the entry module has been evaluated,
// and never while it waits at its top level (electron#40719); what must come before `ready` throws after it, and the other
// way round; quitting asks `before-quit` and then every window, which can refuse; `exit` asks nobody and carries a code.
// It runs handlers, clones what crosses IPC, asks before it navigates, and loses a page's state when its process ends.
// Where it differs from the real thing:
// - no process, no sandbox and no painting: `webPreferences` are only recorded, `focus` and the power blocker only counted;
// - a page is a URL and the Response that the protocol handler gave, or for https the entry of `servers`; nothing in it
//   runs, so the policy is not enforced, and a hang is what a test says it is;
// - `did-finish-load` and `ready-to-show` come as soon as a load has ended (on a `machine` that paints no hidden window, as
//   Wayland may not, electron#48859: only after `show`), `render-process-gone` in the same tick;
// - `setPath` throws where the folder is missing, as the documentation says; Electron 45 does not;
// - the protocol and the power blocker throw before `ready`; Electron's do not work then, each in its own way;
// - the single-instance lock is a map in `Machine`, not a socket and a link in the folder;
// - the operating system's signals, the exit of the process and Electron's dialog over an uncaught exception are not
//   here: run-bundle.ts adds them where a bundle runs in a process of its own.

/** What several instances of the app share: the locks of their folders. */
export class Machine {
  /** Where the system's folders are. */
  readonly home = mkdtempSync(join(tmpdir(), 'carrel-machine-'))
  readonly holders = new Map<string, EventEmitter>()
  /** Whether a window paints while it is hidden. */
  paintsHidden = true
}

/** The application of a double. */
export class AppDouble extends EventEmitter {
  readonly isPackaged: boolean
  readonly paths = new Map<string, string>()
  readonly windows: WindowDouble[] = []
  isSandboxed = false
  isReady = false
  /** What the process ended with; null while it runs. */
  exitCode: number | null = null
  private readonly ready = Promise.withResolvers<void>()
  private readonly machine: Machine
  private isQuitting = false

  constructor(machine: Machine, isPackaged: boolean) {
    super()
    this.machine = machine
    this.isPackaged = isPackaged
  }
  /** Electron has finished its start. */
  becomeReady(): void {
    if (this.exitCode !== null) return
    this.isReady = true
    this.emit('ready', {}, {})
    this.ready.resolve()
  }
  /** Throws, as Electron does for what has its time before or after `ready`. */
  demand(isReady: boolean, what: string): void {
    if (this.isReady !== isReady)
      throw new Error(`${what} can only be called ${isReady ? 'after' : 'before'} app is ready`)
  }
  enableSandbox(): void {
    this.demand(false, 'app.enableSandbox()')
    this.isSandboxed = true
  }
  setPath(name: string, folder: string): void {
    if (!isAbsolute(folder)) throw new Error('Path must be absolute')
    if (!existsSync(folder)) throw new Error('Failed to set path')
    this.paths.set(name, folder)
  }
  getPath(name: string): string {
    return this.paths.get(name) ?? join(this.machine.home, name)
  }
  whenReady(): Promise<void> {
    return this.ready.promise
  }
  requestSingleInstanceLock(): boolean {
    const folder = this.paths.get('userData') ?? ''
    const holder = this.machine.holders.get(folder)
    if (!holder) this.machine.holders.set(folder, this)
    holder?.emit('second-instance', {}, [], '', {})
    return holder === undefined
  }
  /** Asks the app, then each window; what refuses ends the quitting. */
  quit(): void {
    if (this.isQuitting) return
    const event = new Refusable()
    this.emit('before-quit', event)
    if (event.isRefused || this.exitCode !== null) return
    this.isQuitting = true
    for (const window of this.windows.filter((one) => !one.isDead)) window.close()
    if (this.windows.some((one) => !one.isDead)) this.isQuitting = false
    else this.shutDown(0)
  }
  exit(code = 0): void {
    if (this.exitCode !== null) return
    this.isQuitting = true
    for (const window of this.windows) window.destroy()
    this.shutDown(code)
  }
  /** A window is no more. */
  windowClosed(): void {
    if (!this.isQuitting && this.windows.every((one) => one.isDead)) this.emit('window-all-closed')
  }
  private shutDown(code: number): void {
    this.exitCode = code
    for (const [folder, holder] of this.machine.holders)
      if (holder === this) this.machine.holders.delete(folder)
    this.emit('quit', {}, code)
  }
}

type SchemeHandler = (request: Request) => Response | Promise<Response>

/** One running Electron. */
export class ElectronDouble implements PageHost {
  readonly app: AppDouble
  readonly windows: WindowDouble[]
  readonly machine: Machine
  readonly schemes: string[] = []
  /** What answers in the network, by origin. */
  readonly servers = new Map<string, SchemeHandler>()
  menu: unknown = 'the default menu'
  /** What keeps the display awake. */
  readonly blockers: string[] = []
  private readonly handlers = new Map<string, SchemeHandler>()
  private readonly invoked = new Map<string, (event: SenderEvent, ...args: unknown[]) => unknown>()
  private readonly ipc = new EventEmitter()

  constructor(machine: Machine = new Machine(), isPackaged = true) {
    this.machine = machine
    this.app = new AppDouble(machine, isPackaged)
    this.windows = this.app.windows
  }

  /**
   * Evaluates the app's entry as Electron does: `ready` comes only when that was evaluated. An entry that waits
   * for `ready` waits for ever, and so does this.
   */
  async evaluate(entry: () => unknown): Promise<void> {
    await entry()
    this.app.becomeReady()
  }

  /** The parts, held to Electron's own types. */
  parts() {
    const makeWindow = (options: BrowserWindowConstructorOptions): WindowDouble => {
      this.app.demand(true, 'new BrowserWindow()')
      return new WindowDouble(this, options)
    }
    return {
      app: this.app,
      BrowserWindow: function (options: BrowserWindowConstructorOptions) {
        return makeWindow(options)
      } as unknown as new (options: BrowserWindowConstructorOptions) => WindowDouble,
      ipcMain: {
        handle: (channel: string, run: (event: SenderEvent, ...args: unknown[]) => unknown) =>
          this.invoked.set(channel, run),
        on: (channel: string, run: (event: SenderEvent, ...args: unknown[]) => void) =>
          this.ipc.on(channel, run),
      },
      protocol: {
        registerSchemesAsPrivileged: (schemes) => {
          this.app.demand(false, 'protocol.registerSchemesAsPrivileged()')
          if (this.schemes.length > 0) throw new Error('registerSchemesAsPrivileged can be used only once')
          this.schemes.push(...schemes.map((one) => one.scheme))
        },
        handle: (scheme, handler) => {
          this.app.demand(true, 'protocol.handle()')
          this.handlers.set(scheme, handler)
        },
      },
      Menu: { setApplicationMenu: (menu) => void (this.menu = menu) },
      powerSaveBlocker: {
        start: (type) => {
          this.app.demand(true, 'powerSaveBlocker.start()')
          return this.blockers.push(type)
        },
      },
    } satisfies ElectronParts
  }

  opened(window: WindowDouble): void {
    this.windows.push(window)
    this.app.emit('web-contents-created', {}, window.webContents)
    window.on('closed', () => this.app.windowClosed())
  }

  /** What a page gets from an address; null where no scheme is known. The URL comes as Chromium gives it: parsed. */
  async fetch(url: string, method = 'GET'): Promise<Response | null> {
    if (!URL.canParse(url)) return null
    const { protocol, origin } = new URL(url)
    if (protocol === 'data:') return new Response()
    const handler = this.servers.get(origin) ?? this.handlers.get(protocol.slice(0, -1))
    return handler ? handler(new Request(new URL(url).href, { method })) : null
  }

  /** A frame calls over IPC and gets the answer, both cloned. */
  async invoke(event: SenderEvent, channel: string, ...args: unknown[]): Promise<unknown> {
    const run = this.invoked.get(channel)
    if (!run) throw new Error(`No handler registered for '${channel}'`)
    return structuredClone(await run(event, ...structuredClone(args)))
  }

  /** A frame sends over IPC. */
  send(event: SenderEvent, channel: string, ...args: unknown[]): void {
    this.ipc.emit(channel, event, ...structuredClone(args))
  }
}

/** The sender that a page's main frame is. */
export function mainFrameOf(window: WindowDouble): SenderEvent {
  return { sender: window.webContents, senderFrame: window.webContents.mainFrame }
}
