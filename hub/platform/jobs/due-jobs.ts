import { createHash } from 'node:crypto'
import type { JobInsert, JobResult, JobWithMetadata, PgBoss } from 'pg-boss'
import { makeCheck } from '#shared/wire/parse.ts'
import type { HubLog } from '../log.ts'
import type { Database } from '../postgres/database.ts'
import { queueOf, type DueJob, type JobKind } from './job-kind.ts'
import { addTry } from './job-rows.ts'

/** Where the runner puts a copy of each job that it gave up, whatever its kind and whoever ran it. */
const GIVEN_UP_QUEUE = 'given-up'
/** How often a hub looks for due jobs that it was not told of itself. */
const POLL_S = 5
/** A key that holds for good is known for so long after its job has ended. */
const KNOWN_FOR_S = 30 * 86_400
/** Other jobs are kept for a day after their end, to be looked at. */
const SHOWN_FOR_S = 86_400
/** What is due waits so long for a hub that knows its kind. */
const WAITS_FOR_S = 14 * 86_400
const MAX_ERROR_LENGTH = 500

/** Sends jobs, and does those that are due. */
export interface DueJobs {
  /** Makes the queues of these kinds. */
  setUp(): Promise<void>
  /** Begins to do what is due. */
  start(): Promise<void>
  /** Hands jobs to the runner, each key once. Throws when the database is away. */
  send(kind: string, jobs: readonly DueJob<unknown>[]): Promise<void>
}

/** What it is given; `leaving` is aborted when a stopping hub waits no longer. */
export interface DueJobsDependencies {
  boss: PgBoss
  pool: Database
  log: HubLog
  leaving: AbortSignal
}

/** Makes the part of the runner that does jobs with payloads. [JOB-1] [JOB-2] [JOB-4] */
export function makeDueJobs(dependencies: DueJobsDependencies, kinds: readonly JobKind[]): DueJobs {
  const { boss } = dependencies
  const byName = new Map(kinds.map((kind) => [kind.name, kind]))
  const workers = new Map<string, string[]>()
  const wake = (kind: string): void => {
    for (const id of workers.get(kind) ?? []) boss.notifyWorker(id)
  }
  return {
    setUp: async () => {
      await boss.createQueue(GIVEN_UP_QUEUE)
      await boss.updateQueue(GIVEN_UP_QUEUE, { retryLimit: 0, deleteAfterSeconds: 3_600 })
      for (const kind of kinds) await setUpQueue(boss, kind)
    },
    start: async () => {
      await boss.work(
        GIVEN_UP_QUEUE,
        { includeMetadata: true, batchSize: 20, pollingIntervalSeconds: POLL_S },
        async (jobs) => tellGivenUp(jobs, dependencies.log),
      )
      for (const kind of kinds) {
        const work = makeWork(dependencies, kind, () => wake(kind.name))
        const options = {
          includeMetadata: true,
          perJobResults: true,
          pollingIntervalSeconds: POLL_S,
        } as const
        const ids: string[] = []
        // One worker for each that may run at once: workers of one call could not be woken apart.
        for (let index = 0; index < kind.atOnce; index += 1)
          ids.push(await boss.work(queueOf(kind.name), options, work))
        workers.set(kind.name, ids)
      }
    },
    send: async (name, jobs) => {
      const kind = byName.get(name)
      if (kind === undefined) throw new Error(`There is no kind of job called ${name}.`)
      if (jobs.length === 0) return
      const byKey = new Map(jobs.map((job) => [job.key, toInsert(kind, job)]))
      await boss.insert(queueOf(name), [...byKey.values()])
      wake(name)
    },
  }
}

async function setUpQueue(boss: PgBoss, kind: JobKind): Promise<void> {
  const queue = queueOf(kind.name)
  const isOnce = kind.keyHolds === 'forGood'
  // Where a key holds for good the job's id is made of it; else the runner refuses a second one that has not ended.
  await boss.createQueue(queue, { policy: isOnce ? 'standard' : 'exclusive', deadLetter: GIVEN_UP_QUEUE })
  await boss.updateQueue(queue, {
    retryLimit: kind.retries,
    retryBackoff: true,
    retryDelay: kind.backOff.firstS,
    retryDelayMax: kind.backOff.longestS,
    expireInSeconds: kind.timeoutS,
    retentionSeconds: WAITS_FOR_S,
    deleteAfterSeconds: isOnce ? KNOWN_FOR_S : SHOWN_FOR_S,
    deadLetter: GIVEN_UP_QUEUE,
  })
}

function toInsert({ name, keyHolds }: JobKind, { key, payload, dueAtMs }: DueJob<unknown>): JobInsert {
  return {
    ...(keyHolds === 'forGood' && { id: idOf(name, key) }),
    data: payload as object,
    singletonKey: key,
    ...(dueAtMs !== undefined && { startAfter: new Date(dueAtMs).toISOString() }),
  }
}

/** A UUID (version 8, of one's own making) that a kind and a key always have. */
function idOf(kind: string, key: string): string {
  const bytes = createHash('sha256').update(`${kind}\n${key}`).digest().subarray(0, 16)
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x80, 6)
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8)
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}

type Work = (jobs: JobWithMetadata<unknown>[]) => Promise<JobResult[]>

function makeWork({ pool, log, leaving }: DueJobsDependencies, kind: JobKind, wake: () => void): Work {
  const check = makeCheck(kind.schema)
  const runOne = async (job: JobWithMetadata<unknown>): Promise<JobResult> => {
    const { id, data, retryCount, singletonKey } = job
    const payload = check(data)
    if (!payload.ok)
      return {
        id,
        status: 'deadletter',
        output: { message: `The payload does not fit: ${payload.refusal.at} ${payload.refusal.reason}` },
      }
    const signal = AbortSignal.any([job.signal, leaving])
    try {
      const end = await untilAborted(kind.run(payload.value, { signal, tryNumber: retryCount + 1 }), leaving)
      if (end === 'ended') return { id, status: 'completed' }
      await addTry(pool, queueOf(kind.name), id)
      return { id, status: 'failed', output: { message: 'The hub was stopped before it ended.' } }
    } catch (error) {
      const facts = { kind: kind.name, job: singletonKey, tries: retryCount + 1, err: error }
      log.warn('job-try-failed', 'A try of a job failed.', facts)
      return { id, status: 'failed', output: { message: messageOf(error) } }
    }
  }
  return async (jobs) => {
    const results = await Promise.all(jobs.map(runOne))
    // There may be more: it is looked for at once, until nothing is found.
    wake()
    return results
  }
}

/** What comes first: the end of `work`, or the abort. Throws as `work` does. */
export async function untilAborted(work: Promise<unknown>, signal: AbortSignal): Promise<'ended' | 'left'> {
  const left = Promise.withResolvers<'left'>()
  const leave = (): void => left.resolve('left')
  if (signal.aborted) leave()
  signal.addEventListener('abort', leave, { once: true })
  try {
    return await Promise.race([work.then(() => 'ended' as const), left.promise])
  } finally {
    signal.removeEventListener('abort', leave)
  }
}

function messageOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).slice(0, MAX_ERROR_LENGTH)
}

/** One line for each job that was given up, by the one hub that took its copy: also where the hub that ran it is gone. [JOB-5] */
async function tellGivenUp(jobs: readonly JobWithMetadata<unknown>[], log: HubLog): Promise<void> {
  for (const { sourceName, sourceId, sourceRetryCount, singletonKey, output } of jobs)
    log.error('job-given-up', 'A job was given up.', {
      kind: sourceName?.slice(queueOf('').length),
      job: singletonKey,
      jobId: sourceId,
      tries: (sourceRetryCount ?? 0) + 1,
      reason: reasonOf(output),
    })
}

function reasonOf(output: unknown): string | null {
  const { message, value } = (output ?? {}) as { message?: unknown; value?: { message?: unknown } }
  const said = message ?? value?.message
  return typeof said === 'string' ? said : null
}
