import { quoted } from '#shared/domain/space-tree.ts'
import { appendChange } from '../platform/postgres/append-change.ts'
import { transaction } from '../platform/postgres/database.ts'
import {
  hasJobs,
  loadJobCounts,
  loadJobsByStart,
  loadOpenJobs,
  updateJobsRetried,
  type ListedJob,
} from '../platform/jobs/job-rows.ts'
import { accept, type Decision } from '#shared/domain/decision.ts'
import {
  answer,
  refusal,
  usageRefusal,
  type AdminCommand,
  type AdminRefusal,
  type AdminWorld,
} from './answer.ts'
import type { Finding } from './finding.ts'
import type { JobFigures } from '../platform/metrics.ts'
import { COUNT_OPTION, moreThan, parseCount } from './pick.ts'
import { makeTimes, type Times } from './times.ts'

/** So many characters of an id are shown; any that only one job begins with name it. */
const SHOWN_ID = 8

const ID_HELP = `  JOB              its id, or enough of its beginning`

/** `jobs list`. [JOB-5] */
export const jobsList: AdminCommand = {
  name: 'jobs list',
  usage: '[--count N]',
  summary: 'lists jobs that were given up, and those that are not done yet',
  help: `  --count N        how many: 50 by default

Jobs are what a hub does by itself at a time: send an email, for example. One that fails is tried again after a while;
one that was given up stays here until it is retried or a month old.`,
  example: 'jobs list',
  options: COUNT_OPTION,
  run: async (world, input) => {
    const count = parseCount(input)
    if (!count.ok) return count
    const { jobs, totalCount } = (await hasJobs(world.pool))
      ? await loadOpenJobs(world.pool, count.value)
      : { jobs: [], totalCount: 0 }
    if (totalCount === 0) return answer('No jobs are waiting, and none was given up.', { jobs, totalCount })
    const times = makeTimes(null)
    const columns = ['id', 'kind', 'key', 'tries', `state (${times.zone})`, 'last error']
    const rows = jobs.map((job) => [
      job.id.slice(0, SHOWN_ID),
      job.kind,
      job.key,
      job.tries,
      stateOf(job, times),
      job.error ?? '-',
    ])
    return answer([{ columns, rows }, ...moreThan(jobs.length, totalCount)], { jobs, totalCount })
  },
}

function stateOf({ state, dueAtMs, endedAtMs }: ListedJob, times: Times): string {
  const endedAt = endedAtMs === null ? '' : ` at ${times.minute(endedAtMs)}`
  if (state === 'waiting') return `due at ${times.minute(dueAtMs)}`
  if (state === 'retrying') return `next try at ${times.minute(dueAtMs)}`
  if (state === 'running') return 'running'
  return state === 'failed' ? `given up${endedAt}` : `done${endedAt}`
}

/** `jobs show`. [JOB-5] */
export const jobsShow: AdminCommand = {
  name: 'jobs show',
  usage: 'JOB',
  summary: 'shows one job: what it is about, its tries, and the last error',
  help: ID_HELP,
  example: 'jobs show 3f2a90c1',
  options: {},
  words: [1, 1],
  run: async (world, input) => {
    const picked = await pickJob(world, input.words[0] ?? '')
    if (!picked.ok) return picked
    const job = picked.value
    const times = makeTimes(null)
    const rows = [
      ['id', job.id],
      ['kind', job.kind],
      ['key', job.key],
      ['about', JSON.stringify(job.payload)],
      ['state', stateOf(job, times)],
      ['tries', String(job.tries)],
      ['last error', job.error ?? '-'],
      ['made', `${times.second(job.createdAtMs)} (${times.zone})`],
    ]
    return answer({ columns: null, rows }, { job })
  },
}

async function pickJob({ pool }: AdminWorld, typed: string): Promise<Decision<ListedJob, AdminRefusal>> {
  const idStart = typed.trim().toLowerCase()
  const [job, second] =
    /^[0-9a-f-]{4,36}$/.test(idStart) && (await hasJobs(pool)) ? await loadJobsByStart(pool, idStart) : []
  if (job === undefined)
    return refusal(`There is no job whose id begins with ${quoted(typed)}. "jobs list" shows them.`)
  if (second !== undefined)
    return refusal(`More than one job has an id that begins with ${quoted(typed)}. Type more of it.`)
  return accept(job)
}

/** `jobs retry`. [JOB-5] */
export const jobsRetry: AdminCommand = {
  name: 'jobs retry',
  usage: 'JOB | --all',
  summary: 'tries a job that was given up again, or all of them',
  help: `${ID_HELP}
  --all            every job that was given up

A running hub tries it within seconds; without one it waits for the next start.`,
  example: 'jobs retry 3f2a90c1',
  options: { all: { type: 'boolean' } },
  words: [0, 1],
  run: async (world, input) => {
    const [word] = input.words
    if ((word === undefined) !== input.isSet('all'))
      return usageRefusal('Add the id of a job that was given up, or --all for all of them.')
    const picked = word === undefined ? null : await pickJob(world, word)
    if (picked !== null && !picked.ok) return picked
    const job = picked?.value ?? null
    if (job !== null && job.state !== 'failed')
      return refusal(`Job ${job.id.slice(0, SHOWN_ID)} was not given up, so it is not tried again.`)
    const jobs = (await hasJobs(world.pool)) ? await retry(world, job) : []
    if (job !== null && jobs.length === 0)
      return refusal('A newer job has the same key, so this one is not tried again. "jobs list" shows it.')
    const text =
      jobs.length === 0
        ? 'No job to try again.'
        : `${jobs.length} ${jobs.length === 1 ? 'job' : 'jobs'} will be tried again within seconds.`
    return answer(text, { jobs })
  },
}

/** Makes one job due, or all that can be (null), and writes it down where there was one. */
async function retry(
  { pool }: AdminWorld,
  job: ListedJob | null,
): Promise<{ id: string; kind: string; key: string }[]> {
  return transaction(pool, 'read committed', async (client) => {
    const jobs = await updateJobsRetried(client, job === null ? null : [job.id])
    if (jobs.length > 0)
      await appendChange(client, {
        universityId: null,
        actor: 'cli',
        service: 'jobs',
        subject: 'retry',
        log: { count: jobs.length, ...(job !== null && { kind: job.kind, job: job.key }) },
      })
    return jobs
  })
}

/** A job that has been due for so long is one that no hub does. */
const LATE_MS = 15 * 60_000

/** Whether jobs were given up, or wait for a hub. [JOB-5] */
export async function checkJobs({ pool }: AdminWorld): Promise<Finding[]> {
  if (!(await hasJobs(pool))) return []
  const counts = await loadJobCounts(pool)
  const kindsOf = (of: readonly JobFigures[]): string => of.map(({ kind }) => kind).join(', ')
  const [failed, late] = [
    counts.filter((count) => count.failed > 0),
    counts.filter(({ oldestDueMs }) => oldestDueMs > LATE_MS),
  ]
  const findings: Finding[] = []
  if (failed.length > 0)
    findings.push({
      what: 'jobs',
      state: 'warn',
      found: `${failed.reduce((sum, count) => sum + count.failed, 0)} given up (${kindsOf(failed)})`,
      fix: '"jobs list" shows them with their last error; once the cause is gone, run "jobs retry --all".',
    })
  if (late.length > 0)
    findings.push({
      what: 'jobs',
      state: 'warn',
      found: `due for more than 15 minutes (${kindsOf(late)})`,
      fix: 'Check that a hub is running, and that it is of the newest release in use.',
    })
  return findings.length > 0 ? findings : [{ what: 'jobs', state: 'ok', found: 'none given up, none late' }]
}
