import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { openPool, query, withDatabase, type Database } from '../platform/postgres/database.ts'
import {
  FAST_SETTINGS,
  startScratchServer,
  type ScratchServer,
  type TestDatabase,
} from '../platform/postgres/testing.ts'
import { WorldDatabases } from './world-databases.ts'

// Tests may drop a database at any moment, also while PostgreSQL's own autovacuum, a superuser's process, works in it.

let server: ScratchServer

beforeAll(async () => {
  server = await startScratchServer({ ...FAST_SETTINGS, autovacuum_naptime: '1s' })
})
afterAll(() => server.stop())

/** Gives autovacuum a table in which it stays for minutes, and waits until it is there. */
async function keepAutovacuum(pool: Database): Promise<void> {
  await query(
    pool,
    `create table slow (id int, filler text) with (autovacuum_vacuum_threshold = 0, autovacuum_vacuum_scale_factor = 0,
       autovacuum_vacuum_cost_delay = 100, autovacuum_vacuum_cost_limit = 1)`,
  )
  await query(pool, `insert into slow select n, repeat('x', 500) from generate_series(1, 20000) n`)
  await query(pool, 'delete from slow where id % 2 = 0')
  const sql = 'select pid from pg_stat_progress_vacuum where datname = current_database()'
  await vi.waitUntil(async () => (await query(pool, sql)).length > 0, { timeout: 15_000, interval: 50 })
}

/** Somebody who is thrown out, and knows it. */
async function connectAnother(url: string): Promise<Database> {
  const pool = openPool(url, { maxConnections: 1 })
  pool.on('error', () => undefined)
  await query(pool, 'select 1')
  return pool
}

async function isThere(name: string): Promise<boolean> {
  const pool = openPool(server.url, { maxConnections: 1 })
  const found = await query(pool, 'select 1 from pg_database where datname = $1', [name])
  await pool.end()
  return found.length > 0
}

test('a test database is dropped with an autovacuum at work in it, and somebody still connected', async () => {
  const database: TestDatabase = await server.makeDatabase('busy')
  const [named] = await query<{ name: string }>(database.pool, 'select current_database() as name')
  await keepAutovacuum(database.pool)
  const other = await connectAnother(database.url)
  await database.drop()
  expect(await isThere(named?.name ?? '')).toBe(false)
  await other.end()
})

test('a database of a simulated world is dropped with an autovacuum at work in it', async () => {
  const databases = new WorldDatabases(server, 'busy')
  const name = await databases.copyDatabase('carrel_template')
  const pool = await connectAnother(withDatabase(server.url, name))
  await keepAutovacuum(pool)
  await databases.dropDatabase(name)
  expect(await isThere(name)).toBe(false)
  await pool.end()
  await databases.closePool()
})
