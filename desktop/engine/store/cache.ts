import type { Assignment } from '#shared/domain/kiosk.ts'
import type { Level } from '#shared/domain/occupancy.ts'
import type { SpaceFacts } from '#shared/domain/space.ts'
import type { SignedHead } from '#shared/wire/messages.ts'
import type { HubTimeBounds } from '../clock/hub-time-bounds.ts'
import { checkIntegrity, migrate, type Sqlite } from './sqlite.ts'

/** Numbered migrations of `cache.db`; never edited once released. */
const CACHE_MIGRATIONS: readonly string[] = [
  `
  -- How far the rows are, and what else the hub told. One row. What the hub told is JSON text.
  create table meta (
    one integer primary key check (one = 1),
    epoch text,
    cursor integer not null default 0,
    sealed text,
    assignment text,
    contact text
  ) strict;
  insert into meta (one) values (1);

  -- The hub's rows. One that is gone stays, marked, so that a tap on it can be told why.
  create table spaces (
    id integer primary key,
    clock integer not null,
    level integer,
    reported_at_ms real,
    is_gone integer not null default 0,
    facts text not null
  ) strict;
  `,
  `
  -- The protocol under which the rows came; those of before came under one without texts in other languages.
  alter table meta add column protocol integer not null default 1;
  `,
]

/** One row of the hub's: a space with its clock, level and facts. `reportedAtMs` is hub time. */
export interface CachedSpace {
  id: number
  clock: number
  level: Level | null
  reportedAtMs: number | null
  isGone: boolean
  facts: SpaceFacts
}

/** When the hub last sent something, and what its time was then. */
export interface HubContact {
  /** Hub time of the last message, or a little before it, ms since 1970. */
  contactMs: number
  /** Bounds of hub time in one boot, and since when they hold (elapsed ms). Releases before stored others, which are left out. */
  bounds?: HubTimeBounds & { sinceMs: number; boot: string }
}

/** What the cache holds beside the rows. */
export interface CacheMeta {
  epoch: string | null
  cursor: number
  /** The protocol under which the newest rows came. [TXT-5] */
  protocol: number
  sealed: SignedHead | null
  assignment: { assignment: Assignment; movedAtMs: number | null } | null
  contact: HubContact | null
}

/** `cache.db`: disposable, the hub sends it again. Methods throw what SQLite throws; the engine reads the mirror in memory. [SYN-25] */
export interface Cache {
  readMeta(): CacheMeta
  readSpaces(): CachedSpace[]
  begin(): void
  commit(): void
  /** Rolls back what was written since `begin`; does nothing outside a transaction. */
  rollback(): void
  dropSpaces(): void
  /** Drops rows, cursor and signed head in one transaction: they are another university's. */
  dropHubRows(): void
  /** Writes a whole row. */
  insertSpace(space: CachedSpace): void
  /** Writes what a report changes in a row that exists. */
  insertLevel(space: CachedSpace): void
  insertCursor(epoch: string | null, cursor: number, protocol: number): void
  insertHeadSignature(sealed: SignedHead | null): void
  insertAssignment(assignment: CacheMeta['assignment']): void
  insertContact(contact: HubContact): void
  readonly sqlite: Sqlite
}

interface MetaRow {
  epoch: string | null
  cursor: number
  protocol: number
  sealed: string | null
  assignment: string | null
  contact: string | null
}

type SpaceColumns = Omit<CachedSpace, 'facts' | 'isGone'> & { facts: string; isGone: number }

/** Makes the cache over an open database: checks and migrates it. Throws what SQLite throws. */
export function makeCache(sqlite: Sqlite): Cache {
  checkIntegrity(sqlite, 'quick')
  migrate(sqlite, CACHE_MIGRATIONS)
  const meta = sqlite.prepare<[], MetaRow>(
    'select epoch, cursor, protocol, sealed, assignment, contact from meta',
  )
  const spaces = sqlite.prepare<[], SpaceColumns>(
    'select id, clock, level, reported_at_ms as reportedAtMs, is_gone as isGone, facts from spaces',
  )
  const upsert = sqlite.prepare<[number, number, Level | null, number | null, number, string]>(
    `insert into spaces (id, clock, level, reported_at_ms, is_gone, facts) values (?, ?, ?, ?, ?, ?)
     on conflict (id) do update set clock = excluded.clock, level = excluded.level,
       reported_at_ms = excluded.reported_at_ms, is_gone = excluded.is_gone, facts = excluded.facts`,
  )
  const level = sqlite.prepare<[number, Level | null, number | null, number, number]>(
    'update spaces set clock = ?, level = ?, reported_at_ms = ?, is_gone = ? where id = ?',
  )
  const cursor = sqlite.prepare<[string | null, number, number]>(
    'update meta set epoch = ?, cursor = ?, protocol = ?',
  )
  const sealed = sqlite.prepare<[string | null]>('update meta set sealed = ?')
  const assignment = sqlite.prepare<[string | null]>('update meta set assignment = ?')
  const contact = sqlite.prepare<[string]>('update meta set contact = ?')
  const begin = sqlite.prepare('begin immediate')
  const commit = sqlite.prepare('commit')

  return {
    sqlite,
    readMeta: () => parseMeta(meta.get()),
    readSpaces: () => spaces.all().map(parseSpace),
    begin: () => void begin.run(),
    commit: () => void commit.run(),
    rollback: () => {
      if (sqlite.inTransaction) sqlite.exec('rollback')
    },
    dropSpaces: () => void sqlite.exec('delete from spaces'),
    dropHubRows: sqlite.transaction(() => {
      sqlite.exec('delete from spaces')
      sqlite.exec('update meta set epoch = null, cursor = 0, sealed = null')
    }),
    insertSpace: (space) =>
      void upsert.run(
        space.id,
        space.clock,
        space.level,
        space.reportedAtMs,
        Number(space.isGone),
        JSON.stringify(space.facts),
      ),
    insertLevel: (space) =>
      void level.run(space.clock, space.level, space.reportedAtMs, Number(space.isGone), space.id),
    insertCursor: (epoch, to, protocol) => void cursor.run(epoch, to, protocol),
    insertHeadSignature: (value) => void sealed.run(value === null ? null : JSON.stringify(value)),
    insertAssignment: (value) => void assignment.run(value === null ? null : JSON.stringify(value)),
    insertContact: (value) => void contact.run(JSON.stringify(value)),
  }
}

/** The JSON is this program's own, written from checked messages; broken JSON throws, and the file is moved aside. */
function parseMeta(row: MetaRow | undefined): CacheMeta {
  if (row === undefined) throw new Error('cache.db without a meta row')
  return {
    epoch: row.epoch,
    cursor: row.cursor,
    protocol: row.protocol,
    sealed: parseOwn(row.sealed) as SignedHead | null,
    assignment: parseOwn(row.assignment) as CacheMeta['assignment'],
    contact: parseOwn(row.contact) as HubContact | null,
  }
}

function parseOwn(text: string | null): unknown {
  return text === null ? null : JSON.parse(text)
}

function parseSpace(row: SpaceColumns): CachedSpace {
  return { ...row, isGone: row.isGone !== 0, facts: JSON.parse(row.facts) as SpaceFacts }
}
