import { afterEach, expect, test } from 'vitest'
import { openPool, query } from './database.ts'
import { loadMissingMigrations, migrate, readMigrations } from './migrate.ts'
import { makeEmptyDatabase, type TestDatabase } from './testing.ts'

const made: TestDatabase[] = []
const makeEmpty = async (): Promise<TestDatabase> => {
  const database = await makeEmptyDatabase()
  made.push(database)
  return database
}
afterEach(async () => {
  for (const database of made.splice(0)) await database.drop()
})

const names = readMigrations().map((migration) => migration.name)
const fake = (name: string, sql: string): { name: string; sql: string; hash: string } => ({
  name,
  sql,
  hash: sql,
})

test('two hubs that start at once migrate once', async () => {
  const { pool, url } = await makeEmpty()
  const other = openPool(url)
  const ran = await Promise.all([migrate(pool), migrate(other), migrate(pool)])
  await other.end()
  expect(ran.toSorted((left, right) => right.length - left.length)).toEqual([names, [], []])
  expect(await loadMissingMigrations(pool)).toEqual([])
  const locks = await query(pool, "select 1 from pg_locks where locktype = 'advisory'")
  expect(locks).toHaveLength(0)
})

test('numbers are unique and in order', () => {
  const numbers = names.map((name) => name.slice(0, 4))
  expect(numbers).toEqual(numbers.map((_, index) => String(index + 1).padStart(4, '0')))
})

test('rows that stood before a migration stand after it', async () => {
  const { pool } = await makeEmpty()
  const all = readMigrations()
  await migrate(pool, all.slice(0, 1))
  expect(await loadMissingMigrations(pool)).toEqual(names.slice(1))
  await pool.query(`
    insert into universities (name, email_domains, timezone, epoch) values ('Old', '{old.example}', 'UTC', 'e');
    insert into spaces (university_id, name, kind, clock, facts_clock) select id, 'Library', 'library', 1, 1 from universities;
    insert into spaces (university_id, parent_id, name, kind, clock, facts_clock, occupancy, occupancy_mean)
      select university_id, id, 'Room', 'room', 1, 1, 1, 1000000 from spaces;
    insert into change_logs (actor, service, subject) values ('hub', 'test', 'ok')`)
  expect(await migrate(pool)).toEqual(names.slice(1))
  expect(await query(pool, 'select name, occupancy from spaces order by id')).toEqual([
    { name: 'Library', occupancy: null },
    { name: 'Room', occupancy: 1 },
  ])
  expect(await query(pool, 'select actor from change_logs')).toEqual([{ actor: 'hub' }])
})

test('a migration that fails changes nothing and is named', async () => {
  const { pool } = await makeEmpty()
  const good = fake('0001_good.sql', 'create table good (id int)')
  const bad = fake('0002_bad.sql', 'create table half (id int); select 1 / 0')
  await expect(migrate(pool, [good, bad])).rejects.toThrow(
    /0002_bad\.sql failed and changed nothing: division by zero/,
  )
  expect(await query(pool, "select to_regclass('half') as half, to_regclass('good') as good")).toEqual([
    { half: null, good: 'good' },
  ])
  const mended = fake('0002_bad.sql', 'create table half (id int)')
  expect(await migrate(pool, [good, mended])).toEqual(['0002_bad.sql'])
})

test('a landed migration that changed is refused', async () => {
  const { pool } = await makeEmpty()
  await migrate(pool, [fake('0001_a.sql', 'create table a (id int)')])
  await expect(migrate(pool, [fake('0001_a.sql', 'create table a (id bigint)')])).rejects.toThrow(
    /0001_a\.sql was changed after it had landed/,
  )
})

test('a database of a newer Carrel is refused', async () => {
  const { pool } = await makeEmpty()
  const first = fake('0001_a.sql', 'create table a (id int)')
  await migrate(pool, [first, fake('0002_b.sql', 'create table b (id int)')])
  await expect(migrate(pool, [first])).rejects.toThrow(/made by a newer Carrel/)
})
