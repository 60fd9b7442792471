import type { HubLog } from '../log.ts'
import type { HubMetrics } from '../metrics.ts'
import type { HubClock } from '../ports.ts'
import { transaction, type Database, type Transaction, isRefusedByDatabase } from '../postgres/database.ts'
import { lockUniversity, type LockedUniversity } from './lock-university.ts'
import type { CommitResult, LevelWork, PushAnswer, BatchCommits, Push } from './batch.ts'
import { commitUnderClock, type CommitMoment } from './commit-under-clock.ts'
import type { InFlight } from './in-flight.ts'

/** The most mutations of one commit: what comes on top waits for the next one. About a tenth of a second of work. */
const MAX_BATCH_MUTATIONS = 4096
/** Acks given in one turn of the event loop: about half a millisecond. */
const ANSWERS_AT_ONCE = 64
/** Pauses between tries while the database is away, ms. */
const RETRY_DELAYS_MS = [20, 50, 100, 250, 500, 1000]

/** A push on its way into a commit. */
export interface WaitingPush extends Omit<Push, 'waitedMs' | 'poisonId'> {
  /** Elapsed ms of the hub's clock when it arrived. */
  arrivedMs: number
  /** Called once, after COMMIT has returned; null when the hub stopped before that. [SYN-6] */
  answer(answer: PushAnswer | null, committed: CommitResult | null): void
}

/** Group commit: one queue and one commit in flight per university; what arrives meanwhile forms the next batch. */
export interface TenantWriter {
  push(universityId: number, push: WaitingPush): void
  /** Administrative work as one commit of its own, in the same queue; like `commitUnderClock`. */
  runUnderClock<Result>(
    universityId: number,
    work: (client: Transaction, moment: CommitMoment) => Promise<Result>,
    isStep?: (result: Result) => boolean,
  ): Promise<Result>
  /** A change of levels alone as one commit of its own, in the same queue; like `commitLevels`. */
  runLevels<Result>(
    universityId: number,
    work: (client: Transaction, moment: CommitMoment) => Promise<LevelWork<Result>>,
  ): Promise<Result>
  /** Work under the university's lock that changes nothing that kiosks hold. Null: no such university. */
  runUnderLock<Result>(
    universityId: number,
    work: (client: Transaction, locked: LockedUniversity) => Promise<Result>,
  ): Promise<Result | null>
  /** Takes nothing more; resolves when what was queued is committed, or could not be within `graceMs`. */
  stop(graceMs: number): Promise<void>
}

/** What a writer is given. */
export interface WriterDependencies {
  pool: Database
  clock: HubClock
  log: HubLog
  metrics: HubMetrics
  inFlight: InFlight
  commits: BatchCommits
  /** Called after each commit, before its pushes are answered. */
  committed(universityId: number, committed: CommitResult): void
}

type Item = { kind: 'push'; push: WaitingPush } | { kind: 'work'; run: () => Promise<void> }

interface Lane {
  universityId: number
  queue: Item[]
  /** Null while there is nothing to do. */
  running: Promise<void> | null
  /** Settles when all commits so far are answered. */
  answering: Promise<void>
}

/** Makes a writer with empty queues. */
export function makeTenantWriter(dependencies: WriterDependencies): TenantWriter {
  return new Writer(dependencies)
}

class Writer implements TenantWriter {
  private readonly dependencies: WriterDependencies
  private readonly lanes = new Map<number, Lane>()
  private isStopping = false
  private isAbandoned = false

  constructor(dependencies: WriterDependencies) {
    this.dependencies = dependencies
  }

  push(universityId: number, push: WaitingPush): void {
    if (this.isStopping) push.answer(null, null)
    else this.enqueue(universityId, { kind: 'push', push })
  }

  runUnderClock<Result>(
    universityId: number,
    work: (client: Transaction, moment: CommitMoment) => Promise<Result>,
    isStep?: (result: Result) => boolean,
  ): Promise<Result> {
    const { pool, clock } = this.dependencies
    return this.work(universityId, () =>
      commitUnderClock(pool, universityId, work, clock.databaseNowMs(), isStep),
    )
  }

  runLevels<Result>(
    universityId: number,
    work: (client: Transaction, moment: CommitMoment) => Promise<LevelWork<Result>>,
  ): Promise<Result> {
    const { commits, clock } = this.dependencies
    return this.work(universityId, async () => {
      const done = await commits.commitLevels(universityId, work, clock.databaseNowMs())
      this.dependencies.committed(universityId, done.committed)
      return done.result
    })
  }

  runUnderLock<Result>(
    universityId: number,
    work: (client: Transaction, locked: LockedUniversity) => Promise<Result>,
  ): Promise<Result | null> {
    const { pool, clock } = this.dependencies
    return this.work(universityId, () =>
      transaction(pool, 'read committed', async (client) => {
        const locked = await lockUniversity(client, universityId, clock.databaseNowMs())
        return locked === null ? null : work(client, locked)
      }),
    )
  }

  async stop(graceMs: number): Promise<void> {
    this.isStopping = true
    const cancel = this.dependencies.clock.after(graceMs, () => {
      this.isAbandoned = true
    })
    for (const lane of this.lanes.values()) {
      await lane.running
      await lane.answering
    }
    cancel()
  }

  private work<Result>(universityId: number, run: () => Promise<Result>): Promise<Result> {
    return this.dependencies.inFlight.track(
      new Promise<Result>((resolve, reject) => {
        this.enqueue(universityId, { kind: 'work', run: () => run().then(resolve, reject) })
      }),
    )
  }

  private enqueue(universityId: number, item: Item): void {
    let lane = this.lanes.get(universityId)
    if (lane === undefined) {
      lane = { universityId, queue: [], running: null, answering: Promise.resolve() }
      this.lanes.set(universityId, lane)
    }
    lane.queue.push(item)
    lane.running ??= this.dependencies.inFlight.track(this.run(lane))
  }

  private async run(lane: Lane): Promise<void> {
    // The sockets that are readable in this turn join the batch.
    await new Promise<void>((resolve) => setImmediate(resolve))
    while (lane.queue.length > 0) {
      const [first] = lane.queue
      if (first?.kind === 'work') {
        lane.queue.shift()
        await first.run()
      } else await this.commit(lane, takeBatch(lane.queue))
    }
    lane.running = null
  }

  private async commit(lane: Lane, batch: WaitingPush[], poisonId?: number): Promise<void> {
    const { clock, metrics, committed, log } = this.dependencies
    for (let tries = 0; !this.isAbandoned; tries += 1) {
      const startedMs = clock.elapsedMs()
      const pushes = batch.map((push) => toPush(push, startedMs, poisonId))
      try {
        const done = await this.tryOnce(lane, pushes)
        metrics.batch(countMutations(batch), clock.elapsedMs() - startedMs)
        if (done !== null) committed(lane.universityId, done)
        this.answerAll(lane, batch, done)
        return
      } catch (error) {
        // A refusal that cannot even be recorded is no mutation's fault: it is tried again like a lost connection.
        if (isRefusedByDatabase(error) && poisonId === undefined) {
          await this.split(lane, batch, error)
          return
        }
        log.warn('commit-retried', 'A commit is tried again.', {
          universityId: lane.universityId,
          tries,
          err: error,
        })
        await this.pause(RETRY_DELAYS_MS[Math.min(tries, RETRY_DELAYS_MS.length - 1)] ?? 1000)
      }
    }
    for (const push of batch) push.answer(null, null)
  }

  /** Many answers are given while the next commit is under way: else the database would wait for all of them. */
  private answerAll(lane: Lane, batch: readonly WaitingPush[], done: CommitResult | null): void {
    const answer = (from: number, to: number): void => {
      for (const [index, push] of batch.slice(from, to).entries())
        push.answer(done?.answers[from + index] ?? UNKNOWN, done)
    }
    if (batch.length <= ANSWERS_AT_ONCE) return answer(0, batch.length)
    const inSlices = async (): Promise<void> => {
      for (let from = 0; from < batch.length; from += ANSWERS_AT_ONCE) {
        await new Promise<void>((resolve) => setImmediate(resolve))
        answer(from, from + ANSWERS_AT_ONCE)
      }
    }
    const failed = (error: unknown): void =>
      this.dependencies.log.error('answers-failed', 'Pushes could not be answered.', { err: error })
    // Caught here: one that throws must not hold back the answers of all later commits.
    lane.answering = this.dependencies.inFlight.track(lane.answering.then(inSlices).catch(failed))
  }

  private tryOnce(lane: Lane, pushes: readonly Push[]): Promise<CommitResult | null> {
    const { commits, clock } = this.dependencies
    return commits.commitPushes(lane.universityId, pushes, clock.databaseNowMs())
  }

  /** A mutation that the database will never take must not hold up the others: halves are tried alone until it is found. [SYN-7] */
  private async split(lane: Lane, batch: readonly WaitingPush[], error: unknown): Promise<void> {
    const [first] = batch
    if (first === undefined) return
    if (batch.length > 1) {
      const half = batch.length >> 1
      await this.commit(lane, batch.slice(0, half))
      await this.commit(lane, batch.slice(half))
      return
    }
    if (first.mutations.length > 1) {
      await this.splitPush(lane, first)
      return
    }
    const poisonId = first.mutations[0]?.id
    this.dependencies.log.error(
      'mutation-rejected',
      'A mutation was refused because the database did not accept it.',
      {
        universityId: lane.universityId,
        kioskId: first.kioskId,
        mutationId: poisonId,
        err: error,
      },
    )
    await this.commit(lane, [first], poisonId)
  }

  private async splitPush(lane: Lane, push: WaitingPush): Promise<void> {
    const half = push.mutations.length >> 1
    const answers: (PushAnswer | null)[] = []
    let last: CommitResult | null = null
    for (const mutations of [push.mutations.slice(0, half), push.mutations.slice(half)])
      await this.commit(lane, [
        {
          ...push,
          mutations,
          answer: (answer, committed) => {
            answers.push(answer)
            last = committed ?? last
          },
        },
      ])
    push.answer(joinAnswers(answers), last)
  }

  private pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.dependencies.clock.after(ms, resolve)
    })
  }
}

const UNKNOWN: PushAnswer = { verdict: 'unknownKiosk', lastMutationId: 0, outcomes: [] }

function takeBatch(queue: Item[]): WaitingPush[] {
  const batch: WaitingPush[] = []
  let count = 0
  for (const item of queue) {
    if (
      item.kind === 'work' ||
      (batch.length > 0 && count + item.push.mutations.length > MAX_BATCH_MUTATIONS)
    )
      break
    batch.push(item.push)
    count += item.push.mutations.length
  }
  queue.splice(0, batch.length)
  return batch
}

function toPush(push: WaitingPush, nowMs: number, poisonId: number | undefined): Push {
  const { kioskId, session, mutations, arrivedMs } = push
  const waitedMs = Math.max(0, nowMs - arrivedMs)
  return { kioskId, session, mutations, waitedMs, ...(poisonId === undefined ? {} : { poisonId }) }
}

function joinAnswers(answers: readonly (PushAnswer | null)[]): PushAnswer | null {
  const last = answers.at(-1)
  if (last === null || last === undefined) return null
  return { ...last, outcomes: answers.flatMap((answer) => answer?.outcomes ?? []) }
}

function countMutations(batch: readonly WaitingPush[]): number {
  return batch.reduce((count, { mutations }) => count + mutations.length, 0)
}
