import { PgBoss, type Job as BossJob } from 'pg-boss'
import type { HubLog } from '../log.ts'
import type { HubMetrics } from '../metrics.ts'
import type { HubClock } from '../ports.ts'
import { query, transaction, type Database } from '../postgres/database.ts'
import { makeDueJobs, untilAborted, type DueJobs } from './due-jobs.ts'
import type { DueJob, JobKind } from './job-kind.ts'
import { loadJobCounts, loadLateJobs, upsertJobRun } from './job-rows.ts'

/** A periodic job. `run` may be repeated at any time and by any hub. [JOB-7] */
export interface PeriodicJob {
  /** Letters, digits, dashes. */
  name: string
  /** When, as cron has it (minute, hour, day, month, weekday; UTC). */
  cron: string
  /** About how long passes between two runs. */
  everyMs: number
  run(): Promise<void>
}

/** What a hub does by itself. */
export interface JobLists {
  periodic: readonly PeriodicJob[]
  /** No two of one name, and none with the name of a periodic job. */
  kinds: readonly JobKind[]
}

/** The hub's jobs. */
export interface Jobs {
  /** Starts the runner: each periodic job once, then by its calendar; and whatever is due. */
  start(): Promise<void>
  /**
   * Hands jobs of a kind to the runner, AFTER the commit that they are about, and never throws: what could not be sent, or was
   * not since the hub died, the sweep sends. [JOB-3]
   */
  send(kind: string, jobs: readonly DueJob<unknown>[]): Promise<void>
  /** Sends what the kind's sweep finds, now: after a commit that made something due. Never throws. [JOB-3] */
  sweep(kind: string): Promise<void>
  /** Names of periodic jobs that no hub has done for three of their intervals: this hub is not ready. */
  late(): Promise<string[]>
  /** Starts no further job; resolves when those that run have ended, or were left after 15 seconds. [JOB-6] */
  stop(): Promise<void>
}

/** What jobs are given. */
export interface JobsDependencies {
  pool: Database
  clock: HubClock
  log: HubLog
  metrics: Pick<HubMetrics, 'jobs'>
}

/** One queue for all periodic jobs: they are few, and each further queue would poll the database every two seconds. */
const QUEUE = 'jobs'
/** Number of the lock under which the runner makes its tables; any will do that nothing else takes. */
const START_LOCK = 7_246_118_003
/** A stopping hub waits no longer than this for jobs that run. */
export const STOP_TIMEOUT_MS = 15_000
/** Time beyond it to write down what was left. */
const LEAVE_MS = 5_000
/** How often jobs are counted for metrics. */
const COUNT_MS = 30_000
/** A database that is away is logged once a minute, not every two seconds. */
const REPEAT_WARNING_MS = 60_000

/** Makes the one runner of jobs, over the hub's own pool. A failing periodic job is logged, and tried again at its next time. [IDN-7] */
export function makeJobs(dependencies: JobsDependencies, { periodic, kinds }: JobLists): Jobs {
  const { pool, clock, log, metrics } = dependencies
  const boss = makeBoss(pool, clock, log)
  const leaving = new AbortController()
  const due = makeDueJobs({ boss, pool, log, leaving: leaving.signal }, kinds)
  const sweeps = new Map(kinds.map((kind) => [kind.name, makeSweep(kind, due)]))
  const all = [...periodic, ...kinds.map((kind) => sweepJob(kind, sweeps))]
  const running = { sinceMs: clock.elapsedMs(), isStarted: false }
  const counting = countRepeatedly(pool, clock, metrics)
  const stop = async (): Promise<void> => {
    running.isStarted = false
    counting.stop()
    const cancel = clock.after(STOP_TIMEOUT_MS, () => leaving.abort())
    await boss.stop({ close: false, timeout: STOP_TIMEOUT_MS + LEAVE_MS })
    cancel()
  }
  /** Before the start and after the end nothing is sent: a sweep does. */
  const attempt = async (kind: string, run: () => Promise<void>): Promise<void> => {
    if (!running.isStarted) return
    await run().catch((error: unknown) =>
      log.warn('job-not-sent', 'Jobs could not be handed to the runner.', { kind, err: error }),
    )
  }
  return {
    start: async () => {
      try {
        await setUp(boss, due, { pool, jobs: all, log, leaving: leaving.signal })
      } catch (error) {
        await stop()
        throw error
      }
      running.sinceMs = clock.elapsedMs()
      running.isStarted = true
      counting.start()
    },
    send: (kind, jobs) => attempt(kind, () => due.send(kind, jobs)),
    sweep: (kind) => attempt(kind, async () => sweeps.get(kind)?.()),
    late: async () => {
      const ranMs = clock.elapsedMs() - running.sinceMs
      const asked = all.map(({ name, everyMs }) => ({ name, afterMs: 3 * everyMs }))
      return loadLateJobs(
        pool,
        asked.filter(({ afterMs }) => ranMs > afterMs),
      )
    },
    stop,
  }
}

/** Looks each minute for what is due and has no job. */
function sweepJob({ name }: JobKind, sweeps: ReadonlyMap<string, () => Promise<void>>): PeriodicJob {
  return { name, cron: '* * * * *', everyMs: 60_000, run: async () => sweeps.get(name)?.() }
}

/** One sweep at a time; what is asked for meanwhile comes after it, once. */
function makeSweep(kind: JobKind, due: DueJobs): () => Promise<void> {
  let round: Promise<void> | null = null
  let isAskedAgain = false
  const run = async (): Promise<void> => {
    try {
      do {
        isAskedAgain = false
        await due.send(kind.name, await kind.sweep())
      } while (isAskedAgain)
    } finally {
      // At once: who asks from now on must not wait for a round that looks no more.
      round = null
    }
  }
  return async () => {
    isAskedAgain = true
    round ??= run()
    return round
  }
}

/** Counts jobs again and again, for metrics; a database that is away leaves the last figures. */
function countRepeatedly(
  pool: Database,
  clock: HubClock,
  metrics: JobsDependencies['metrics'],
): { start(): void; stop(): void } {
  let cancel: (() => void) | null = null
  let isStopped = false
  const count = async (): Promise<void> => {
    await loadJobCounts(pool).then(metrics.jobs, () => undefined)
    if (!isStopped) cancel = clock.after(COUNT_MS, () => void count())
  }
  return {
    start: () => void count(),
    stop: () => {
      isStopped = true
      cancel?.()
    },
  }
}

interface SetUp {
  pool: Database
  jobs: readonly PeriodicJob[]
  log: HubLog
  leaving: AbortSignal
}

async function setUp(boss: PgBoss, due: DueJobs, { pool, jobs, log, leaving }: SetUp): Promise<void> {
  // Two hubs that make the runner's tables at once would collide.
  await transaction(pool, 'read committed', async (client) => {
    await query(client, 'select pg_advisory_xact_lock($1)', [START_LOCK])
    await boss.start()
    await boss.createQueue(QUEUE)
    await due.setUp()
  })
  // Finished runs are kept for an hour, for debugging; a job that failed runs again by its calendar.
  await boss.updateQueue(QUEUE, { retryLimit: 0, expireInSeconds: 600, deleteAfterSeconds: 3_600 })
  for (const { name, cron } of jobs) await boss.schedule(QUEUE, cron, { job: name }, { key: name })
  const byName = new Map(jobs.map((job) => [job.name, job]))
  const work = async (fetched: BossJob<{ job: string }>[]): Promise<void> => {
    // A name that is unknown here is a newer hub's beside this one; that one has it too, at its next time.
    const asked = [...new Set(fetched.map(({ data }) => data.job))].flatMap((name) => byName.get(name) ?? [])
    await untilAborted(Promise.all(asked.map((job) => runOnce(pool, job, log))), leaving)
  }
  await due.start()
  for (const { name } of jobs)
    await boss.send(QUEUE, { job: name }, { singletonKey: name, singletonSeconds: 5 })
  await boss.work<{ job: string }>(QUEUE, { batchSize: 20 }, work)
}

async function runOnce(pool: Database, job: PeriodicJob, log: HubLog): Promise<void> {
  try {
    await job.run()
    await upsertJobRun(pool, job.name)
  } catch (error) {
    log.error('job-failed', 'A periodic job failed.', { job: job.name, err: error })
  }
}

function makeBoss(pool: Database, clock: HubClock, log: HubLog): PgBoss {
  const executeSql = async (text: string, values: unknown[] = []): Promise<{ rows: unknown[] }> =>
    pool.query(text, values)
  const boss = new PgBoss({ db: { executeSql }, schema: 'pgboss' })
  let saidAtMs = -Infinity
  boss.on('error', (error) => {
    if (clock.elapsedMs() - saidAtMs < REPEAT_WARNING_MS) return
    saidAtMs = clock.elapsedMs()
    log.warn('job-runner-failed', 'The job runner met an error and continues.', { err: error })
  })
  boss.on('warning', ({ message }) =>
    log.debug('job-runner-warning', 'The job runner logged a warning.', { message }),
  )
  return boss
}
