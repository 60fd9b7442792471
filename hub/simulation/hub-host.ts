import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import pTimeout from 'p-timeout'

const PROGRAM = fileURLToPath(new URL('../main.ts', import.meta.url))
/** Ends the hub when the process that started it is gone, however it went. */
const EXIT_WITH_PARENT = new URL('../../build/exit-with-parent.ts', import.meta.url).href
/** For what would never end: where others have the cores, each start takes many times as long. */
const STARTS_WITHIN_MS = 120_000

/** A hub in a process of its own, on a database that is already there. */
export class HubHost {
  private child: ChildProcess | null = null
  private gone: Promise<void> = Promise.resolve()
  private readonly home = mkdtempSync(join(tmpdir(), 'carrel-hub-'))
  private readonly databaseUrl: string
  private readonly env: NodeJS.ProcessEnv
  private readonly program: string
  private output = ''
  /** Port of the hub that runs, or ran last. */
  port = 0

  /** `env` comes on top of this process's own; `program` may be that of another hub. */
  constructor(databaseUrl: string, env: NodeJS.ProcessEnv = {}, program = PROGRAM) {
    this.databaseUrl = databaseUrl
    this.env = env
    this.program = program
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`
  }

  get printed(): string {
    return this.output
  }

  get isRunning(): boolean {
    return this.child !== null
  }

  /** Starts it and resolves when it is ready. Rejects when it ends before that. */
  async start(): Promise<void> {
    const child = spawn(process.execPath, ['--import', EXIT_WITH_PARENT, this.program], {
      env: {
        ...process.env,
        ...this.env,
        CARREL_HOME: this.home,
        DATABASE_URL: this.databaseUrl,
        CARREL_PORT: '0',
        CARREL_METRICS_PORT: '0',
        CARREL_LOG: 'warn',
        CARREL_PARENT_PID: String(process.pid),
      },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    })
    this.child = child
    this.gone = new Promise((resolve) => {
      child.once('exit', () => {
        if (this.child === child) this.child = null
        resolve()
      })
    })
    child.stderr?.on('data', (data: Buffer) => {
      this.output = (this.output + data.toString()).slice(-8_000)
    })
    const port = new Promise<number>((resolve, reject) => {
      let text = ''
      child.stdout?.on('data', (data: Buffer) => {
        text += data.toString()
        const found = /^hub http:\/\/[^:]+:(\d+)$/m.exec(text)?.[1]
        if (found !== undefined) resolve(Number(found))
      })
      child.once('exit', () => {
        reject(new Error(`the hub ended before it was ready: ${this.output.slice(-600)}`))
      })
    })
    this.port = await pTimeout(port, {
      milliseconds: STARTS_WITHIN_MS,
      fallback: () => {
        throw new Error(
          `the hub did not start within ${STARTS_WITHIN_MS / 1000} s: ${this.output.slice(-600)}`,
        )
      },
    })
  }

  /** kill -9. */
  async kill(): Promise<void> {
    this.child?.kill('SIGKILL')
    await this.gone
  }

  /** As Ctrl-C does it; kills it after `withinMs`. */
  async stop(withinMs = 10_000): Promise<void> {
    const { child } = this
    child?.kill('SIGTERM')
    const timer = setTimeout(() => child?.kill('SIGKILL'), withinMs)
    await this.gone
    clearTimeout(timer)
  }

  /** Stops it and takes its folder away. */
  async remove(): Promise<void> {
    await this.stop()
    rmSync(this.home, { recursive: true, force: true })
  }
}
