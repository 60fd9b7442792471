import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { makeTestKind, startTestJobs } from '../platform/jobs/testing-jobs.ts'
import { query } from '../platform/postgres/database.ts'
import { makeTestDatabase, type TestDatabase } from '../platform/postgres/testing.ts'
import type { Finding } from './finding.ts'
import { runHere, type CliRun } from './testing-cli.ts'

let database: TestDatabase
let folder: string

beforeAll(async () => {
  database = await makeTestDatabase('adminjobs')
  folder = mkdtempSync(join(tmpdir(), 'carrel-jobs-'))
})
afterAll(async () => {
  await database.drop()
  rmSync(folder, { recursive: true, force: true })
})

const admin = (...args: string[]): Promise<CliRun> =>
  runHere({ DATABASE_URL: database.url, CARREL_HOME: folder }, args)

test('[JOB-5] jobs that were given up are listed, shown and tried again at the command line', async () => {
  // No hub has run here yet.
  expect((await admin('jobs', 'list')).stdout).toBe('No jobs are waiting, and none was given up.\n')
  expect((await admin('jobs', 'retry', '--all')).stdout).toBe('No job to try again.\n')

  let isBroken = true
  const kind = makeTestKind(
    'reminder',
    async () => {
      if (isBroken) throw new Error('the printer is on fire')
    },
    { retries: 0 },
  )
  const jobs = await startTestJobs(database.pool, { kinds: [kind] })
  await jobs.send('reminder', [
    { key: 'booking 7', payload: { id: 7 } },
    { key: 'booking 8', payload: { id: 8 }, dueAtMs: Date.UTC(2030, 0, 1) },
  ])
  await vi.waitFor(async () => expect((await admin('jobs', 'list')).stdout).toContain('given up'), {
    timeout: 20_000,
  })
  const { jobs: listed, totalCount } = (await admin('jobs', 'list', '--json')).json() as {
    jobs: { id: string; state: string }[]
    totalCount: number
  }
  expect([totalCount, listed.map(({ state }) => state)]).toEqual([2, ['failed', 'waiting']])
  const [failed, waiting] = listed.map(({ id }) => id.slice(0, 8))
  const { stdout } = await admin('jobs', 'list')
  expect(stdout).toMatch(
    new RegExp(`${failed} +reminder +booking 7 +1 +given up at .* the printer is on fire`),
  )
  expect(stdout).toMatch(new RegExp(`${waiting} +reminder +booking 8 +0 +due at 20`))
  expect((await admin('jobs', 'list', '--count', '1')).stdout).toContain('… and 1 more')
  const shown = (await admin('jobs', 'show', failed ?? '')).stdout
  for (const part of ['"id":7', 'the printer is on fire', 'reminder', 'booking 7'])
    expect(shown).toContain(part)

  expect((await admin('jobs', 'show', '0000dead')).stderr).toContain('There is no job whose id begins with')
  expect((await admin('jobs', 'retry')).code).toBe(2)
  expect((await admin('jobs', 'retry', '--all', failed ?? '')).code).toBe(2)
  expect((await admin('jobs', 'retry', waiting ?? '')).stderr).toContain('was not given up')

  isBroken = false
  expect((await admin('jobs', 'retry', failed ?? '')).stdout).toBe(
    '1 job will be tried again within seconds.\n',
  )
  await vi.waitFor(() => expect(kind.ran()).toEqual([7, 7]), { timeout: 20_000 })
  expect((await admin('jobs', 'retry', '--all')).stdout).toBe('No job to try again.\n')
  await jobs.stop()
  // What changed nothing is not written down. [AUD-5]
  expect(await query(database.pool, "select subject, log from change_logs where service = 'jobs'")).toEqual([
    { subject: 'retry', log: { count: 1, kind: 'reminder', job: 'booking 7' } },
  ])
})

test('[JOB-5] doctor names what was given up, and what no hub does', async () => {
  const found = async (): Promise<string[]> => {
    const { findings } = (await admin('doctor', '--json')).json() as { findings: Finding[] }
    return findings.filter(({ what }) => what === 'jobs').map((one) => `${one.state} ${one.found}`)
  }
  expect(await found()).toEqual(['ok none given up, none late'])
  await query(
    database.pool,
    `insert into pgboss.job (name, state, singleton_key, start_after) values
       ('due/reminder', 'failed', 'one', now()), ('due/reminder', 'created', 'two', now() - interval '14 minutes')`,
  )
  expect(await found()).toEqual(['warn 1 given up (reminder)'])
  await query(
    database.pool,
    "update pgboss.job set start_after = now() - interval '16 minutes' where state = 'created'",
  )
  expect(await found()).toEqual([
    'warn 1 given up (reminder)',
    'warn due for more than 15 minutes (reminder)',
  ])
})

test('an id that several jobs begin with names none', async () => {
  await query(
    database.pool,
    `insert into pgboss.job (id, name, state, singleton_key)
     select ('abcd000' || n || '-0000-4000-8000-000000000000')::uuid, 'due/reminder', 'failed', 'twin ' || n from generate_series(1, 2) n`,
  )
  expect((await admin('jobs', 'show', 'abcd')).stderr).toContain('More than one job')
  expect((await admin('jobs', 'show', 'ABCD0001')).stdout).toContain('twin 1')
})
