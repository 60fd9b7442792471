import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import pTimeout from 'p-timeout'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { VARIABLE_NAMES } from './config.ts'
import { readHubFile } from './hub-file.ts'
import { openPool } from './platform/postgres/database.ts'
import { startEmbedded } from './platform/postgres/embedded.ts'
import { migrate } from './platform/postgres/migrate.ts'
import { readProcess } from './platform/postgres/process-table.ts'
import { makeEmptyDatabase, memoryFolder } from './platform/postgres/testing.ts'
import { childEnvironment } from './testing/testing-environment.ts'

const MAIN = new URL('./main.ts', import.meta.url).pathname
const isRoot = process.getuid?.() === 0

/**
 * For what would never come, asked of each start and end of a process: a Node and its database may take long where others
 * have the cores, and a test that starts several takes as many times as long.
 */
const HANGS_MS = 45_000

let home: string
const children: ChildProcess[] = []

/** A home on which a hub has been started before: making a cluster is most of a first start. */
let seed: string

// Each step has its own limit; no test has as many steps as this.
vi.setConfig({ testTimeout: 8 * HANGS_MS, hookTimeout: 3 * HANGS_MS })

/** What comes, or an error where it does not come in time. */
function inTime<T>(coming: Promise<T>, what: string): Promise<T> {
  const message = `${what} did not come within ${HANGS_MS / 1000} s`
  return pTimeout(coming, { milliseconds: HANGS_MS, message })
}

beforeAll(async () => {
  seed = mkdtempSync(join(memoryFolder(), 'carrel-seed-'))
  chmodSync(seed, 0o711)
  const embedded = await startEmbedded({ folder: join(seed, 'database'), settings: { fsync: 'off' } })
  const pool = openPool(embedded.url)
  await migrate(pool)
  await pool.end()
  await embedded.stop()
})
afterAll(() => rmSync(seed, { recursive: true, force: true }))
beforeEach(() => {
  home = mkdtempSync(join(memoryFolder(), 'carrel-hub-'))
  chmodSync(home, 0o711)
})
afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL')
      await once(child, 'exit')
    }
  }
  // What was killed takes its database with it, and the folder goes only after that.
  await vi.waitUntil(() => databasePid() === null, { timeout: HANGS_MS })
  rmSync(home, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
})

/** Makes this test's home one that was used before. */
function copyDatabase(): void {
  expect(spawnSync('cp', ['-a', join(seed, 'database'), home]).status).toBe(0)
}

/** The embedded database's process, if one runs on this test's folder. */
function databasePid(): number | null {
  const file = join(home, 'database', 'data', 'postmaster.pid')
  if (!existsSync(file)) return null
  const pid = Number(readFileSync(file, 'utf8').split('\n')[0])
  return readProcess(pid) === null ? null : pid
}

interface Run {
  child: ChildProcess
  /** Standard output, line by line, as it comes. */
  line(): Promise<string>
  /** Resolves when it ended. */
  ended(): Promise<{ code: number | null; stdout: string; stderr: string }>
}

function run(environment: Record<string, string> = {}, args: string[] = [], uid?: number): Run {
  const child = spawn(process.execPath, [MAIN, ...args], {
    cwd: '/',
    env: childEnvironment({
      CARREL_HOME: home,
      CARREL_PORT: '0',
      CARREL_METRICS_PORT: '0',
      ...environment,
    }),
    ...(uid === undefined ? {} : { uid, gid: uid }),
  })
  children.push(child)
  const text = { stdout: '', stderr: '' }
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (text.stdout += chunk))
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (text.stderr += chunk))
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
  const ended = once(child, 'close').then(() => ({ code: child.exitCode, ...text }))
  return {
    child,
    line: async () => String((await inTime(lines.next(), 'a line')).value),
    ended: () => inTime(ended, 'the end'),
  }
}

async function running(
  environment: Record<string, string> = {},
  uid?: number,
): Promise<Run & { url: string }> {
  const hub = run(environment, [], uid)
  const line = await hub.line()
  expect(line).toMatch(/^hub https?:\/\/127\.0\.0\.1:\d+$/)
  return { ...hub, url: line.slice('hub '.length) }
}

const stop = async (hub: Run): Promise<number | null> => {
  hub.child.kill('SIGTERM')
  return (await hub.ended()).code
}

describe('a hub', () => {
  test('starts on an empty folder, is ready, says where it is, and stops cleanly', async () => {
    const hub = await running()
    expect(await (await fetch(`${hub.url}/readyz`)).json()).toEqual({
      isReady: true,
      parts: { database: 'ok', migrations: 'ok', jobs: 'ok' },
    })
    const metrics = (await hub.line()).slice('metrics '.length)
    expect(await (await fetch(metrics)).text()).toContain('carrel_connected_kiosks 0')
    expect(readHubFile(home)).toMatchObject({ pid: hub.child.pid, url: hub.url })
    expect(statSync(join(home, 'hub.json')).mode & 0o777).toBe(0o600)
    expect(databasePid()).not.toBeNull()
    expect(await stop(hub)).toBe(0)
    expect(existsSync(join(home, 'hub.json'))).toBe(false)
    expect(databasePid()).toBeNull()
  })

  test('stops cleanly at one Ctrl-C, which a terminal and a launcher tell it twice; at another one it exits at once', async () => {
    copyDatabase()
    const hub = await running()
    hub.child.kill('SIGINT')
    // Long enough to be two signals, and before the end of an orderly stop.
    await delay(60)
    hub.child.kill('SIGINT')
    expect((await hub.ended()).code).toBe(0)
    expect(existsSync(join(home, 'hub.json'))).toBe(false)
    const frozen = await running()
    const pid = databasePid() ?? 0
    // Its database does not answer: what waits for it would wait long.
    process.kill(pid, 'SIGSTOP')
    try {
      frozen.child.kill('SIGINT')
      await delay(1_500)
      expect(frozen.child.exitCode).toBeNull()
      frozen.child.kill('SIGINT')
      expect((await frozen.ended()).code).toBe(1)
    } finally {
      process.kill(pid, 'SIGCONT')
    }
  })

  test('starts again after a hard kill', async () => {
    copyDatabase()
    const first = await running()
    first.child.kill('SIGKILL')
    await first.ended()
    const second = await running()
    expect((await fetch(`${second.url}/livez`)).status).toBe(200)
    expect(await stop(second)).toBe(0)
  })

  test('lives on when its database is killed, says so, and brings it back', async () => {
    copyDatabase()
    const hub = await running({ CARREL_LOG: 'error' })
    const killed = databasePid() ?? 0
    process.kill(killed, 'SIGKILL')
    await vi.waitUntil(() => databasePid() !== null && databasePid() !== killed, { timeout: HANGS_MS })
    const ready = async (): Promise<boolean> => (await fetch(`${hub.url}/readyz`)).status === 200
    await vi.waitUntil(ready, { timeout: HANGS_MS })
    hub.child.kill('SIGTERM')
    const { code, stderr } = await hub.ended()
    expect(code).toBe(0)
    expect(stderr).toContain('embedded-ended')
  })

  test('asked to stop while it starts, it stops and leaves nothing', async () => {
    copyDatabase()
    const hub = run()
    await vi.waitFor(() => expect(databasePid()).not.toBeNull(), { timeout: HANGS_MS, interval: 10 })
    expect(await stop(hub)).toBe(0)
    expect(databasePid()).toBeNull()
  })

  test('uses a database of its own address, and two may share it', async () => {
    const database = await makeEmptyDatabase()
    const environment = { DATABASE_URL: database.url }
    const hubs = await Promise.all([running(environment), running(environment)])
    for (const hub of hubs) expect((await fetch(`${hub.url}/readyz`)).status).toBe(200)
    expect(existsSync(join(home, 'database'))).toBe(false)
    expect(await Promise.all(hubs.map(stop))).toEqual([0, 0])
    await database.drop()
  })

  test.runIf(isRoot)('runs as an ordinary user too, in that user’s folder', async () => {
    const nobody = 65534
    copyDatabase()
    expect(spawnSync('chown', ['-R', `${nobody}:${nobody}`, home]).status).toBe(0)
    const hub = await running({}, nobody)
    expect((await fetch(`${hub.url}/readyz`)).status).toBe(200)
    expect(readFileSync(`/proc/${databasePid() ?? 0}/status`, 'utf8')).toMatch(/^Uid:\s+65534/m)
    expect(await stop(hub)).toBe(0)
  })
})

describe('one clear sentence and an exit code for', () => {
  const faultOf = async (environment: Record<string, string> = {}): Promise<string> => {
    const { code, stdout, stderr } = await run({ CARREL_LOG: 'silent', ...environment }).ended()
    expect({ code, stdout, lines: stderr.trim().split('\n').length }).toEqual({
      code: 1,
      stdout: '',
      lines: 1,
    })
    return stderr
  }

  test('a port that is taken, of the hub or of the metrics', async () => {
    copyDatabase()
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    const address = other.address()
    const port = String(typeof address === 'object' ? address?.port : 0)
    expect(await faultOf({ CARREL_PORT: port })).toContain(
      `Port ${port} is in use by another program. Stop it, or set CARREL_PORT to another port.`,
    )
    expect(databasePid()).toBeNull()
    expect(await faultOf({ CARREL_METRICS_PORT: port })).toContain('set CARREL_METRICS_PORT to another port')
    other.close()
  })

  test('a folder that is in use', async () => {
    copyDatabase()
    const hub = await running()
    expect(await faultOf()).toMatch(/is in use by another start of Carrel \(process \d+\)/)
    expect((await fetch(`${hub.url}/readyz`)).status).toBe(200)
    expect(await stop(hub)).toBe(0)
  })

  test('a database that is broken', async () => {
    copyDatabase()
    rmSync(join(home, 'database', 'data', 'global'), { recursive: true })
    expect(await faultOf()).toMatch(/^The database in .* does not start: .*restore a backup/)
    expect(databasePid()).toBeNull()
  })

  test('a database that is away', async () => {
    expect(
      await faultOf({
        DATABASE_URL: 'postgresql://127.0.0.1:1/x',
      }),
    ).toMatch(/^Cannot reach the database .*Check DATABASE_URL/)
  })

  test('[IDN-13] production that lacks what people need', async () => {
    const { code, stderr } = await run({
      NODE_ENV: 'production',
      CARREL_SECRET: 'change-me '.repeat(5),
    }).ended()
    expect(code).toBe(1)
    expect(
      stderr
        .trim()
        .split('\n')
        .map((line) => line.split(' ')[0]),
    ).toEqual(['PUBLIC_URL', 'SMTP_URL', 'MAIL_FROM', 'CARREL_SECRET'])
    expect(existsSync(join(home, 'database'))).toBe(false)
  })

  test('[IDN-13] a secret that others may read', async () => {
    copyDatabase()
    writeFileSync(join(home, 'secret'), 'x'.repeat(43), { mode: 0o644 })
    expect(await faultOf()).toMatch(/^Others on this machine can read .*secret/)
  })

  test('a configuration that does not fit', async () => {
    expect(await faultOf({ CARREL_PORT: 'http' })).toMatch(/^CARREL_PORT must be a port number/)
  })
})

test('[IDN-13] the first start leaves a set-up link for its owner only; none is left when somebody administers', async () => {
  copyDatabase()
  const first = await running()
  await first.line()
  const file = join(home, 'setup-link')
  expect(await first.line()).toBe(`setup-link ${file}`)
  expect(statSync(file).mode & 0o777).toBe(0o600)
  const link = readFileSync(file, 'utf8').trim()
  expect(link).toMatch(new RegExp(`^${first.url}/setup#token=[\\w-]{43}$`))
  const body = { token: link.split('=')[1], email: 'root@anywhere.example', password: 'kobilarna rdeca 7' }
  const answer = await fetch(`${first.url}/api/v1/auth/setup`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  expect(answer.status).toBe(204)
  expect(await stop(first)).toBe(0)
  expect((await first.ended()).stderr).not.toContain(body.token)
  const second = await running()
  await second.line()
  expect(existsSync(file)).toBe(false)
  expect(await stop(second)).toBe(0)
})

test('--help lists all that can be set, and starts nothing', () => {
  const { status, stdout } = spawnSync(process.execPath, [MAIN, '--help'], { encoding: 'utf8' })
  expect(status).toBe(0)
  for (const name of VARIABLE_NAMES) expect(stdout).toContain(name)
})
