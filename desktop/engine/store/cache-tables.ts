import { hasColumn, TooNewError, versionOf, type Sqlite } from './sqlite.ts'

/**
 * The tables of release 0.1, which are made in every file and never changed: it opens no file of another version, so that
 * `user_version` stays 1 whatever is added. Put back for a while, it finds them as it left them, and the hub sends it the rest.
 * [KSK-22]
 */
const FIRST_RELEASE = `
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
`

/** Programs between release 0.1 and this one wrote 2: they added a column to `meta`, which release 0.1 passes over. */
const SECOND_VERSION = 2

/** How far the rows are, beside the tables of release 0.1; made where it is missing, with what that release held. */
const POSITION = `
  -- How far the rows are, whose they are, and what else the hub told. One row. What the hub told is JSON text.
  create table position (
    one integer primary key check (one = 1),
    -- The university whose rows they are; null: not known.
    university_id integer,
    epoch text,
    cursor integer not null default 0,
    -- The protocol under which the newest rows came; 0: none came.
    protocol integer not null default 0,
    -- What the rows cover: the space whose line they are of, and the capabilities by which they came.
    holds text,
    -- What the hub's newest welcome named.
    capabilities text,
    sealed text,
    assignment text,
    contact text
  ) strict;

  -- What release 0.1 held is shown until all rows came anew: without a position the hub sends a snapshot.
  insert into position (one, sealed, assignment, contact) select one, sealed, assignment, contact from meta;
  ${tableOfRows('spaces')}
  insert into rows_spaces (id, clock, is_gone, hot, body)
    select id, clock, is_gone, json_object('level', level, 'reportedAtMs', reported_at_ms), json_remove(facts, '$.hours')
    from spaces;
  ${tableOfRows('hours')}
  insert into rows_hours (id, clock, body)
    select id, clock, json_extract(facts, '$.hours') from spaces
    where is_gone = 0 and (json_type(facts, '$.hours.weekly') <> 'null'
      or json_array_length(facts, '$.hours.closures') > 0);
`

/**
 * SQL that makes the table of a collection where it is missing. Each has one of its own: found by a number alone, a row is written
 * faster. What changes often is apart, so that a level is written without making its row's body into text again. A body that this
 * program could not read is null: the row counts, and is not shown.
 */
export function tableOfRows(collection: string): string {
  return `create table if not exists rows_${collection} (
    id integer primary key,
    clock integer not null,
    is_gone integer not null default 0,
    hot text,
    body text
  ) strict;`
}

/** Makes what is missing of the tables of a cache. Throws TooNewError, and what SQLite throws. [KSK-22] */
export function makeCacheTables(sqlite: Sqlite): void {
  const version = versionOf(sqlite)
  if (version > SECOND_VERSION) throw new TooNewError(`version ${version} is newer than ${SECOND_VERSION}`)
  sqlite.transaction(() => {
    if (version === 0) sqlite.exec(FIRST_RELEASE)
    if (!hasColumn(sqlite, 'position', 'one')) sqlite.exec(POSITION)
    if (version !== 1) sqlite.pragma('user_version = 1')
  })()
}

/** Deletes the rows of all collections, also of such as an earlier program held. */
export function dropRows(sqlite: Sqlite): void {
  const tables = sqlite
    .prepare<[], string>("select name from sqlite_schema where type = 'table' and name glob 'rows_*'")
    .pluck()
    .all()
  for (const table of tables) sqlite.exec(`delete from ${table}`)
}

/** Deletes every row, and what else came from the hub, of release 0.1's tables too: they are another university's. [SYN-21] */
export function dropHubRows(sqlite: Sqlite): void {
  dropRows(sqlite)
  sqlite.exec(`
    update position set university_id = null, epoch = null, cursor = 0, protocol = 0, holds = null, capabilities = null,
      sealed = null;
    delete from spaces;
    update meta set epoch = null, cursor = 0, sealed = null, assignment = null;
  `)
}
