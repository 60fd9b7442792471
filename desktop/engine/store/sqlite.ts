import { chmodSync, closeSync, openSync } from 'node:fs'
import Database from 'better-sqlite3'

/** An open SQLite database, as better-sqlite3 gives it; every call is synchronous. */
export type Sqlite = Database.Database

/** `precious`: every commit is on the disk when it returns. `disposable`: a power cut may lose the last commits, never consistency. */
export type Durability = 'precious' | 'disposable'

/**
 * Opens a database that only its owner may read: SQLite gives `-wal` and `-shm` the mode of the main file, so that is
 * made first. Throws what SQLite throws: see `storeErrorOf`. [SYN-1]
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
    // A log that a whole snapshot made long would stay so long for months.
    sqlite.pragma('journal_size_limit = 4194304')
  } catch (error) {
    sqlite.close()
    throw error
  }
  return sqlite
}

/** The file was migrated by a newer version of this program. */
export class TooNewError extends Error {}

/** How many migrations a file has had; 0: it was just made. */
export function versionOf(sqlite: Sqlite): number {
  return Number(sqlite.pragma('user_version', { simple: true }))
}

/** Whether a table has a column of that name. Throws what SQLite throws. */
export function hasColumn(sqlite: Sqlite, table: string, column: string): boolean {
  const found = sqlite.prepare<[string, string]>('select 1 from pragma_table_info(?) where name = ?')
  return found.get(table, column) !== undefined
}

/** Runs the migrations that a file has not had, each in a transaction of its own. Throws TooNewError, and what SQLite throws. */
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
 * Throws SQLITE_CORRUPT when SQLite finds the file corrupt. `quick` checks its structure; `whole` also every index against its
 * table: what makes a running kiosk fail must be found by the next start, or it would fail and start for ever.
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
export type StoreError = 'diskFull' | 'corrupt' | 'locked' | 'failing'

/** Whether an error is SQLite's, whatever it says: for a disposable file that is reason enough to begin a new one. */
export function isSqliteError(error: unknown): boolean {
  return error instanceof Database.SqliteError
}

/** What a disk's or SQLite's error means for the store; null for any other error. [KSK-1] */
export function storeErrorOf(error: unknown): StoreError | null {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return null
  const { code } = error
  if (/^SQLITE_(BUSY|LOCKED)/.test(code)) return 'locked'
  if (/^SQLITE_(CORRUPT|NOTADB)/.test(code)) return 'corrupt'
  if (code === 'SQLITE_FULL' || ['ENOSPC', 'EDQUOT', 'EFBIG'].includes(code)) return 'diskFull'
  if (/^SQLITE_(IOERR|READONLY|CANTOPEN|NOMEM|PERM|AUTH|PROTOCOL|NOLFS)/.test(code)) return 'failing'
  return ['EIO', 'EROFS', 'EACCES', 'EPERM', 'EMFILE', 'ENFILE'].includes(code) ? 'failing' : null
}
