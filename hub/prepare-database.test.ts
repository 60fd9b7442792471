import { spawn } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { startAndStopJobs } from './platform/jobs/testing-jobs.ts'
import {
  closePool,
  loadPrivilegedRole,
  openPool,
  query,
  withDatabase,
  type Database,
} from './platform/postgres/database.ts'
import { prepareDatabase } from './platform/postgres/database-owner.ts'
import { startEmbedded, type Embedded } from './platform/postgres/embedded.ts'
import { migrate } from './platform/postgres/migrate.ts'
import { memoryFolder } from './platform/postgres/testing.ts'
import { childEnvironment } from './testing/testing-environment.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const SUPERUSER_PASSWORD = 'wordOfTheSuperuser'

let folder: string
let embedded: Embedded
const serverLog: string[] = []

// Making a cluster waits for the disk; a busy machine takes its time.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

/** A server as the release before left it: passwords by SCRAM, no role of the hub, and all that is there the superuser's. */
beforeAll(async () => {
  folder = mkdtempSync(join(memoryFolder(), 'carrel-prepare-'))
  chmodSync(folder, 0o711)
  embedded = await startEmbedded({
    folder,
    settings: { fsync: 'off', log_statement: 'all' },
    log: (line) => serverLog.push(line),
  })
  await asking(withDatabase(embedded.superuserUrl, 'postgres'), async (pool) => {
    await pool.query('drop database carrel')
    await pool.query('drop role carrel_hub')
    await pool.query('create database carrel')
    await pool.query(`alter role carrel password '${SUPERUSER_PASSWORD}'`)
    await pool.query("create role nobody_special login password 'wordOfNobody'")
    writeFileSync(join(folder, 'data', 'pg_hba.conf'), 'local all all scram-sha-256\n')
    await pool.query('select pg_reload_conf()')
  })
  await asking(ofSuperuser(), async (pool) => {
    await migrate(pool)
    await startAndStopJobs(pool)
  })
})
afterAll(async () => {
  await embedded.stop()
  rmSync(folder, { recursive: true, force: true })
})

function urlOf(role: string, password: string, database = 'carrel'): string {
  return withDatabase(embedded.superuserUrl, database).replace('//carrel@', `//${role}:${password}@`)
}
const ofSuperuser = (): string => urlOf('carrel', SUPERUSER_PASSWORD)
const ofHub = (password: string): string => urlOf('carrel_hub', password)

async function asking<Result>(url: string, run: (pool: Database) => Promise<Result>): Promise<Result> {
  const pool = openPool(url, { maxConnections: 2 })
  try {
    return await run(pool)
  } finally {
    await closePool(pool)
  }
}

interface Ended {
  code: number | null
  stdout: string
  stderr: string
}

/** Runs the program as its container does. */
async function prepare(environment: Record<string, string>): Promise<Ended> {
  const child = spawn('/bin/sh', ['hub/start-container.sh', 'node', 'hub/prepare-database.ts'], {
    cwd: ROOT,
    env: childEnvironment(environment),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const said = { stdout: '', stderr: '' }
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said.stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said.stderr += text))
  const code = await new Promise<number | null>((done) => child.once('close', (exitCode) => done(exitCode)))
  return { code, ...said }
}

const prepareFor = (password: string): Promise<Ended> =>
  prepare({
    SUPERUSER_DATABASE_URL: urlOf('carrel', SUPERUSER_PASSWORD, 'postgres'),
    DATABASE_URL: ofHub(password),
  })

const PREPARED = { code: 0, stdout: 'database carrel belongs to carrel_hub\n', stderr: '' }

describe('[OPS-13, OPS-14] what prepares a PostgreSQL for the hub', () => {
  test('makes the role and hands over all that the superuser made, with all that is in it', async () => {
    expect(await prepareFor('firstWord')).toEqual(PREPARED)
    const left = await asking(ofSuperuser(), (pool) =>
      query(
        pool,
        `with ours as (select oid from pg_namespace where nspname in ('public', 'pgboss'))
         select oid::regclass::text as name from pg_class where relowner = 'carrel'::regrole and relnamespace in (select oid from ours)
         union all select oid::regprocedure::text from pg_proc where proowner = 'carrel'::regrole and pronamespace in (select oid from ours)
         union all select oid::regtype::text from pg_type where typowner = 'carrel'::regrole and typnamespace in (select oid from ours)
         union all select nspname from pg_namespace where nspowner = 'carrel'::regrole and nspname = 'pgboss'
         union all select datname from pg_database where datname = 'carrel' and datdba = 'carrel'::regrole`,
      ),
    )
    expect(left).toEqual([])
    await asking(ofHub('firstWord'), async (pool) => {
      expect(await loadPrivilegedRole(pool)).toBeNull()
      expect(await migrate(pool)).toEqual({ migrations: [], functions: [] })
      await startAndStopJobs(pool)
      await query(pool, 'alter table spaces add column more int')
      await query(pool, 'alter table pgboss.job add column more int')
      const partitions = "select 1 from pg_inherits where inhparent = 'pgboss.job'::regclass"
      expect((await query(pool, partitions)).length).toBeGreaterThan(0)
    })
  })

  test('does no harm when several do it at once', async () => {
    await asking(ofSuperuser(), async (pool) => {
      await query(pool, 'reassign owned by carrel_hub to carrel')
      await query(pool, 'drop role carrel_hub')
    })
    const name = (database: string): string => urlOf('carrel', SUPERUSER_PASSWORD, database)
    await Promise.all([1, 2, 3, 4].map(() => prepareDatabase(name, 'carrel', 'firstWord')))
    expect(await asking(ofHub('firstWord'), (pool) => migrate(pool))).toEqual({
      migrations: [],
      functions: [],
    })
  })

  test('may be repeated: the newest password counts, and what the role was granted since is taken from it', async () => {
    expect(await prepareFor('firstWord')).toEqual(PREPARED)
    await asking(ofSuperuser(), async (pool) => {
      await query(pool, 'alter role carrel_hub superuser createdb createrole replication bypassrls nologin')
      await query(pool, 'grant pg_read_server_files to carrel_hub with admin option')
    })
    expect(await prepareFor("it''s%20n%C3%A9w")).toEqual(PREPARED)
    await expect(asking(ofHub('firstWord'), (pool) => query(pool, 'select 1'))).rejects.toThrow(/password/)
    await asking(ofHub("it''s%20n%C3%A9w"), async (pool) => {
      expect(await loadPrivilegedRole(pool)).toBeNull()
      await expect(query(pool, 'create database another')).rejects.toThrow(/permission denied/)
    })
  })

  test('the password is kept by SCRAM, and is not in the server’s log', async () => {
    await asking(ofSuperuser(), (pool) => query(pool, "alter system set password_encryption = 'md5'"))
    await asking(ofSuperuser(), (pool) => query(pool, 'select pg_reload_conf()'))
    expect(await prepareFor('wordThatNobodySees')).toEqual(PREPARED)
    const [kept] = await asking(ofSuperuser(), (pool) =>
      query<{ word: string }>(pool, "select rolpassword as word from pg_authid where rolname = 'carrel_hub'"),
    )
    expect(kept?.word).toMatch(/^SCRAM-SHA-256\$/)
    expect(serverLog.join('\n')).toContain('alter table spaces add column more int')
    expect(serverLog.join('\n')).not.toContain('wordThatNobodySees')
  })

  test('hands over beside a hub that is at work, and tries again when both wait for each other', async () => {
    await asking(ofSuperuser(), async (pool) => {
      await query(pool, 'alter table spaces owner to carrel')
      await query(pool, 'alter table universities owner to carrel')
      // Time enough for the hub to close the circle; and the hub is the more patient one.
      await query(pool, "alter database carrel set deadlock_timeout = '3s'")
      const client = await pool.connect()
      await client.query("set deadlock_timeout = '60s'; begin; lock table universities in access share mode")
      const ended = prepareFor('firstWord')
      const waits =
        "select 1 from pg_stat_activity where wait_event_type = 'Lock' and query like 'alter table%'"
      await vi.waitUntil(async () => (await query(pool, waits)).length > 0, { timeout: 20_000 })
      await client.query('lock table spaces in access share mode')
      await client.query('commit')
      client.release()
      expect(await ended).toEqual(PREPARED)
    })
    expect(serverLog.join('\n')).toContain('deadlock detected')
  })

  test('says in a sentence what is wrong, without a password, and ends with 1', async () => {
    const good = urlOf('carrel', SUPERUSER_PASSWORD, 'postgres')
    const hub = ofHub('secondWord')
    for (const [superuserUrl, hubUrl, sentence] of [
      ['', hub, /^SUPERUSER_DATABASE_URL must look like/],
      ['postgresql://carrel:x@host', hub, /^SUPERUSER_DATABASE_URL must look like/],
      [good, 'nonsense', /^DATABASE_URL must look like/],
      [good, urlOf('carrel', 'x'), /^DATABASE_URL must name the role carrel_hub/],
      [urlOf('carrel_hub', 'x'), hub, /^SUPERUSER_DATABASE_URL must name a role other/],
      [good, hub.replace(':secondWord', ''), /^DATABASE_URL has no password/],
      [good, ofHub(SUPERUSER_PASSWORD), /^The password of carrel_hub is the superuser's too/],
      [
        urlOf('carrel', 'wrongWord'),
        hub,
        /^PostgreSQL refuses the superuser .* check SUPERUSER_DATABASE_URL/,
      ],
      [
        urlOf('nobody_special', 'wordOfNobody'),
        hub,
        /^The role of SUPERUSER_DATABASE_URL is not a superuser/,
      ],
      [
        'postgresql://carrel:x@127.0.0.1:1/postgres',
        hub,
        /^The database cannot be prepared .*127\.0\.0\.1:1/,
      ],
      [good, 'postgresql://carrel_hub:secondWord@127.0.0.1:1/carrel', /^Cannot reach the database .*127/],
    ] as const) {
      const { code, stdout, stderr } = await prepare({
        SUPERUSER_DATABASE_URL: superuserUrl,
        DATABASE_URL: hubUrl,
      })
      expect([code, stdout, stderr]).toEqual([1, '', expect.stringMatching(sentence)])
      expect(stderr).toMatch(/^[^\n]+\.\n$/)
      expect(stderr).not.toMatch(/Word/)
    }
  })
})
