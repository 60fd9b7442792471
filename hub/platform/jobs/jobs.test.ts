import { PgBoss } from 'pg-boss'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { noLog, type HubLog } from '../log.ts'
import type { HubClock } from '../ports.ts'
import { openPool, query } from '../postgres/database.ts'
import { makeTestDatabase, startScratchServer, type TestDatabase } from '../postgres/testing.ts'
import { makeHubClock } from '../clock.ts'
import type { Jobs, PeriodicJob } from './jobs.ts'
import { startTestJobs } from './testing-jobs.ts'

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

  test('goes on when the database was away, and away again: each outage is told of, once a minute', async () => {
    const server = await startScratchServer({ fsync: 'off' })
    const { url, pool: unused } = await server.makeDatabase()
    await unused.end()
    const pool = openPool(url)
    const said = vi.fn<HubLog['warn']>()
    const clock = makeClockAhead()
    const job = makeJob('patient')
    const jobs = await startTestJobs(pool, { periodic: [job] }, { clock, log: { ...noLog, warn: said } })
    await vi.waitFor(() => expect(job.ran()).toBe(1), { timeout: 10_000 })
    const other = openPool(url)
    for (const outage of [1, 2]) {
      process.kill(server.pid(), 'SIGKILL')
      await vi.waitFor(() => expect(said).toHaveBeenCalledTimes(outage), { timeout: 15_000 })
      await server.restart()
      // Somebody else's request for a run, as the calendar makes one.
      const sender = new PgBoss({
        db: { executeSql: async (text, values = []) => other.query(text, values) },
        schema: 'pgboss',
      })
      await sender.start()
      await sender.send('jobs', { job: 'patient' })
      await vi.waitFor(() => expect(job.ran()).toBe(1 + outage), { timeout: 15_000 })
      await sender.stop({ close: false })
      clock.aheadMs += 61_000
    }
    await jobs.stop()
    await Promise.all([pool.end(), other.end()])
    await server.stop()
  }, 90_000)
})
