import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { readHubVersion } from '../hub-version.ts'
import { DatabaseUnusableError, isLockedOut, query, type Database, type Transaction } from './database.ts'
import {
  forgetFunctions,
  makeFunctionTable,
  readFunctions,
  recreateFunctions,
  type FunctionFiles,
} from './sql-functions.ts'

const FOLDER = fileURLToPath(new URL('./migrations/', import.meta.url))
/** Any fixed number: all hubs on one database wait for each other here. */
const LOCK = 7_227_735
const FILE_NAME = /^\d{4}_[a-z0-9_]+\.sql$/

/** First line of a migration: its kind, and a sentence that says what it does. */
const FIRST_LINE = /^-- (expand|contract): \S.*\.$/
/** The last migration of release 0.1, whose migrations say no kind. */
const LAST_WITHOUT_KIND = '0010'

/** Second line of a migration that is not one transaction but several steps, and what stands between two of them. */
const SECOND_LINE_OF_STEPS = /^-- in steps: \S.*\.$/
const STEP = /^-- step$/m
/** What PostgreSQL makes and drops without holding up writers, outside of any transaction. */
const CONCURRENTLY = /\b(?:create|drop) index concurrently\b/
/** How long a step may wait for a lock while others queue up behind it, and how long it is tried again, ms. */
const LOCK_MS = 2000
const TRY_MS = 600_000
const PAUSE_MS = 200

/**
 * What a migration means for hubs of the release before. `expand` adds what they need not know: they go on beside it, and start
 * anew on it. `contract` takes away or changes what they use.
 */
export type MigrationKind = 'expand' | 'contract'

interface Migration {
  name: string
  kind: MigrationKind
  sql: string
  hash: string
}

/** The numbered migrations, in order. Throws DatabaseUnusableError for one without a kind. */
export function readMigrations(folder: string = FOLDER): Migration[] {
  return readdirSync(folder)
    .filter((name) => FILE_NAME.test(name))
    .toSorted()
    .map((name) => {
      const sql = readFileSync(`${folder}/${name}`, 'utf8')
      return { name, kind: kindOf(name, sql), sql, hash: createHash('sha256').update(sql).digest('hex') }
    })
}

function kindOf(name: string, sql: string): MigrationKind {
  const kind = FIRST_LINE.exec(sql.split('\n', 1)[0] ?? '')?.[1]
  if (kind === 'expand' || kind === 'contract') return kind
  if (name.slice(0, 4) <= LAST_WITHOUT_KIND) return 'contract'
  throw new DatabaseUnusableError(
    `The first line of the migration ${name} must be "-- expand: SENTENCE." or "-- contract: SENTENCE."`,
  )
}

/** All that makes a schema. */
export interface SchemaFiles extends FunctionFiles {
  migrations: readonly Migration[]
}

/** The schema of this hub. */
export function readSchemaFiles(): SchemaFiles {
  return { migrations: readMigrations(), functions: readFunctions(), version: readHubVersion() }
}

/** Names of what was done. */
export interface Migrated {
  /** Migrations that ran. */
  migrations: string[]
  /** Functions that were made again. */
  functions: string[]
}

/**
 * Brings the database to the newest migration, and its functions to their newest text. Two hubs may start at once: the second
 * waits and finds nothing to do. Each migration is one transaction, or says in its second line that it is several steps; all
 * functions together are one. A landed migration that changed since is refused with DatabaseUnusableError, as is one that this
 * hub does not know, unless it only expands. [REL-6]
 */
export async function migrate(pool: Database, files: SchemaFiles = readSchemaFiles()): Promise<Migrated> {
  const client = await pool.connect()
  let broken = true
  try {
    await waitForLock(client)
    const migrations = await runMissing(client, files.migrations)
    const functions = await recreateFunctions(client, files)
    await client.query('select pg_advisory_unlock($1)', [LOCK])
    broken = false
    return { migrations, functions }
  } finally {
    // A connection thrown away gives its advisory lock back.
    client.release(broken)
  }
}

/** Asks again and again: a statement that waits would have an index that another hub makes concurrently wait for it. */
async function waitForLock(client: Transaction): Promise<void> {
  for (;;) {
    const [row] = await query<{ isOurs: boolean }>(client, 'select pg_try_advisory_lock($1) as "isOurs"', [
      LOCK,
    ])
    if (row?.isOurs === true) return
    await setTimeout(PAUSE_MS)
  }
}

async function runMissing(client: Transaction, migrations: readonly Migration[]): Promise<string[]> {
  await makeMigrationTable(client)
  await makeFunctionTable(client)
  const landed = await loadLanded(client)
  checkLanded(landed, migrations)
  const missing = migrations.filter((migration) => !landed.has(migration.name))
  for (const migration of missing) await runOne(client, migration)
  return missing.map((migration) => migration.name)
}

async function makeMigrationTable(client: Transaction): Promise<void> {
  await client.query(
    `create table if not exists schema_migrations (
       name text primary key, hash text not null, applied_at timestamptz not null default clock_timestamp())`,
  )
  // "add column if not exists" would wait for whoever reads the table, a backup for example, and hold up all others.
  const found = await query(
    client,
    `select 1 from pg_attribute where attrelid = 'schema_migrations'::regclass and attname = 'kind' and not attisdropped`,
  )
  if (found.length === 0)
    await client.query(
      "alter table schema_migrations add column kind text check (kind in ('expand', 'contract'))",
    )
}

/** A migration that is in the database; of release 0.1 without a kind, which is `contract`. */
interface LandedMigration {
  name: string
  hash: string
  kind: MigrationKind | null
}

async function loadLanded(client: Transaction): Promise<Map<string, LandedMigration>> {
  const rows = await query<LandedMigration>(client, 'select name, hash, kind from schema_migrations')
  return new Map(rows.map((row) => [row.name, row]))
}

function checkLanded(landed: ReadonlyMap<string, LandedMigration>, migrations: readonly Migration[]): void {
  const known = new Map(migrations.map((migration) => [migration.name, migration.hash]))
  for (const { name, hash, kind } of landed.values()) {
    if (!known.has(name) && kind === 'expand') continue
    if (!known.has(name))
      throw new DatabaseUnusableError(
        `The database was changed by a newer Carrel so that this one cannot use it (by the migration ${name}). Start that version, or restore a backup.`,
      )
    if (known.get(name) !== hash)
      throw new DatabaseUnusableError(
        `The migration ${name} was changed after it had landed in this database; a landed migration is never edited: add a new one.`,
      )
  }
}

async function runOne(client: Transaction, migration: Migration): Promise<void> {
  const steps = stepsOf(migration)
  for (const step of steps) await runStep(client, migration.name, step)
  await client.query('begin')
  try {
    if (steps.length === 0) await client.query(migration.sql)
    await client.query('insert into schema_migrations (name, hash, kind) values ($1, $2, $3)', [
      migration.name,
      migration.hash,
      migration.kind,
    ])
    await forgetFunctions(client)
    await client.query('commit')
  } catch (cause) {
    await client.query('rollback')
    throw new DatabaseUnusableError(
      `The migration ${migration.name} failed and changed nothing: ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    )
  }
}

/** Steps of a migration that is not one transaction; else none. */
function stepsOf({ sql }: Migration): string[] {
  return SECOND_LINE_OF_STEPS.test(sql.split('\n', 2)[1] ?? '') ? sql.split(STEP) : []
}

/**
 * A step waits for a lock only briefly, since all others queue up behind it, and is tried again. When it fails, those before it
 * stay: they may run again.
 */
async function runStep(client: Transaction, name: string, step: string): Promise<void> {
  const endMs = performance.now() + TRY_MS
  for (;;) {
    try {
      if (CONCURRENTLY.test(step)) await client.query(step)
      else {
        await client.query('begin')
        await client.query(`set local lock_timeout = ${LOCK_MS}`)
        await client.query(step)
        await client.query('commit')
      }
      return
    } catch (cause) {
      await client.query('rollback')
      if (isLockedOut(cause) && performance.now() < endMs) {
        await setTimeout(PAUSE_MS)
        continue
      }
      throw new DatabaseUnusableError(
        `The migration ${name} failed at one of its steps, and goes on there at the next start: ${cause instanceof Error ? cause.message : String(cause)}`,
        { cause },
      )
    }
  }
}

/** Names of migrations that the database still lacks. Empty: it is ready. */
export async function loadMissingMigrations(pool: Database): Promise<string[]> {
  const landed = await query<{ name: string }>(pool, 'select name from schema_migrations')
  const names = new Set(landed.map((row) => row.name))
  return readMigrations()
    .map((migration) => migration.name)
    .filter((name) => !names.has(name))
}
