import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import process from 'node:process'
import { ROOT } from './launcher.mjs'
import { findTakenPort, portsFrom } from './ports.ts'

/** A command of the project that a test started. */
export interface Start {
  process: ChildProcess
  stdout: () => string
  stderr: () => string
  /** Resolves with the exit code. */
  ended: Promise<number | null>
  /** Resolves with the first line on standard output that begins so; rejects when the program ends before. */
  waitForLine(beginning: string): Promise<string>
  /** The same on standard error. */
  waitForErrorLine(beginning: string): Promise<string>
}

/** `npm start` in an environment of the test. */
export function launch(env: NodeJS.ProcessEnv): Start {
  const { DATABASE_URL: _none, ...rest } = process.env
  return launchNode(['build/start.mjs'], { ...rest, CARREL_LOG: 'warn', ...env })
}

/** A file of the project under this Node. */
export function launchNode(args: string[], env: NodeJS.ProcessEnv): Start {
  return launchProgram(process.execPath, args, env)
}

/** Any program, in the project's folder. */
export function launchProgram(program: string, args: string[], env: NodeJS.ProcessEnv): Start {
  const child = spawn(program, args, { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'pipe'] })
  const printed = { stdout: '', stderr: '' }
  const waiting = new Set<() => void>()
  // Not the exit code: what was printed last may come after it.
  const life = { isOver: false }
  for (const name of ['stdout', 'stderr'] as const)
    child[name].setEncoding('utf8').on('data', (text: string) => {
      printed[name] += text
      for (const look of waiting) look()
    })
  const ended = once(child, 'close').then(([code]) => {
    life.isOver = true
    for (const look of waiting) look()
    return code as number | null
  })
  const waitFor = (stream: 'stdout' | 'stderr', beginning: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const line = printed[stream]
          .split('\n')
          .slice(0, -1)
          .find((each) => each.startsWith(beginning))
        if (line !== undefined) resolve(line)
        else if (life.isOver) reject(new Error(`ended with ${child.exitCode}: ${printed.stderr}`))
      }
      waiting.add(look)
      look()
    })
  return {
    process: child,
    stdout: () => printed.stdout,
    stderr: () => printed.stderr,
    ended,
    waitForLine: (beginning) => waitFor('stdout', beginning),
    waitForErrorLine: (beginning) => waitFor('stderr', beginning),
  }
}

/** What was said to a person, without progress (it ends in an ellipsis) and log. */
export function sentences(start: Start): string[] {
  return start
    .stderr()
    .trim()
    .split('\n')
    .filter((line) => !/…$|^\{|^screens built/.test(line))
}

/** Processes that carry the folder's name in their command or environment. Linux only; elsewhere none are seen. */
export function processesOf(home: string): { pid: number; command: string }[] {
  if (process.platform !== 'linux') return []
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((name) => {
      const [command = '', environment = ''] = ['cmdline', 'environ'].map((file) => readProc(name, file))
      const isOurs = command.includes(home) || environment.includes(`CARREL_HOME=${home}`)
      return isOurs ? [{ pid: Number(name), command: command.replaceAll('\0', ' ') }] : []
    })
}

function readProc(pid: string, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8')
  } catch {
    return ''
  }
}

/** A port for a hub of which the kiosks' and the metrics' ports are free as well. */
export async function freeBasePort(): Promise<number> {
  for (;;) {
    const base = 20_000 + Math.floor(Math.random() * 20_000)
    if ((await findTakenPort(portsFrom(base), 0)) === null) return base
  }
}
