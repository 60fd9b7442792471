import { spawn, type ChildProcess } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import process from 'node:process'
import { readProcess } from '../hub/platform/postgres/process-table.ts'
import { EXIT_WITH_PARENT, PARENT_PID_VARIABLE, ROOT, StartupError } from './launcher.mjs'

/** A program of the project that runs as a child of this process. */
export interface ChildProgram {
  name: string
  /** It shows itself in a window of Electron's, which people close. */
  isWindow: boolean
  process: ChildProcess
  /** Resolves with the first line on standard output that begins so; rejects with StartupError when the child ends before. */
  waitForLine(beginning: string): Promise<string>
  /** Asks it to end and waits; after a while it is made to. */
  stop(): Promise<void>
  ended: Promise<void>
}

/** Longer than a child needs for its own orderly end. */
const STOP_MS = 12_000

/** How a child is started. */
export interface ProgramOptions {
  name: string
  /** Path below the project's folder. */
  file: string
  /** Electron's program; without it the file runs under this Node. */
  electron?: string
  args: string[]
  env?: NodeJS.ProcessEnv
  /** Given to the child's standard input, which then ends: the way of secrets, which a command line would show to all. */
  input?: string
  /** Hears each line of standard error; without it they go through to ours. */
  onErrorLine?: (line: string) => void
}

/** Starts a program of the project, which exits with this process. What it says on standard error goes through, unless a listener takes it. */
export function startProgram(options: ProgramOptions): ChildProgram {
  const file = path.join(ROOT, options.file)
  // Electron takes no --import; its main process notices by itself that the channel closed.
  const [program, flags] =
    options.electron === undefined
      ? [process.execPath, ['--import', EXIT_WITH_PARENT]]
      : [options.electron, []]
  // Detached: Ctrl-C reaches the whole terminal group, and the starter must end its children in order.
  const child = spawn(program, [...flags, file, ...options.args], {
    cwd: ROOT,
    env: environmentOf(options),
    detached: process.platform !== 'win32',
    stdio: ['pipe', 'pipe', 'pipe', 'ipc'],
  })
  child.stdin?.on('error', () => undefined)
  child.stdin?.end(options.input ?? '')
  return watch(options, child)
}

function environmentOf({ env, electron }: ProgramOptions): NodeJS.ProcessEnv {
  const { ELECTRON_RUN_AS_NODE: asNode, ...rest } = { ...process.env, ...env }
  // Set by editors for their own use: with it Electron's program is a Node.
  const kept = electron === undefined && asNode !== undefined ? { ELECTRON_RUN_AS_NODE: asNode } : {}
  return { ...rest, ...kept, [PARENT_PID_VARIABLE]: String(process.pid) }
}

function watch({ name, electron, ...options }: ProgramOptions, child: ChildProcess): ChildProgram {
  const onErrorLine = options.onErrorLine ?? ((line: string): void => void process.stderr.write(`${line}\n`))
  const lines: string[] = []
  const waiting = new Set<() => void>()
  let lastErrorLine = ''
  eachLine(child, 'stdout', (line) => {
    lines.push(line)
    for (const look of waiting) look()
  })
  eachLine(child, 'stderr', (line) => {
    // A log line is JSON; what is said to a person is not, and its last line is the reason where a child fails.
    if (!line.startsWith('{') && line.trim() !== '') lastErrorLine = line
    onErrorLine(line)
  })
  let hasEnded = false
  const ended = new Promise<void>((resolve) => {
    child.once('error', (error) => (lastErrorLine = error.message))
    child.once('close', () => {
      hasEnded = true
      for (const look of waiting) look()
      resolve()
    })
  })
  const waitForLine = (beginning: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const line = lines.find((each) => each.startsWith(beginning))
        if (line === undefined && !hasEnded) return
        waiting.delete(look)
        if (line !== undefined) resolve(line)
        else if (lastErrorLine === '') reject(new StartupError(`The ${name} stopped before it was ready.`))
        else reject(new StartupError(lastErrorLine, { isPrinted: true }))
      }
      waiting.add(look)
      look()
    })
  return {
    name,
    isWindow: electron !== undefined,
    process: child,
    waitForLine,
    ended,
    stop: () => stopChild(child, ended),
  }
}

function eachLine(child: ChildProcess, from: 'stdout' | 'stderr', onLine: (line: string) => void): void {
  let rest = ''
  child[from]?.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) onLine(line)
  })
  child[from]?.once('end', () => {
    if (rest !== '') onLine(rest)
  })
}

async function stopChild(child: ChildProcess, ended: Promise<void>): Promise<void> {
  child.kill('SIGTERM')
  const harder = setTimeout(() => child.kill('SIGKILL'), STOP_MS)
  await ended
  clearTimeout(harder)
}

/** Writes down which processes this start has, for the next one to find when this one is killed. */
export function recordChildren(folder: string, children: readonly ChildProgram[]): void {
  mkdirSync(folder, { recursive: true })
  const lives = children.map((child) => readProcess(child.process.pid ?? 0)).filter((life) => life !== null)
  writeFileSync(
    path.join(folder, 'children.json'),
    JSON.stringify(lives.map(({ pid, started }) => ({ pid, started }))),
  )
}

/**
 * Ends what a killed start left running, and gives how many that were. A pid alone proves nothing, since numbers are
 * used again: only a process that also began at the recorded moment is touched.
 */
export async function clearLeftovers(folder: string): Promise<number> {
  const left = readRecorded(folder).filter(isAlive)
  for (const { pid } of left) tryKill(pid, 'SIGTERM')
  const deadline = performance.now() + STOP_MS
  while (left.some(isAlive)) {
    if (performance.now() > deadline) for (const { pid } of left.filter(isAlive)) tryKill(pid, 'SIGKILL')
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  return left.length
}

interface Recorded {
  pid: number
  started: string
}

function isAlive(recorded: Recorded): boolean {
  return readProcess(recorded.pid)?.started === recorded.started
}

function tryKill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch {
    // It ended between the look and the signal.
  }
}

function readRecorded(folder: string): Recorded[] {
  try {
    const read: unknown = JSON.parse(readFileSync(path.join(folder, 'children.json'), 'utf8'))
    return Array.isArray(read) ? (read as Recorded[]) : []
  } catch {
    return []
  }
}
