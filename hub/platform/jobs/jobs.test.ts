import { PgBoss } from 'pg-boss'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { noLog, type HubLog } from '../log.ts'
import type { HubClock } from '../ports.ts'
import { openPool, query } from '../postgres/database.ts'
import { makeTestDatabase, startScratchServer, type TestDatabase } from '../postgres/testing.ts'
import { makeHubClock } from '../clock.ts'
import type { Jobs, PeriodicJob } from './jobs.ts'
import { startTestJobs } from './testing-jobs.ts'
import { clearAddressesJob, purgeJob } from '../../periodic-jobs.ts'

let database: TestDatabase
const running: Jobs[] = []

beforeAll(async () => {
  database = await makeTestDatabase('jobs')
})
afterEach(async () => {
  await Promise.all(running.splice(0).map((jobs) => jobs.stop()))
})
afterAll(() => database.drop())

/** A job that reports each of its runs. */
function makeJob(
  name: string,
  run: () => Promise<void> = async () => undefined,
): PeriodicJob & { ran: () => number } {
  const spy = vi.fn<() => Promise<void>>(run)
  return { name, cron: '* * * * *', everyMs: 60_000, run: spy, ran: () => spy.mock.calls.length }
}

/** A clock that stands `ahead` of the real one. */
function makeClockAhead(): HubClock & { aheadMs: number } {
  const real = makeHubClock()
  const clock = { ...real, aheadMs: 0, elapsedMs: () => real.elapsedMs() + clock.aheadMs }
  return clock
}

async function start(periodic: PeriodicJob[], log: HubLog = noLog, clock = makeHubClock()): Promise<Jobs> {
  const started = await startTestJobs(database.pool, { periodic }, { clock, log })
  running.push(started)
  return started
}

describe('[JOB-7] the runner of periodic jobs', () => {
  test('does each job at the start, and has it in its calendar', async () => {
    const [one, two] = [makeJob('one'), { ...makeJob('two'), cron: '17 * * * *' }]
    await start([one, two])
    await vi.waitFor(() => expect([one.ran(), two.ran()]).toEqual([1, 1]), { timeout: 10_000 })
    const calendar = await query(database.pool, 'select key, cron from pgboss.schedule order by key')
    expect(calendar).toEqual([
      { key: 'one', cron: '* * * * *' },
      { key: 'two', cron: '17 * * * *' },
    ])
  })

  test('of two hubs that start at once does it too, and both end', async () => {
    const fresh = await makeTestDatabase('jobs_two')
    const [mine, theirs] = [makeJob('shared'), makeJob('shared')]
    const both = await Promise.all(
      [mine, theirs].map((job) => startTestJobs(fresh.pool, { periodic: [job] })),
    )
    await vi.waitFor(() => expect(mine.ran() + theirs.ran()).toBeGreaterThan(0), { timeout: 10_000 })
    await Promise.all(both.map((jobs) => jobs.stop()))
    await fresh.drop()
  })

  test('notes a job that fails, and goes on; after three intervals without success it is late', async () => {
    const errors: unknown[] = []
    const log = {
      ...noLog,
      error: (code: string, _sentence: string, facts?: unknown) => errors.push([code, facts]),
    }
    const clock = makeClockAhead()
    const broken = makeJob('broken', async () => {
      throw new Error('broken')
    })
    const sound = makeJob('sound')
    const jobs = await start([broken, sound], log, clock)
    await vi.waitFor(() => expect([broken.ran(), sound.ran()]).toEqual([1, 1]), { timeout: 10_000 })
    expect(errors).toEqual([['job-failed', expect.objectContaining({ job: 'broken' })]])
    expect(await jobs.late()).toEqual([])
    clock.aheadMs = 181_000
    await vi.waitFor(async () => expect(await jobs.late()).toEqual(['broken']), { timeout: 10_000 })
    // Another hub did it meanwhile.
    await query(database.pool, "insert into job_runs values ('broken', now())")
    expect(await jobs.late()).toEqual([])
    await query(database.pool, "update job_runs set succeeded_at = now() - interval '181 seconds'")
    expect(await jobs.late()).toEqual(['broken', 'sound'])
  })

  test('waits at its end for what runs, and runs no more', async () => {
    const begun = Promise.withResolvers<void>()
    const done = Promise.withResolvers<void>()
    const slow = makeJob('slow', () => {
      begun.resolve()
      return done.promise
    })
    const jobs = await startTestJobs(database.pool, { periodic: [slow] })
    await begun.promise
    let isStopped = false
    const stopping = jobs.stop().then(() => (isStopped = true))
    await new Promise((later) => setImmediate(later))
    expect(isStopped).toBe(false)
    done.resolve()
    await stopping
    expect(slow.ran()).toBe(1)
  })

  test('goes on when the database was away', async () => {
    const server = await startScratchServer({ fsync: 'off' })
    const { url, pool: unused } = await server.makeDatabase()
    await unused.end()
    const pool = openPool(url)
    const said = vi.fn<HubLog['warn']>()
    const job = makeJob('patient')
    const jobs = await startTestJobs(pool, { periodic: [job] }, { log: { ...noLog, warn: said } })
    await vi.waitFor(() => expect(job.ran()).toBe(1), { timeout: 10_000 })
    process.kill(server.pid(), 'SIGKILL')
    await vi.waitFor(() => expect(said).toHaveBeenCalledTimes(1), { timeout: 15_000 })
    await server.restart()
    // Somebody else's request for a run, as the calendar makes one.
    const other = openPool(url)
    const sender = new PgBoss({
      db: { executeSql: async (text, values = []) => other.query(text, values) },
      schema: 'pgboss',
    })
    await sender.start()
    await sender.send('jobs', { job: 'patient' })
    await vi.waitFor(() => expect(job.ran()).toBe(2), { timeout: 15_000 })
    await sender.stop({ close: false })
    await jobs.stop()
    await Promise.all([pool.end(), other.end()])
    await server.stop()
  }, 60_000)
})

test('what has run out is purged, and what has not is kept', async () => {
  const { pool } = database
  const [user] = await query<{ id: number }>(
    pool,
    `insert into users (associated_university_id, is_platform_admin, email, email_key, verified_at)
     values (null, true, 'x@example.org', 'x@example.org', now()) returning id`,
  )
  const id = user?.id
  for (const age of ['8 days', '6 days'])
    await query(
      pool,
      `insert into sessions (user_id, family, refresh_hash, expires_at) values ($1, $2::text, $2::text, now() - $2::text::interval)`,
      [id, age],
    )
  await query(
    pool,
    `insert into verifications (user_id, purpose, token_hash, expires_at)
     values ($1, 'verify', 'a', now() - interval '2 days'), ($1, 'reset', 'b', now())`,
    [id],
  )
  await query(
    pool,
    `insert into signing_keys (purpose, secret, retired_at)
     values ('access', 'a', now() - interval '2 days'), ('access', 'b', now()), ('access', 'c', null), ('head', 'd', now() - interval '2 days')`,
  )
  await query(
    pool,
    `insert into address_marks values ('a', 'deleted', now() - interval '1 minute'), ('b', 'deleted', now() + interval '1 hour')`,
  )
  await purgeJob(pool).run()
  const left = async (sql: string): Promise<unknown> =>
    (await query<{ x: unknown }>(pool, sql)).map(({ x }) => x)
  expect(await left('select family as x from sessions')).toEqual(['6 days'])
  expect(await left('select purpose as x from verifications')).toEqual(['reset'])
  expect(await left('select purpose as x from signing_keys order by id')).toEqual([
    'access',
    'access',
    'head',
  ])
  expect(await left('select address_hash as x from address_marks')).toEqual(['b'])
})

test('addresses of the network are forgotten after 90 days, and not before', async () => {
  const { pool } = database
  for (const days of [89, 91])
    await query(
      pool,
      `insert into change_logs (actor, service, subject, address, created_at)
       values ('hub', 'test', $1::text, '192.0.2.7', now() - $1::text::int * interval '1 day')`,
      [days],
    )
  await clearAddressesJob(pool).run()
  const kept = await query(
    pool,
    "select subject, host(address) as address from change_logs where service = 'test' order by id",
  )
  expect(kept).toEqual([
    { subject: '89', address: '192.0.2.7' },
    { subject: '91', address: null },
  ])
})
