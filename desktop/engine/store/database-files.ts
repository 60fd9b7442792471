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
import type { Sqlite } from './sqlite.ts'

/** Copies of an outbox from before an update that stay: of the version before, and of the one before that. */
const COPIES_KEPT = 2

/** Copies a database as it is now beside itself, under the first free number; for its owner alone. Returns the copy's name. */
export function keepCopy(sqlite: Sqlite): string {
  const copy = firstFree(`${sqlite.name}.kept`)
  copyInto(sqlite, copy)
  return copy
}

/**
 * Copies a database as it is before its shape is changed: the copy is whole and on the disk when this returns, in place of
 * an older one of the same version. Throws what SQLite throws, and then leaves no half a copy. Older copies go. [KSK-2]
 */
export function keepVersion(sqlite: Sqlite, version: number): void {
  const copy = `${sqlite.name}.version-${version}`
  const unfinished = `${copy}.unfinished`
  rmSync(unfinished, { force: true })
  try {
    copyInto(sqlite, unfinished)
  } catch (error) {
    rmSync(unfinished, { force: true })
    throw error
  }
  renameSync(unfinished, copy)
  const older = numbersOf(`${sqlite.name}.version`).toSorted((left, right) => right - left)
  for (const number of older.slice(COPIES_KEPT)) rmSync(`${sqlite.name}.version-${number}`)
}

function copyInto(sqlite: Sqlite, copy: string): void {
  closeSync(openSync(copy, 'a', 0o600))
  sqlite.prepare<[string]>('vacuum into ?').run(copy)
  // SQLite does not wait for the disk here: a copy that a power cut empties would be none.
  const opened = openSync(copy, 'r+')
  try {
    fsyncSync(opened)
  } finally {
    closeSync(opened)
  }
}

/**
 * Moves a database and what belongs to it out of the way, under the first free number; never deletes. Returns the new name.
 * The main file goes first: SQLite deletes a log that it finds beside no file, `rejoin` brings such a one after it. [SYN-25]
 */
export function moveAside(file: string): string {
  const aside = firstFree(`${file}.broken`)
  for (const suffix of ['', '-wal', '-shm']) moveFile(file + suffix, aside + suffix)
  return aside
}

/** After a power cut in the middle of `moveAside`: the log of a file that is gone follows it. */
export function rejoin(file: string): void {
  if (existsSync(file) || !existsSync(`${file}-wal`)) return
  const newest = Math.max(0, ...numbersOf(`${file}.broken`))
  const aside = `${file}.broken-${newest}`
  const isItsOwn = newest > 0 && !existsSync(`${aside}-wal`)
  moveFile(`${file}-wal`, isItsOwn ? `${aside}-wal` : `${firstFree(`${file}.broken`)}-wal`)
}

/**
 * Whether a database was emptied while its log holds something, as a power cut may leave it: SQLite would delete that log as
 * one that belongs to nothing. [KSK-14]
 */
export function isEmptied(file: string): boolean {
  return sizeOf(file) === 0 && sizeOf(`${file}-wal`) > 0
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? -1
}

/** Names of the files that were moved aside, oldest first. */
export function listAside(file: string): string[] {
  return numbersOf(`${file}.broken`)
    .toSorted((left, right) => left - right)
    .map((number) => `${file}.broken-${number}`)
}

/** Deletes a database and what belongs to it. */
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
