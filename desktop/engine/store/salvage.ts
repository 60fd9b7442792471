import { existsSync, renameSync, statSync } from 'node:fs'
import Database from 'better-sqlite3'
import { hashMutation, makeKioskKey } from '../core/identity.ts'
import { makeOutbox } from './outbox.ts'
import { deleteDatabase } from './database-files.ts'
import { openSqlite, storeErrorOf, type Sqlite } from './sqlite.ts'

/** What was saved of a corrupt outbox. */
export interface Salvaged {
  /** The identity could be read: the device is still the kiosk that it was. */
  hasIdentity: boolean
  tapCount: number
  waitingCount: number
}

type Row = Record<string, unknown>

/** The file in which the saved rows are gathered until the corrupt one was moved aside. */
function salvageFileOf(file: string): string {
  return `${file}.salvaged`
}

/**
 * Gathers what can still be read of a corrupt `outbox.db` in a new file beside it, which `installSalvaged` puts in its place:
 * the identity, and every mutation whose hash is right. Without the identity no mutation can be sent: then all stay in the
 * corrupt file, for export. The ticket is left out, so that the hub gives the device a new identity under which each mutation
 * names its origin and counts once, whatever is missing between them. Throws for a disk that fails. [SYN-12] [KSK-4]
 */
export function salvageOutbox(file: string, migrations: readonly string[]): Salvaged {
  const saved = readDamaged(file)
  const waitingCount = saved.mutations.filter((row) => row['acked_head'] === null).length
  const target = salvageFileOf(file)
  deleteDatabase(target)
  if (saved.identity === null) return { hasIdentity: false, tapCount: saved.mutations.length, waitingCount }
  const sqlite = openSqlite(target, 'precious')
  try {
    makeOutbox(sqlite, migrations)
    writeSaved(sqlite, saved.identity, saved.mutations)
    sqlite.pragma('wal_checkpoint(TRUNCATE)')
  } finally {
    sqlite.close()
  }
  return { hasIdentity: true, tapCount: saved.mutations.length, waitingCount }
}

/** Puts what was gathered in the place of a file that was moved aside. True where there was something. */
export function installSalvaged(file: string): boolean {
  if (existsSync(file) || !existsSync(salvageFileOf(file))) return false
  renameSync(salvageFileOf(file), file)
  return true
}

/** Deletes what was gathered: the file itself is whole. */
export function deleteSalvaged(file: string): void {
  deleteDatabase(salvageFileOf(file))
}

/** Reads what can be read of an outbox, corrupt or not. Throws for a disk that fails, never for what is corrupt in the file. */
export function readDamaged(file: string): { identity: Row | null; mutations: Row[] } {
  const sqlite = openToRead(file)
  if (sqlite === null) return { identity: null, mutations: [] }
  try {
    return {
      identity: attempt(() => readIdentityRow(sqlite)),
      mutations: readMutationRows(sqlite).filter(isWhole),
    }
  } finally {
    sqlite.close()
  }
}

function openToRead(file: string): Sqlite | null {
  return attempt(() => new Database(file, { readonly: true, fileMustExist: true, timeout: 2_000 }))
}

/** The identity, where its key is one. */
function readIdentityRow(sqlite: Sqlite): Row | null {
  const row = sqlite.prepare<[], Row>('select * from identity').get()
  if (row === undefined || typeof row['kiosk_id'] !== 'number' || typeof row['private_key'] !== 'string')
    return null
  makeKioskKey(row['private_key'])
  return row
}

/** The fewest bytes of a row: ids that are further apart than the file has room for are no gap, but come from a corrupt page. */
const MIN_ROW_BYTES = 64

/** From both ends, and id by id where a page between them is corrupt. */
function readMutationRows(sqlite: Sqlite): Row[] {
  const rows = new Map<number, Row>()
  for (const order of ['asc', 'desc'])
    attempt(() => {
      for (const row of sqlite
        .prepare<[], Row>(`select * from mutations not indexed order by id ${order}`)
        .iterate()) {
        if (rows.has(Number(row['id']))) return
        rows.set(Number(row['id']), row)
      }
    })
  const one = attempt(() => sqlite.prepare<[number], Row>('select * from mutations not indexed where id = ?'))
  if (one === null) return [...rows.values()]
  for (const id of missingBetween([...rows.keys()], statSync(sqlite.name).size / MIN_ROW_BYTES)) {
    const row = attempt(() => one.get(id)) ?? null
    if (row !== null) rows.set(id, row)
  }
  return [...rows.values()].toSorted((left, right) => Number(left['id']) - Number(right['id']))
}

/** Ids that are missing between those that are known, in gaps of at most so many. */
function missingBetween(known: readonly number[], atMost: number): number[] {
  const ids = known.toSorted((left, right) => left - right)
  return ids.flatMap((id, index) => {
    const count = (ids[index + 1] ?? id + 1) - id - 1
    return count <= atMost ? Array.from({ length: count }, (_, step) => id + 1 + step) : []
  })
}

/** Whether a mutation is as it was made: its hash covers its kind and its body. [SYN-3] */
function isWhole({ id, kind, body, hash }: Row): boolean {
  if (!Number.isSafeInteger(id) || Number(id) < 1) return false
  if (typeof kind !== 'string' || typeof body !== 'string') return false
  return attempt(() => hashMutation(kind, JSON.parse(body) as unknown)) === hash
}

function writeSaved(sqlite: Sqlite, identity: Row, mutations: readonly Row[]): void {
  sqlite.transaction(() => {
    const known = columnsOf(sqlite, 'identity').filter((column) => column !== 'one' && column in identity)
    sqlite
      .prepare<[Row]>(`update identity set ${known.map((column) => `${column} = @${column}`).join(', ')}`)
      .run({ ...identity, ticket: null })
    const [first] = mutations
    if (first === undefined) return
    // A column that is newer than the corrupt file has its own default.
    const names = columnsOf(sqlite, 'mutations').filter((column) => column in first)
    const insert = sqlite.prepare<[Row]>(
      `insert into mutations (${names.join(', ')}) values (${names.map((name) => `@${name}`).join(', ')})`,
    )
    for (const row of mutations) insertWhole(insert, row)
  })()
}

/** A row with a value that no column takes comes from a corrupt page, and is left out. */
function insertWhole(insert: Database.Statement<[Row]>, row: Row): void {
  try {
    insert.run(row)
  } catch (error) {
    const isCorruptRow =
      error instanceof Database.SqliteError && /^SQLITE_(CONSTRAINT|MISMATCH)/.test(error.code)
    if (!isCorruptRow) throw error
  }
}

function columnsOf(sqlite: Sqlite, table: string): string[] {
  return sqlite
    .prepare<[string], { name: string }>('select name from pragma_table_info(?)')
    .all(table)
    .map(({ name }) => name)
}

/** What `read` gives; null where the file is corrupt. Throws for a disk that fails. */
function attempt<Value>(read: () => Value): Value | null {
  try {
    return read()
  } catch (error) {
    const kind = storeErrorOf(error)
    // What a disk does not read now, it may read at the next start.
    if (kind !== null && kind !== 'corrupt') throw error
    return null
  }
}
