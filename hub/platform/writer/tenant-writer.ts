import type { HubLog } from '../log.ts'
import type { HubMetrics } from '../metrics.ts'
import type { HubClock } from '../ports.ts'
import type { Decision } from '#shared/domain/decision.ts'
import type { HttpRefusal } from '../http/handle.ts'
import {
  type Database,
  isDatabaseAway,
  isDataException,
  isRefusedByDatabase,
  isTooSlow,
} from '../postgres/database.ts'
import { LaneBusyError } from './lane-busy.ts'
import { LaneQueue, type LaneItem, type LaneLimits, type Queued } from './lane-queue.ts'
import type { CallAnswer, CallingSession, CommitResult, Push, PushAnswer } from './batch.ts'
import type { BatchItem, PersonCall, PersonCommand } from './command.ts'
import type { AloneCommand } from './alone-command.ts'
import { makeInternalName, type CallName } from './call-name.ts'
import { commitAlone, nameCall, type AloneCall, type AloneCommit } from './commit-alone.ts'
import {
  commitBatch,
  ConstraintBrokenError,
  previewRefusal,
  type CommitDependencies,
} from './commit-batch.ts'
import { FactCache, type ConstraintRefusal } from './fact-set.ts'
import type { CommandRegistry } from './registry.ts'
import type { InFlight } from './in-flight.ts'

/** The most mutations of one commit: what comes on top waits for the next one. About a tenth of a second of work. */
const MAX_BATCH_MUTATIONS = 4096
/** Acks given in one turn of the event loop: about half a millisecond. */
const ANSWERS_AT_ONCE = 64
/** Pauses between tries while the database is away, ms. */
const RETRY_DELAYS_MS = [20, 50, 100, 250, 500, 1000]
/** A batch is tried for this long while the database is away; then kiosks push again when they come back, and people are told. */
const RETRY_MS = 30_000
/** How long a person's call waits for its commit. */
const CALL_DEADLINE_MS = 10_000
/** What may wait: some of each, and of all far more than a large university has kiosks and people at once. */
const LANE_LIMITS: LaneLimits = { perKey: 8, all: 20_000 }
/** Where nobody listens, what was remembered for commits is kept for so long after the last one. [SYN-37] */
const UNUSED_MS = 60_000
/** What a call takes of a batch, where a mutation takes 1: it reads more. */
const CALL_COST = 4

/** A push on its way into a commit. */
export interface WaitingPush extends Omit<Push, 'waitedMs' | 'poison'> {
  /** Elapsed ms of the hub's clock when it arrived. */
  arrivedMs: number
  /** Called once, after COMMIT has returned; null when the hub stopped before that. [SYN-6] */
  answer(answer: PushAnswer | null, committed: CommitResult | null): void
}

/** Group commit: one queue and one commit in flight per university; what arrives meanwhile forms the next batch. */
export interface TenantWriter {
  push(universityId: number, push: WaitingPush): void
  /**
   * A person's command, in a batch with whatever else waits; one that needs a commit of its own is refused before it where
   * that is known already. Resolves after COMMIT; under a name that was used before, with what it came to then. Throws what the command threw, and LaneBusyError when
   * it cannot wait, or waited too long, or the hub stops. [SYN-51]
   */
  run<Body, Value, Result>(
    universityId: number,
    command: PersonCommand<Body, Value, Result>,
    by: CallingSession,
    body: Body,
    name?: CallName | null,
  ): Promise<Decision<Result, HttpRefusal>>
  /** A command that is a commit by itself, in the same queue. Tried again when the database is away, if the ledger keeps it. [SYN-54] */
  runAlone<Input, Facts, Value, Result, Refusal>(
    universityId: number,
    command: AloneCommand<Input, Facts, Value, Result, Refusal>,
    input: Input,
    name?: CallName | null,
  ): Promise<Decision<Result, Refusal>>
  /** Forgets the queue and the facts of universities without a commit in the last minute, but for those that are heard. Called about once a second. [SYN-37] */
  dropUnused(isHeard: (universityId: number) => boolean): void
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
  /** For what people's commands are refused for before they wait; `pool` unless said. */
  previewPool?: Database
  /** Called after each commit, before its pushes are answered. */
  committed(universityId: number, committed: CommitResult): void
}

/** A person's call on its way into a commit. */
interface WaitingCall extends PersonCall {
  /** Called once, after COMMIT has returned; null when the hub stopped before that, or there is no such university. */
  answer(answer: CallAnswer | null): void
}

/** What shares batches. */
type Waiting = LaneItem & ({ push: WaitingPush } | { call: WaitingCall })

/** A command that is a commit by itself. */
interface WaitingWork extends LaneItem {
  work: () => Promise<void>
}

type Item = Waiting | WaitingWork

interface Lane {
  universityId: number
  queue: LaneQueue<Item>
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
  /** When something last came for a university, elapsed ms. */
  private readonly usedMs = new Map<number, number>()
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
    const { previewPool = pool } = dependencies
    this.commits = { pool, previewPool, registry, cache: new FactCache(), ruleFailed }
  }

  push(universityId: number, push: WaitingPush): void {
    const { kioskId, mutations } = push
    const item = {
      key: `kiosk ${kioskId}`,
      cost: mutations.length,
      isAlone: false,
      sinceMs: push.arrivedMs,
      push,
    }
    // The kiosk connects again, and pushes what it has.
    if (this.isStopping || this.enqueue(universityId, item) !== 'queued') push.answer(null, null)
  }

  runAlone<Input, Facts, Value, Result, Refusal>(
    universityId: number,
    command: AloneCommand<Input, Facts, Value, Result, Refusal>,
    input: Input,
    name: CallName | null = null,
  ): Promise<Decision<Result, Refusal>> {
    const { clock, inFlight } = this.dependencies
    const { actor } = command
    const call = nameCall(command, input, name)
    const key = `${actor} ${command.actorId?.(input) ?? ''}`
    const deadlineMs = actor === 'person' ? CALL_DEADLINE_MS : null
    const done = this.waitInLane<Decision<Result, Refusal>>(universityId, deadlineMs, (settle) => {
      const work = async (): Promise<void> => {
        const { decision, committed } = await this.commitAlone(universityId, call)
        if (committed !== null) this.dependencies.committed(universityId, committed)
        settle.resolve(decision)
      }
      const run = (): Promise<void> => work().catch(settle.reject)
      return { key, cost: 0, isAlone: true, sinceMs: clock.elapsedMs(), work: run }
    })
    return inFlight.track(done)
  }

  async run<Body, Value, Result>(
    universityId: number,
    command: PersonCommand<Body, Value, Result>,
    by: CallingSession,
    body: Body,
    name: CallName | null = null,
  ): Promise<Decision<Result, HttpRefusal>> {
    // Only this command's own functions see the body and give the result.
    const call = { command: command as unknown as PersonCommand, by, body, name: name ?? makeInternalName() }
    const { clock, inFlight } = this.dependencies
    this.usedMs.set(universityId, clock.elapsedMs())
    // Within a batch a refusal costs next to nothing; a commit of its own for it would make everybody wait.
    const first =
      command.isAlone === true
        ? await inFlight.track(previewRefusal(this.commits, universityId, call, clock.databaseNowMs()))
        : null
    const answer = first ?? (await inFlight.track(this.enqueueCall(universityId, call)))
    if (answer === null) throw new LaneBusyError('unavailable', 'the hub stops, or its database is away')
    if ('failed' in answer) throw answer.failed
    return answer.decision as Decision<Result, HttpRefusal>
  }

  dropUnused(isHeard: (universityId: number) => boolean): void {
    const untilMs = this.dependencies.clock.elapsedMs() - UNUSED_MS
    for (const [universityId, usedMs] of this.usedMs) {
      const isIdle = (this.lanes.get(universityId)?.running ?? null) === null
      if (usedMs > untilMs || !isIdle || isHeard(universityId)) continue
      this.usedMs.delete(universityId)
      this.lanes.delete(universityId)
      this.commits.cache.forget(universityId)
    }
  }

  /** What the ledger keeps is tried again while the database is away: it is settled once, however often. [SYN-54] */
  private async commitAlone<Input, Facts, Value, Result, Refusal>(
    universityId: number,
    call: AloneCall<Input, Facts, Value, Result, Refusal>,
  ): Promise<AloneCommit<Result, Refusal>> {
    const { pool, clock } = this.dependencies
    const untilMs = clock.elapsedMs() + RETRY_MS
    for (let tries = 0; ; tries += 1)
      try {
        return await commitAlone(pool, universityId, call, clock.databaseNowMs())
      } catch (error) {
        const isOver = this.isAbandoned || clock.elapsedMs() > untilMs
        if (call.named === null || isOver || !isDatabaseAway(error)) throw error
        await this.pauseBeforeRetry(universityId, tries, error)
      }
  }

  async stop(graceMs: number): Promise<void> {
    this.isStopping = true
    const { clock } = this.dependencies
    const late = Promise.withResolvers<void>()
    const cancels = [
      clock.after(graceMs, () => (this.isAbandoned = true)),
      // A commit that hangs is left: its transaction ends with the connection, and its kiosks push again.
      clock.after(2 * graceMs, () => late.resolve()),
    ]
    await Promise.race([this.drain(), late.promise])
    for (const cancel of cancels) cancel()
  }

  private async drain(): Promise<void> {
    for (const lane of this.lanes.values()) {
      await lane.running
      await lane.answering
    }
  }

  private enqueueCall(universityId: number, call: PersonCall): Promise<CallAnswer | null> {
    if (this.isStopping) return Promise.resolve(null)
    const key = `person ${call.by.userId}`
    const isAlone = call.command.isAlone === true
    const sinceMs = this.dependencies.clock.elapsedMs()
    return this.waitInLane<CallAnswer | null>(universityId, CALL_DEADLINE_MS, ({ resolve }) => ({
      key,
      cost: CALL_COST,
      isAlone,
      sinceMs,
      call: { ...call, answer: resolve },
    }))
  }

  /** Lets an item wait; whoever waits for it is told when it cannot, or was not settled in time. What was taken goes on. */
  private waitInLane<Value>(
    universityId: number,
    deadlineMs: number | null,
    makeItem: (settle: PromiseWithResolvers<Value>) => Item,
  ): Promise<Value> {
    const settle = Promise.withResolvers<Value>()
    const item = makeItem(settle)
    const queued = this.enqueue(universityId, item)
    if (queued !== 'queued') {
      const why = queued === 'tooMany' ? 'tooMany' : 'unavailable'
      settle.reject(new LaneBusyError(why, `${item.key} cannot wait: ${queued}`))
    } else if (deadlineMs !== null) {
      const cancel = this.dependencies.clock.after(deadlineMs, () => {
        if (this.lanes.get(universityId)?.queue.drop(item) === true) this.dependencies.metrics.lane(-1)
        settle.reject(new LaneBusyError('unavailable', `${item.key} waited too long`))
      })
      void settle.promise.then(cancel, cancel)
    }
    return settle.promise
  }

  private enqueue(universityId: number, item: Item): Queued {
    let lane = this.lanes.get(universityId)
    if (lane === undefined) {
      const queue = new LaneQueue<Item>(LANE_LIMITS)
      lane = { universityId, queue, running: null, answering: Promise.resolve() }
      this.lanes.set(universityId, lane)
    }
    this.usedMs.set(universityId, this.dependencies.clock.elapsedMs())
    const queued = lane.queue.put(item)
    if (queued === 'queued') this.dependencies.metrics.lane(1)
    lane.running ??= this.dependencies.inFlight.track(this.runLane(lane))
    return queued
  }

  private async runLane(lane: Lane): Promise<void> {
    // The sockets that are readable in this turn join the batch.
    await new Promise<void>((resolve) => setImmediate(resolve))
    for (let batch = lane.queue.take(MAX_BATCH_MUTATIONS); batch.length > 0;) {
      const [first] = batch
      this.observeTaken(batch)
      if (first !== undefined && 'work' in first) await first.work()
      else await this.commit(lane, batch.filter(isShared))
      batch = lane.queue.take(MAX_BATCH_MUTATIONS)
    }
    lane.running = null
  }

  private observeTaken(batch: readonly Item[]): void {
    const { metrics, clock } = this.dependencies
    const sinceMs = batch.reduce((first, one) => Math.min(first, one.sinceMs), Number.POSITIVE_INFINITY)
    metrics.lane(-batch.length)
    metrics.laneWaited(clock.elapsedMs() - sinceMs)
  }

  private async commit(lane: Lane, batch: readonly Waiting[], refusal?: ConstraintRefusal): Promise<void> {
    const { clock, metrics, committed } = this.dependencies
    const { universityId } = lane
    const untilMs = clock.elapsedMs() + RETRY_MS
    for (let tries = 0; !this.isAbandoned && clock.elapsedMs() <= untilMs; tries += 1) {
      const startedMs = clock.elapsedMs()
      const items = batch.map((item) => toItem(item, startedMs, refusal))
      try {
        const done = await commitBatch(this.commits, universityId, items, clock.databaseNowMs())
        metrics.batch(countMutations(batch), clock.elapsedMs() - startedMs)
        if (done !== null) committed(universityId, done)
        this.answerAll(lane, batch, done)
        return
      } catch (error) {
        // A refusal that cannot even be recorded is no mutation's fault: it is tried again like a lost connection.
        const isOfOne = isRefusedByDatabase(error) || isBug(error) || error instanceof ConstraintBrokenError
        if ((isOfOne && refusal === undefined) || isTooSlow(error)) {
          await this.split(lane, batch, error)
          return
        }
        await this.pauseBeforeRetry(universityId, tries, error)
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
      if (error instanceof ConstraintBrokenError) return this.commit(lane, [first], error.refusal)
      const busy = new LaneBusyError('unavailable', `"${first.call.command.name}" took the database too long`)
      first.call.answer({ failed: isTooSlow(error) ? busy : error })
      return
    }
    const { push } = first
    if (push.mutations.length > 1) {
      await this.splitPush(lane, push)
      return
    }
    const mutationId = push.mutations[0]?.id
    if (isTooSlow(error)) {
      // It may only be a busy moment: the kiosk keeps it, and pushes it again when it comes back.
      this.dependencies.log.error('commit-too-slow', 'A mutation took the database too long.', {
        universityId: lane.universityId,
        kioskId: push.kioskId,
        mutationId,
      })
      push.answer(null, null)
      return
    }
    const refusal = error instanceof ConstraintBrokenError ? error.refusal : refusalOf(error)
    // A broken rule is the mutation's own affair; everything else is a fault of the hub's.
    if (!(error instanceof ConstraintBrokenError))
      this.dependencies.log.error(
        'mutation-rejected',
        'A mutation was refused because it could not be committed.',
        {
          universityId: lane.universityId,
          kioskId: push.kioskId,
          mutationId,
          why: refusal.kiosk,
          err: error,
        },
      )
    await this.commit(lane, [first], refusal)
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
      await this.commit(lane, [{ key: '', cost: mutations.length, isAlone: false, sinceMs: 0, push: part }])
    }
    push.answer(joinAnswers(answers), last)
  }

  private pauseBeforeRetry(universityId: number, tries: number, error: unknown): Promise<void> {
    const { metrics, log } = this.dependencies
    metrics.commitRetried()
    log.warn('commit-retried', 'A commit is tried again.', { universityId, tries, err: error })
    return this.pause(RETRY_DELAYS_MS[Math.min(tries, RETRY_DELAYS_MS.length - 1)] ?? 1000)
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

/** Whether an error is one of our own programs: what causes it is found like what the database refuses, and its neighbours commit. */
function isBug(error: unknown): boolean {
  return error instanceof TypeError || error instanceof RangeError || error instanceof ReferenceError
}

function isShared(item: Item): item is Waiting {
  return !('work' in item)
}

/** What no rule stands for: data that the database cannot take is malformed, everything else a fault of the hub's. [SYN-7] [SYN-36] */
function refusalOf(error: unknown): ConstraintRefusal {
  return {
    kiosk: isDataException(error) ? 'malformed' : 'internal',
    person: { why: 'internal' },
  }
}

/** With a refusal: the first and only one of a batch that could not be committed as it is. */
function toItem(item: Waiting, nowMs: number, refusal: ConstraintRefusal | undefined): BatchItem {
  if ('push' in item) return { push: toPush(item.push, nowMs, refusal) }
  return { call: refusal === undefined ? item.call : { ...item.call, refusedAs: refusal.person } }
}

function toPush(push: WaitingPush, nowMs: number, refusal: ConstraintRefusal | undefined): Push {
  const { kioskId, session, mutations, arrivedMs } = push
  const waitedMs = Math.max(0, nowMs - arrivedMs)
  const [first] = mutations
  const isPoison = refusal !== undefined && first !== undefined
  return {
    kioskId,
    session,
    mutations,
    waitedMs,
    ...(isPoison && { poison: { id: first.id, why: refusal.kiosk } }),
  }
}

function joinAnswers(answers: readonly (PushAnswer | null)[]): PushAnswer | null {
  const last = answers.at(-1)
  if (last === null || last === undefined) return null
  return { ...last, outcomes: answers.flatMap((answer) => answer?.outcomes ?? []) }
}

function countMutations(batch: readonly Waiting[]): number {
  return batch.reduce((count, item) => count + ('push' in item ? item.push.mutations.length : 1), 0)
}
