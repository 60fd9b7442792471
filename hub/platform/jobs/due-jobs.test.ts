import { PgBoss } from 'pg-boss'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { makeHubClock } from '../clock.ts'
import { noLog, type HubLog } from '../log.ts'
import type { JobFigures } from '../metrics.ts'
import type { HubClock } from '../ports.ts'
import { openPool, query } from '../postgres/database.ts'
import { makeTestDatabase, type TestDatabase } from '../postgres/testing.ts'
import { queueOf, type JobKind } from './job-kind.ts'
import { loadOpenJobs, updateJobsRetried, type ListedJob } from './job-rows.ts'
import { STOP_TIMEOUT_MS, type Jobs, type JobsDependencies } from './jobs.ts'
import { makeTestKind, startTestJobs } from './testing-jobs.ts'

let database: TestDatabase
const running: Jobs[] = []

beforeEach(async () => {
  database = await makeTestDatabase('due_jobs')
})
afterEach(async () => {
  await Promise.all(running.splice(0).map((jobs) => jobs.stop()))
  await database.drop()
})

/** Starts a hub's jobs; several of them are several hubs. */
async function startHub(kinds: JobKind[], changes: Partial<JobsDependencies> = {}): Promise<Jobs> {
  const jobs = await startTestJobs(database.pool, { kinds }, changes)
  running.push(jobs)
  return jobs
}

/** Waits for what the runner does in its own time. */
const eventually = (look: () => void | Promise<void>): Promise<void> =>
  vi.waitFor(look, { timeout: 20_000, interval: 20 })
const job = (id: number, dueAtMs?: number) => ({
  key: `of ${id}`,
  payload: { id },
  ...(dueAtMs !== undefined && { dueAtMs }),
})
const open = async (): Promise<ListedJob[]> => (await loadOpenJobs(database.pool, 100)).jobs
/** Lets the time of all waiting jobs come. */
const makeDue = (): Promise<unknown> =>
  query(
    database.pool,
    "update pgboss.job set start_after = now() where name like 'due/%' and state < 'active'",
  )
/** Seconds until the one waiting job is due, by the database's clock. */
async function secondsLeft(): Promise<number> {
  const [row] = await query<{ seconds: number }>(
    database.pool,
    "select extract(epoch from start_after - now())::float8 as seconds from pgboss.job where name like 'due/%' and state = 'retry'",
  )
  return row?.seconds ?? Number.NaN
}

/** A log, and the codes of its lines with the facts that say which job they are about. */
function makeRecord(): { log: HubLog; lines: { code: string; facts: Record<string, unknown> }[] } {
  const lines: { code: string; facts: Record<string, unknown> }[] = []
  const write = (code: string, _sentence: string, facts: Record<string, unknown> = {}): void =>
    void lines.push({ code, facts })
  return { log: { ...noLog, warn: write, error: write }, lines }
}

describe('[JOB-1] a key', () => {
  test('that is due twice is done once, also after the job has ended', async () => {
    const kind = makeTestKind('once')
    const jobs = await startHub([kind])
    await jobs.send('once', [job(1), job(1)])
    await jobs.send('once', [job(1)])
    await eventually(() => expect(kind.ran()).toEqual([1]))
    await eventually(async () => expect(await open()).toEqual([]))
    await jobs.send('once', [job(1), job(2)])
    await eventually(() => expect(kind.ran()).toEqual([1, 2]))
    await eventually(async () => expect(await open()).toEqual([]))
    expect(kind.ran()).toEqual([1, 2])
  })

  test('that holds while its job is unfinished comes again after it', async () => {
    const done = Promise.withResolvers<void>()
    const kind = makeTestKind('again', () => done.promise, { keyHolds: 'whileUnfinished' })
    const jobs = await startHub([kind])
    await jobs.send('again', [job(1)])
    await eventually(() => expect(kind.ran()).toEqual([1]))
    await jobs.send('again', [job(1)])
    expect(await open()).toMatchObject([{ key: 'of 1', state: 'running' }])
    done.resolve()
    await eventually(async () => expect(await open()).toEqual([]))
    expect(kind.ran()).toEqual([1])
    await jobs.send('again', [job(1)])
    await eventually(() => expect(kind.ran()).toEqual([1, 1]))
  })

  test('of one kind says nothing about another kind', async () => {
    const [one, other] = [makeTestKind('one'), makeTestKind('other')]
    const jobs = await startHub([one, other])
    await jobs.send('one', [job(1)])
    await jobs.send('other', [job(1)])
    await eventually(() => expect([one.ran(), other.ran()]).toEqual([[1], [1]]))
  })
})

describe('[JOB-2] a job', () => {
  test('is done by one of several hubs', async () => {
    const kinds = [1, 2, 3].map(() => makeTestKind('shared', undefined, { atOnce: 2 }))
    const hubs: Jobs[] = []
    for (const kind of kinds) hubs.push(await startHub([kind]))
    const ids = Array.from({ length: 30 }, (_, index) => index)
    await Promise.all(
      hubs.map((hub) =>
        hub.send(
          'shared',
          ids.map((id) => job(id)),
        ),
      ),
    )
    const ran = (): number[] => kinds.flatMap((kind) => kind.ran())
    await eventually(async () => expect(await open()).toEqual([]))
    expect(ran().toSorted((left, right) => left - right)).toEqual(ids)
  })

  test('is not begun before its time, which is the database’s', async () => {
    const kind = makeTestKind('later')
    const jobs = await startHub([kind])
    const [row] = await query<{ nowMs: number }>(database.pool, 'select ms_of_time(now()) as "nowMs"')
    const dueAtMs = (row?.nowMs ?? 0) + 3_600_000
    await jobs.send('later', [job(1, dueAtMs)])
    await jobs.send('later', [job(2)])
    await eventually(() => expect(kind.ran()).toEqual([2]))
    await eventually(async () =>
      expect(await open()).toMatchObject([{ key: 'of 1', state: 'waiting', dueAtMs }]),
    )
    await makeDue()
    await jobs.send('later', [job(3)])
    await eventually(() => expect(new Set(kind.ran())).toEqual(new Set([1, 2, 3])))
  })

  test('of a kind that a hub does not know waits for one that does', async () => {
    const kind = makeTestKind('newer')
    const newer = await startHub([kind])
    await newer.send('newer', [job(1, Date.now() + 3_600_000)])
    await newer.stop()
    await makeDue()
    const other = makeTestKind('other')
    const older = await startHub([other])
    await older.send('other', [job(5)])
    await eventually(() => expect(other.ran()).toEqual([5]))
    expect(await open()).toMatchObject([{ kind: 'newer', state: 'waiting', tries: 0 }])
    await startHub([kind])
    await eventually(() => expect(kind.ran()).toEqual([1]))
  })
})

describe('[JOB-3] what was committed', () => {
  test('and not sent, since the hub died in between, is found by the next sweep', async () => {
    const kind = makeTestKind('lost')
    kind.found = [job(7)]
    await startHub([kind])
    await eventually(() => expect(kind.ran()).toEqual([7]))
  })

  test('is swept at once where somebody asks, and each find is done once however often', async () => {
    const kind = makeTestKind('asked')
    const jobs = await startHub([kind])
    await eventually(async () =>
      expect(await query(database.pool, "select 1 from job_runs where job = 'asked'")).toHaveLength(1),
    )
    kind.found = [job(1), job(2)]
    await Promise.all([jobs.sweep('asked'), jobs.sweep('asked'), jobs.sweep('asked')])
    await eventually(async () => expect(await open()).toEqual([]))
    expect(kind.ran()).toEqual([1, 2])
  })

  test('is found each minute', async () => {
    await startHub([makeTestKind('swept')])
    expect(await query(database.pool, "select cron from pgboss.schedule where key = 'swept'")).toEqual([
      { cron: '* * * * *' },
    ])
  })

  test('stays so where it cannot be sent: nothing is thrown, and the log says so', async () => {
    const { log, lines } = makeRecord()
    const pool = openPool(database.url)
    const jobs = await startTestJobs(pool, { kinds: [makeTestKind('away')] }, { log })
    await jobs.send('no such kind', [job(1)])
    expect(lines.map(({ code }) => code)).toEqual(['job-not-sent'])
    await jobs.stop()
    await pool.end()
    await jobs.send('away', [job(1)])
    await jobs.sweep('away')
    expect(lines).toHaveLength(1)
  })
})

describe('[JOB-4] a job that fails', () => {
  test('is tried again after pauses that double, keeps its last error, and is given up', async () => {
    let tries = 0
    const kind = makeTestKind(
      'broken',
      async (_id, { tryNumber }) => {
        tries += 1
        expect(tryNumber).toBe(tries)
        throw new Error(`no ${tries}`)
      },
      { backOff: { firstS: 100, longestS: 350 }, retries: 3 },
    )
    const jobs = await startHub([kind])
    await jobs.send('broken', [job(1)])
    const pauses: number[] = []
    for (const count of [1, 2, 3]) {
      await eventually(async () =>
        expect(await open()).toMatchObject([{ state: 'retrying', tries: count, error: `no ${count}` }]),
      )
      pauses.push(await secondsLeft())
      await makeDue()
      // The same key again adds nothing, and has the hub look at once.
      await jobs.send('broken', [job(1)])
    }
    // Each pause is spread by up to as much again, and the longest is the kind's.
    for (const [index, least, most] of [
      [0, 99, 200],
      [1, 199, 350],
      [2, 349, 350],
    ] as const) {
      expect(pauses[index]).toBeGreaterThanOrEqual(least)
      expect(pauses[index]).toBeLessThanOrEqual(most)
    }
    await eventually(async () =>
      expect(await open()).toMatchObject([{ state: 'failed', tries: 4, error: 'no 4' }]),
    )
    expect(kind.ran()).toEqual([1, 1, 1, 1])
  })

  test('since its hub died is tried again after its time', async () => {
    const kind = makeTestKind('orphan')
    const jobs = await startHub([kind])
    await jobs.send('orphan', [job(1, Date.now() + 3_600_000)])
    // As a hub leaves it that was killed.
    await query(
      database.pool,
      "update pgboss.job set state = 'active', started_on = now() - interval '61 seconds' where name = 'due/orphan'",
    )
    const boss = new PgBoss({
      db: { executeSql: async (text, values = []) => database.pool.query(text, values) },
      schema: 'pgboss',
    })
    await boss.start()
    await boss.supervise(queueOf('orphan'))
    await boss.stop({ close: false })
    expect(await open()).toMatchObject([{ state: 'retrying', error: 'job timed out' }])
    expect(kind.ran()).toEqual([])
    await makeDue()
    await eventually(() => expect(kind.ran()).toEqual([1]))
  })
})

describe('[JOB-5] a job that was given up', () => {
  test('since its payload does not fit was never run, and one line of one hub says so', async () => {
    const records = [makeRecord(), makeRecord()]
    const kinds = [makeTestKind('poison'), makeTestKind('poison')]
    const hubs: Jobs[] = []
    for (const [index, kind] of kinds.entries())
      hubs.push(await startHub([kind], { log: records[index]?.log ?? noLog }))
    await hubs[0]?.send('poison', [{ key: 'bad', payload: { id: 'seven' } }, job(2)])
    const lines = (): { code: string; facts: Record<string, unknown> }[] =>
      records.flatMap((one) => one.lines)
    await eventually(() => expect(lines()).toHaveLength(1))
    expect(kinds.flatMap((kind) => kind.ran())).toEqual([2])
    const [failed] = await open()
    expect(failed).toMatchObject({ state: 'failed', tries: 1, error: expect.stringContaining('/id') })
    expect(lines()).toMatchObject([
      {
        code: 'job-given-up',
        facts: { kind: 'poison', job: 'bad', jobId: failed?.id, tries: 1, reason: failed?.error },
      },
    ])
  })

  test('is tried once more on request, and then as done as any', async () => {
    let isBroken = true
    const kind = makeTestKind(
      'mended',
      async () => {
        if (isBroken) throw new Error('not yet')
      },
      { retries: 0 },
    )
    const jobs = await startHub([kind])
    await jobs.send('mended', [job(1)])
    await eventually(async () => expect(await open()).toMatchObject([{ state: 'failed' }]))
    // The key is not sent again by anybody else meanwhile.
    await jobs.send('mended', [job(1)])
    expect(await open()).toHaveLength(1)
    isBroken = false
    expect(await updateJobsRetried(database.pool, null)).toMatchObject([{ kind: 'mended', key: 'of 1' }])
    await eventually(async () => expect(await open()).toEqual([]))
    expect(kind.ran()).toEqual([1, 1])
    expect(await updateJobsRetried(database.pool, null)).toEqual([])
  })

  test('is not tried again beside a newer job of its key', async () => {
    let isBroken = true
    const kind = makeTestKind(
      'newest',
      async () => {
        if (isBroken) throw new Error('not yet')
      },
      { retries: 0, keyHolds: 'whileUnfinished' },
    )
    const jobs = await startHub([kind])
    for (const count of [1, 2]) {
      await jobs.send('newest', [job(1)])
      await eventually(async () =>
        expect((await open()).map(({ state }) => state)).toEqual(
          Array.from({ length: count }, () => 'failed'),
        ),
      )
    }
    isBroken = false
    expect(await updateJobsRetried(database.pool, null)).toHaveLength(1)
    await eventually(() => expect(kind.ran()).toHaveLength(3))
  })

  test('is counted, as are those that are due and run', async () => {
    const told: (readonly JobFigures[])[] = []
    const begun = Promise.withResolvers<void>()
    const done = Promise.withResolvers<void>()
    const kind = makeTestKind(
      'counted',
      async (id) => {
        if (id === 1) throw new Error('no')
        begun.resolve()
        await done.promise
      },
      { retries: 0 },
    )
    const jobs = await startHub([kind])
    await jobs.send('counted', [job(1), job(2), job(3), job(4, Date.now() + 3_600_000)])
    await begun.promise
    await query(
      database.pool,
      "update pgboss.job set start_after = now() - interval '90 seconds' where singleton_key = 'of 3'",
    )
    await startHub([], { metrics: { jobs: (counts) => void told.push(counts) } })
    await eventually(() => expect(told).toHaveLength(1))
    expect(told).toEqual([
      [{ kind: 'counted', due: 1, running: 1, failed: 1, oldestDueMs: expect.any(Number) }],
    ])
    expect(told[0]?.[0]?.oldestDueMs).toBeGreaterThanOrEqual(90_000)
    done.resolve()
  })
})

/** A clock whose timers of the stop run out when the test says so. */
function makeStopClock(): HubClock & { runOut(): void } {
  const real = makeHubClock()
  const waiting = new Set<() => void>()
  return {
    ...real,
    after: (delayMs, run) => {
      if (delayMs !== STOP_TIMEOUT_MS) return real.after(delayMs, run)
      waiting.add(run)
      return () => void waiting.delete(run)
    },
    runOut: () => {
      for (const run of waiting) run()
    },
  }
}

describe('[JOB-6] a hub that stops', () => {
  test('waits for what runs, and begins nothing more', async () => {
    const begun = Promise.withResolvers<void>()
    const done = Promise.withResolvers<void>()
    const kind = makeTestKind('slow', () => {
      begun.resolve()
      return done.promise
    })
    const jobs = await startHub([kind])
    await jobs.send('slow', [job(1), job(2)])
    await begun.promise
    let isStopped = false
    const stopping = jobs.stop().then(() => (isStopped = true))
    await new Promise((later) => setImmediate(later))
    expect(isStopped).toBe(false)
    done.resolve()
    await stopping
    expect(await open()).toMatchObject([{ key: 'of 2', state: 'waiting' }])
    expect(kind.ran()).toEqual([1])
  })

  test('leaves what does not end, which another hub does: the try does not count', async () => {
    const clock = makeStopClock()
    const signals: AbortSignal[] = []
    const begun = Promise.withResolvers<void>()
    const hung = makeTestKind(
      'hung',
      (_id, { signal }) => {
        signals.push(signal)
        begun.resolve()
        return new Promise(() => undefined)
      },
      { retries: 0 },
    )
    const jobs = await startTestJobs(database.pool, { kinds: [hung] }, { clock })
    await jobs.send('hung', [job(1)])
    await begun.promise
    const stopping = jobs.stop()
    await new Promise((later) => setImmediate(later))
    expect(signals[0]?.aborted).toBe(false)
    clock.runOut()
    await stopping
    expect(signals[0]?.aborted).toBe(true)
    expect(await open()).toMatchObject([
      { key: 'of 1', state: 'retrying', error: expect.stringContaining('stopped') },
    ])
    await makeDue()
    const kind = makeTestKind('hung', undefined, { retries: 0 })
    await startHub([kind])
    await eventually(() => expect(kind.ran()).toEqual([1]))
    await eventually(async () => expect(await open()).toEqual([]))
  })

  test('leaves a periodic job that does not end, which has not been done then', async () => {
    const clock = makeStopClock()
    const begun = Promise.withResolvers<void>()
    const run = (): Promise<void> => {
      begun.resolve()
      return new Promise(() => undefined)
    }
    const periodic = [{ name: 'endless', cron: '17 * * * *', everyMs: 3_600_000, run }]
    const jobs = await startTestJobs(database.pool, { periodic }, { clock })
    await begun.promise
    const stopping = jobs.stop()
    clock.runOut()
    await stopping
    expect(await query(database.pool, 'select 1 from job_runs')).toEqual([])
  })
})
