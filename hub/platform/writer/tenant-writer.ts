import type { HubLog } from '../log.ts'
import type { HubMetrics } from '../metrics.ts'
import type { HubClock } from '../ports.ts'
import type { Decision } from '#shared/domain/decision.ts'
import type { HttpRefusal } from '../http/handle.ts'
import { transaction, type Database, type Transaction, isRefusedByDatabase } from '../postgres/database.ts'
import { lockUniversity, type LockedUniversity } from './lock-university.ts'
import type { CallAnswer, CallingSession, CommitResult, Push, PushAnswer } from './batch.ts'
import type { BatchItem, PersonCall, PersonCommand } from './command.ts'
import { commitBatch, previewRefusal, type CommitDependencies } from './commit-batch.ts'
import { commitUnderClock, type CommitMoment } from './commit-under-clock.ts'
import { FactCache } from './fact-set.ts'
import type { CommandRegistry } from './registry.ts'
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
  /**
   * A person's command, in a batch with whatever else waits; refused before it where that is known already. Resolves after
   * COMMIT. Throws what the command threw, RangeError for an unknown university, and when the hub stops.
   */
  run<Body, Value, Result>(
    universityId: number,
    command: PersonCommand<Body, Value, Result>,
    by: CallingSession,
    body: Body,
  ): Promise<Decision<Result, HttpRefusal>>
  /** Administrative work as one commit of its own, in the same queue; like `commitUnderClock`. */
  runUnderClock<Result>(
    universityId: number,
    work: (client: Transaction, moment: CommitMoment) => Promise<Result>,
    isStep?: (result: Result) => boolean,
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
  registry: CommandRegistry
  /** Called after each commit, before its pushes are answered. */
  committed(universityId: number, committed: CommitResult): void
}

/** A person's call on its way into a commit. */
interface WaitingCall extends PersonCall {
  /** Called once, after COMMIT has returned; null when the hub stopped before that, or there is no such university. */
  answer(answer: CallAnswer | null): void
}

/** What shares batches. */
type Waiting = { push: WaitingPush } | { call: WaitingCall }

type Item = Waiting | { work: () => Promise<void> }

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
  private readonly commits: CommitDependencies
  private readonly lanes = new Map<number, Lane>()
  private isStopping = false
  private isAbandoned = false

  constructor(dependencies: WriterDependencies) {
    this.dependencies = dependencies
    const { pool, registry, log } = dependencies
    const ruleFailed = (command: string, error: unknown, of: Record<string, number>): void =>
      log.error('rule-failed', 'A command failed by a bug of the hub, and was refused.', {
        command,
        ...of,
        err: error,
      })
    this.commits = { pool, registry, cache: new FactCache(), ruleFailed }
  }

  push(universityId: number, push: WaitingPush): void {
    if (this.isStopping) push.answer(null, null)
    else this.enqueue(universityId, { push })
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

  async run<Body, Value, Result>(
    universityId: number,
    command: PersonCommand<Body, Value, Result>,
    by: CallingSession,
    body: Body,
  ): Promise<Decision<Result, HttpRefusal>> {
    // Only this command's own functions see the body and give the result.
    const call = { command: command as unknown as PersonCommand, by, body }
    const { clock, inFlight } = this.dependencies
    const first = await inFlight.track(
      previewRefusal(this.commits, universityId, call, clock.databaseNowMs()),
    )
    const answer =
      first ??
      (await inFlight.track(
        new Promise<CallAnswer | null>((resolve) => {
          if (this.isStopping) resolve(null)
          else this.enqueue(universityId, { call: { ...call, answer: resolve } })
        }),
      ))
    if (answer === null) throw new RangeError(`no university ${universityId}, or the hub stops`)
    if ('failed' in answer) throw answer.failed
    return answer.decision as Decision<Result, HttpRefusal>
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
        this.enqueue(universityId, { work: () => run().then(resolve, reject) })
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
    lane.running ??= this.dependencies.inFlight.track(this.runLane(lane))
  }

  private async runLane(lane: Lane): Promise<void> {
    // The sockets that are readable in this turn join the batch.
    await new Promise<void>((resolve) => setImmediate(resolve))
    while (lane.queue.length > 0) {
      const [first] = lane.queue
      if (first !== undefined && 'work' in first) {
        lane.queue.shift()
        await first.work()
      } else await this.commit(lane, takeBatch(lane.queue))
    }
    lane.running = null
  }

  private async commit(lane: Lane, batch: readonly Waiting[], poisonId?: number): Promise<void> {
    const { clock, metrics, committed, log } = this.dependencies
    const { universityId } = lane
    for (let tries = 0; !this.isAbandoned; tries += 1) {
      const startedMs = clock.elapsedMs()
      const items = batch.map((item) => toItem(item, startedMs, poisonId))
      try {
        const done = await commitBatch(this.commits, universityId, items, clock.databaseNowMs())
        metrics.batch(countMutations(batch), clock.elapsedMs() - startedMs)
        if (done !== null) committed(universityId, done)
        this.answerAll(lane, batch, done)
        return
      } catch (error) {
        // A refusal that cannot even be recorded is no mutation's fault: it is tried again like a lost connection.
        if (isRefusedByDatabase(error) && poisonId === undefined) {
          await this.split(lane, batch, error)
          return
        }
        log.warn('commit-retried', 'A commit is tried again.', { universityId, tries, err: error })
        await this.pause(RETRY_DELAYS_MS[Math.min(tries, RETRY_DELAYS_MS.length - 1)] ?? 1000)
      }
    }
    for (const item of batch) answerItem(item, null, null)
  }

  /** Many answers are given while the next commit is under way: else the database would wait for all of them. */
  private answerAll(lane: Lane, batch: readonly Waiting[], done: CommitResult | null): void {
    const answer = (from: number, to: number): void => {
      for (const [index, item] of batch.slice(from, to).entries())
        answerItem(item, done?.answers[from + index] ?? null, done)
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

  /** What the database will never take must not hold up the others: halves are tried alone until it is found. [SYN-7] */
  private async split(lane: Lane, batch: readonly Waiting[], error: unknown): Promise<void> {
    const [first] = batch
    if (first === undefined) return
    if (batch.length > 1) {
      const half = batch.length >> 1
      await this.commit(lane, batch.slice(0, half))
      await this.commit(lane, batch.slice(half))
      return
    }
    if ('call' in first) {
      first.call.answer({ failed: error })
      return
    }
    const { push } = first
    if (push.mutations.length > 1) {
      await this.splitPush(lane, push)
      return
    }
    const poisonId = push.mutations[0]?.id
    this.dependencies.log.error(
      'mutation-rejected',
      'A mutation was refused because the database did not accept it.',
      { universityId: lane.universityId, kioskId: push.kioskId, mutationId: poisonId, err: error },
    )
    await this.commit(lane, [first], poisonId)
  }

  private async splitPush(lane: Lane, push: WaitingPush): Promise<void> {
    const half = push.mutations.length >> 1
    const answers: (PushAnswer | null)[] = []
    let last: CommitResult | null = null
    for (const mutations of [push.mutations.slice(0, half), push.mutations.slice(half)]) {
      const part: WaitingPush = {
        ...push,
        mutations,
        answer: (answer, committed) => {
          answers.push(answer)
          last = committed ?? last
        },
      }
      await this.commit(lane, [{ push: part }])
    }
    push.answer(joinAnswers(answers), last)
  }

  private pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.dependencies.clock.after(ms, resolve)
    })
  }
}

/** Gives an item its part of a commit; `done` null: there is no such university, or the hub stopped. */
function answerItem(item: Waiting, answer: PushAnswer | CallAnswer | null, done: CommitResult | null): void {
  if ('push' in item) {
    const known = answer !== null && 'verdict' in answer ? answer : null
    item.push.answer(known, done)
  } else item.call.answer(answer !== null && !('verdict' in answer) ? answer : null)
}

/** The next batch: up to administrative work, or to a command that wants a commit of its own. */
function takeBatch(queue: Item[]): Waiting[] {
  const batch: Waiting[] = []
  let count = 0
  for (const item of queue) {
    if ('work' in item) break
    const cost = 'push' in item ? item.push.mutations.length : 1
    const isAlone = 'call' in item && item.call.command.isAlone === true
    if (batch.length > 0 && (isAlone || count + cost > MAX_BATCH_MUTATIONS)) break
    batch.push(item)
    count += cost
    if (isAlone) break
  }
  queue.splice(0, batch.length)
  return batch
}

function toItem(item: Waiting, nowMs: number, poisonId: number | undefined): BatchItem {
  return 'push' in item ? { push: toPush(item.push, nowMs, poisonId) } : { call: item.call }
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

function countMutations(batch: readonly Waiting[]): number {
  return batch.reduce((count, item) => count + ('push' in item ? item.push.mutations.length : 1), 0)
}
