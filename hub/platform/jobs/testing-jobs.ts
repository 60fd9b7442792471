import { Type } from 'typebox'
import { vi } from 'vitest'
import { makeHubClock } from '../clock.ts'
import { noLog } from '../log.ts'
import { noMetrics } from '../metrics.ts'
import type { Database } from '../postgres/database.ts'
import type { DueJob, JobKind, JobRun } from './job-kind.ts'
import { makeJobs, type JobLists, type Jobs, type JobsDependencies } from './jobs.ts'

/** Makes and starts the jobs of a hub. */
export async function startTestJobs(
  pool: Database,
  lists: Partial<JobLists> = {},
  changes: Partial<JobsDependencies> = {},
): Promise<Jobs> {
  const jobs = makeJobs(
    { pool, clock: makeHubClock(), log: noLog, metrics: noMetrics, ...changes },
    { periodic: [], kinds: [], ...lists },
  )
  await jobs.start()
  return jobs
}

/** Has the runner make its tables. */
export async function startAndStopJobs(pool: Database): Promise<void> {
  await (await startTestJobs(pool)).stop()
}

/** Payload of the kinds of tests. */
export const TestPayload = Type.Object({ id: Type.Integer() }, { additionalProperties: false })

/** A kind of job of a test, with the runs that it was asked for. */
export interface TestKind extends JobKind<typeof TestPayload> {
  /** The ids of all runs that were begun. */
  ran(): number[]
  /** What the next sweep finds. */
  found: DueJob<{ id: number }>[]
}

/** Makes a kind; `run` is what a run does. */
export function makeTestKind(
  name: string,
  run: (id: number, at: JobRun) => Promise<void> = async () => undefined,
  changes: Partial<JobKind<typeof TestPayload>> = {},
): TestKind {
  const spy = vi.fn<(id: number, at: JobRun) => Promise<void>>(run)
  const kind: TestKind = {
    name,
    schema: TestPayload,
    keyHolds: 'forGood',
    atOnce: 1,
    retries: 2,
    backOff: { firstS: 100, longestS: 1_000 },
    timeoutS: 60,
    run: ({ id }, at) => spy(id, at),
    sweep: async () => kind.found,
    ran: () => spy.mock.calls.map(([id]) => id),
    found: [],
    ...changes,
  }
  return kind
}
