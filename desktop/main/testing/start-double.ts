import { EventEmitter } from 'node:events'
import { mkdtempSync, mkdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { accept, type Decision } from '#shared/domain/decision.ts'
import type { CallRefusal, EngineApi, SliceName, Slices } from '#shared/wire/bridge.ts'
import { listScreenFiles } from '../../engine/screen/screen-files.ts'
import { makeAppExit } from '../app-exit.ts'
import { claimInstance, startShell, type Shell, type ShellOptions } from '../shell.ts'
import { ElectronDouble, Machine } from './electron-double.ts'
import type { WindowDouble } from './page-doubles.ts'

type Listen = Parameters<EngineApi['subscribe']>[0]

/** An engine API that echoes calls. */
export class EchoEngine implements EngineApi {
  readonly listeners = new Set<Listen>()
  readonly calls: string[] = []
  call(name: string, input: unknown): Promise<Decision<unknown, CallRefusal>> {
    this.calls.push(name)
    if (name === 'fail') throw new Error('a fault of the engine')
    return Promise.resolve(accept({ name, input }))
  }
  subscribe(listen: Listen): () => void {
    listen('kiosk', { state: 'starting' })
    this.listeners.add(listen)
    return () => this.listeners.delete(listen)
  }
  publish<Name extends SliceName>(name: Name, value: Slices[Name]): void {
    for (const listen of this.listeners) listen(name, value)
  }
}

/** The process that the app runs in; its terminal can break. */
export class ProcessDouble extends EventEmitter {
  readonly stdout = new EventEmitter()
  readonly stderr = new EventEmitter()
}

/** A clock that stands still until the test moves it. */
export class StillClock {
  nowMs = 0
  /** What is under way outside of the clock, such as a page that is read from the disk: waited for as long as it takes. */
  underWay = (): Promise<unknown> => Promise.resolve()
  private waiting: { atMs: number; run: () => void }[] = []
  elapsedMs(): number {
    return this.nowMs
  }
  after(delayMs: number, run: () => void): () => void {
    const timer = { atMs: this.nowMs + delayMs, run }
    this.waiting.push(timer)
    return () => {
      this.waiting = this.waiting.filter((one) => one !== timer)
    }
  }
  /** Moves on, runs what is due, and lets promises settle. */
  async pass(ms: number): Promise<void> {
    this.nowMs += ms
    const due = this.waiting.filter((one) => one.atMs <= this.nowMs)
    this.waiting = this.waiting.filter((one) => one.atMs > this.nowMs)
    for (const one of due) one.run()
    await settle()
    await this.underWay()
  }
}

/** Lets file reads and promises that are under way come to an end. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setTimeout(resolve, 1))
}

/** A folder with a page and a script, and a secret beside it. */
export function makeScreens(): string {
  const root = mkdtempSync(join(tmpdir(), 'carrel-main-'))
  const folder = join(root, 'renderer')
  mkdirSync(join(folder, 'assets'), { recursive: true })
  writeFileSync(join(root, 'secret.txt'), 'secret')
  writeFileSync(join(folder, 'kiosk.html'), '<!doctype html>')
  writeFileSync(join(folder, 'assets', 'kiosk.js'), 'export {}')
  return folder
}

/** What a started shell gives a test to hold. */
export interface Started {
  electron: ElectronDouble
  window: WindowDouble
  echo: EchoEngine
  clock: StillClock
  warnings: string[]
  /** Beginnings of the engine's end. */
  stops: number[]
  /** How often the window was seen with its page. */
  seen: number[]
  shell: Shell
}

/** Starts the whole shell on a double. */
export async function startDouble(
  options: Partial<ShellOptions> = {},
  machine: Machine = new Machine(),
): Promise<Started> {
  const electron = new ElectronDouble(machine)
  const started = {
    electron,
    echo: new EchoEngine(),
    clock: new StillClock(),
    warnings: [],
    stops: [],
    seen: [],
  }
  started.clock.underWay = () => Promise.all(electron.windows.map(({ webContents }) => webContents.lastLoad))
  const all = shellOptions(started, options)
  await electron.evaluate(() => {
    if (!claimInstance(electron.parts(), join(machine.home, 'kiosk'), all.log))
      throw new Error('another instance runs')
  })
  const shell = startShell(electron.parts(), all)
  await electron.windows[0]?.webContents.lastLoad
  const [window] = electron.windows
  if (!window) throw new Error('no window was made')
  return { ...started, window, shell }
}

function shellOptions(
  started: Omit<Started, 'window' | 'shell'>,
  options: Partial<ShellOptions>,
): ShellOptions {
  const log = { info: () => undefined, warn: (code: string) => void started.warnings.push(code) }
  const appExit = makeAppExit(started.electron.app, started.clock, log)
  appExit.beforeExit(async () => void started.stops.push(1))
  return {
    engine: started.echo,
    files: listScreenFiles(makeScreens()),
    clock: started.clock,
    log,
    appExit,
    onShown: () => void started.seen.push(1),
    preloadFile: '/app/preload.cjs',
    isFullScreen: true,
    isDevelopment: false,
    ...options,
  }
}
