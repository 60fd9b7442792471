import { chmodSync, closeSync, existsSync, openSync, renameSync } from 'node:fs'
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
  } catch (error) {
    sqlite.close()
    throw error
  }
  return sqlite
}

/** A file was written by a newer Carrel than this one. */
export class TooNewError extends Error {}

/** Brings a file to the newest of its numbered migrations, each in a transaction of its own. Throws TooNewError. */
export function migrate(sqlite: Sqlite, migrations: readonly string[]): void {
  const version = Number(sqlite.pragma('user_version', { simple: true }))
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

/** Throws when SQLite finds the file's structure broken. */
export function checkIntegrity(sqlite: Sqlite): void {
  const found = sqlite.pragma('quick_check(1)', { simple: true })
  if (found !== 'ok') throw new Database.SqliteError(String(found), 'SQLITE_CORRUPT')
}

/** What is wrong with a store: no room (or no writing), a broken file, held by another process, or nothing of the disk's. */
export type StoreTrouble = 'diskFull' | 'corrupt' | 'locked' | null

/** Tells the disk's troubles from mistakes of our own; null for anything that is not the disk's. */
export function troubleOf(error: unknown): StoreTrouble {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return null
  const { code } = error
  if (code.startsWith('SQLITE_BUSY') || code.startsWith('SQLITE_LOCKED')) return 'locked'
  if (code.startsWith('SQLITE_CORRUPT') || code.startsWith('SQLITE_NOTADB')) return 'corrupt'
  if (/^SQLITE_(FULL|IOERR|READONLY|CANTOPEN)/.test(code)) return 'diskFull'
  return ['ENOSPC', 'EDQUOT', 'EFBIG', 'EIO', 'EROFS'].includes(code) ? 'diskFull' : null
}

/** Copies a database as it is now beside itself, under the first free number; for its owner alone. Returns the copy's name. */
export function keepCopy(sqlite: Sqlite): string {
  const copy = firstFree(`${sqlite.name}.kept`)
  closeSync(openSync(copy, 'a', 0o600))
  sqlite.prepare<[string]>('vacuum into ?').run(copy)
  return copy
}

/** Moves a database and what belongs to it out of the way, under the first free number; never deletes. Returns the new name. [SYN-25] */
export function moveAside(file: string): string {
  const aside = firstFree(`${file}.broken`)
  for (const suffix of ['-wal', '-shm', '']) {
    if (existsSync(file + suffix)) renameSync(file + suffix, aside + suffix)
  }
  return aside
}

function firstFree(name: string): string {
  let number = 1
  while (existsSync(`${name}-${number}`)) number += 1
  return `${name}-${number}`
}
