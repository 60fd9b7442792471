import { PgBoss, type Job as BossJob } from 'pg-boss'
import type { HubLog } from '../log.ts'
import type { HubClock } from '../ports.ts'
import { query, transaction, type Database, type Queryable } from '../postgres/database.ts'
import { rowSet } from '../postgres/row-set.ts'

/** A periodic job. `run` may be repeated at any time and by any hub. */
export interface Job {
  /** Letters, digits, dashes. */
  name: string
  /** When, as cron has it (minute, hour, day, month, weekday; UTC). */
  cron: string
  /** About how long passes between two runs. */
  everyMs: number
  run(): Promise<void>
}

/** The hub's running jobs. */
export interface Jobs {
  /** Names of jobs that no hub has done for three of their intervals: this hub is not ready. */
  late(): Promise<string[]>
  /** Starts no further job; resolves when those that run have ended. */
  stop(): Promise<void>
}

/** One queue for all: jobs are few, and each further queue would poll the database every two seconds. */
const QUEUE = 'jobs'
/** Number of the lock under which the runner makes its tables; any will do that nothing else takes. */
const START_LOCK = 7_246_118_003
/** A stopping hub waits no longer than this for jobs that run. */
const STOP_TIMEOUT_MS = 15_000
/** A database that is away is logged once a minute, not every two seconds. */
const REPEAT_WARNING_MS = 60_000

/**
 * Starts the one runner of periodic jobs, over the hub's own pool: each job once at the start, then by its calendar, by
 * whichever hub takes it. A failing one is logged, and tried again at its next time. [IDN-7]
 */
export async function startJobs(
  pool: Database,
  jobs: readonly Job[],
  clock: HubClock,
  log: HubLog,
): Promise<Jobs> {
  const boss = makeBoss(pool, clock, log)
  const startedAtMs = clock.elapsedMs()
  const stop = (): Promise<void> => boss.stop({ close: false, timeout: STOP_TIMEOUT_MS })
  try {
    await setUp(boss, pool, jobs, log)
  } catch (error) {
    await stop()
    throw error
  }
  const late = async (): Promise<string[]> => {
    const ranMs = clock.elapsedMs() - startedAtMs
    const asked = jobs.map(({ name, everyMs }) => ({ name, afterMs: 3 * everyMs }))
    return loadLateJobs(
      pool,
      asked.filter(({ afterMs }) => ranMs > afterMs),
    )
  }
  return { late, stop }
}

async function setUp(boss: PgBoss, pool: Database, jobs: readonly Job[], log: HubLog): Promise<void> {
  // Two hubs that make the runner's tables at once would collide.
  await transaction(pool, 'read committed', async (client) => {
    await query(client, 'select pg_advisory_xact_lock($1)', [START_LOCK])
    await boss.start()
    await boss.createQueue(QUEUE)
  })
  // Finished runs are kept for an hour, for debugging; a job that failed runs again by its calendar.
  await boss.updateQueue(QUEUE, { retryLimit: 0, expireInSeconds: 600, deleteAfterSeconds: 3_600 })
  for (const { name, cron } of jobs) await boss.schedule(QUEUE, cron, { job: name }, { key: name })
  const byName = new Map(jobs.map((job) => [job.name, job]))
  const work = async (fetched: BossJob<{ job: string }>[]): Promise<void> => {
    // A name that is unknown here is a newer hub's beside this one; that one has it too, at its next time.
    const due = [...new Set(fetched.map(({ data }) => data.job))].flatMap((name) => byName.get(name) ?? [])
    await Promise.all(due.map((job) => runOnce(pool, job, log)))
  }
  for (const { name } of jobs)
    await boss.send(QUEUE, { job: name }, { singletonKey: name, singletonSeconds: 5 })
  await boss.work<{ job: string }>(QUEUE, { batchSize: 20 }, work)
}

async function runOnce(pool: Database, job: Job, log: HubLog): Promise<void> {
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

/** Records that a job succeeded just now. */
async function upsertJobRun(database: Queryable, job: string): Promise<void> {
  await query(
    database,
    `insert into job_runs (job, succeeded_at) values ($1, clock_timestamp())
     on conflict (job) do update set succeeded_at = excluded.succeeded_at`,
    [job],
  )
}

const JOBS = rowSet({ name: 'text', afterMs: 'float8' })

/** Of some jobs those that succeeded longer ago than `afterMs`, or never. */
async function loadLateJobs(
  database: Queryable,
  jobs: readonly { name: string; afterMs: number }[],
): Promise<string[]> {
  if (jobs.length === 0) return []
  const rows = await query<{ name: string }>(
    database,
    `select j.name from ${JOBS.table(1, 'j')} left join job_runs r on r.job = j.name
     where r.succeeded_at is null or r.succeeded_at < now() - j.after_ms * interval '1 millisecond' order by 1`,
    JOBS.values(jobs),
  )
  return rows.map(({ name }) => name)
}
