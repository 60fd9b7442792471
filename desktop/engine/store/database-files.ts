import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs'
import { basename, dirname } from 'node:path'
import Database from 'better-sqlite3'
import type { Sqlite } from './sqlite.ts'

/** How many copies from before an update are kept: of the version before, and of the one before that. */
const COPIES_KEPT = 2

/** Copies a database beside itself as `NAME.kept-N`, N the first free number; only its owner may read it. Returns the copy's name. */
export function copyDatabase(sqlite: Sqlite): string {
  const copy = firstFree(`${sqlite.name}.kept`)
  copyInto(sqlite, copy)
  return copy
}

/**
 * Copies a database as `NAME.version-N` before it is migrated: the copy is complete and on the disk when this returns, in place
 * of an older one of the same version. Throws what SQLite throws, and then leaves no incomplete copy. Older copies are
 * deleted. [KSK-2]
 */
export function copyBeforeMigration(sqlite: Sqlite, version: number): void {
  copyAs(sqlite, `${sqlite.name}.version-${version}`)
  const older = numbersOf(`${sqlite.name}.version`).toSorted((left, right) => right - left)
  for (const number of older.slice(COPIES_KEPT)) rmSync(`${sqlite.name}.version-${number}`)
}

/**
 * Copies a database as `NAME.before-CHANGE` before a change of its tables: the copy is complete and on the disk when this returns,
 * in place of an older one of the same name. Throws what SQLite throws, and then leaves no incomplete copy. [KSK-2]
 */
export function copyBefore(sqlite: Sqlite, change: string): void {
  copyAs(sqlite, `${sqlite.name}.before-${change}`)
}

/**
 * Deletes the copy from before a change of an outbox, where all that it holds is older than `olderThanMs` (hub time): its last
 * welcome, and its newest mutation. A copy that cannot be read stays. [KSK-2]
 */
export function deleteOutdatedCopy(sqlite: Sqlite, change: string, olderThanMs: number): void {
  const copy = `${sqlite.name}.before-${change}`
  if (existsSync(copy) && newestMsOf(copy) < olderThanMs) deleteDatabase(copy)
}

/** Hub time of the newest that an outbox knows of; infinite where it cannot be read. */
function newestMsOf(file: string): number {
  try {
    const sqlite = new Database(file, { readonly: true, fileMustExist: true })
    try {
      return Number(
        sqlite
          .prepare('select max(contact_ms, coalesce((select max(at_ms) from mutations), 0)) from identity')
          .pluck()
          .get(),
      )
    } finally {
      sqlite.close()
    }
  } catch {
    return Number.POSITIVE_INFINITY
  }
}

/** A copy under a name that it gets only once it is complete and on the disk. */
function copyAs(sqlite: Sqlite, copy: string): void {
  const unfinished = `${copy}.unfinished`
  rmSync(unfinished, { force: true })
  try {
    copyInto(sqlite, unfinished)
  } catch (error) {
    rmSync(unfinished, { force: true })
    throw error
  }
  renameSync(unfinished, copy)
}

function copyInto(sqlite: Sqlite, copy: string): void {
  closeSync(openSync(copy, 'a', 0o600))
  sqlite.prepare<[string]>('vacuum into ?').run(copy)
  // SQLite does not wait for the disk here: a power cut could empty the copy.
  const opened = openSync(copy, 'r+')
  try {
    fsyncSync(opened)
  } finally {
    closeSync(opened)
  }
}

/**
 * Renames a database and its `-wal` and `-shm` to `NAME.broken-N`, N the first free number; never deletes. Returns the new name.
 * The main file goes first: SQLite deletes a log that it finds without its file, and `moveLeftoverWal` moves such a one. [SYN-25]
 */
export function moveAside(file: string): string {
  const aside = firstFree(`${file}.broken`)
  for (const suffix of ['', '-wal', '-shm']) moveFile(file + suffix, aside + suffix)
  return aside
}

/** After a power cut in the middle of `moveAside`: moves the log of a file that was moved after it. [KSK-4] */
export function moveLeftoverWal(file: string): void {
  if (existsSync(file) || !existsSync(`${file}-wal`)) return
  const newest = Math.max(0, ...numbersOf(`${file}.broken`))
  const aside = `${file}.broken-${newest}`
  const isItsOwn = newest > 0 && !existsSync(`${aside}-wal`)
  moveFile(`${file}-wal`, isItsOwn ? `${aside}-wal` : `${firstFree(`${file}.broken`)}-wal`)
}

/**
 * Whether a database is empty while its log is not, as a power cut may leave it: SQLite would delete
 * that log when it opens the file. [KSK-14]
 */
export function isEmptiedBesideWal(file: string): boolean {
  return sizeOf(file) === 0 && sizeOf(`${file}-wal`) > 0
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? -1
}

/** Names of the databases that were moved aside, oldest first. */
export function listMovedAside(file: string): string[] {
  return numbersOf(`${file}.broken`)
    .toSorted((left, right) => left - right)
    .map((number) => `${file}.broken-${number}`)
}

/** Deletes a database with its `-wal` and `-shm`; does nothing where there is none. */
export function deleteDatabase(file: string): void {
  for (const suffix of ['-wal', '-shm', '']) rmSync(file + suffix, { force: true })
}

function moveFile(from: string, to: string): void {
  if (existsSync(from)) renameSync(from, to)
}

function firstFree(name: string): string {
  let number = 1
  while (['', '-wal'].some((suffix) => existsSync(`${name}-${number}${suffix}`))) number += 1
  return `${name}-${number}`
}

/** The numbers N of all files `NAME-N`. */
function numbersOf(name: string): number[] {
  const start = `${basename(name)}-`
  return readdirSync(dirname(name))
    .filter((file) => file.startsWith(start) && /^\d+$/.test(file.slice(start.length)))
    .map((file) => Number(file.slice(start.length)))
}
