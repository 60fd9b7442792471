import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import process from 'node:process'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { DEMO_REPORTS } from '#shared/fixtures/campus.ts'
import { readHubFile } from '../hub/hub-file.ts'
import { openPool, query, type Database } from '../hub/platform/postgres/database.ts'
import { loadShownTree } from '../hub/spaces/space-rows.ts'
import { loadUniversities } from '../hub/universities/university-rows.ts'
import { buildScreens } from './build-screens.ts'
import { ROOT } from './launcher.mjs'
import { findTakenPort, portsFrom } from './ports.ts'
import {
  freeBasePort,
  launch,
  launchNode,
  launchProgram,
  processesOf,
  sentences,
  type Start,
} from './testing-start.ts'

// `npm start` as a person and a program see it: lines, exit codes, and what is left behind.

describe('npm start', () => {
  const running = new Set<Start>()
  let home = ''
  /** Of the demo's people, as they were shown once. */
  let passwords: string[] = []
  let port = 0

  beforeAll(async () => {
    home = mkdtempSync(path.join(tmpdir(), 'carrel-start-'))
    // As root the database's own user must pass through it.
    chmodSync(home, 0o711)
    port = await freeBasePort()
  })
  afterEach(async () => {
    for (const one of running) one.process.kill('SIGTERM')
    await Promise.all([...running].map(async (one) => one.ended))
    running.clear()
  })
  afterAll(() => rmSync(home, { recursive: true, force: true }))

  function start(env: NodeJS.ProcessEnv = {}): Start {
    const made = launch({ CARREL_HOME: home, CARREL_PORT: String(port), NODE_ENV: 'development', ...env })
    running.add(made)
    return made
  }

  /** Runs a command of staff beside what runs on the folder, and gives its document. */
  async function admin(...args: string[]): Promise<unknown> {
    const { DATABASE_URL: _none, ...rest } = process.env
    const run = launchNode(['hub/cli.ts', ...args, '--json'], { ...rest, CARREL_HOME: home })
    await run.ended
    return JSON.parse(run.stdout())
  }

  /** Looks into the database of what runs on the folder. */
  async function withDatabase<Value>(look: (pool: Database) => Promise<Value>): Promise<Value> {
    const pool = openPool(readHubFile(home)?.databaseUrl ?? '', { maxConnections: 1 })
    try {
      return await look(pool)
    } finally {
      await pool.end()
    }
  }

  /** One place of the demo was reported longer ago than the stale limit: the visitors come, and all are known. */
  function untilAllAreKnown(): Promise<void> {
    return withDatabase(async (pool) => {
      const [university] = await loadUniversities(pool)
      if (university === undefined) throw new Error('there is no campus')
      const { id, settings } = university
      const deadline = performance.now() + 30_000
      for (;;) {
        const { nowMs, rows } = await loadShownTree(pool, id, settings.staleMs)
        const reported = rows.filter(({ isLeaf, reportedAtMs }) => isLeaf && reportedAtMs !== null)
        const known = reported.filter(({ reportedAtMs }) => nowMs - (reportedAtMs ?? 0) < settings.staleMs)
        if (known.length === DEMO_REPORTS.length) return
        if (performance.now() > deadline) throw new Error(`${known.length} of ${reported.length} are known`)
        await new Promise((resolve) => setTimeout(resolve, 100))
      }
    })
  }

  test('[IMP-9] on an empty folder it makes a campus and two kiosks, says where they are, and ends cleanly', async () => {
    // What containers of development are given makes no other set-up here.
    const first = start({ CARREL_DEV_SEED: 'true' })
    await first.waitForLine('ready')
    const lines = first.stdout().trim().split('\n')
    expect(
      lines.map((line) => line.replace(/http:\S+/, 'URL').replace(/(?<= with ).+/, '…')).toSorted(),
    ).toEqual([
      'door kiosk URL',
      'entrance kiosk URL',
      'hub URL',
      'portal URL',
      'ready',
      'sign in as student@lipnik.example with …',
      'sign in as ta217@lipnik.example with …',
    ])
    expect(lines.at(0)).toBe(`hub http://127.0.0.1:${port}`)
    expect(lines.at(-1)).toBe('ready')
    for (const line of lines.filter((each) => each.includes('kiosk')))
      expect((await fetch(line.split(' ')[2] ?? '')).status).toBe(200)
    expect((await fetch(`http://127.0.0.1:${port}/readyz`)).status).toBe(200)
    passwords = lines.flatMap((line) => /(?<= with ).+/.exec(line)?.[0] ?? [])
    await untilAllAreKnown()
    first.process.kill('SIGINT')
    expect(await first.ended).toBe(0)
    expect(processesOf(home)).toEqual([])
    expect(await findTakenPort(portsFrom(port), 0)).toBeNull()
  })

  test('a second start makes neither screens nor database nor campus anew; a third beside it is refused in one sentence', async () => {
    const cluster = (): number => statSync(path.join(home, 'database', 'data', 'PG_VERSION')).ino
    const before = cluster()
    const second = start()
    await second.waitForLine('ready')
    expect(cluster()).toBe(before)
    expect(second.stderr()).not.toContain('screens built')
    expect(second.stdout()).not.toContain('sign in')
    expect(second.stderr()).toContain(
      `"CARREL_HOME=${home} npm run admin -- demo passwords" creates new ones`,
    )
    // The visitors of the first start are those of the second.
    const sql = "select name from kiosks where name = 'Demo visitors' and revoked_at is null"
    expect(await withDatabase((pool) => query(pool, sql))).toHaveLength(1)
    const third = start({ CARREL_PORT: String(await freeBasePort()) })
    expect(await third.ended).toBe(1)
    expect(sentences(third)).toEqual([
      expect.stringMatching(/^Carrel is already running on .+ \(process \d+\)\. Stop it, or /),
    ])
  })

  test('[IMP-8] [IMP-10] [IMP-11] the demo’s people sign in with the passwords that were shown once, and with new ones; their mails are printed here', async () => {
    expect(passwords).toEqual([expect.stringMatching(/^[a-z2-9]{4}(-[a-z2-9]{4}){3}$/), expect.anything()])
    expect(new Set(passwords).size).toBe(2)
    const started = start()
    await started.waitForLine('ready')
    const isSuper = async (email: string, password: string): Promise<boolean | undefined> => {
      const answer = await fetch(`http://127.0.0.1:${port}/api/v1/auth/token`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ email, password }),
      })
      if (answer.status !== 200) return undefined
      const { me } = (await answer.json()) as { me: { groups: { isSuper: boolean }[] } }
      return me.groups.some((group) => group.isSuper)
    }
    const [ofSuperuser = '', ofStudent = ''] = passwords
    expect(await isSuper('ta217@lipnik.example', ofSuperuser)).toBe(true)
    expect(await isSuper('student@lipnik.example', ofStudent)).toBe(false)
    for (const password of ['ta217', ofStudent])
      expect(await isSuper('ta217@lipnik.example', password)).toBeUndefined()
    expect(`${started.stdout()}${started.stderr()}`).not.toContain(ofSuperuser)
    const people = (await admin('demo', 'passwords')) as { email: string; password: string }[]
    for (const { email, password } of people)
      expect(await isSuper(email, password)).toBe(email === 'ta217@lipnik.example')
    expect(await isSuper('ta217@lipnik.example', ofSuperuser)).toBeUndefined()
    const forgotten = await fetch(`http://127.0.0.1:${port}/api/v1/auth/forgotten`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ email: 'student@lipnik.example' }),
    })
    expect(forgotten.status).toBe(202)
    const printed = await started.waitForErrorLine('mail to student@lipnik.example')
    const [, link = '', file = ''] = /: (http:\S+) \((.+)\)$/.exec(printed) ?? []
    expect(link).toMatch(new RegExp(`^http://127\\.0\\.0\\.1:${port}/reset#token=\\S+$`))
    expect(readFileSync(file, 'utf8')).toContain(link)
  })

  test('killed without warning it leaves nothing, and the next start comes up', async () => {
    const killed = start()
    await killed.waitForLine('ready')
    killed.process.kill('SIGKILL')
    await killed.ended
    const deadline = performance.now() + 20_000
    while (processesOf(home).length > 0 && performance.now() < deadline) await new Promise(setImmediate)
    expect(processesOf(home)).toEqual([])
    expect(await start().waitForLine('ready')).toBe('ready')
  })

  test('[KSK-20] a kiosk that is killed is started again at its address, and everything else goes on', async () => {
    const started = start()
    await started.waitForLine('ready')
    const door = processesOf(home).find(({ command }) => command.includes('--name Demo door '))
    process.kill(door?.pid ?? 0, 'SIGKILL')
    await started.waitForErrorLine('The door kiosk stopped unexpectedly (SIGKILL) and was restarted.')
    const addresses = started.stdout().match(/(?<=^door kiosk )\S+/gm) ?? []
    expect(addresses).toHaveLength(2)
    expect(new Set(addresses).size).toBe(1)
    expect((await fetch(addresses[0] ?? '')).status).toBe(200)
    expect((await fetch(`http://127.0.0.1:${port}/readyz`)).status).toBe(200)
  })

  test('[KSK-20] a hub that is killed is started again at its address, and its kiosks stay and come back to it', async () => {
    const started = start()
    await started.waitForLine('ready')
    const before = processesOf(home)
    const hub = before.find(({ command }) => command.includes('hub/main.ts'))
    process.kill(hub?.pid ?? 0, 'SIGKILL')
    await started.waitForErrorLine('The hub stopped unexpectedly (SIGKILL) and was restarted.')
    expect((await fetch(`http://127.0.0.1:${port}/readyz`)).status).toBe(200)
    const after = processesOf(home)
    const kiosks = (list: typeof after): number[] =>
      list.filter(({ command }) => command.includes('--name Demo')).map(({ pid }) => pid)
    expect(kiosks(before)).toHaveLength(2)
    expect(kiosks(after)).toEqual(kiosks(before))
    const connected = async (): Promise<number> => {
      const text = await (await fetch(`http://127.0.0.1:${port + 9}/metrics`)).text()
      return Number(/^carrel_connected_kiosks (\d+)$/m.exec(text)?.[1] ?? 0)
    }
    await expect.poll(connected, { timeout: 60_000 }).toBeGreaterThanOrEqual(2)
  })

  test('when all of it is killed at once, the next start clears what was left', async () => {
    const killed = start()
    await killed.waitForLine('ready')
    for (const { pid } of processesOf(home)) process.kill(pid, 'SIGKILL')
    await killed.ended
    expect(await start().waitForLine('ready')).toBe('ready')
  })

  test('a port that is taken is said in one sentence', async () => {
    const squatter = createServer().listen(port + 1, '127.0.0.1')
    await once(squatter, 'listening')
    try {
      const refused = start()
      expect(await refused.ended).toBe(1)
      expect(sentences(refused)).toEqual([
        `Port ${port + 1} is in use by another program. Stop it, or set CARREL_PORT to another port.`,
      ])
    } finally {
      squatter.close()
    }
  })

  test('[KSK-23] a kiosk whose port is taken says so and ends by itself, so that its supervisor starts it again', async () => {
    await buildScreens()
    const squatter = createServer().listen(port + 1, '127.0.0.1')
    await once(squatter, 'listening')
    const args = ['--name', 'Door', '--hub', 'http://127.0.0.1:1', '--port', String(port + 1)]
    const kiosk = launchNode(['desktop/agent/kiosk.ts', ...args, '--folder', path.join(home, 'alone')], {
      ...process.env,
      CARREL_LOG: 'warn',
    })
    running.add(kiosk)
    try {
      expect(await kiosk.ended).toBe(1)
      expect(sentences(kiosk)).toEqual([
        `Port ${port + 1} is in use by another program. Choose another one with --port.`,
      ])
    } finally {
      squatter.close()
    }
  })

  test('a broken database is said in one sentence', async () => {
    writeFileSync(path.join(home, 'database/data/PG_VERSION'), 'nonsense')
    const refused = start()
    expect(await refused.ended).toBe(1)
    expect(sentences(refused)).toEqual([expect.stringMatching(/^The database in .+PostgreSQL nonsense/)])
    expect(processesOf(home)).toEqual([])
  })

  test('a database that is not there is said in one sentence', async () => {
    const refused = start({ DATABASE_URL: 'postgresql://nobody@127.0.0.1:1/nothing' })
    expect(await refused.ended).toBe(1)
    expect(sentences(refused)).toEqual([expect.stringMatching(/^Cannot reach the database .+ DATABASE_URL/)])
  })

  test('a hub ends with the npm that was asked to end', async () => {
    const { DATABASE_URL: _none, ...rest } = process.env
    const ports = { CARREL_PORT: String(port), CARREL_METRICS_PORT: '0' }
    const env = { ...rest, ...ports, CARREL_HOME: path.join(home, 'ended'), CARREL_LOG: 'warn' }
    const npm = launchProgram('npm', ['run', 'hub'], env)
    await npm.waitForLine('hub ')
    npm.process.kill('SIGTERM')
    await expect.poll(() => processesOf(env.CARREL_HOME), { timeout: 30_000 }).toEqual([])
  })

  test('[IMP-8] in production there is no demo campus', async () => {
    const folder = path.join(home, 'production')
    const env = { CARREL_HOME: folder, NODE_ENV: 'production' }
    const refused = start(env)
    expect(await refused.ended).toBe(1)
    expect(sentences(refused).map((sentence) => sentence.split(' ')[0])).toEqual([
      'PUBLIC_URL',
      'SMTP_URL',
      'MAIL_FROM',
      'CARREL_SECRET',
    ])
    const production = start({
      ...env,
      PUBLIC_URL: 'https://carrel.lipnik.example',
      SMTP_URL: 'smtp://127.0.0.1:1',
      MAIL_FROM: 'carrel@lipnik.example',
      CARREL_SECRET: randomBytes(36).toString('base64'),
    })
    await production.waitForLine('ready')
    expect(production.stdout()).toBe(`hub http://127.0.0.1:${port}\nready\n`)
  })
})

describe('every command explains itself', () => {
  const scripts = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>
  }

  test.each(Object.entries(scripts.scripts))('npm run %s -- --help', async (_name, line) => {
    const [, ...args] = line.split(' ')
    const help = launchNode([...args, '--help'], process.env)
    expect(await help.ended).toBe(0)
    expect(help.stdout()).toMatch(/npm (run )?\w+/)
  })
})
