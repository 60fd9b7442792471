import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { HUB_ROLE, SUPERUSER } from './database-owner.ts'
import { folderFault } from './folder-lock.ts'
import { BARE_ENVIRONMENT, EmbeddedDatabaseError, spawnOptionsOf, type OsUser } from './postgres-binaries.ts'
import { readProcess } from './process-table.ts'

// The files of an embedded PostgreSQL: made, checked, cleared of what a killed start left.

/** The major version of the embedded PostgreSQL; a data folder of another one is refused. */
export const POSTGRES_MAJOR = 18

/** Part of the socket's name only: nothing listens on a network port. */
export const SOCKET_PORT = 5432

/** How long a server gets for a fast shutdown before it is ended without one. */
export const FAST_STOP_MS = 15_000

/** sun_path of unix(7) holds 107 bytes and a zero. */
const MAX_SOCKET_PATH_BYTES = 107

/** Makes the folder, and sees that it can be written. Answers its one true path, without links. */
export function makeFolder(requested: string): string {
  try {
    const first = mkdirSync(requested, { recursive: true })
    // 0711 whatever the umask: as root, the database's user must pass through to its own folder.
    for (let made = requested; first !== undefined && made.startsWith(first); made = dirname(made))
      chmodSync(made, 0o711)
    const folder = realpathSync(requested)
    // A name of its own: of two that begin at once the other would take it away.
    const trial = join(folder, `.writable.${process.pid}`)
    writeFileSync(trial, '')
    rmSync(trial)
    return folder
  } catch (cause) {
    throw new EmbeddedDatabaseError(folderFault(requested, cause), { cause })
  }
}

/** Runs initdb beside the data folder, as `initdbUser`, and renames once all files are `osUser`'s: a kill in between leaves no half cluster. */
export function makeCluster(
  bin: string,
  folder: string,
  { initdbUser, osUser }: { initdbUser: OsUser | null; osUser: OsUser | null },
  isScratch: boolean,
): void {
  const fresh = join(folder, 'data.new')
  rmSync(fresh, { recursive: true, force: true })
  mkdirSync(fresh, { mode: 0o700 })
  if (initdbUser !== null) chownSync(fresh, initdbUser.uid, initdbUser.gid)
  // Without these a machine with no LANG gets SQL_ASCII, and texts would sort by the machine's locale.
  const locale = ['-E', 'UTF8', '--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C']
  const made = spawnSync(
    join(bin, 'initdb'),
    [
      '-D',
      fresh,
      '-U',
      SUPERUSER,
      '--auth=peer',
      '--no-instructions',
      ...locale,
      ...(isScratch ? ['--no-sync'] : []),
    ],
    { ...spawnOptionsOf(initdbUser), env: BARE_ENVIRONMENT, cwd: '/', encoding: 'utf8' },
  )
  if (made.status !== 0)
    throw new EmbeddedDatabaseError(
      `The database could not be created in ${folder}: ${lastLine(made.stderr) || String(made.error ?? 'initdb failed')}`,
    )
  chownCluster(fresh, osUser)
  renameSync(fresh, join(folder, 'data'))
}

/** Makes `osUser` the owner of all files of a cluster; does nothing where it is. The server must not run. [OPS-12] */
export function chownCluster(data: string, osUser: OsUser | null): void {
  if (osUser === null || statSync(data).uid === osUser.uid) return
  // The tool goes by handles and follows no link, whatever somebody else does to the folder meanwhile.
  const given = spawnSync('chown', ['-R', '-h', '-P', `${osUser.uid}:${osUser.gid}`, data], {
    encoding: 'utf8',
  })
  if (given.status !== 0)
    throw new EmbeddedDatabaseError(
      `The database in ${data} could not be given to ${osUser.name}: ${lastLine(given.stderr) || String(given.error ?? 'chown failed')}`,
    )
}

/** Refuses a cluster that is broken, belongs to somebody else, or is of another major version. */
export function checkCluster(data: string): void {
  const broken = `The database in ${data} is broken (%). Restore a backup, or move that folder away to start empty.`
  let version: string
  try {
    version = readFileSync(join(data, 'PG_VERSION'), 'utf8').trim()
    readdirSync(join(data, 'base'))
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code
    if (code === 'EACCES')
      throw new EmbeddedDatabaseError(
        `The database in ${data} belongs to another user. Start Carrel as that user, or set CARREL_HOME to another folder.`,
        { cause },
      )
    throw new EmbeddedDatabaseError(broken.replace('%', 'files are missing'), { cause })
  }
  if (version !== String(POSTGRES_MAJOR))
    throw new EmbeddedDatabaseError(
      `The database in ${data} was created by PostgreSQL ${version}, and this Carrel runs PostgreSQL ${POSTGRES_MAJOR}. Write a backup with the old Carrel, move the folder away, and restore.`,
    )
}

/** Ends a server that a killed start left on this folder, and removes a pid file that names a zombie or another program. */
export async function stopLeftoverServer(data: string): Promise<void> {
  const pidFile = join(data, 'postmaster.pid')
  const deadline = Date.now() + FAST_STOP_MS
  let signal: NodeJS.Signals = 'SIGINT'
  while (existsSync(pidFile)) {
    const pid = Number(readFileSync(pidFile, 'utf8').split('\n')[0])
    const found = readProcess(pid)
    if (found === null || !found.command.includes(data)) {
      // PostgreSQL itself would take a zombie or another program with this pid for its server and refuse to start.
      rmSync(pidFile, { force: true })
      return
    }
    if (Date.now() > deadline) signal = 'SIGQUIT'
    if (Date.now() > deadline + FAST_STOP_MS)
      throw new EmbeddedDatabaseError(
        `The database of an earlier start (process ${pid}) does not stop. Stop it by hand.`,
      )
    try {
      process.kill(pid, signal)
    } catch {
      // It ended between the look and the signal.
    }
    await delay(50)
  }
}

/** Only the hub's user, root and the database's own user may connect, each without a password, as hub or as superuser. */
export function writeAccessFiles(data: string, osUser: OsUser | null): void {
  const names = new Set(['root', userInfo().username, ...(osUser === null ? [] : [osUser.name])])
  const roles = [HUB_ROLE, SUPERUSER]
  const map = [...names].flatMap((name) => roles.map((role) => `carrel "${name}" ${role}\n`)).join('')
  writeFileSync(join(data, 'pg_ident.conf'), map)
  writeFileSync(
    join(data, 'pg_hba.conf'),
    `local all ${roles.join(',')} peer map=carrel\nlocal replication ${SUPERUSER} peer map=carrel\n`,
  )
}

/** Beside the data, or where that path is too long for a socket, in the temporary folder under a name that stays the same. */
export function makeSocketFolder(folder: string, osUser: OsUser | null): string {
  const beside = join(folder, 'socket')
  const isShort = (path: string): boolean =>
    Buffer.byteLength(join(path, `.s.PGSQL.${SOCKET_PORT}`)) <= MAX_SOCKET_PATH_BYTES
  const name = `carrel-${createHash('sha256').update(folder).digest('hex').slice(0, 16)}`
  // The temporary folder of a test, or of a system that gives each user one, may be long itself.
  const socketFolder = [beside, join(tmpdir(), name)].find(isShort) ?? join('/tmp', name)
  try {
    rmSync(socketFolder, { recursive: true, force: true })
    // Fails when somebody else owns the name: no other socket is ever taken for ours.
    mkdirSync(socketFolder, { mode: 0o700 })
    if (osUser !== null) chownSync(socketFolder, osUser.uid, osUser.gid)
  } catch (cause) {
    throw new EmbeddedDatabaseError(
      `The socket folder ${socketFolder} belongs to another user. Set CARREL_HOME to a folder with a shorter name.`,
      { cause },
    )
  }
  return socketFolder
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? ''
}
