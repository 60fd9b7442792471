import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
  readdirSync,
  readFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { openPool, query } from './database.ts'
import { startEmbedded, type Embedded } from './embedded.ts'
import { chooseInitdbUser, chooseOsUser, readOsAccounts } from './os-user.ts'
import { migrate } from './migrate.ts'
import { canEnter, findBinaries, findPackage } from './postgres-binaries.ts'
import { readProcess } from './process-table.ts'
import { memoryFolder } from './testing.ts'

const FAST = { fsync: 'off' }
const CHILD = new URL('./testing-embedded.ts', import.meta.url).pathname
const isRoot = process.getuid?.() === 0

let folder: string
/** A cluster made once: initdb is most of a first start. */
let seed: string
const running: Embedded[] = []
const children: ChildProcess[] = []
/** Servers that the children started. */
const servers: number[] = []

// Making a cluster waits for the disk; a busy machine takes its time.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

beforeAll(async () => {
  seed = mkdtempSync(join(memoryFolder(), 'carrel-seed-'))
  chmodSync(seed, 0o711)
  await (await startEmbedded({ folder: seed, settings: FAST })).stop()
})
afterAll(() => rmSync(seed, { recursive: true, force: true }))
beforeEach(() => {
  folder = mkdtempSync(join(memoryFolder(), 'carrel-embedded-'))
  chmodSync(folder, 0o711)
})
afterEach(async () => {
  for (const embedded of running.splice(0)) await embedded.stop()
  for (const child of children.splice(0)) child.kill('SIGKILL')
  // A server that is still on its way down writes into the folder that is being removed.
  const isGone = (pid: number): boolean => readProcess(pid) === null
  await vi.waitUntil(() => servers.every(isGone), { timeout: 20_000, interval: 20 })
  servers.length = 0
  rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
})

/** A folder on which a first start was made, and ended. */
function copyDatabase(): void {
  expect(spawnSync('cp', ['-a', join(seed, 'data'), folder]).status).toBe(0)
}

async function start(where = folder): Promise<Embedded> {
  const embedded = await startEmbedded({ folder: where, settings: FAST })
  running.push(embedded)
  return embedded
}

type Printed = { url?: string; pid?: number; error?: string; message?: string }

/** Starts the database in a process of its own; answers what it printed. */
async function startChild(where = folder, uid?: number): Promise<{ child: ChildProcess; printed: Printed }> {
  // Under the strictest umask that an administrator may have.
  const child = spawn('/bin/sh', ['-c', 'umask 077; exec "$0" "$@"', process.execPath, CHILD, where], {
    stdio: ['ignore', 'pipe', 'inherit'],
    cwd: '/',
    ...(uid === undefined ? {} : { uid, gid: uid }),
  })
  children.push(child)
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string]
  const printed = JSON.parse(line) as Printed
  if (printed.pid !== undefined) servers.push(printed.pid)
  return { child, printed }
}

async function ask(url: string, sql: string): Promise<unknown> {
  const pool = openPool(url, { maxConnections: 1 })
  try {
    return await query(pool, sql)
  } finally {
    await pool.end()
  }
}

const gone = (pid: number | undefined): Promise<void> =>
  vi.waitFor(() => expect(readProcess(pid ?? 0)).toBeNull(), { timeout: 10_000, interval: 20 })

describe('a start', () => {
  test('makes a UTF-8 cluster that sorts by code point, without a port and without a password', async () => {
    const { url } = await start()
    expect(
      await ask(
        url,
        `select pg_encoding_to_char(encoding) as encoding, datlocprovider as provider, datlocale as locale,
                current_setting('listen_addresses') as addresses, current_user::text as role
           from pg_database where datname = current_database()`,
      ),
    ).toEqual([{ encoding: 'UTF8', provider: 'b', locale: 'C.UTF-8', addresses: '', role: 'carrel_hub' }])
    expect(url).not.toContain(':@')
  })

  test('keeps what was stored, and leaves no process and no lock behind when stopped', async () => {
    copyDatabase()
    const first = await startEmbedded({ folder, settings: FAST })
    await ask(first.url, 'create table kept as select 42 as answer')
    await first.stop()
    expect(readProcess(first.pid)).toBeNull()
    expect(existsSync(join(folder, 'lock'))).toBe(false)
    const second = await start()
    expect(await ask(second.url, 'select answer from kept')).toEqual([{ answer: 42 }])
  })

  test('finds a short place for its socket when the folder has a long name', async () => {
    const long = join(folder, 'x'.repeat(90), 'y'.repeat(20))
    const embedded = await startEmbedded({ folder: long, settings: FAST })
    const socketFolder = new URL(embedded.url.replace('@/', '@x/')).searchParams.get('host') ?? ''
    expect(socketFolder.startsWith(long)).toBe(false)
    expect(await ask(embedded.url, 'select 1 as one')).toEqual([{ one: 1 }])
    await embedded.stop()
    expect(existsSync(socketFolder)).toBe(false)
  })

  test('works in folders that it makes under a strict umask', async () => {
    const { printed } = await startChild(join(folder, 'new', 'newer'))
    expect(printed.error).toBeUndefined()
  })

  test('knows its folder under another name, and clears what was left there', async () => {
    copyDatabase()
    const { child, printed } = await startChild()
    killWatchdog(printed.pid ?? 0)
    child.kill('SIGKILL')
    await once(child, 'exit')
    const link = `${folder}-link`
    symlinkSync(folder, link)
    await start(link)
    expect(readProcess(printed.pid ?? 0)).toBeNull()
    rmSync(link)
  })

  test('is refused while another holds the folder, in this process or another', async () => {
    copyDatabase()
    const { printed } = await startChild()
    expect(printed.url).toBeDefined()
    await expect(startEmbedded({ folder })).rejects.toMatchObject({
      name: 'FolderLockedError',
      message: /process \d+/,
    })
  })

  test('tries whether its folder can be written under a name of its own, whatever another start does there', async () => {
    copyDatabase()
    mkdirSync(join(folder, '.writable'))
    expect((await startChild()).printed.error).toBeUndefined()
  })

  test('one of two that begin at once on an empty folder goes on, the other says why not', async () => {
    const both = await Promise.all([startChild(), startChild()])
    const errors = both.map(({ printed }) => printed.error)
    expect(errors).toHaveLength(2)
    expect(errors.filter((error) => error === 'FolderLockedError')).toHaveLength(1)
    expect(errors).toContain(undefined)
  })
})

describe('after a hard kill', () => {
  test('the database does not outlive its hub, and the next start works', async () => {
    copyDatabase()
    const { child, printed } = await startChild()
    child.kill('SIGKILL')
    await gone(printed.pid)
    expect(await ask((await start()).url, 'select 1 as one')).toEqual([{ one: 1 }])
  })

  test('a start right behind the kill waits for the old database and takes over', async () => {
    copyDatabase()
    const { child, printed } = await startChild()
    child.kill('SIGKILL')
    await once(child, 'exit')
    const embedded = await start()
    expect(embedded.pid).not.toBe(printed.pid)
    expect(await ask(embedded.url, 'select 1 as one')).toEqual([{ one: 1 }])
  })

  test('a database left alone, its watchdog killed too, is ended by the next start', async () => {
    copyDatabase()
    const { child, printed } = await startChild()
    killWatchdog(printed.pid ?? 0)
    child.kill('SIGKILL')
    await once(child, 'exit')
    expect(readProcess(printed.pid ?? 0)).not.toBeNull()
    await start()
    expect(readProcess(printed.pid ?? 0)).toBeNull()
  })

  test('of the database itself, the folder is free and nothing is lost', async () => {
    copyDatabase()
    const first = await startEmbedded({ folder, settings: FAST })
    await ask(first.url, 'create table kept as select 1 as one')
    process.kill(first.pid, 'SIGKILL')
    await first.ended
    expect(await ask((await start()).url, 'select one from kept')).toEqual([{ one: 1 }])
  })

  test('a pid file that names a stranger is not believed', async () => {
    copyDatabase()
    writeFileSync(
      join(folder, 'data', 'postmaster.pid'),
      `${process.pid}\n${join(folder, 'data')}\n1\n5432\n`,
    )
    writeFileSync(join(folder, 'lock'), JSON.stringify({ pid: process.pid, started: 'another life' }))
    expect(await ask((await start()).url, 'select 1 as one')).toEqual([{ one: 1 }])
  })

  test('a half-made cluster is made anew', async () => {
    mkdirSync(join(folder, 'data.new'))
    writeFileSync(join(folder, 'data.new', 'PG_VERSION'), '18\n')
    expect(await ask((await start()).url, 'select 1 as one')).toEqual([{ one: 1 }])
  })
})

describe('one clear sentence for', () => {
  const faultOf = async (where = folder): Promise<string> => {
    const error = await startEmbedded({ folder: where, settings: FAST }).catch((caught: Error) => caught)
    expect(error).toMatchObject({ name: 'EmbeddedDatabaseError' })
    expect(existsSync(join(where, 'lock'))).toBe(false)
    return (error as Error).message
  }

  test('a data folder of another major version', async () => {
    copyDatabase()
    writeFileSync(join(folder, 'data', 'PG_VERSION'), '17\n')
    expect(await faultOf()).toMatch(/created by PostgreSQL 17, and this Carrel runs PostgreSQL 18/)
  })

  test('a data folder whose files are missing, at once or on the way', async () => {
    copyDatabase()
    rmSync(join(folder, 'data', 'global', 'pg_control'))
    expect(await faultOf()).toMatch(/does not start: .*restore a backup/)
    rmSync(join(folder, 'data', 'base'), { recursive: true })
    expect(await faultOf()).toMatch(/is broken \(files are missing\)/)
  })

  test('a folder that is a file', async () => {
    const file = join(folder, 'file')
    writeFileSync(file, '')
    const error = await startEmbedded({ folder: join(file, 'x') }).catch((caught: Error) => caught)
    expect(error).toMatchObject({
      message: expect.stringMatching(
        /Cannot write to the data folder .+ \(ENOTDIR\)\. A part of the path is a file: set CARREL_HOME/,
      ),
    })
  })

  test.runIf(isRoot)('a folder that the database’s user cannot reach', async () => {
    const secret = join(folder, 'secret')
    mkdirSync(secret, { mode: 0o700 })
    expect(await faultOf(join(secret, 'x'))).toMatch(/cannot reach .*secret\/x\. Set CARREL_HOME/)
  })

  test.runIf(isRoot)('a folder of another user', async () => {
    const nobody = 65534
    const { printed } = await startChild(folder, nobody)
    expect(printed).toMatchObject({
      error: 'EmbeddedDatabaseError',
      message: expect.stringMatching(/Cannot write to the data folder/),
    })
  })
})

test.runIf(isRoot)('as an ordinary user it runs as that user, and root can start it afterwards', async () => {
  const nobody = 65534
  chownSync(folder, nobody, nobody)
  const { child, printed } = await startChild(folder, nobody)
  expect(printed.error).toBeUndefined()
  expect(readFileSync(`/proc/${printed.pid ?? 0}/status`, 'utf8')).toMatch(/^Uid:\s+65534/m)
  child.kill('SIGTERM')
  await once(child, 'exit')
  const embedded = await start()
  expect(await ask(embedded.url, 'select current_user::text as role')).toEqual([{ role: 'carrel_hub' }])
  // As root nothing runs as nobody, whose every process would be master of the database.
  expect(uidOf(embedded.pid)).not.toBe(nobody)
})

test.runIf(isRoot)(
  'programs below a private folder, their links never made, are copied to where they can run',
  () => {
    const hidden = join(folder, 'private')
    mkdirSync(hidden, { mode: 0o700 })
    const found = findPackage()
    cpSync(found.root, hidden, { recursive: true, verbatimSymlinks: true })
    const links = readdirSync(join(hidden, 'native', 'lib'), { withFileTypes: true }).filter((one) =>
      one.isSymbolicLink(),
    )
    expect(links.length).toBeGreaterThan(5)
    for (const link of links) rmSync(join(hidden, 'native', 'lib', link.name))
    const osUser = chooseOsUser(join(folder, 'data'))
    const bin = findBinaries(folder, osUser, { root: hidden, version: found.version })
    expect(bin).toBe(join(folder, `postgresql-${found.version}`, 'bin'))
    const version = spawnSync(join(bin, 'postgres'), ['-V'], {
      uid: osUser?.uid,
      gid: osUser?.gid,
      env: {},
      encoding: 'utf8',
      cwd: '/',
    })
    expect(version.stdout).toContain('PostgreSQL) 18')
    expect(canEnter(hidden, osUser)).toBe(false)
  },
)

const uidOf = (pid: number): number => statSync(`/proc/${pid}`).uid

describe.runIf(isRoot)('[OPS-12] as root', () => {
  const withoutPostgres = readOsAccounts().filter(({ name }) => name !== 'postgres')
  const startBare = async (): Promise<Embedded> => {
    const embedded = await startEmbedded({ folder, settings: FAST, accounts: withoutPostgres })
    running.push(embedded)
    return embedded
  }

  test('without a user postgres the database runs under a number that is nobody’s, and finds it again', async () => {
    const first = await startBare()
    const uid = uidOf(first.pid)
    expect([uid >= 60_900 && uid < 61_000, withoutPostgres.some((one) => one.uid === uid)]).toEqual([
      true,
      false,
    ])
    await ask(first.url, 'create table kept as select 1 as one')
    await first.stop()
    expect(statSync(join(folder, 'data', 'base')).uid).toBe(uid)
    const second = await startBare()
    expect(uidOf(second.pid)).toBe(uid)
    expect(await ask(second.url, 'select one from kept')).toEqual([{ one: 1 }])
  })

  test('a database that ran as nobody is taken over with all that is in it', async () => {
    copyDatabase()
    spawnSync('chown', ['-R', '65534:65534', join(folder, 'data')])
    const embedded = await startBare()
    expect(uidOf(embedded.pid)).not.toBe(65_534)
    expect(await ask(embedded.url, 'select 1 as one')).toEqual([{ one: 1 }])
    const left = spawnSync('find', [folder, '-uid', '65534'], { encoding: 'utf8' })
    expect(left.stdout).toBe('')
  })

  test('a machine on which every account is busy is answered with what to do', () => {
    const busy = [{ name: 'nobody', uid: 0, gid: 0 }]
    const osUser = chooseOsUser(join(folder, 'data'), busy)
    expect(() => chooseInitdbUser(osUser, busy)).toThrow(/useradd --system postgres/)
  })
})

describe('[OPS-13] the hub’s role', () => {
  test('is no superuser and reaches no file; the extensions that it may need it can have', async () => {
    copyDatabase()
    const { url } = await start()
    expect(
      await ask(
        url,
        `select rolsuper or rolcreaterole or rolcreatedb or rolreplication or rolbypassrls as mighty,
           (select count(*)::int from pg_auth_members where member = r.oid) as memberships
         from pg_roles r where rolname = current_user`,
      ),
    ).toEqual([{ mighty: false, memberships: 0 }])
    for (const act of [
      "select pg_read_file('/etc/passwd')",
      "copy (select 1) to program 'true'",
      'alter role carrel_hub superuser',
      'set session authorization carrel',
    ])
      await expect(ask(url, act)).rejects.toThrow(/denied|permission/)
    await ask(url, 'create extension citext; create extension pg_trgm; create extension ltree')
  })

  test('is given what an earlier release made as superuser, with what is stored in it', async () => {
    copyDatabase()
    const before = await startEmbedded({ folder, settings: FAST })
    const maintenance = before.superuserUrl.replace('/carrel?', '/postgres?')
    await ask(maintenance, 'drop database carrel')
    await ask(maintenance, 'drop role carrel_hub')
    await ask(maintenance, 'create database carrel')
    const old = openPool(before.superuserUrl, { maxConnections: 1 })
    await migrate(old)
    await old.query(
      `create schema pgboss; create type pgboss.state as enum ('a'); create table pgboss.job (id serial, state pgboss.state) partition by list (state);
       create table pgboss.job_common partition of pgboss.job default; create view pgboss.seen as select * from pgboss.job;
       create extension pg_trgm; insert into pgboss.job (state) values ('a')`,
    )
    await old.end()
    await before.stop()
    const { url } = await start()
    expect(
      await ask(
        url,
        `select oid::regclass::text as name from pg_class where relowner = 'carrel'::regrole
           and relnamespace in ('public'::regnamespace, 'pgboss'::regnamespace)
         union all select oid::regprocedure::text from pg_proc where proowner = 'carrel'::regrole
           and pronamespace = 'public'::regnamespace and probin is null and prosrc not like 'gbt%'
         union all select datname from pg_database where datname = 'carrel' and datdba = 'carrel'::regrole`,
      ),
    ).toEqual([])
    await ask(url, "alter table pgboss.job add column more int; insert into pgboss.job (state) values ('a')")
    await ask(url, 'alter table spaces add column more int; drop function level_of_mean cascade')
    expect(await ask(url, 'select count(*)::int as count from pgboss.job')).toEqual([{ count: 2 }])
  })
})

function killWatchdog(serverPid: number): void {
  for (const name of readdirSync('/proc')) {
    const found = readProcess(Number(name))
    if (found?.command.includes(`carrel-watchdog ${serverPid}`)) process.kill(found.pid, 'SIGKILL')
  }
}
