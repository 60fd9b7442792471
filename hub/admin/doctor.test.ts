import { generateKeyPairSync, X509Certificate } from 'node:crypto'
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { writeHubFile } from '../hub-file.ts'
import { query } from '../platform/postgres/database.ts'
import { makeEmptyDatabase, makeTestDatabase, type TestDatabase } from '../platform/postgres/testing.ts'
import { insertTestSpace, insertTestUniversity } from '../testing/testing-rows.ts'
import type { Finding } from './finding.ts'
import { TEST_CERTIFICATE, TEST_KEY } from './testing-certificate.ts'
import { runHere } from './testing-cli.ts'

let database: TestDatabase
let folder: string

beforeAll(async () => {
  database = await makeTestDatabase('doctor')
  folder = mkdtempSync(join(tmpdir(), 'carrel-doctor-'))
})
afterAll(async () => {
  await database.drop()
  rmSync(folder, { recursive: true, force: true })
})

/** What the doctor found, as "state what: found"; its exit code; and the advice of what is not well. */
async function examine(environment: Record<string, string> = {}) {
  const run = await runHere(
    {
      DATABASE_URL: database.url,
      CARREL_HOME: folder,
      CARREL_PORT: '0',
      CARREL_METRICS_PORT: '0',
      ...environment,
    },
    ['doctor', '--json'],
  )
  const { findings, isWell } = run.json() as {
    findings: (Finding & { mend?: string })[]
    isWell: boolean
  }
  expect(run.code).toBe(isWell ? 0 : 1)
  for (const { state, fix, mend } of findings) {
    expect(state === 'ok').toBe(fix === undefined)
    expect(mend).toBe(fix)
  }
  const bad = findings.filter(({ state }) => state === 'fail')
  expect(bad.length === 0).toBe(isWell)
  const of = (what: string): string[] =>
    findings.filter((one) => one.what === what).map(({ state, found }) => `${state} ${found}`)
  return { of, isWell }
}

test('the test server waits for no disk, which the doctor finds; all else is well', async () => {
  const { of, isWell } = await examine()
  expect(isWell).toBe(false)
  expect(of('durability')).toHaveLength(3)
  expect(of('durability')[0]).toMatch(/^fail fsync is off/)
  expect(of('database')[0]).toMatch(/^ok PostgreSQL 18/)
  expect(of('schema')).toEqual(['ok up to date'])
  expect(of('clock')[0]).toMatch(/^ok .* 0\.\d s/)
  expect(of('disk')[0]).toMatch(/^ok .* MB free/)
  expect(of('tls')[0]).toMatch(/^ok none needed/)
  expect(of('hub')[0]).toMatch(/^warn none is running/)
})

test('a database that is away, or no database yet, is a finding with a sentence', async () => {
  const away = await runHere({ DATABASE_URL: 'postgresql://x@127.0.0.1:1/x', CARREL_HOME: folder }, [
    'doctor',
  ])
  expect(away.code).toBe(1)
  expect(away.stderr).toMatch(/fail {2}database .*\n.*-> Cannot reach the database /)
  const none = await runHere({ CARREL_HOME: join(folder, 'new') }, ['doctor'])
  expect(none.stderr).toMatch(/There is no database in .*npm start/)
})

test('a schema that is not there yet is named', async () => {
  const empty = await makeEmptyDatabase()
  const { of } = await examine({ DATABASE_URL: empty.url })
  expect(of('schema')[0]).toMatch(/^warn migrations are missing: all/)
  await empty.drop()
})

test('a port that another program holds is named with its variable', async () => {
  const server = await new Promise<Server>((listening) => {
    const one = createServer().listen(0, '127.0.0.1', () => listening(one))
  })
  const { port } = server.address() as AddressInfo
  const run = await runHere({ DATABASE_URL: database.url, CARREL_HOME: folder, CARREL_PORT: String(port) }, [
    'doctor',
  ])
  expect(run.stderr).toMatch(new RegExp(`fail {2}port .*:${port} \\(EADDRINUSE\\)\\n.*CARREL_PORT`))
  await new Promise((closed) => server.close(closed))
})

test('a hub that runs but does not answer is a failure', async () => {
  const home = join(folder, 'deaf')
  mkdirSync(home)
  const remove = writeHubFile(home, {
    pid: process.pid,
    url: 'http://127.0.0.1:1',
    databaseUrl: database.url,
  })
  const { of } = await examine({ CARREL_HOME: home })
  expect(of('hub')[0]).toMatch(/^fail http:\/\/127\.0\.0\.1:1 does not answer/)
  expect(of('port')).toEqual([])
  remove()
})

test('[SYN-26] plain HTTP beyond loopback is a failure, a proxy is not, and certificates are looked at', async () => {
  expect((await examine({ CARREL_HOST: '0.0.0.0' })).of('tls')[0]).toMatch(/^fail .*kiosks refuse that/)
  expect((await examine({ CARREL_HOST: '0.0.0.0', TRUST_PROXY: '10.0.0.5' })).of('tls')[0]).toMatch(/^ok/)
  const file = (name: string, text: string): string => {
    const path = join(folder, name)
    writeFileSync(path, text)
    return path
  }
  const good = {
    CARREL_HOST: '0.0.0.0',
    CARREL_TLS_CERT: file('good.pem', TEST_CERTIFICATE),
    CARREL_TLS_KEY: file('good.key', TEST_KEY),
    CARREL_HOSTS: 'hub.example,127.0.0.1',
  }
  const tls = async (some: Record<string, string> = {}): Promise<string> =>
    (await examine({ ...good, ...some })).of('tls').join('; ')
  const { validToDate } = new X509Certificate(TEST_CERTIFICATE)
  const until = `the certificate is valid until ${validToDate.toISOString().slice(0, 10)}`
  expect(await tls()).toBe(`ok ${until}`)
  expect(await tls({ CARREL_HOSTS: 'other.example' })).toMatch(/^fail .*other\.example/)
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const stranger = file('stranger.key', String(privateKey.export({ type: 'pkcs8', format: 'pem' })))
  const misfit = await runHere({ ...good, CARREL_HOME: folder, CARREL_TLS_KEY: stranger }, [
    'doctor',
    '--json',
  ])
  expect([misfit.code, misfit.json()]).toMatchObject([
    1,
    { error: expect.stringContaining('CARREL_TLS_KEY') },
  ])
  const dayMs = 86_400_000
  vi.useFakeTimers({ toFake: ['Date'], now: validToDate.getTime() - 9 * dayMs })
  expect(await tls()).toBe(`warn ${until}`)
  vi.setSystemTime(validToDate.getTime() + dayMs)
  expect(await tls()).toBe('fail the certificate has expired')
  vi.useRealTimers()
})

test('[SYN-16] kiosks that are silent, full, astray or stranded are named', async () => {
  const universityId = await insertTestUniversity(database.pool)
  const rootId = await insertTestSpace(database.pool, { universityId, name: 'U' })
  const goneId = await insertTestSpace(database.pool, {
    universityId,
    parentId: rootId,
    name: 'Gone',
    isDeleted: true,
  })
  await query(
    database.pool,
    `insert into kiosks (university_id, space_id, role, name, public_key, key_grade, last_seen_at, outbox_depth, clock_offset_ms)
     values ($1, $2, 'door', 'silent', 'k', 'file', now() - interval '3 days', 0, 0),
            ($1, $2, 'door', 'full', 'k', 'file', now(), 5000, 0),
            ($1, $2, 'door', 'astray', 'k', 'file', now(), 0, -90000),
            ($1, $3, 'door', 'stranded', 'k', 'file', now(), 0, 0)`,
    [universityId, rootId, goneId],
  )
  const { of } = await examine()
  expect(of('kiosks')).toEqual([
    expect.stringMatching(/^warn not seen for a day: \d+ silent$/),
    expect.stringMatching(/^warn more than 1,000 reports waiting to send: \d+ full$/),
    expect.stringMatching(/^warn clock more than a minute off: \d+ astray$/),
    expect.stringMatching(/^warn its space was deleted: \d+ stranded$/),
  ])
})

test('[IDN-22] secrets that others can read, change or have put there are named', async () => {
  const home = join(folder, 'secrets')
  mkdirSync(home)
  const key = join(folder, 'tls.key')
  const certificate = join(folder, 'tls.crt')
  writeFileSync(key, TEST_KEY, { mode: 0o640 })
  writeFileSync(certificate, TEST_CERTIFICATE)
  const secretsOf = async (): Promise<string[]> => {
    const { of } = await examine({ CARREL_HOME: home, CARREL_TLS_CERT: certificate, CARREL_TLS_KEY: key })
    return of('secrets')
  }
  expect(await secretsOf()).toEqual([expect.stringMatching(/^ok/)])
  writeFileSync(join(home, 'secret'), 'x'.repeat(43))
  chmodSync(join(home, 'secret'), 0o644)
  writeFileSync(join(home, 'setup-link'), 'https://carrel.example/setup#token=x', { mode: 0o600 })
  chmodSync(key, 0o644)
  chmodSync(home, 0o777)
  const found = await secretsOf()
  expect(found).toHaveLength(3)
  expect(found.join('\n')).toMatch(/^fail Everyone .*\nfail .*can read .*secret\nfail .*can read .*tls\.key$/)
  if (process.getuid?.() === 0) {
    chownSync(join(home, 'setup-link'), 65_534, 65_534)
    expect((await secretsOf()).join('\n')).toMatch(/setup-link belongs to another user/)
  }
  chmodSync(home, 0o700)
})
