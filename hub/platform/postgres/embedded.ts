import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync, rmSync } from 'node:fs'
import { userInfo } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import {
  checkCluster,
  stopLeftoverServer,
  FAST_STOP_MS,
  makeCluster,
  makeFolder,
  makeSocketFolder,
  SOCKET_PORT,
  chownCluster,
  writeAccessFiles,
} from './cluster.ts'
import { chooseInitdbUser, chooseOsUser, readOsAccounts, type OsAccount } from './os-user.ts'
import { HUB_ROLE, prepareDatabase, SUPERUSER } from './database-owner.ts'
import { lockFolder } from './folder-lock.ts'
import {
  BARE_ENVIRONMENT,
  canEnter,
  EmbeddedDatabaseError,
  findBinaries,
  spawnOptionsOf,
  type OsUser,
} from './postgres-binaries.ts'

const DATABASE = 'carrel'
const START_TIMEOUT_MS = 60_000

/** A running embedded PostgreSQL. */
export interface Embedded {
  /** Connection string of the database `carrel` for the hub's role, over the unix socket, no password. */
  url: string
  /** The same for the superuser: for repairs, and for tests. */
  superuserUrl: string
  pid: number
  /** Resolves when the server has ended, for whatever reason. */
  ended: Promise<void>
  /** Ends it cleanly and frees the folder. */
  stop(): Promise<void>
}

/** Where and how an embedded PostgreSQL runs. */
export interface EmbeddedOptions {
  /** Holds data, socket and lock; made when missing. As root it must be reachable by the database's user. */
  folder: string
  log?: (line: string) => void
  /** Server settings, for example `{ fsync: 'off' }`. */
  settings?: Record<string, string>
  /** The machine's accounts; a test may give others. */
  accounts?: readonly OsAccount[]
}

/**
 * Starts PostgreSQL on a folder, makes the cluster and its database on the first start, and takes over what a killed
 * start left. Throws FolderLockedError or EmbeddedDatabaseError, each with one sentence that says what to do.
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<Embedded> {
  if (process.platform === 'win32')
    throw new EmbeddedDatabaseError(
      'The embedded database does not run on Windows. Set DATABASE_URL to a PostgreSQL 18.',
    )
  const folder = makeFolder(resolve(options.folder))
  const data = join(folder, 'data')
  const accounts = options.accounts ?? readOsAccounts()
  const osUser = chooseOsUser(data, accounts)
  if (!canEnter(folder, osUser))
    throw new EmbeddedDatabaseError(
      `The database's user (${osUser?.name ?? userInfo().username}) cannot reach ${folder}. Set CARREL_HOME to a folder outside private ones such as /root.`,
    )
  const unlock = lockFolder(folder)
  try {
    const bin = findBinaries(folder, osUser)
    if (!existsSync(data)) {
      const initdbUser = chooseInitdbUser(osUser, accounts)
      makeCluster(bin, folder, { initdbUser, osUser }, options.settings?.['fsync'] === 'off')
    }
    checkCluster(data)
    await stopLeftoverServer(data)
    chownCluster(data, osUser)
    writeAccessFiles(data, osUser)
    const socketFolder = makeSocketFolder(folder, osUser)
    return await launch(bin, data, socketFolder, osUser, options, unlock)
  } catch (error) {
    unlock()
    throw error
  }
}

async function launch(
  bin: string,
  data: string,
  socketFolder: string,
  osUser: OsUser | null,
  options: EmbeddedOptions,
  unlock: () => void,
): Promise<Embedded> {
  const server = spawnServer(join(bin, 'postgres'), data, socketFolder, osUser, options.settings)
  const ended = new Promise<void>((done) => server.once('exit', () => done()).once('error', () => done()))
  const lines = keepLines(server, options.log)
  const watchdog = server.pid === undefined ? null : startWatchdog(server.pid, osUser)
  const finished = ended.then(() => {
    watchdog?.kill('SIGKILL')
    if (dirname(socketFolder) !== dirname(data)) rmSync(socketFolder, { recursive: true, force: true })
    unlock()
  })
  const ofSuperuser = (database: string): string => urlOf(socketFolder, SUPERUSER, database)
  try {
    await waitUntilReady(ofSuperuser, server, lines, data)
  } catch (error) {
    server.kill('SIGQUIT')
    await finished
    throw error
  }
  return {
    url: urlOf(socketFolder, HUB_ROLE, DATABASE),
    superuserUrl: ofSuperuser(DATABASE),
    pid: server.pid ?? 0,
    ended: finished,
    stop: () => stop(server, finished),
  }
}

function spawnServer(
  program: string,
  data: string,
  socketFolder: string,
  osUser: OsUser | null,
  requested: Record<string, string> = {},
): ChildProcess {
  const settings = {
    listen_addresses: '',
    port: String(SOCKET_PORT),
    unix_socket_directories: socketFolder,
    unix_socket_permissions: '0700',
    log_timezone: 'UTC',
    timezone: 'UTC',
    ...requested,
  }
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  // Detached: Ctrl-C goes to the whole terminal group, and the hub must stop before its database does.
  return spawn(program, ['-D', data, ...flags], {
    ...spawnOptionsOf(osUser),
    env: BARE_ENVIRONMENT,
    cwd: '/',
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
}

function urlOf(socketFolder: string, role: string, database: string): string {
  return `postgresql://${role}@/${database}?host=${encodeURIComponent(socketFolder)}&port=${SOCKET_PORT}`
}

function keepLines(server: ChildProcess, log: ((line: string) => void) | undefined): string[] {
  const kept: string[] = []
  let rest = ''
  server.stderr?.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) {
      log?.(line)
      kept.push(line)
      if (kept.length > 40) kept.shift()
    }
  })
  return kept
}

/**
 * A shell that waits on a pipe from this process and ends the server when the pipe closes: however the hub dies, its
 * database does not outlive it. It is the same on every system, as root and as user; a parent-death signal is neither.
 */
function startWatchdog(serverPid: number, osUser: OsUser | null): ChildProcess {
  const watchdog = spawn('/bin/sh', ['-c', 'read _; kill -INT "$1"', 'carrel-watchdog', String(serverPid)], {
    ...spawnOptionsOf(osUser),
    env: BARE_ENVIRONMENT,
    cwd: '/',
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  watchdog.stdin.on('error', () => undefined)
  return watchdog
}

async function waitUntilReady(
  ofSuperuser: (database: string) => string,
  server: ChildProcess,
  lines: string[],
  data: string,
): Promise<void> {
  const deadline = Date.now() + START_TIMEOUT_MS
  for (;;) {
    if (server.exitCode !== null || server.signalCode !== null || server.pid === undefined)
      throw new EmbeddedDatabaseError(
        `The database in ${data} does not start: ${faultIn(lines)}. If its files are broken, restore a backup or move that folder away to start empty.`,
      )
    const fault = await tryPrepare(ofSuperuser)
    if (fault === null) return
    if (Date.now() > deadline)
      throw new EmbeddedDatabaseError(`The database in ${data} was not ready within a minute: ${fault}`)
    await delay(10)
  }
}

/** Connects once, and makes role and database where missing. Null when that worked, else why not. */
async function tryPrepare(ofSuperuser: (database: string) => string): Promise<string | null> {
  try {
    await prepareDatabase(ofSuperuser, DATABASE)
    return null
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

function faultIn(lines: string[]): string {
  const fatal = lines.findLast((line) => /FATAL|PANIC/.test(line)) ?? lines.at(-1) ?? 'it says nothing'
  return fatal.replace(/^.*?(FATAL|PANIC):\s*/, '').trim()
}

/** Fast shutdown (sessions are ended, all is written); after a while the immediate one, which the next start recovers. */
async function stop(server: ChildProcess, finished: Promise<void>): Promise<void> {
  server.kill('SIGINT')
  const harder = setTimeout(() => server.kill('SIGQUIT'), FAST_STOP_MS)
  await finished
  clearTimeout(harder)
}
