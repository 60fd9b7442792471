import { BACKUP_RULES, backupCondition } from './backup-rules.ts'
import { query, type Queryable } from '../platform/postgres/database.ts'

/** Tables that no backup holds anything of; those that nobody classified are held, so that nothing is lost by an oversight. */
const LEFT_OUT = Object.entries(BACKUP_RULES)
  .filter(([, rule]) => rule.holds === 'nothing')
  .map(([name]) => name)

/** An identity's sequence, and what it last gave. */
export interface SequenceState {
  table: string
  column: string
  lastValue: number
  isCalled: boolean
}

/** Names of the tables that a backup holds, in order of name. */
export async function loadBackupTables(database: Queryable): Promise<string[]> {
  const rows = await query<{ name: string }>(
    database,
    `select c.relname as name from pg_class c
     where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and c.relname <> all($1) order by 1`,
    [LEFT_OUT],
  )
  return rows.map((row) => row.name)
}

/** Migrations that landed, with their hashes; empty for a fresh database. */
export async function loadLandedMigrations(database: Queryable): Promise<{ name: string; hash: string }[]> {
  const [found] = await query<{ exists: boolean }>(
    database,
    "select to_regclass('public.schema_migrations') is not null as exists",
  )
  if (found?.exists !== true) return []
  return query(database, 'select name, hash from schema_migrations order by name')
}

/** What the identities' sequences last gave: a restored database must not give a number twice. */
export async function loadSequences(
  database: Queryable,
  tables: readonly string[],
): Promise<SequenceState[]> {
  const columns = await query<{ table: string; column: string; sequence: string }>(
    database,
    `select a.attrelid::regclass::text as table, a.attname as column,
       pg_get_serial_sequence(quote_ident(c.relname), a.attname) as sequence
     from pg_attribute a join pg_class c on c.oid = a.attrelid
     where c.relnamespace = 'public'::regnamespace and c.relname = any($1) and a.attidentity <> '' order by 1, 2`,
    [tables],
  )
  const states: SequenceState[] = []
  for (const { table, column, sequence } of columns) {
    const [state] = await query<{ lastValue: number; isCalled: boolean }>(
      database,
      `select last_value as "lastValue", is_called as "isCalled" from ${sequence}`,
    )
    if (state !== undefined) states.push({ table, column, ...state })
  }
  return states
}

/** Sets the sequences again as `loadSequences` found them. */
export async function restoreSequences(
  transaction: Queryable,
  states: readonly SequenceState[],
): Promise<void> {
  for (const { table, column, lastValue, isCalled } of states)
    await query(transaction, 'select setval(pg_get_serial_sequence(quote_ident($1), $2), $3, $4)', [
      table,
      column,
      lastValue,
      isCalled,
    ])
}

/** Lets a transaction wait for a slow disk or file as long as it must; it holds no university's lock. */
export async function letIdle(transaction: Queryable): Promise<void> {
  await query(transaction, 'set local idle_in_transaction_session_timeout = 0')
}

const ROWS_PER_FETCH = 2000

/**
 * Calls back with the rows of one table that a backup holds, each as one JSON text, some at a time. JSON keeps every value exactly: the
 * texts are made and read by PostgreSQL, never by JavaScript. Must run inside a transaction.
 */
export async function readTable(
  transaction: Queryable,
  table: string,
  take: (lines: string[]) => Promise<void>,
): Promise<number> {
  await query(
    transaction,
    `declare backup_rows no scroll cursor for select to_jsonb(t)::text as line from ${table} t where ${backupCondition(table)}`,
  )
  let count = 0
  for (;;) {
    const rows = await query<{ line: string }>(transaction, `fetch ${ROWS_PER_FETCH} from backup_rows`)
    if (rows.length === 0) break
    count += rows.length
    await take(rows.map((row) => row.line))
  }
  await query(transaction, 'close backup_rows')
  return count
}

/** Writes rows that `readTable` gave, but for those that no backup holds today; `table` must be a name from `loadBackupTables`. */
export async function insertTableRows(
  transaction: Queryable,
  table: string,
  lines: readonly string[],
): Promise<void> {
  await query(
    transaction,
    `insert into ${table} overriding system value
     select r.* from unnest($1::jsonb[]) l (line), jsonb_populate_record(null::${table}, l.line) r
     where ${backupCondition(table)}`,
    [lines],
  )
}

/** Puts all foreign keys off to the end of the transaction, so that rows may come in any order; and back. */
export async function setForeignKeys(transaction: Queryable, isDeferred: boolean): Promise<void> {
  // A table with checks outstanding cannot be altered: on the way back they are made now.
  if (!isDeferred) await query(transaction, 'set constraints all immediate')
  const keys = await query<{ table: string; name: string }>(
    transaction,
    `select conrelid::regclass::text as table, quote_ident(conname) as name from pg_constraint
     where contype = 'f' and connamespace = 'public'::regnamespace order by 1, 2`,
  )
  const timing = isDeferred ? 'deferrable initially deferred' : 'not deferrable'
  for (const { table, name } of keys)
    await query(transaction, `alter table ${table} alter constraint ${name} ${timing}`)
}

/** Names of tables that hold rows. */
export async function loadFilledTables(database: Queryable, tables: readonly string[]): Promise<string[]> {
  const filled: string[] = []
  for (const table of tables) {
    const rows = await query(database, `select 1 from ${table} limit 1`)
    if (rows.length > 0) filled.push(table)
  }
  return filled
}
