import { randomBytes } from 'node:crypto'
import {
  accessSync,
  chmodSync,
  constants,
  existsSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statfsSync,
  statSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openPool, query, withDatabase, type Database } from './database.ts'
import { HUB_ROLE, SUPERUSER } from './database-owner.ts'
import { startEmbedded, type Embedded } from './embedded.ts'
import { wasLeftLocked } from './folder-lock.ts'
import { migrate } from './migrate.ts'

/** Where a test run gives its workers the address of the shared server. */
export const TEST_SERVER_VARIABLE = 'CARREL_TEST_SERVER'

/** Where Linux keeps files in memory. */
export const MEMORY_FOLDER = '/dev/shm'

/** Where `npm test` names a folder in memory for one of its programs alone. */
export const TEST_MEMORY_VARIABLE = 'CARREL_TEST_MEMORY'

/** Settings for tests: nothing has to survive the machine, so nothing waits for the disk. */
export const FAST_SETTINGS: Record<string, string> = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  max_connections: '200',
  // Shared memory as files of the data folder: a server that a test kills leaves none of it behind.
  dynamic_shared_memory_type: 'mmap',
}

/** Three times what a run of all tests was seen to take, in bytes. */
const ENOUGH_MEMORY = 2 ** 30

/**
 * A folder in memory where there is one with room, else the usual one: for what need not outlive the machine. Each new
 * database is a thousand files, and a disk spends longer on making and forgetting them than PostgreSQL on the rest.
 */
export function memoryFolder(): string {
  const memory = process.env[TEST_MEMORY_VARIABLE] ?? MEMORY_FOLDER
  try {
    accessSync(memory, constants.W_OK)
    const { bavail, bsize } = statfsSync(memory)
    return bavail * bsize > ENOUGH_MEMORY ? memory : tmpdir()
  } catch {
    return tmpdir()
  }
}

const TEMPLATE = 'carrel_template'
const SCRATCH_PREFIX = 'carrel-db-'

/** A database of its own with all migrations applied. */
export interface TestDatabase {
  url: string
  pool: Database
  /** Ends the pool, throws out whoever is still connected, and drops the database. */
  drop(): Promise<void>
}

/** A server of its own in a temporary folder, that goes with everything in it. */
export interface ScratchServer {
  /** Of the maintenance database `carrel`, without tables. */
  url: string
  folder: string
  /** The server's process, for tests that kill it. Changes with `restart`. */
  pid(): number
  makeDatabase(name?: string): Promise<TestDatabase>
  /** Starts it again on the same folder and address after it was killed or stopped. */
  restart(): Promise<void>
  stop(): Promise<void>
}

/** Starts a scratch server with a migrated template, outside of any test run too: for simulation, replay and bench. */
export async function startScratchServer(
  settings: Record<string, string> = FAST_SETTINGS,
): Promise<ScratchServer> {
  const root = settings['fsync'] === 'off' ? memoryFolder() : tmpdir()
  dropDeadScratch(root)
  const folder = mkdtempSync(join(root, SCRATCH_PREFIX))
  chmodSync(folder, 0o711)
  let embedded: Embedded
  try {
    embedded = await startEmbedded({ folder, settings })
    // Tests make databases; beyond that the role is the hub's, so that they see what it must not need.
    await onServer(embedded.superuserUrl, `alter role ${HUB_ROLE} createdb`)
    await makeTemplate(embedded.url)
  } catch (error) {
    rmSync(folder, { recursive: true, force: true })
    throw error
  }
  return {
    url: embedded.url,
    folder,
    pid: () => embedded.pid,
    makeDatabase: (name) => makeDatabaseOn(embedded.url, name),
    restart: async () => {
      await embedded.stop()
      embedded = await startEmbedded({ folder, settings })
    },
    stop: async () => {
      await embedded.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Removes the folders of runs that were killed; the watchdog has ended their servers. */
function dropDeadScratch(root: string): void {
  for (const name of readdirSync(root)) {
    const folder = join(root, name)
    if (
      name.startsWith(SCRATCH_PREFIX) &&
      isOurs(folder) &&
      wasLeftLocked(folder) &&
      !existsSync(join(folder, 'data', 'postmaster.pid'))
    )
      rmSync(folder, { recursive: true, force: true })
  }
}

/** Whether we may remove it: what another user's run left is that user's. */
function isOurs(folder: string): boolean {
  const user = process.getuid?.() ?? 0
  return user === 0 || statSync(folder, { throwIfNoEntry: false })?.uid === user
}

/** One migrated database on a scratch server of its own; `stop` takes both away. */
export async function startScratchDatabase(
  settings: Record<string, string> = FAST_SETTINGS,
): Promise<{ url: string; pool: Database; server: ScratchServer; stop(): Promise<void> }> {
  const server = await startScratchServer(settings)
  const database = await server.makeDatabase()
  const stop = async (): Promise<void> => {
    await database.pool.end()
    await server.stop()
  }
  return { url: database.url, pool: database.pool, server, stop }
}

/** A fresh migrated database on the test run's shared server; drop it when the test file is done. */
export async function makeTestDatabase(name?: string): Promise<TestDatabase> {
  return makeDatabaseOn(testServerUrl(), name)
}

/** A fresh database without any table, for tests of the migrations themselves. */
export async function makeEmptyDatabase(): Promise<TestDatabase> {
  return makeDatabaseOn(testServerUrl(), undefined, 'template1')
}

function testServerUrl(): string {
  const url = process.env[TEST_SERVER_VARIABLE]
  if (url === undefined)
    throw new Error('no test server: run this under vitest with hub/platform/postgres/testing-setup.ts')
  return url
}

async function makeTemplate(serverUrl: string): Promise<void> {
  await onServer(serverUrl, `create database ${TEMPLATE}`)
  const pool = openPool(withDatabase(serverUrl, TEMPLATE), { maxConnections: 1 })
  await migrate(pool)
  await pool.end()
}

async function makeDatabaseOn(serverUrl: string, name = 'test', template = TEMPLATE): Promise<TestDatabase> {
  const unique = `${name
    .replaceAll(/[^a-z0-9]/gi, '_')
    .toLowerCase()
    .slice(0, 40)}_${randomBytes(6).toString('hex')}`
  await onServer(serverUrl, `create database ${unique} template ${template}`)
  const url = withDatabase(serverUrl, unique)
  const pool = openPool(url)
  const drop = async (): Promise<void> => {
    await pool.end()
    await dropScratchDatabase(serverUrl, unique)
  }
  return { url, pool, drop }
}

/**
 * Drops a database of a scratch server with whoever is still in it. The superuser does it: no other role may end an
 * autovacuum that is at work there.
 */
export async function dropScratchDatabase(serverUrl: string, name: string): Promise<void> {
  await onServer(
    serverUrl.replace(/\/\/[^@]*@/, `//${SUPERUSER}@`),
    `drop database if exists ${name} with (force)`,
  )
}

async function onServer(url: string, sql: string): Promise<void> {
  const pool = openPool(url, { maxConnections: 1 })
  try {
    await query(pool, sql)
  } finally {
    await pool.end()
  }
}
