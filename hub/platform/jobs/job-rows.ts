import type { JobFigures } from '../metrics.ts'
import { query, type Queryable } from '../postgres/database.ts'
import { rowSet } from '../postgres/row-set.ts'

// The runner's own table, pgboss.job, is read here and nowhere else; it writes what it has no call for, and only here.

/** What a job of this queue is called by the runner: its kind, apart from the runner's other queues. */
export const KIND_PREFIX = 'due/'

/** Records that a periodic job succeeded just now. */
export async function upsertJobRun(database: Queryable, job: string): Promise<void> {
  await query(
    database,
    `insert into job_runs (job, succeeded_at) values ($1, clock_timestamp())
     on conflict (job) do update set succeeded_at = excluded.succeeded_at`,
    [job],
  )
}

const JOBS = rowSet({ name: 'text', afterMs: 'float8' })

/** Of some periodic jobs those that succeeded longer ago than `afterMs`, or never. */
export async function loadLateJobs(
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

/** Counts jobs by kind; a kind without any is left out. */
export async function loadJobCounts(database: Queryable): Promise<JobFigures[]> {
  return query(
    database,
    `select substr(name, ${KIND_PREFIX.length + 1}) as kind,
       count(*) filter (where state < 'active' and start_after <= now())::int as due,
       count(*) filter (where state = 'active')::int as running, count(*) filter (where state = 'failed')::int as failed,
       coalesce(extract(epoch from now() - min(start_after) filter (where state < 'active' and start_after <= now())) * 1000, 0)::float8
         as "oldestDueMs"
     from pgboss.job where starts_with(name, $1) and (state <= 'active' or state = 'failed') group by name order by name`,
    [KIND_PREFIX],
  )
}

/** Gives a running job one try more, for one that its hub broke off. [JOB-6] */
export async function addTry(database: Queryable, queue: string, id: string): Promise<void> {
  await query(
    database,
    "update pgboss.job set retry_limit = retry_limit + 1 where name = $1 and id = $2 and state = 'active'",
    [queue, id],
  )
}

/** A job as staff see it. */
export interface ListedJob {
  id: string
  kind: string
  key: string
  /** It waits for its time, for its next try, runs, or was given up. */
  state: 'waiting' | 'retrying' | 'running' | 'failed' | 'done'
  payload: unknown
  /** Tries so far. */
  tries: number
  /** What the last try that failed said; null where none did. */
  error: string | null
  createdAtMs: number
  dueAtMs: number
  /** Null while it has not ended. */
  endedAtMs: number | null
}

const LISTED = `j.id, substr(j.name, ${KIND_PREFIX.length + 1}) as kind, coalesce(j.singleton_key, '') as key,
  case j.state when 'created' then 'waiting' when 'retry' then 'retrying' when 'active' then 'running' when 'failed' then 'failed'
    else 'done' end as state,
  j.data as payload, case when j.started_on is null then 0 else j.retry_count + 1 end as tries,
  coalesce(j.output->>'message', j.output->'value'->>'message') as error, ms_of_time(j.created_on) as "createdAtMs",
  ms_of_time(j.start_after) as "dueAtMs", ms_of_time(j.completed_on) as "endedAtMs"`

/** Whether a hub has made the runner's tables in this database. */
export async function hasJobs(database: Queryable): Promise<boolean> {
  const [row] = await query<{ exists: boolean }>(
    database,
    "select to_regclass('pgboss.job') is not null as exists",
  )
  return row?.exists === true
}

/** What failed, then what has not ended, each newest first; and how many there are in all. */
export async function loadOpenJobs(
  database: Queryable,
  limit: number,
): Promise<{ jobs: ListedJob[]; totalCount: number }> {
  const open = "starts_with(j.name, $1) and (j.state <= 'active' or j.state = 'failed')"
  const jobs = await query<ListedJob>(
    database,
    `select ${LISTED} from pgboss.job j where ${open}
     order by j.state = 'failed' desc, j.created_on desc, j.id limit $2`,
    [KIND_PREFIX, limit],
  )
  const [row] = await query<{ count: number }>(
    database,
    `select count(*)::int as count from pgboss.job j where ${open}`,
    [KIND_PREFIX],
  )
  return { jobs, totalCount: row?.count ?? 0 }
}

/** Jobs whose id begins so, two at most. */
export async function loadJobsByStart(database: Queryable, idStart: string): Promise<ListedJob[]> {
  return query(
    database,
    `select ${LISTED} from pgboss.job j where starts_with(j.name, $1) and starts_with(j.id::text, $2) order by j.id limit 2`,
    [KIND_PREFIX, idStart],
  )
}

/**
 * Makes jobs that were given up due now, with one try more; `ids` null: all of them. Answers which. One whose key is taken by
 * a newer job is left. [JOB-5]
 */
export async function updateJobsRetried(
  transaction: Queryable,
  ids: readonly string[] | null,
): Promise<{ id: string; kind: string; key: string }[]> {
  return query(
    transaction,
    `update pgboss.job j set state = 'retry', retry_limit = j.retry_limit + 1, completed_on = null, start_after = now(),
       keep_until = greatest(j.keep_until, now() + interval '14 days')
     where starts_with(j.name, $1) and j.state = 'failed' and ($2::uuid[] is null or j.id = any($2))
       and not exists (select from pgboss.job o where o.name = j.name and o.singleton_key = j.singleton_key and o.id <> j.id
         and (o.state <= 'active' or (o.state = 'failed' and (o.created_on, o.id) > (j.created_on, j.id))))
     returning j.id, substr(j.name, ${KIND_PREFIX.length + 1}) as kind, coalesce(j.singleton_key, '') as key`,
    [KIND_PREFIX, ids],
  )
}
