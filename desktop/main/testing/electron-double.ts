import { EventEmitter } from 'node:events'
import type { BrowserWindowConstructorOptions } from 'electron'
import type { ElectronParts, SenderEvent } from '../electron-parts.ts'
import { Refusable, WindowDouble, type PageHost } from './page-doubles.ts'

// A double of Electron that behaves: it runs handlers, clones what crosses IPC, asks before it navigates, and loses a
// page's state when its process ends. Where it differs from the real thing:
// - no process, no sandbox and no painting: `webPreferences` are only recorded, `show` and `focus` only counted;
// - a page is a URL and the Response that the protocol handler gave, or for https the entry of `servers`; nothing in it
//   runs, so the policy is not enforced;
// - `ready-to-show` comes as soon as a load has ended, `render-process-gone` in the next microtask;
// - a hang is told by `hang()`; the real one takes Chromium's own time to notice;
// - the single-instance lock is a map in `Machine`, not a socket of the operating system.

/** What several instances of the app share: the locks of their folders. */
export class Machine {
  readonly holders = new Map<string, EventEmitter>()
}

class AppDouble extends EventEmitter {
  readonly isPackaged: boolean
  readonly paths = new Map<string, string>()
  readonly ready = Promise.withResolvers<void>()
  isSandboxed = false
  hasQuit = false
  exitCode: number | null = null
  private readonly machine: Machine

  constructor(machine: Machine, isPackaged: boolean) {
    super()
    this.machine = machine
    this.isPackaged = isPackaged
  }
  enableSandbox(): void {
    this.isSandboxed = true
  }
  setPath(name: string, folder: string): void {
    this.paths.set(name, folder)
  }
  getPath(name: string): string {
    return this.paths.get(name) ?? `/home/${name}`
  }
  getVersion(): string {
    return '0.0.0-double'
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
  exit(code = 0): void {
    this.exitCode = code
    this.hasQuit = true
  }
  quit(): void {
    const event = new Refusable()
    this.emit('before-quit', event)
    if (!event.isRefused) this.hasQuit = true
  }
}

type SchemeHandler = (request: Request) => Response | Promise<Response>

/** One running Electron. */
export class ElectronDouble implements PageHost {
  readonly app: AppDouble
  readonly windows: WindowDouble[] = []
  readonly schemes: string[] = []
  /** What answers in the network, by origin. */
  readonly servers = new Map<string, SchemeHandler>()
  menu: unknown = 'the default menu'
  private readonly handlers = new Map<string, SchemeHandler>()
  private readonly invoked = new Map<string, (event: SenderEvent, ...args: unknown[]) => unknown>()
  private readonly ipc = new EventEmitter()

  constructor(machine: Machine = new Machine(), isPackaged = true) {
    this.app = new AppDouble(machine, isPackaged)
  }

  /** The parts, held to Electron's own types. */
  parts() {
    const makeWindow = (options: BrowserWindowConstructorOptions): WindowDouble =>
      new WindowDouble(this, options)
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
        registerSchemesAsPrivileged: (schemes) => void this.schemes.push(...schemes.map((one) => one.scheme)),
        handle: (scheme, handler) => void this.handlers.set(scheme, handler),
      },
      Menu: { setApplicationMenu: (menu) => void (this.menu = menu) },
    } satisfies ElectronParts
  }

  opened(window: WindowDouble): void {
    this.windows.push(window)
    this.app.emit('web-contents-created', {}, window.webContents)
    window.on('closed', () => {
      if (this.windows.every((one) => one.isDead)) this.app.emit('window-all-closed')
    })
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
