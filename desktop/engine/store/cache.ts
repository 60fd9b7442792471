import type { Statement } from 'better-sqlite3'
import type { Assignment } from '#shared/domain/kiosk.ts'
import type { Capabilities, Holds, SignedHead } from '#shared/wire/messages.ts'
import type { HubTimeBounds } from '../clock/hub-time-bounds.ts'
import type { Collection, ConfirmedRow } from '../collections/collection.ts'
import { dropHubRows, dropRows, makeCacheTables, tableOfRows } from './cache-tables.ts'
import { checkIntegrity, type Sqlite } from './sqlite.ts'

/** A row as the cache keeps it; `body` null: it came in a form that this program could not read. */
export type CachedRow = ConfirmedRow

/** When the hub last sent something, and what its time was then. */
export interface HubContact {
  /** Hub time of the last message, or a little before it, ms since 1970. */
  contactMs: number
  /** Bounds of hub time in one boot, and since when they hold (elapsed ms). Releases before stored others, which are left out. */
  bounds?: HubTimeBounds & { sinceMs: number; boot: string }
}

/** How far rows are, and whose they are. */
export interface CachedPosition {
  /** Null: not known, as in what release 0.1 left. */
  universityId: number | null
  epoch: string | null
  cursor: number
  /** The protocol under which the newest rows came; 0: none came. [TXT-5] */
  protocol: number
  /** What the rows cover; null: not known. [SYN-35] */
  holds: Holds | null
}

/** What the cache holds beside the rows. */
export interface CacheMeta extends CachedPosition {
  /** What the hub's newest welcome named; null: none came. [SYN-34] */
  capabilities: Capabilities | null
  sealed: SignedHead | null
  assignment: { assignment: Assignment; movedAtMs: number | null } | null
  contact: HubContact | null
}

/** `cache.db`: disposable, the hub sends it again. Methods throw what SQLite throws; the engine reads the mirror in memory. [SYN-25] */
export interface Cache {
  readMeta(): CacheMeta
  /** Those of one collection, also such as are gone or could not be read. */
  readRows(collection: Collection): CachedRow[]
  begin(): void
  commit(): void
  /** Rolls back what was written since `begin`; does nothing outside a transaction. */
  rollback(): void
  /** Deletes the rows of all collections. */
  dropRows(): void
  /** Deletes rows, position and signed head in one transaction: they are another university's. */
  dropHubRows(): void
  /** Writes a whole row. */
  insertRow(collection: Collection, row: CachedRow): void
  /** Writes the hot part of a row that exists, its clock, and whether it is gone. */
  insertHot(collection: Collection, row: CachedRow): void
  deleteRow(collection: Collection, id: number): void
  insertPosition(position: CachedPosition): void
  insertCapabilities(capabilities: Capabilities): void
  insertHeadSignature(sealed: SignedHead | null): void
  insertAssignment(assignment: CacheMeta['assignment']): void
  insertContact(contact: HubContact): void
  readonly sqlite: Sqlite
}

interface MetaRow extends Omit<CachedPosition, 'holds'> {
  holds: string | null
  capabilities: string | null
  sealed: string | null
  assignment: string | null
  contact: string | null
}

interface RowColumns {
  id: number
  clock: number
  isGone: number
  hot: string | null
  body: string | null
}

/** Makes the cache over an open database: checks it and makes what is missing of its tables. Throws what SQLite throws. */
export function makeCache(sqlite: Sqlite): Cache {
  checkIntegrity(sqlite, 'quick')
  makeCacheTables(sqlite)
  const meta = sqlite.prepare<[], MetaRow>(
    `select university_id as universityId, epoch, cursor, protocol, holds, capabilities, sealed, assignment, contact
     from position`,
  )
  const tables = new Map<string, RowStatements>()
  const tableOf = (collection: Collection): RowStatements => {
    const known = tables.get(collection.name)
    if (known !== undefined) return known
    const made = prepareRows(sqlite, collection.name)
    tables.set(collection.name, made)
    return made
  }
  const position = sqlite.prepare<[number | null, string | null, number, number, string | null]>(
    'update position set university_id = ?, epoch = ?, cursor = ?, protocol = ?, holds = ?',
  )
  const capabilities = sqlite.prepare<[string]>('update position set capabilities = ?')
  const sealed = sqlite.prepare<[string | null]>('update position set sealed = ?')
  const assignment = sqlite.prepare<[string | null]>('update position set assignment = ?')
  const contact = sqlite.prepare<[string]>('update position set contact = ?')
  const begin = sqlite.prepare('begin immediate')
  const commit = sqlite.prepare('commit')

  return {
    sqlite,
    readMeta: () => parseMeta(meta.get()),
    readRows: (collection) =>
      tableOf(collection)
        .all.all()
        .map((row) => parseRow(collection, row)),
    begin: () => void begin.run(),
    commit: () => void commit.run(),
    rollback: () => {
      if (!sqlite.inTransaction) return
      sqlite.exec('rollback')
      // A table that was made since `begin` is gone again.
      tables.clear()
    },
    dropRows: () => dropRows(sqlite),
    dropHubRows: sqlite.transaction(() => dropHubRows(sqlite)),
    insertRow: (collection, { id, clock, isGone, hot, body }) =>
      void tableOf(collection).upsert.run(id, clock, Number(isGone), hotText(collection, hot), textOf(body)),
    insertHot: (collection, { id, clock, isGone, hot }) =>
      void tableOf(collection).hot.run(clock, Number(isGone), hotText(collection, hot), id),
    deleteRow: (collection, id) => void tableOf(collection).remove.run(id),
    insertPosition: ({ universityId, epoch, cursor, protocol, holds }) =>
      void position.run(universityId, epoch, cursor, protocol, textOf(holds)),
    insertCapabilities: (value) => void capabilities.run(JSON.stringify(value)),
    insertHeadSignature: (value) => void sealed.run(textOf(value)),
    insertAssignment: (value) => void assignment.run(textOf(value)),
    insertContact: (value) => void contact.run(JSON.stringify(value)),
  }
}

interface RowStatements {
  all: Statement<[], RowColumns>
  upsert: Statement<[number, number, number, string | null, string | null]>
  hot: Statement<[number, number, string | null, number]>
  remove: Statement<[number]>
}

/** The statements of one collection; its table is made where it is missing. */
function prepareRows(sqlite: Sqlite, collection: string): RowStatements {
  sqlite.exec(tableOfRows(collection))
  const table = `rows_${collection}`
  return {
    all: sqlite.prepare(`select id, clock, is_gone as isGone, hot, body from ${table}`),
    upsert: sqlite.prepare(
      `insert into ${table} (id, clock, is_gone, hot, body) values (?, ?, ?, ?, ?)
       on conflict (id) do update set clock = excluded.clock, is_gone = excluded.is_gone, hot = excluded.hot,
         body = excluded.body`,
    ),
    hot: sqlite.prepare(`update ${table} set clock = ?, is_gone = ?, hot = ? where id = ?`),
    remove: sqlite.prepare(`delete from ${table} where id = ?`),
  }
}

/** The JSON is this program's own, written from checked messages; broken JSON throws, and the file is moved aside. */
function parseMeta(row: MetaRow | undefined): CacheMeta {
  if (row === undefined) throw new Error('cache.db without a position')
  return {
    ...row,
    holds: parseOwn(row.holds) as Holds | null,
    capabilities: parseOwn(row.capabilities) as Capabilities | null,
    sealed: parseOwn(row.sealed) as SignedHead | null,
    assignment: parseOwn(row.assignment) as CacheMeta['assignment'],
    contact: parseOwn(row.contact) as HubContact | null,
  }
}

function parseRow({ noHot }: Collection, { id, clock, isGone, hot, body }: RowColumns): CachedRow {
  return { id, clock, isGone: isGone !== 0, hot: parseOwn(hot) ?? noHot, body: parseOwn(body) }
}

function hotText({ noHot }: Collection, hot: unknown): string | null {
  return hot === noHot ? null : JSON.stringify(hot)
}

function textOf(value: unknown): string | null {
  return value === null || value === undefined ? null : JSON.stringify(value)
}

function parseOwn(text: string | null): unknown {
  return text === null ? null : JSON.parse(text)
}
