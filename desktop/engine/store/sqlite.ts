import { chmodSync, closeSync, openSync } from 'node:fs'
import Database from 'better-sqlite3'

export type Sqlite = Database.Database

/** `precious`: every commit is on the disk when it returns. `disposable`: a power cut may cost the last commits, never consistency. */
export type Durability = 'precious' | 'disposable'

/**
 * Opens a database that only its owner may read: SQLite gives `-wal` and `-shm` the mode of the main file, so that is
 * made first. Throws what SQLite throws: see `troubleOf`. [SYN-1]
 */
export function openSqlite(file: string, durability: Durability): Sqlite {
  closeSync(openSync(file, 'a', 0o600))
  chmodSync(file, 0o600)
  const sqlite = new Database(file, { timeout: 2_000 })
  try {
    sqlite.pragma('journal_mode = WAL')
    sqlite.pragma(`synchronous = ${durability === 'precious' ? 'FULL' : 'NORMAL'}`)
    sqlite.pragma('fullfsync = ON')
    sqlite.pragma('checkpoint_fullfsync = ON')
    sqlite.pragma('temp_store = MEMORY')
    // A log that once grew long, by a whole snapshot, would stay so long for months.
    sqlite.pragma('journal_size_limit = 4194304')
  } catch (error) {
    sqlite.close()
    throw error
  }
  return sqlite
}

/** A file was written by a newer Carrel than this one. */
export class TooNewError extends Error {}

/** How many of its migrations a file has had; 0: it was just made. */
export function versionOf(sqlite: Sqlite): number {
  return Number(sqlite.pragma('user_version', { simple: true }))
}

/** Brings a file to the newest of its numbered migrations, each in a transaction of its own. Throws TooNewError. */
export function migrate(sqlite: Sqlite, migrations: readonly string[]): void {
  const version = versionOf(sqlite)
  if (version > migrations.length)
    throw new TooNewError(`version ${version} is newer than ${migrations.length}`)
  for (const [index, sql] of migrations.entries()) {
    if (index < version) continue
    sqlite.transaction(() => {
      sqlite.exec(sql)
      sqlite.pragma(`user_version = ${index + 1}`)
    })()
  }
}

/**
 * Throws when SQLite finds the file broken. `quick` looks at its structure; `whole` also whether every index says what its
 * table says: what breaks a running kiosk must be seen by the next start, or it would start for ever.
 */
export function checkIntegrity(sqlite: Sqlite, depth: 'quick' | 'whole'): void {
  const check = depth === 'quick' ? 'quick_check(1)' : 'integrity_check(1)'
  const found = sqlite.pragma(check, { simple: true })
  if (found !== 'ok') throw new Database.SqliteError(String(found), 'SQLITE_CORRUPT')
}

/**
 * What is wrong with a store: no room; a file that SQLite itself calls corrupt or no database; held by another process; or
 * `failing`: the disk, its rights or the memory do not do what they should.
 */
export type StoreTrouble = 'diskFull' | 'corrupt' | 'locked' | 'failing'

/** Whether SQLite said so, whatever it was: of a disposable file any such word is reason enough for a new one. */
export function isSqliteError(error: unknown): boolean {
  return error instanceof Database.SqliteError
}

/** Tells the disk's troubles from mistakes of our own; null for anything that is not the disk's. [KSK-1] */
export function troubleOf(error: unknown): StoreTrouble | null {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return null
  const { code } = error
  if (/^SQLITE_(BUSY|LOCKED)/.test(code)) return 'locked'
  if (/^SQLITE_(CORRUPT|NOTADB)/.test(code)) return 'corrupt'
  if (code === 'SQLITE_FULL' || ['ENOSPC', 'EDQUOT', 'EFBIG'].includes(code)) return 'diskFull'
  if (/^SQLITE_(IOERR|READONLY|CANTOPEN|NOMEM|PERM|AUTH|PROTOCOL|NOLFS)/.test(code)) return 'failing'
  return ['EIO', 'EROFS', 'EACCES', 'EPERM', 'EMFILE', 'ENFILE'].includes(code) ? 'failing' : null
}
