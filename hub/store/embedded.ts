import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { lockFolder } from './folder-lock.ts'
import {
  BARE_ENVIRONMENT,
  canEnter,
  chooseServant,
  EmbeddedDatabaseError,
  findBinaries,
  skin,
  type Servant,
} from './postgres-binaries.ts'
import { readProcess } from './process-table.ts'

/** The major version that this hub speaks to; a data folder of another one is refused. */
export const POSTGRES_MAJOR = 18

const ROLE = 'carrel'
const DATABASE = 'carrel'
/** Part of the socket's name only: nothing listens on a network port. */
const SOCKET_PORT = 5432
/** sun_path of unix(7) holds 107 bytes and a zero. */
const MAX_SOCKET_PATH_BYTES = 107
const START_TIMEOUT_MS = 60_000
const FAST_STOP_MS = 15_000

/** A running embedded PostgreSQL. */
export interface Embedded {
  /** Connection string of the database `carrel`, over the unix socket, no password. */
  url: string
  pid: number
  /** Resolves when the server has ended, whoever ended it. */
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
}

/**
 * Starts PostgreSQL on a folder, makes the cluster and its database on the first start, and takes over what a killed
 * start left. Throws FolderLockedError or EmbeddedDatabaseError, each with one sentence that says what to do.
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<Embedded> {
  if (process.platform === 'win32')
    throw new EmbeddedDatabaseError(
      'The embedded database runs on Linux and macOS; on Windows set DATABASE_URL to a PostgreSQL 18.',
    )
  const folder = resolve(options.folder)
  const data = join(folder, 'data')
  makeFolder(folder)
  const servant = chooseServant(data)
  if (!canEnter(folder, servant))
    throw new EmbeddedDatabaseError(
      `The database's user "${servant?.name ?? userInfo().username}" cannot reach ${folder}; set CARREL_HOME to a folder outside private ones such as /root.`,
    )
  const unlock = lockFolder(folder)
  try {
    const bin = findBinaries(folder, servant)
    if (!existsSync(data)) makeCluster(bin, folder, servant, options.settings?.['fsync'] === 'off')
    checkCluster(data)
    await clearLeftovers(data)
    writeAccess(data, servant)
    const socketFolder = makeSocketFolder(folder, servant)
    return await launch(bin, data, socketFolder, servant, options, unlock)
  } catch (error) {
    unlock()
    throw error
  }
}

function makeFolder(folder: string): void {
  try {
    // 0711: as root, the database's user must pass through to its own folder.
    mkdirSync(folder, { recursive: true, mode: 0o711 })
    writeFileSync(join(folder, '.writable'), '')
    rmSync(join(folder, '.writable'))
  } catch (cause) {
    throw new EmbeddedDatabaseError(
      `The data folder ${folder} cannot be written (${(cause as NodeJS.ErrnoException).code ?? 'unknown'}); set CARREL_HOME to a folder of your own.`,
      { cause },
    )
  }
}

/** Runs initdb aside and renames, so that a kill in the middle leaves no half cluster. */
function makeCluster(bin: string, folder: string, servant: Servant | null, isScratch: boolean): void {
  const fresh = join(folder, 'data.new')
  rmSync(fresh, { recursive: true, force: true })
  mkdirSync(fresh, { mode: 0o700 })
  if (servant !== null) chownSync(fresh, servant.uid, servant.gid)
  // Without these a machine with no LANG gets SQL_ASCII, and texts would sort by the machine's taste.
  const locale = ['-E', 'UTF8', '--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C']
  const made = spawnSync(
    join(bin, 'initdb'),
    [
      '-D',
      fresh,
      '-U',
      ROLE,
      '--auth=peer',
      '--no-instructions',
      ...locale,
      ...(isScratch ? ['--no-sync'] : []),
    ],
    { ...skin(servant), env: BARE_ENVIRONMENT, cwd: '/', encoding: 'utf8' },
  )
  if (made.status !== 0)
    throw new EmbeddedDatabaseError(
      `The database could not be created in ${folder}: ${lastLine(made.stderr) || String(made.error ?? 'initdb failed')}`,
    )
  renameSync(fresh, join(folder, 'data'))
}

function checkCluster(data: string): void {
  const broken = `The database in ${data} is broken (%); restore a backup, or move that folder away to start empty.`
  let version: string
  try {
    version = readFileSync(join(data, 'PG_VERSION'), 'utf8').trim()
    readdirSync(join(data, 'base'))
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code
    if (code === 'EACCES')
      throw new EmbeddedDatabaseError(
        `The database in ${data} belongs to another user; start Carrel as that user, or set CARREL_HOME to another folder.`,
        { cause },
      )
    throw new EmbeddedDatabaseError(broken.replace('%', 'files are missing'), { cause })
  }
  if (version !== String(POSTGRES_MAJOR))
    throw new EmbeddedDatabaseError(
      `The database in ${data} was made by PostgreSQL ${version}, and this Carrel runs PostgreSQL ${POSTGRES_MAJOR}: make a backup with the old Carrel, move the folder away, and restore.`,
    )
}

/** Ends a server that a killed start left on this folder, and removes a pid file that names a zombie or a stranger. */
async function clearLeftovers(data: string): Promise<void> {
  const pidFile = join(data, 'postmaster.pid')
  const deadline = Date.now() + FAST_STOP_MS
  let signal: NodeJS.Signals = 'SIGINT'
  while (existsSync(pidFile)) {
    const pid = Number(readFileSync(pidFile, 'utf8').split('\n')[0])
    const found = readProcess(pid)
    if (found === null || !found.command.includes(data)) {
      // PostgreSQL itself would believe a zombie or a stranger with this pid and refuse to start.
      rmSync(pidFile, { force: true })
      return
    }
    if (Date.now() > deadline) signal = 'SIGQUIT'
    if (Date.now() > deadline + FAST_STOP_MS)
      throw new EmbeddedDatabaseError(
        `A database of an earlier start (process ${pid}) does not end; end it by hand.`,
      )
    try {
      process.kill(pid, signal)
    } catch {
      // It ended between the look and the signal.
    }
    await delay(50)
  }
}

/** Only the hub's user, root and the database's own user may connect, each without a password, as the one role. */
function writeAccess(data: string, servant: Servant | null): void {
  const names = new Set(['root', userInfo().username, ...(servant === null ? [] : [servant.name])])
  const map = [...names].map((name) => `carrel "${name}" ${ROLE}\n`).join('')
  writeFileSync(join(data, 'pg_ident.conf'), map)
  writeFileSync(
    join(data, 'pg_hba.conf'),
    `local all ${ROLE} peer map=carrel\nlocal replication ${ROLE} peer map=carrel\n`,
  )
}

/** Beside the data, or where that path is too long for a socket, in the temporary folder under a name that stays the same. */
function makeSocketFolder(folder: string, servant: Servant | null): string {
  const beside = join(folder, 'socket')
  const isShort = Buffer.byteLength(join(beside, `.s.PGSQL.${SOCKET_PORT}`)) <= MAX_SOCKET_PATH_BYTES
  const short = join(tmpdir(), `carrel-${createHash('sha256').update(folder).digest('hex').slice(0, 16)}`)
  const socketFolder = isShort ? beside : short
  try {
    rmSync(socketFolder, { recursive: true, force: true })
    // Fails when somebody else holds the name: nobody's socket is ever taken for ours.
    mkdirSync(socketFolder, { mode: 0o700 })
    if (servant !== null) chownSync(socketFolder, servant.uid, servant.gid)
  } catch (cause) {
    throw new EmbeddedDatabaseError(
      `The socket folder ${socketFolder} belongs to another user; set CARREL_HOME to a folder with a shorter name.`,
      { cause },
    )
  }
  return socketFolder
}

async function launch(
  bin: string,
  data: string,
  socketFolder: string,
  servant: Servant | null,
  options: EmbeddedOptions,
  unlock: () => void,
): Promise<Embedded> {
  const settings = {
    listen_addresses: '',
    port: String(SOCKET_PORT),
    unix_socket_directories: socketFolder,
    unix_socket_permissions: '0700',
    log_timezone: 'UTC',
    timezone: 'UTC',
    ...options.settings,
  }
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  // Detached: Ctrl-C goes to the whole terminal group, and the hub must stop before its database does.
  const server = spawn(join(bin, 'postgres'), ['-D', data, ...flags], {
    ...skin(servant),
    env: BARE_ENVIRONMENT,
    cwd: '/',
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const ended = new Promise<void>((done) => server.once('exit', () => done()).once('error', () => done()))
  const lines = keepLines(server, options.log)
  const watchdog = server.pid === undefined ? null : guard(server.pid, servant)
  const finished = ended.then(() => {
    watchdog?.kill('SIGKILL')
    if (!socketFolder.startsWith(resolve(options.folder)))
      rmSync(socketFolder, { recursive: true, force: true })
    unlock()
  })
  const url = urlOf(socketFolder, DATABASE)
  try {
    await waitUntilReady(urlOf(socketFolder, 'postgres'), server, lines, data)
  } catch (error) {
    server.kill('SIGQUIT')
    await finished
    throw error
  }
  return { url, pid: server.pid ?? 0, ended: finished, stop: () => stop(server, finished) }
}

function urlOf(socketFolder: string, database: string): string {
  return `postgresql://${ROLE}@/${database}?host=${encodeURIComponent(socketFolder)}&port=${SOCKET_PORT}`
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
function guard(serverPid: number, servant: Servant | null): ChildProcess {
  const watchdog = spawn('/bin/sh', ['-c', 'read _; kill -INT "$1"', 'carrel-watchdog', String(serverPid)], {
    ...skin(servant),
    env: BARE_ENVIRONMENT,
    cwd: '/',
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  watchdog.stdin.on('error', () => undefined)
  return watchdog
}

async function waitUntilReady(
  url: string,
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
    const fault = await tryConnect(url)
    if (fault === null) return
    if (Date.now() > deadline)
      throw new EmbeddedDatabaseError(`The database in ${data} did not get ready in a minute: ${fault}`)
    await delay(10)
  }
}

/** Connects once and makes the database when it is missing. Null when all is well. */
async function tryConnect(url: string): Promise<string | null> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => undefined)
  try {
    await client.connect()
    const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [DATABASE])
    if (rowCount === 0) await client.query(`create database ${DATABASE}`)
    return null
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  } finally {
    await client.end().catch(() => undefined)
  }
}

function faultIn(lines: string[]): string {
  const fatal = lines.findLast((line) => /FATAL|PANIC/.test(line)) ?? lines.at(-1) ?? 'it says nothing'
  return fatal.replace(/^.*?(FATAL|PANIC):\s*/, '').trim()
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? ''
}

/** Fast shutdown (sessions are ended, all is written); after a while the immediate one, which the next start recovers. */
async function stop(server: ChildProcess, finished: Promise<void>): Promise<void> {
  server.kill('SIGINT')
  const harder = setTimeout(() => server.kill('SIGQUIT'), FAST_STOP_MS)
  await finished
  clearTimeout(harder)
}
