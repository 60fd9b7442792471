import { PgBoss, type Job as BossJob } from 'pg-boss'
import type { HubLog } from '../log.ts'
import type { HubClock } from '../ports.ts'
import { query, transaction, type Database } from '../postgres/database.ts'
import { loadLateJobs, upsertJobRun } from './job-runs.ts'

/** Something that happens by itself. `run` may be repeated at any time and by any hub. */
export interface Job {
  /** Letters, digits, dashes. */
  name: string
  /** When, as cron has it (minute, hour, day, month, weekday; UTC). */
  cron: string
  /** About how long lies between two runs. */
  everyMs: number
  run(): Promise<void>
}

/** The hub's running jobs. */
export interface Jobs {
  /** Names of jobs that no hub has done for three of their intervals: this hub is not ready. */
  late(): Promise<string[]>
  /** Runs no more; resolves when what runs has ended. */
  stop(): Promise<void>
}

/** One queue for all: what happens by itself is little, and each queue more would ask the database every two seconds. */
const QUEUE = 'jobs'
/** Number of the lock under which the runner makes its tables; any will do that nothing else takes. */
const START_LOCK = 7_246_118_003
/** A stopping hub waits no longer than this for what runs. */
const STOP_PATIENCE_MS = 15_000
/** A database that is away is told of once, not every two seconds. */
const SAY_AGAIN_MS = 60_000

/**
 * Starts the one runner of what happens by itself, over the hub's own pool: each job once at the start, then when its time
 * comes, by whichever hub takes it. A failing one is noted, and tried again at its next time. [IDN-7]
 */
export async function startJobs(
  pool: Database,
  jobs: readonly Job[],
  clock: HubClock,
  log: HubLog,
): Promise<Jobs> {
  const boss = makeBoss(pool, clock, log)
  const startedAtMs = clock.elapsedMs()
  const stop = (): Promise<void> => boss.stop({ close: false, timeout: STOP_PATIENCE_MS })
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
  // Two that make the runner's tables at once would trip over each other.
  await transaction(pool, 'read committed', async (client) => {
    await query(client, 'select pg_advisory_xact_lock($1)', [START_LOCK])
    await boss.start()
    await boss.createQueue(QUEUE)
  })
  // Finished runs are kept for an hour, for whoever looks; what failed comes again by itself.
  await boss.updateQueue(QUEUE, { retryLimit: 0, expireInSeconds: 600, deleteAfterSeconds: 3_600 })
  for (const { name, cron } of jobs) await boss.schedule(QUEUE, cron, { job: name }, { key: name })
  const byName = new Map(jobs.map((job) => [job.name, job]))
  const work = async (taken: BossJob<{ job: string }>[]): Promise<void> => {
    // A name that is unknown here is a newer hub's beside this one; that one has it too, at its next time.
    const due = [...new Set(taken.map(({ data }) => data.job))].flatMap((name) => byName.get(name) ?? [])
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
    log.error('a job failed', { job: job.name, err: error })
  }
}

function makeBoss(pool: Database, clock: HubClock, log: HubLog): PgBoss {
  const executeSql = async (text: string, values: unknown[] = []): Promise<{ rows: unknown[] }> =>
    pool.query(text, values)
  const boss = new PgBoss({ db: { executeSql }, schema: 'pgboss' })
  let saidAtMs = -Infinity
  boss.on('error', (error) => {
    if (clock.elapsedMs() - saidAtMs < SAY_AGAIN_MS) return
    saidAtMs = clock.elapsedMs()
    log.warn('the runner of jobs met a fault, and goes on', { err: error })
  })
  boss.on('warning', ({ message }) => log.debug('the runner of jobs warns', { message }))
  return boss
}
