import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { loadNewestRemaining } from '../../occupancy/leaf-rows.ts'
import { DatabaseUnusableError, openPool, query, transaction } from './database.ts'
import {
  loadMissingMigrations,
  migrate,
  readMigrations,
  readSchemaFiles,
  type Migrated,
  type MigrationKind,
  type SchemaFiles,
} from './migrate.ts'
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

const files = readSchemaFiles()
const all = files.migrations
const names = all.map((migration) => migration.name)
/** Of these migrations alone, without functions. */
const only = (migrations: SchemaFiles['migrations']): SchemaFiles => ({ ...files, migrations, functions: [] })
const ran = (migrations: string[]): Migrated => ({ migrations, functions: [] })
const fake = (
  name: string,
  sql: string,
  kind: MigrationKind = 'contract',
): SchemaFiles['migrations'][number] => ({ name, kind, sql, hash: sql })

test('two hubs that start at once migrate once', async () => {
  const { pool, url } = await makeEmpty()
  const other = openPool(url)
  const done = await Promise.all([migrate(pool), migrate(other), migrate(pool)])
  await other.end()
  expect(done.toSorted((left, right) => right.migrations.length - left.migrations.length)).toEqual([
    { migrations: names, functions: files.functions.map(({ name }) => name) },
    ran([]),
    ran([]),
  ])
  expect(await loadMissingMigrations(pool)).toEqual([])
  // Other tests migrate databases of their own meanwhile.
  const locks = await query(
    pool,
    "select from pg_locks l join pg_database d on d.oid = l.database where locktype = 'advisory' and datname = current_database()",
  )
  expect(locks).toHaveLength(0)
})

test('numbers are unique and in order', () => {
  const numbers = names.map((name) => name.slice(0, 4))
  expect(numbers).toEqual(numbers.map((_, index) => String(index + 1).padStart(4, '0')))
})

test('rows that stood before a migration stand after it', async () => {
  const { pool } = await makeEmpty()
  await migrate(pool, only(all.slice(0, 1)))
  expect(await loadMissingMigrations(pool)).toEqual(names.slice(1))
  await pool.query(`
    insert into universities (name, email_domains, timezone, epoch) values ('Old', '{old.example}', 'UTC', 'e');
    insert into spaces (university_id, name, kind, clock, facts_clock) select id, 'Library', 'library', 1, 1 from universities;
    insert into spaces (university_id, parent_id, name, kind, clock, facts_clock, occupancy, occupancy_mean)
      select university_id, id, 'Room', 'room', 1, 1, 1, 1000000 from spaces;
    insert into change_logs (actor, service, subject) values ('hub', 'test', 'ok')`)
  expect((await migrate(pool)).migrations).toEqual(names.slice(1))
  expect(await query(pool, 'select name, occupancy from spaces order by id')).toEqual([
    { name: 'Library', occupancy: null },
    { name: 'Room', occupancy: 1 },
  ])
  expect(await query(pool, 'select actor from change_logs')).toEqual([{ actor: 'hub' }])
})

test('[TRE-15] names that stood under the index of before stand under that of ours, and a commit of the hub before that is under way ends well', async () => {
  const { pool } = await makeEmpty()
  const before = all.findIndex(({ name }) => name === '0008_sibling_names.sql')
  await migrate(pool, only(all.slice(0, before)))
  await pool.query(`
    insert into universities (name, email_domains, timezone, epoch) values ('Old', '{old.example}', 'UTC', 'e');
    insert into users (associated_university_id, email, email_key) select id, 'a@old.example', 'a@old.example' from universities;
    insert into spaces (university_id, name, kind, clock, facts_clock) select id, 'Library', 'library', 1, 1 from universities;
    insert into spaces (university_id, parent_id, name, kind, clock, facts_clock, on_kiosks, is_deleted, created_by_id)
      select s.university_id, s.id, v.name, 'room', 1, 1, v.is_on, v.is_gone, case when v.is_made then u.id end
      from spaces s, users u, (values ('A', true, false, false), ('A', true, true, false), ('A', false, true, true),
        ('A', false, true, true), ('B', false, false, true), ('C', false, false, false)) v (name, is_on, is_gone, is_made)`)
  const old = await pool.connect()
  await old.query('begin')
  // It has read, and is yet to write: a migration that held back writers first and readers then would wait for it in a circle.
  const [room] = await query<{ id: number }>(old, "select id from spaces where name = 'C'")
  const migrated = migrate(pool)
  await expect
    .poll(async () => {
      const sql = "select 1 from pg_locks where relation = 'spaces'::regclass and not granted"
      return (await query(pool, sql)).length
    })
    .toBe(1)
  await old.query("update spaces set name = 'D' where id = $1", [room?.id])
  await old.query('commit')
  old.release()
  expect((await migrated).migrations).toContain('0008_sibling_names.sql')
  const rows = await query<{ name: string }>(
    pool,
    'select name from spaces where not is_deleted order by name',
  )
  expect(rows.map(({ name }) => name)).toEqual(['A', 'B', 'D', 'Library'])
})

test('[IMP-12] which places were public once is known of rows of before by their maker and the log, and of what a hub of before writes beside ours', async () => {
  const { pool } = await makeEmpty()
  const before = all.findIndex(({ name }) => name === '0008_sibling_names.sql')
  await migrate(pool, only(all.slice(0, before)))
  await pool.query(`
    insert into universities (name, email_domains, timezone, epoch) values ('Old', '{old.example}', 'UTC', 'e');
    insert into users (associated_university_id, email, email_key) select id, 'a@old.example', 'a@old.example' from universities;
    insert into spaces (university_id, name, kind, clock, facts_clock) select id, 'Library', 'library', 1, 1 from universities;
    insert into spaces (university_id, parent_id, name, kind, clock, facts_clock, on_kiosks, created_by_id)
      select s.university_id, s.id, v.name, 'room', 1, 1, v.is_on, case when v.is_made then u.id end
      from spaces s, users u, (values ('imported', false, false), ('on', true, true), ('let on', false, true),
        ('staffs', false, true), ('hidden', false, true)) v (name, is_on, is_made);
    insert into change_logs (university_id, actor, service, subject, log)
      select s.university_id, 'user', v.service, v.subject, jsonb_build_object('spaceId', s.id) || v.log
      from spaces s join (values
        ('let on', 'spaces', 'create', '{"after":{"onKiosks":false}}'::jsonb), ('let on', 'spaces', 'letOnKiosks', '{}'),
        ('staffs', 'spaces', 'create', '{"after":{"onKiosks":true}}'), ('staffs', 'spaces', 'takeOffKiosks', '{}'),
        ('hidden', 'spaces', 'create', '{"after":{"onKiosks":false}}'), ('hidden', 'kiosks', 'letOnKiosks', '{}')
      ) v (name, service, subject, log) using (name)`)
  await migrate(pool)
  const once = async (): Promise<string[]> => {
    const sql = 'select name from spaces where was_on_kiosks order by name'
    return (await query<{ name: string }>(pool, sql)).map(({ name }) => name)
  }
  expect(await once()).toEqual(['Library', 'imported', 'let on', 'on', 'staffs'])
  await pool.query(`
    update spaces set on_kiosks = true where name = 'hidden';
    update spaces set on_kiosks = false where name = 'hidden';
    insert into spaces (university_id, parent_id, name, kind, clock, facts_clock, on_kiosks)
      select university_id, id, v.name, 'room', 2, 2, v.is_on
      from spaces, (values ('new', true), ('new hidden', false)) v (name, is_on) where parent_id is null`)
  expect(await once()).toEqual(['Library', 'hidden', 'imported', 'let on', 'new', 'on', 'staffs'])
})

test('a migration that fails changes nothing and is named', async () => {
  const { pool } = await makeEmpty()
  const good = fake('0001_good.sql', 'create table good (id int)')
  const bad = fake('0002_bad.sql', 'create table half (id int); select 1 / 0')
  await expect(migrate(pool, only([good, bad]))).rejects.toThrow(
    /0002_bad\.sql failed and changed nothing: division by zero/,
  )
  expect(await query(pool, "select to_regclass('half') as half, to_regclass('good') as good")).toEqual([
    { half: null, good: 'good' },
  ])
  const mended = fake('0002_bad.sql', 'create table half (id int)')
  expect(await migrate(pool, only([good, mended]))).toEqual(ran(['0002_bad.sql']))
})

test('a landed migration that changed is refused', async () => {
  const { pool } = await makeEmpty()
  await migrate(pool, only([fake('0001_a.sql', 'create table a (id int)')]))
  await expect(migrate(pool, only([fake('0001_a.sql', 'create table a (id bigint)')]))).rejects.toThrow(
    /0001_a\.sql was changed after it had landed/,
  )
})

const inSteps = (...steps: string[]): string =>
  ['-- expand: Changes a big table.', '-- in steps: Each may run again.', steps.join('\n-- step\n')].join(
    '\n',
  )

test('[REL-8] a migration in steps goes on after it was cut off, and landed when all of them are through', async () => {
  const { pool } = await makeEmpty()
  const steps = ['create table if not exists big (id int)', 'drop index concurrently if exists big_id']
  const last = 'create index concurrently big_id on big (id)'
  const broken = fake('0001_big.sql', inSteps(...steps, 'select 1 / 0', last), 'expand')
  await expect(migrate(pool, only([broken]))).rejects.toThrow(
    /0001_big\.sql failed at one of its steps, and goes on there at the next start: division by zero/,
  )
  expect(await query(pool, "select to_regclass('big') as big, to_regclass('big_id') as index")).toEqual([
    { big: 'big', index: null },
  ])
  expect(await query(pool, 'select name from schema_migrations')).toEqual([])
  const mended = fake('0001_big.sql', inSteps(...steps, last), 'expand')
  expect(await migrate(pool, only([mended]))).toEqual(ran(['0001_big.sql']))
  expect(await query(pool, "select indisvalid from pg_index where indexrelid = 'big_id'::regclass")).toEqual([
    { indisvalid: true },
  ])
  expect(await migrate(pool, only([mended]))).toEqual(ran([]))
})

test('[REL-8] hubs that wait for the migrations do not hold up an index that is made concurrently', async () => {
  const { pool, url } = await makeEmpty()
  await pool.query('create table big (id int)')
  const writer = openPool(url)
  const others = openPool(url)
  const client = await writer.connect()
  await client.query('begin')
  await client.query('insert into big values (1)')
  const index = 'create index concurrently if not exists big_id on big (id)'
  const own = only([fake('0001_big.sql', inSteps(index), 'expand')])
  const done = Promise.all([migrate(pool, own), migrate(others, own), migrate(others, own)])
  await expect
    .poll(
      async () => (await query(pool, "select from pg_stat_activity where wait_event = 'virtualxid'")).length,
    )
    .toBe(1)
  // Meanwhile rows are written.
  await pool.query('insert into big values (2)')
  await client.query('commit')
  client.release()
  expect((await done).flatMap(({ migrations }) => migrations)).toEqual(['0001_big.sql'])
  await writer.end()
  await others.end()
})

test('[REL-8] a step that must wait for a lock lets those through that came after it', async () => {
  const { pool, url } = await makeEmpty()
  await pool.query('create table big (id int)')
  const backup = openPool(url)
  const writer = openPool(url)
  const steps = inSteps('alter table big add column if not exists more int not null default 0')
  const read = Promise.withResolvers<void>()
  const reading = transaction(backup, 'snapshot', async (client) => {
    await query(client, 'select * from big')
    await read.promise
  })
  const migrated = migrate(pool, only([fake('0001_big.sql', steps, 'expand')]))
  const waits = "select from pg_locks where relation = 'big'::regclass and not granted"
  await expect.poll(async () => (await query(writer, waits)).length).toBe(1)
  // Behind the step, and not behind the backup: it ends though the backup does not.
  await query(writer, 'insert into big (id) values (1)')
  read.resolve()
  await reading
  expect(await migrated).toEqual(ran(['0001_big.sql']))
  expect(await query(pool, 'select id, more from big')).toEqual([{ id: 1, more: 0 }])
  await backup.end()
  await writer.end()
})

test('[OCC-17] reports that stood before there were generations count as they did, withdrawn ones and those of before a reset do not', async () => {
  const { pool } = await makeEmpty()
  const before = all.findIndex(({ name }) => name === '0012_newest_that_counts.sql')
  await migrate(pool, { ...files, migrations: all.slice(0, before), functions: [] })
  await pool.query(`
    insert into universities (name, email_domains, timezone, epoch) values ('Old', '{old.example}', 'UTC', 'e');
    insert into spaces (university_id, name, kind, clock, facts_clock, counts_after_clock)
      select u.id, v.name, 'room', 1, 1, v.after from universities u, (values ('A', 0), ('B', 2)) v (name, after);
    insert into occupancy_reports (university_id, space_id, level, reported_at, received_at, clock, kiosk_id, mutation_id, hash,
        origin_kiosk_id, origin_mutation_id)
      select s.university_id, s.id, n % 3, now() + n * interval '1 second', now(), n, s.id, n, 'h', s.id, n
      from spaces s, generate_series(1, 4) n;
    insert into report_withdrawals (university_id, occupancy_report_id, received_at, clock, kiosk_id, mutation_id, hash,
        origin_kiosk_id, origin_mutation_id)
      select university_id, id, now(), 5, kiosk_id, 5, 'h', kiosk_id, 5 from occupancy_reports where clock = 4`)
  await migrate(pool)
  const spaces = await query<{ id: number }>(pool, 'select id from spaces order by name')
  const ids = spaces.map(({ id }) => id)
  const newest = async (without: number[] = []): Promise<(number | null)[]> => {
    const rows = await loadNewestRemaining(pool, ids, without)
    return ids.map((id) => rows.find((row) => row.id === id)?.clock ?? null)
  }
  expect(await newest()).toEqual([3, 3])
  const named = await query<{ id: number }>(pool, 'select id from occupancy_reports where clock = 3')
  expect(
    await newest(named.map(({ id }) => id)),
    'the one before is of before a reset in the second room',
  ).toEqual([2, null])
})

const first = fake('0001_a.sql', 'create table a (id int)')
const added = fake('0012_c.sql', 'create table c (id int)', 'expand')
const taken = fake('0012_c.sql', 'drop table a')

test('[REL-6] a hub starts on a database that a newer one only expanded, and brings it what it has itself', async () => {
  const { pool } = await makeEmpty()
  await migrate(pool, only([first, added]))
  expect(await migrate(pool, only([first]))).toEqual(ran([]))
  const own = fake('0011_b.sql', 'create table b (id int)', 'expand')
  expect(await migrate(pool, only([first, own]))).toEqual(ran(['0011_b.sql']))
  expect(await migrate(pool, only([first, own, added]))).toEqual(ran([]))
})

test('[REL-6] a database that a newer hub contracted is refused, also where that one expanded it first', async () => {
  const { pool } = await makeEmpty()
  await migrate(pool, only([first, fake('0011_b.sql', 'create table b (id int)', 'expand'), taken]))
  await expect(migrate(pool, only([first]))).rejects.toThrow(
    /changed by a newer Carrel so that this one cannot use it \(by the migration 0012_c\.sql\)/,
  )
})

test('[REL-6] a migration that landed without a kind, and is not known, is refused', async () => {
  const { pool } = await makeEmpty()
  await migrate(pool, only([first]))
  await pool.query('alter table schema_migrations drop column kind')
  await pool.query("insert into schema_migrations (name, hash) values ('0002_old.sql', 'x')")
  await expect(migrate(pool, only([first]))).rejects.toThrow(/newer Carrel.*0002_old\.sql/)
})

test('[REL-6] an expanding migration that changed after it had landed is refused like any other', async () => {
  const { pool } = await makeEmpty()
  await migrate(pool, only([first, added]))
  const changed = fake(added.name, 'create table c (id bigint)', 'expand')
  await expect(migrate(pool, only([first, changed]))).rejects.toThrow(/0012_c\.sql was changed after/)
})

test('the kind of a migration is kept with it', async () => {
  const { pool } = await makeEmpty()
  await migrate(pool, only([first, added]))
  expect(await query(pool, 'select name, kind from schema_migrations order by name')).toEqual([
    { name: '0001_a.sql', kind: 'contract' },
    { name: '0012_c.sql', kind: 'expand' },
  ])
})

test('a hub that starts while a backup reads which migrations landed does not wait for it', async () => {
  const { pool, url } = await makeEmpty()
  await migrate(pool)
  const backup = openPool(url)
  // On every connection of the pool from now on: so a wait is an error.
  await pool.query(
    `do $$ begin execute format('alter database %I set lock_timeout = ''2s''', current_database()); end $$`,
  )
  const hub = openPool(url)
  await transaction(backup, 'snapshot', async (client) => {
    await query(client, 'select name from schema_migrations')
    expect(await migrate(hub)).toEqual(ran([]))
  })
  await hub.end()
  await backup.end()
})

test('[REL-6] from 0011 on a migration says its kind in its first line', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'carrel-migrations-'))
  const read = (name: string, text: string): unknown => {
    writeFileSync(path.join(folder, name), text)
    try {
      return readMigrations(folder).map(({ kind }) => kind)
    } catch (error) {
      return error instanceof DatabaseUnusableError ? error.message : error
    } finally {
      rmSync(path.join(folder, name))
    }
  }
  expect(read('0010_a.sql', 'select 1;\n')).toEqual(['contract'])
  expect(read('0011_a.sql', '-- expand: Adds a table.\nselect 1;\n')).toEqual(['expand'])
  expect(read('0011_a.sql', '-- contract: Drops a table.\nselect 1;\n')).toEqual(['contract'])
  for (const text of [
    'select 1;\n',
    '-- Adds a table.\n-- expand: Adds a table.\n',
    '-- expand:\n-- Adds a table.\n',
    '-- extend: Adds a table.\n',
  ])
    expect(read('0011_a.sql', text)).toBe(
      'The first line of the migration 0011_a.sql must be "-- expand: SENTENCE." or "-- contract: SENTENCE."',
    )
  rmSync(folder, { recursive: true })
})
