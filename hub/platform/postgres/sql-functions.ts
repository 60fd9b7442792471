import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { DatabaseUnusableError, query, type Transaction } from './database.ts'

const FOLDER = fileURLToPath(new URL('./functions/', import.meta.url))

/** A function of the database as its file has it: `create or replace`, every signature under which hubs still call it. */
export interface SqlFunction {
  name: string
  sql: string
  hash: string
}

/** Functions to be made, and the version of the hub that makes them. */
export interface FunctionFiles {
  functions: readonly SqlFunction[]
  version: string
}

/** The functions of `functions/<name>.sql`, by name. */
export function readFunctions(folder: string = FOLDER): SqlFunction[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.sql'))
    .toSorted()
    .map((file) => {
      const sql = readFileSync(`${folder}/${file}`, 'utf8')
      return {
        name: file.slice(0, -'.sql'.length),
        sql,
        hash: createHash('sha256').update(sql).digest('hex'),
      }
    })
}

/** Makes the table of what was made where it is missing; before the first migration. */
export async function makeFunctionTable(client: Transaction): Promise<void> {
  await client.query(
    `create table if not exists schema_functions (
       name text primary key, hash text not null, version text not null,
       applied_at timestamptz not null default clock_timestamp())`,
  )
}

/** Has all functions made again: a migration, in whose transaction this is, may have changed them. */
export async function forgetFunctions(client: Transaction): Promise<void> {
  await client.query("update schema_functions set hash = ''")
}

/**
 * Makes again what changed since it was made, all in one transaction; answers the names. What a newer hub made stays: it runs
 * beside this one, or will again. Nothing is ever dropped. The caller holds the lock of the migrations. Throws
 * DatabaseUnusableError for a text that PostgreSQL refuses.
 */
export async function recreateFunctions(
  client: Transaction,
  { functions, version }: FunctionFiles,
): Promise<string[]> {
  const made = new Map((await loadMade(client)).map((row) => [row.name, row]))
  const own = functions.filter(({ name }) => compareVersions(made.get(name)?.version ?? '', version) <= 0)
  const changed = own.filter(({ name, hash }) => made.get(name)?.hash !== hash)
  const noted = own.filter((one) => changed.includes(one) || made.get(one.name)?.version !== version)
  if (noted.length === 0) return []
  await client.query('begin')
  try {
    // They call each other: bodies are not looked at until all are there. A test looks at them.
    await client.query('set local check_function_bodies = off')
    for (const one of changed) await runOne(client, one)
    for (const { name, hash } of noted)
      await client.query(
        `insert into schema_functions (name, hash, version) values ($1, $2, $3)
         on conflict (name) do update set hash = excluded.hash, version = excluded.version, applied_at = excluded.applied_at`,
        [name, hash, version],
      )
    await client.query('commit')
  } catch (error) {
    await client.query('rollback')
    throw error
  }
  return changed.map(({ name }) => name)
}

async function loadMade(client: Transaction): Promise<{ name: string; hash: string; version: string }[]> {
  return query(client, 'select name, hash, version from schema_functions')
}

async function runOne(client: Transaction, { name, sql }: SqlFunction): Promise<void> {
  await client.query(sql).catch((cause: unknown) => {
    throw new DatabaseUnusableError(
      `The function ${name} could not be made, and none was changed: ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    )
  })
}

/** Below zero when the left one is older. `0.10.0` is newer than `0.9.0`, and both are newer than none. */
function compareVersions(left: string, right: string): number {
  return left.localeCompare(right, 'en', { numeric: true })
}
