import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { readHubVersion } from '../hub-version.ts'
import { DatabaseUnusableError, query, type Database, type Transaction } from './database.ts'
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

interface Migration {
  name: string
  sql: string
  hash: string
}

/** The numbered migrations, in order. */
export function readMigrations(folder: string = FOLDER): Migration[] {
  return readdirSync(folder)
    .filter((name) => FILE_NAME.test(name))
    .toSorted()
    .map((name) => {
      const sql = readFileSync(`${folder}/${name}`, 'utf8')
      return { name, sql, hash: createHash('sha256').update(sql).digest('hex') }
    })
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
 * waits and finds nothing to do. Each migration is one transaction, all functions together are one. A landed migration that
 * changed since, or one that this hub does not know, is refused with DatabaseUnusableError.
 */
export async function migrate(pool: Database, files: SchemaFiles = readSchemaFiles()): Promise<Migrated> {
  const client = await pool.connect()
  let broken = true
  try {
    await client.query('select pg_advisory_lock($1)', [LOCK])
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

async function runMissing(client: Transaction, migrations: readonly Migration[]): Promise<string[]> {
  await client.query(
    `create table if not exists schema_migrations (
       name text primary key, hash text not null, applied_at timestamptz not null default clock_timestamp())`,
  )
  await makeFunctionTable(client)
  const landed = await loadLanded(client)
  checkLanded(landed, migrations)
  const missing = migrations.filter((migration) => !landed.has(migration.name))
  for (const migration of missing) await runOne(client, migration)
  return missing.map((migration) => migration.name)
}

async function loadLanded(client: Transaction): Promise<Map<string, string>> {
  const rows = await query<{ name: string; hash: string }>(client, 'select name, hash from schema_migrations')
  return new Map(rows.map((row) => [row.name, row.hash]))
}

function checkLanded(landed: ReadonlyMap<string, string>, migrations: readonly Migration[]): void {
  const known = new Map(migrations.map((migration) => [migration.name, migration.hash]))
  for (const [name, hash] of landed) {
    if (!known.has(name))
      throw new DatabaseUnusableError(
        `The database was created by a newer Carrel (it has the migration ${name}). Start that version, or restore a backup.`,
      )
    if (known.get(name) !== hash)
      throw new DatabaseUnusableError(
        `The migration ${name} was changed after it had landed in this database; a landed migration is never edited: add a new one.`,
      )
  }
}

async function runOne(client: Transaction, migration: Migration): Promise<void> {
  await client.query('begin')
  try {
    await client.query(migration.sql)
    await client.query('insert into schema_migrations (name, hash) values ($1, $2)', [
      migration.name,
      migration.hash,
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

/** Names of migrations that the database still lacks. Empty: it is ready. */
export async function loadMissingMigrations(pool: Database): Promise<string[]> {
  const landed = await query<{ name: string }>(pool, 'select name from schema_migrations')
  const names = new Set(landed.map((row) => row.name))
  return readMigrations()
    .map((migration) => migration.name)
    .filter((name) => !names.has(name))
}
