import { afterAll, beforeAll, expect, test } from 'vitest'
import { dumpSchema, readSchemaFile } from './dump-schema.ts'
import { makeEmptyDatabase, makeTestDatabase, type TestDatabase } from './testing.ts'

let migrated: TestDatabase
let empty: TestDatabase

beforeAll(async () => {
  migrated = await makeTestDatabase('dump')
  empty = await makeEmptyDatabase()
})
afterAll(async () => {
  await migrated.drop()
  await empty.drop()
})

test('schema.sql is what migrations and functions make; else run: node hub/platform/postgres/dump-schema.ts --write', async () => {
  expect(await dumpSchema(migrated.pool)).toBe(readSchemaFile())
})

test('schema.sql is whole: loaded into an empty database it dumps as itself', async () => {
  await empty.pool.query(readSchemaFile())
  expect(await dumpSchema(empty.pool)).toBe(readSchemaFile())
})

test('the dump sees a column, a function and a trigger that are new', async () => {
  const before = await dumpSchema(migrated.pool)
  await migrated.pool.query('alter table universities add column motto text default $$x$$')
  await migrated.pool.query('drop trigger append_only on change_logs')
  const after = await dumpSchema(migrated.pool)
  expect(after).toContain("motto text default 'x'::text")
  expect(before).toContain('ON public.change_logs')
  expect(after).not.toMatch(/TRIGGER append_only [^\n]* ON public.change_logs/)
})
