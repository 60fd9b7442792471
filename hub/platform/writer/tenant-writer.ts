import type { HubLog } from '../log.ts'
import type { HubMetrics } from '../metrics.ts'
import type { HubClock } from '../ports.ts'
import type { Decision } from '#shared/domain/decision.ts'
import type { HttpRefusal } from '../http/handle.ts'
import { type Database, isDatabaseAway } from '../postgres/database.ts'
import { LaneBusyError } from './lane-busy.ts'
import { LaneQueue, type LaneItem, type LaneLimits, type Queued } from './lane-queue.ts'
import type { CallAnswer, CallingSession, CommitResult } from './batch.ts'
import type { PersonCall, PersonCommand } from './command.ts'
import type { AloneCommand } from './alone-command.ts'
import { makeInternalName, type CallName } from './call-name.ts'
import { commitAlone, nameCall, type AloneCall, type AloneCommit } from './commit-alone.ts'
import { previewRefusal, type CommitDependencies } from './commit-batch.ts'
import { FactCache } from './fact-set.ts'
import type { CommandRegistry } from './registry.ts'
import type { InFlight } from './in-flight.ts'
import { Retries } from './retries.ts'
import { answerItem, SharedCommits, type SharedItem, type WaitingPush } from './shared-commits.ts'

/** The most mutations of one commit: what comes on top waits for the next one. About a tenth of a second of work. */
const MAX_BATCH_MUTATIONS = 4096
/** Acks given in one turn of the event loop: about half a millisecond. */
const ANSWERS_AT_ONCE = 64
/** How long a person's call waits for its commit. */
const CALL_DEADLINE_MS = 10_000
/** What may wait: some of each, and of all far more than a large university has kiosks and people at once. */
const LANE_LIMITS: LaneLimits = { perKey: 8, all: 20_000 }
/** Where nobody listens, what was remembered for commits is kept for so long after the last one. [SYN-37] */
const UNUSED_MS = 60_000
/** What a call takes of a batch, where a mutation takes 1: it reads more. */
const CALL_COST = 4

/** Group commit: one queue and one commit in flight per university; what arrives meanwhile forms the next batch. */
export interface TenantWriter {
  push(universityId: number, push: WaitingPush): void
  /**
   * A person's command, in a batch with whatever else waits; one that needs a commit of its own is refused before it where
   * that is known already. Resolves after COMMIT; under a name that was used before, with what it came to then. Throws what
   * the command threw, and LaneBusyError when it cannot wait, or waited too long, or the hub stops. [SYN-51]
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
  /** Tells the metrics how long the one has waited that came first. Called about once a second. */
  observe(): void
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
  /** For what a call that needs a commit of its own is refused for before it waits; `pool` unless said. */
  previewPool?: Database
  /** Called after each commit, before its pushes are answered. */
  committed(universityId: number, committed: CommitResult): void
}

/** What shares batches. */
type Waiting = LaneItem & SharedItem

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
  /** When that of the commit under way came which came first, elapsed ms; null: none is under way. */
  takenSinceMs: number | null
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
  private readonly retries: Retries
  private readonly shared: SharedCommits
  private isStopping = false
  /** Devices that asked for something so far. */
  private deviceCount = 0

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
    this.retries = new Retries(dependencies)
    this.shared = new SharedCommits({ ...dependencies, commits: this.commits, retries: this.retries })
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
    const call = nameCall(command, input, name)
    const key = this.turnOf(command, input)
    const deadlineMs = ['person', 'kiosk'].includes(command.actor) ? CALL_DEADLINE_MS : null
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

  /** Whose turn a command takes. Devices that enrol have no name yet to be told apart by: each has a turn of its own. */
  private turnOf<Input>(
    { actor, actorId }: Pick<AloneCommand<Input, never, never, never, never>, 'actor' | 'actorId'>,
    input: Input,
  ): string {
    if (actor !== 'kiosk' || actorId !== undefined) return `${actor} ${actorId?.(input) ?? ''}`
    this.deviceCount += 1
    return `device ${this.deviceCount}`
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

  observe(): void {
    const { clock, metrics } = this.dependencies
    const nowMs = clock.elapsedMs()
    const since = [...this.lanes.values()].flatMap(({ queue, takenSinceMs }) => [
      takenSinceMs ?? nowMs,
      queue.oldestMs() ?? nowMs,
    ])
    metrics.laneOldest(nowMs - Math.min(nowMs, ...since))
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
    const untilMs = this.retries.untilMs()
    for (let tries = 0; ; tries += 1)
      try {
        return await commitAlone(pool, universityId, call, clock.databaseNowMs())
      } catch (error) {
        if (call.named === null || this.retries.isOver(untilMs) || !isDatabaseAway(error)) throw error
        await this.retries.pause(universityId, tries, error)
      }
  }

  async stop(graceMs: number): Promise<void> {
    this.isStopping = true
    const { clock } = this.dependencies
    const late = Promise.withResolvers<void>()
    const cancels = [
      clock.after(graceMs, () => this.retries.abandon()),
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
      lane = { universityId, queue, running: null, takenSinceMs: null, answering: Promise.resolve() }
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
      this.observeTaken(lane, batch)
      if (first !== undefined && 'work' in first) await first.work()
      else await this.commitShared(lane, batch.filter(isShared))
      batch = lane.queue.take(MAX_BATCH_MUTATIONS)
    }
    lane.running = null
    lane.takenSinceMs = null
  }

  private observeTaken(lane: Lane, batch: readonly Item[]): void {
    const { metrics, clock } = this.dependencies
    const sinceMs = batch.reduce((first, one) => Math.min(first, one.sinceMs), Number.POSITIVE_INFINITY)
    metrics.lane(-batch.length)
    metrics.laneWaited(clock.elapsedMs() - sinceMs)
    lane.takenSinceMs = sinceMs
  }

  private commitShared(lane: Lane, batch: readonly Waiting[]): Promise<void> {
    return this.shared.commit(lane.universityId, batch, (part, done) => this.answerAll(lane, part, done))
  }

  /** Many answers are given while the next commit is under way: else the database would wait for all of them. */
  private answerAll(lane: Lane, batch: readonly SharedItem[], done: CommitResult | null): void {
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
}

function isShared(item: Item): item is Waiting {
  return !('work' in item)
}
