import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { runHere } from '../../admin/testing-cli.ts'
import { parseConfig } from '../../config.ts'
import { startHub, type Hub } from '../../hub.ts'
import { startAndStopJobs } from '../jobs/testing-jobs.ts'
import { makeLogger } from '../log.ts'
import { closePool, openPool, query, withDatabase, type Database } from './database.ts'
import { startEmbedded, type Embedded } from './embedded.ts'
import { migrate } from './migrate.ts'
import { ownRoleOf, withRole } from './own-role.ts'
import { memoryFolder } from './testing.ts'

const PASSWORD = 'wordOfTheSuperuser'
const SECRET = 'a secret that all hubs of this database have'
const ROLE = ownRoleOf('carrel')

let folder: string
let embedded: Embedded
const serverLog: string[] = []
const hubs: Hub[] = []

// Making a cluster waits for the disk; a busy machine takes its time.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

/** A server of one's own as many have it: one superuser, passwords by SCRAM, no role of the hub. */
beforeAll(async () => {
  folder = mkdtempSync(join(memoryFolder(), 'carrel-own-role-'))
  chmodSync(folder, 0o711)
  embedded = await startEmbedded({
    folder: join(folder, 'database'),
    settings: { fsync: 'off', log_statement: 'all' },
    log: (line) => serverLog.push(line),
  })
  await asking(withDatabase(embedded.superuserUrl, 'postgres'), async (pool) => {
    await pool.query('drop database carrel')
    await pool.query('drop role carrel_hub')
    await pool.query(`alter role carrel password '${PASSWORD}'`)
    writeHba('local all all scram-sha-256\n')
    await pool.query('select pg_reload_conf()')
  })
})
afterEach(async () => {
  await Promise.all(hubs.splice(0).map((hub) => hub.stop()))
  writeHba('local all all scram-sha-256\n')
  await asking(ofSuperuser('postgres'), async (pool) => {
    await pool.query('select pg_reload_conf()')
    await pool.query('drop database if exists carrel with (force)')
    await pool.query(`drop role if exists ${ROLE}`)
  })
})
afterAll(async () => {
  await embedded.stop()
  rmSync(folder, { recursive: true, force: true })
})

const writeHba = (text: string): void => writeFileSync(join(folder, 'database', 'data', 'pg_hba.conf'), text)
const ofSuperuser = (database = 'carrel'): string =>
  withDatabase(embedded.superuserUrl, database).replace('//carrel@', `//carrel:${PASSWORD}@`)

async function asking<Result>(url: string, run: (pool: Database) => Promise<Result>): Promise<Result> {
  const pool = openPool(url, { maxConnections: 2 })
  try {
    return await run(pool)
  } finally {
    await closePool(pool)
  }
}

const ask = (sql: string, database?: string): Promise<object[]> =>
  asking(ofSuperuser(database), (pool) => query(pool, sql))
const makeDatabase = (): Promise<object[]> => ask('create database carrel', 'postgres')

const environmentOf = (more: Record<string, string> = {}): Record<string, string> => ({
  CARREL_HOME: join(folder, 'home'),
  DATABASE_URL: ofSuperuser(),
  CARREL_SECRET: SECRET,
  CARREL_PORT: '0',
  CARREL_METRICS_PORT: '0',
  ...more,
})

async function start(more: Record<string, string> = {}): Promise<Hub> {
  const config = parseConfig(environmentOf(more))
  if (!config.ok) throw new Error(config.refusal.problems.join())
  const hub = await startHub(config.value, { logger: makeLogger('silent') })
  hubs.push(hub)
  return hub
}

/** Who is signed in to the database, beside whoever asks here. */
const sessions = (): Promise<object[]> =>
  ask(
    `select distinct usename::text as role, rolsuper or rolcreaterole or rolcreatedb or rolreplication or rolbypassrls as mighty,
       (select count(*)::int from pg_auth_members where member = usesysid) as memberships
     from pg_stat_activity join pg_roles on pg_roles.oid = usesysid
     where datname = 'carrel' and pid <> pg_backend_pid()`,
  )
/** Everything of Carrel's that is not the hub's own role's. */
const notOwned = (): Promise<object[]> =>
  ask(
    `with ours as (select oid as schema from pg_namespace where nspname in ('public', 'pgboss')),
          role as (select oid as role from pg_roles where rolname = '${ROLE}'),
          parts as (select objid from pg_depend where deptype = 'e')
     select oid::regclass::text as name from pg_class, role
       where relowner <> role and relnamespace in (table ours) and oid not in (table parts)
     union all select oid::regprocedure::text from pg_proc, role
       where proowner <> role and pronamespace in (table ours) and oid not in (table parts)
     union all select oid::regtype::text from pg_type, role
       where typowner <> role and typnamespace in (table ours) and typelem = 0 and oid not in (table parts)
     union all select nspname::text from pg_namespace, role where nspowner <> role and nspname = 'pgboss'
     union all select datname::text from pg_database, role where datname = 'carrel' and datdba <> role`,
  )

const LIMITED = [{ role: ROLE, mighty: false, memberships: 0 }]

describe('[OPS-15] a hub whose DATABASE_URL names a superuser', () => {
  test('works as a role of its own that owns what is there and can do no more, also at its second start', async () => {
    await makeDatabase()
    for (let round = 1; round <= 2; round += 1) {
      const hub = await start()
      expect((await fetch(`${hub.url}/readyz`)).status).toBe(200)
      await query(hub.pool, 'select 1')
      expect(await sessions()).toEqual(LIMITED)
      expect(await notOwned()).toEqual([])
      await expect(query(hub.pool, "copy (select 1) to program 'true'")).rejects.toThrow(/permission denied/)
      await hub.stop()
    }
    expect(
      await ask(`select rolpassword ~ '^SCRAM-SHA-256' as scram from pg_authid where rolname = '${ROLE}'`),
    ).toEqual([{ scram: true }])
    const logged = serverLog.filter((line) => / password '/i.test(line) && line.includes(ROLE))
    expect(logged.filter((line) => !line.includes("password 'SCRAM-SHA-256$"))).toEqual([])
  })

  test('takes over what the release before made as superuser, and what was granted to the role since is taken from it', async () => {
    await makeDatabase()
    await asking(ofSuperuser(), async (pool) => {
      await migrate(pool)
      await startAndStopJobs(pool)
      await pool.query('create extension pg_trgm')
      await pool.query(`insert into universities (name, email_domains, timezone, locale, epoch, clock, facts_clock)
        values ('Kept', '{kept.example}', 'UTC', 'en', 'e', 0, 0)`)
    })
    const hub = await start()
    expect(await query(hub.pool, 'select name from universities')).toEqual([{ name: 'Kept' }])
    expect(await notOwned()).toEqual([])
    await hub.stop()
    await ask(`alter role ${ROLE} createrole replication nologin; grant pg_read_server_files to ${ROLE}`)
    await start()
    expect(await sessions()).toEqual(LIMITED)
  })

  test('may start beside another one, also at the same moment: each stays signed in', async () => {
    await makeDatabase()
    const [first, second] = await Promise.all([
      start({ CARREL_HOME: join(folder, 'one') }),
      start({ CARREL_HOME: join(folder, 'two') }),
    ])
    await start({ CARREL_HOME: join(folder, 'three') })
    await ask(`select pg_terminate_backend(pid) from pg_stat_activity where usename = '${ROLE}'`)
    for (const hub of [first, second])
      await vi.waitFor(async () => expect(await query(hub.pool, 'select 1 as one')).toEqual([{ one: 1 }]), {
        timeout: 20_000,
      })
    expect(await sessions()).toEqual(LIMITED)
  })

  test('is refused when another one works there with another secret, and changes nothing for that one', async () => {
    await makeDatabase()
    const hub = await start()
    await expect(start({ CARREL_SECRET: 'another secret, of 32 characters or more' })).rejects.toThrow(
      /^Another hub works with this database as carrel_hub_carrel, with another CARREL_SECRET\. .*\.$/,
    )
    await ask(`select pg_terminate_backend(pid) from pg_stat_activity where usename = '${ROLE}'`)
    await vi.waitFor(async () => expect(await query(hub.pool, 'select 1 as one')).toEqual([{ one: 1 }]), {
      timeout: 20_000,
    })
    await hub.stop()
    hubs.splice(0)
    await start({ CARREL_SECRET: 'another secret, of 32 characters or more' })
    expect(await sessions()).toEqual(LIMITED)
  })

  test('what the commands make and restore there is the hub’s, and doctor finds the role right', async () => {
    await makeDatabase()
    const doctor = async (): Promise<unknown> => {
      const { findings } = (await runHere(environmentOf(), ['doctor', '--json'])).json() as {
        findings: { what: string; state: string; fix?: string }[]
      }
      return findings.find(({ what }) => what === 'role')
    }
    expect(await doctor()).toMatchObject({ state: 'warn', fix: expect.stringContaining('Start the hub') })
    const university = [
      'university',
      'add',
      '--name',
      'Lipnik',
      '--domain',
      'lipnik.example',
      '--timezone',
      'UTC',
    ]
    expect((await runHere(environmentOf(), university)).code).toBe(0)
    await (await start()).stop()
    expect(await notOwned()).toEqual([])
    expect(await doctor()).toMatchObject({ state: 'ok' })
    const file = join(folder, `backup-${Date.now()}.gz`)
    expect((await runHere(environmentOf(), ['backup', file])).code).toBe(0)
    await ask('drop database carrel with (force)', 'postgres')
    await makeDatabase()
    const restored = await runHere(environmentOf(), ['restore', file])
    expect([restored.code, restored.stderr]).toEqual([0, ''])
    const hub = await start()
    expect(await query(hub.pool, 'select name from universities')).toEqual([{ name: 'Lipnik' }])
    expect(await notOwned()).toEqual([])
  })
})

describe('[OPS-16] a hub that cannot have such a role', () => {
  const SENTENCE =
    /^DATABASE_URL names \w+, which can do more than own the database \(.*\), and the hub cannot work as a role of its own, carrel_hub_carrel, instead \(.*\): run "node hub\/prepare-database\.ts" .*\.$/

  test('does not start where the server refuses the role, and says in a sentence what to run', async () => {
    await makeDatabase()
    writeHba(`local all ${ROLE} reject\nlocal all all scram-sha-256\n`)
    await ask('select pg_reload_conf()')
    await expect(start()).rejects.toThrow(SENTENCE)
    await expect(start()).rejects.not.toThrow(new RegExp(PASSWORD))
    expect(await sessions()).toEqual([])
  })

  test.each(['bypassrls', 'replication'])(
    'does not start as a role with %s, which can make none',
    async (might) => {
      await ask(`create role strange login ${might} password 'strangeWord'`, 'postgres')
      await ask('create database carrel owner strange', 'postgres')
      try {
        const url = ofSuperuser().replace(`carrel:${PASSWORD}`, 'strange:strangeWord')
        await expect(start({ DATABASE_URL: url })).rejects.toThrow(SENTENCE)
      } finally {
        await ask('drop database carrel', 'postgres')
        await ask('drop role strange', 'postgres')
      }
    },
  )

  test('one that makes roles and databases, as hosted servers give it, needs no superuser for that', async () => {
    await ask("create role hosted login createrole createdb password 'hostedWord'", 'postgres')
    await ask('create database carrel owner hosted', 'postgres')
    try {
      const url = ofSuperuser().replace(`carrel:${PASSWORD}`, 'hosted:hostedWord')
      await asking(url, (pool) => migrate(pool))
      for (let round = 1; round <= 2; round += 1) {
        const hub = await start({ DATABASE_URL: url })
        expect(await sessions()).toEqual(LIMITED)
        expect(await notOwned()).toEqual([])
        await hub.stop()
      }
    } finally {
      await ask('drop database carrel with (force)', 'postgres')
      await ask(`drop role ${ROLE}; drop role hosted`, 'postgres')
    }
  })
})

test('[OPS-15] the role’s name fits into PostgreSQL’s 63 bytes, and what is said of a role last counts', () => {
  expect(ownRoleOf('carrel')).toBe('carrel_hub_carrel')
  const long = ['a', 'b'].map((end) => ownRoleOf(`${'ž'.repeat(29)}${end}`))
  expect(new Set(long).size).toBe(2)
  for (const name of long) expect(Buffer.byteLength(name)).toBeLessThanOrEqual(63)
  expect(withRole('postgresql://a:b@h/d?user=c', 'r ž', 'p&w')).toBe(
    'postgresql://a:b@h/d?user=c&user=r+%C5%BE&password=p%26w',
  )
})
