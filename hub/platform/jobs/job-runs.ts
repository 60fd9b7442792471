import { query, type Queryable } from '../postgres/database.ts'

/** Notes that a job did what it should, just now. */
export async function upsertJobRun(database: Queryable, job: string): Promise<void> {
  await query(
    database,
    `insert into job_runs (job, succeeded_at) values ($1, clock_timestamp())
     on conflict (job) do update set succeeded_at = excluded.succeeded_at`,
    [job],
  )
}

/** Of some jobs those that succeeded longer ago than each of them may, or never. */
export async function loadLateJobs(
  database: Queryable,
  jobs: readonly { name: string; afterMs: number }[],
): Promise<string[]> {
  if (jobs.length === 0) return []
  const rows = await query<{ name: string }>(
    database,
    `select j.name from unnest($1::text[], $2::float8[]) as j (name, after_ms) left join job_runs r on r.job = j.name
     where r.succeeded_at is null or r.succeeded_at < now() - j.after_ms * interval '1 millisecond' order by 1`,
    [jobs.map(({ name }) => name), jobs.map(({ afterMs }) => afterMs)],
  )
  return rows.map(({ name }) => name)
}
