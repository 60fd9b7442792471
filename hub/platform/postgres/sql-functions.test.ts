import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { openPool, query, transaction, type Database } from './database.ts'
import { migrate, readSchemaFiles, type SchemaFiles } from './migrate.ts'
import { readFunctions, type SqlFunction } from './sql-functions.ts'
import { makeEmptyDatabase, makeTestDatabase, type TestDatabase } from './testing.ts'

const ends: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end()
})
const made = async (make: () => Promise<TestDatabase>): Promise<Database> => {
  const database = await make()
  ends.push(() => database.drop())
  return database.pool
}

const files = readSchemaFiles()
const names = files.functions.map(({ name }) => name)

const answering = (answer: number): SqlFunction => ({
  name: 'answer',
  sql: `create or replace function answer() returns integer language sql as 'select ${answer}'`,
  hash: `answers ${answer}`,
})
/** A hub of some version whose only function is this one. */
const hub = (version: string, functions: SqlFunction[]): SchemaFiles => ({
  migrations: [],
  functions,
  version,
})
const ask = async (pool: Database): Promise<number | undefined> =>
  (await query<{ answer: number }>(pool, 'select answer()'))[0]?.answer

/** When each function was last written, as PostgreSQL counts transactions. */
const loadWritten = async (pool: Database): Promise<{ proname: string }[]> =>
  query(
    pool,
    "select proname, xmin::text, ctid::text from pg_proc where pronamespace = 'public'::regnamespace order by 1",
  )

test('nothing is written when no text changed', async () => {
  const pool = await made(makeTestDatabase)
  const before = await loadWritten(pool)
  expect([...new Set(before.map(({ proname }) => proname))]).toEqual(names)
  expect(await migrate(pool)).toEqual({ migrations: [], functions: [] })
  expect(await loadWritten(pool)).toEqual(before)
})

test('a file that changed is made again, and no other', async () => {
  const pool = await made(makeTestDatabase)
  const before = await loadWritten(pool)
  const folder = mkdtempSync(path.join(tmpdir(), 'carrel-functions-'))
  ends.push(() => rmSync(folder, { recursive: true }))
  cpSync(new URL('./functions/', import.meta.url), folder, { recursive: true })
  writeFileSync(
    path.join(folder, 'level_of_mean.sql'),
    'create or replace function level_of_mean(mean integer) returns smallint immutable language sql as $$ select 2::smallint $$;',
  )
  const changed = { ...files, functions: readFunctions(folder) }
  expect(await migrate(pool, changed)).toEqual({ migrations: [], functions: ['level_of_mean'] })
  expect(await query(pool, 'select level_of_mean(0)')).toEqual([{ level_of_mean: 2 }])
  const after = await loadWritten(pool)
  expect(after.filter((row, index) => JSON.stringify(row) !== JSON.stringify(before[index]))).toMatchObject([
    { proname: 'level_of_mean' },
  ])
  expect(await migrate(pool, changed)).toEqual({ migrations: [], functions: [] })
})

test('hubs that start at once make a function once', async () => {
  const database = await makeEmptyDatabase()
  ends.push(() => database.drop())
  const other = openPool(database.url)
  ends.push(() => other.end())
  const own = hub('1.0.0', [answering(1)])
  const done = await Promise.all([migrate(database.pool, own), migrate(other, own), migrate(other, own)])
  expect(done.flatMap(({ functions }) => functions)).toEqual(['answer'])
  expect(await ask(database.pool)).toBe(1)
})

test('[REL-5] an older hub that starts beside a newer one leaves what that one made', async () => {
  const pool = await made(makeEmptyDatabase)
  const older = hub('0.9.0', [answering(1)])
  const newer = hub('0.10.0', [answering(2)])
  await migrate(pool, older)
  expect((await migrate(pool, newer)).functions).toEqual(['answer'])
  expect((await migrate(pool, older)).functions).toEqual([])
  expect(await ask(pool)).toBe(2)
  // The newest has the text of the oldest: what the middle one has is old all the same.
  expect((await migrate(pool, hub('1.0.0', [answering(1)]))).functions).toEqual(['answer'])
  expect((await migrate(pool, newer)).functions).toEqual([])
  await migrate(pool, hub('1.1.0', [answering(1)]))
  expect((await migrate(pool, hub('1.0.0', [answering(3)]))).functions).toEqual([])
  expect(await ask(pool)).toBe(1)
})

test('after a migration, which may have changed them, all are made again, also where the hub died between', async () => {
  const pool = await made(makeEmptyDatabase)
  await migrate(pool, hub('1.0.0', [answering(1)]))
  const sql = "create or replace function answer() returns integer language sql as 'select 7'"
  const migrated = {
    ...hub('1.0.0', []),
    migrations: [{ name: '0001_a.sql', kind: 'expand' as const, sql, hash: sql }],
  }
  await migrate(pool, migrated)
  expect(await ask(pool)).toBe(7)
  expect((await migrate(pool, { ...migrated, functions: [answering(1)] })).functions).toEqual(['answer'])
  expect(await ask(pool)).toBe(1)
})

test('a text that PostgreSQL refuses is named, and changes nothing', async () => {
  const pool = await made(makeEmptyDatabase)
  await migrate(pool, hub('1.0.0', [answering(1)]))
  const broken = { name: 'broken', sql: 'create or replace function broken() retuns', hash: 'b' }
  await expect(migrate(pool, hub('1.0.0', [answering(2), broken]))).rejects.toThrow(
    /function broken could not be made, and none was changed: syntax error/,
  )
  expect(await ask(pool)).toBe(1)
  const mended = hub('1.0.0', [answering(2)])
  expect((await migrate(pool, mended)).functions).toEqual(['answer'])
})

test('a function may call one that is made after it', async () => {
  const pool = await made(makeEmptyDatabase)
  const asks = {
    name: 'ask',
    sql: "create or replace function ask() returns integer language sql as 'select answer()'",
    hash: 'a',
  }
  await migrate(pool, hub('1.0.0', [asks, answering(4)]))
  expect(await query(pool, 'select ask()')).toEqual([{ ask: 4 }])
})

test('each function has a file of its own name, and each body is right', async () => {
  const pool = await made(makeTestDatabase)
  const found = await query<{ name: string }>(
    pool,
    `select distinct proname as name from pg_proc where pronamespace = 'public'::regnamespace order by 1`,
  )
  expect(found.map(({ name }) => name)).toEqual(names)
  for (const { name, sql } of files.functions) {
    const defined = [...sql.matchAll(/^create or replace function (\w+)\(/gm)].map((match) => match[1])
    expect([name, ...new Set(defined)]).toEqual([name, name])
    expect(sql).toMatch(/^-- \S/)
    await transaction(pool, 'read committed', (client) => client.query(sql))
  }
})

test('[REL-5] every function that release 0.1 calls is there as it calls it', async () => {
  const signatures = async (pool: Database): Promise<string[]> => {
    const rows = await query<{ signature: string }>(
      pool,
      `select p.oid::regprocedure || ' ' || pg_get_function_arguments(p.oid) || ' ' || pg_get_function_result(p.oid) as signature
       from pg_proc p where pronamespace = 'public'::regnamespace`,
    )
    return rows.map(({ signature }) => signature)
  }
  const before = await made(makeEmptyDatabase)
  await migrate(before, { ...files, migrations: files.migrations.slice(0, 10), functions: [] })
  const ofRelease = await signatures(before)
  expect(ofRelease).toHaveLength(17)
  expect(await signatures(await made(makeTestDatabase))).toEqual(expect.arrayContaining(ofRelease))
})
