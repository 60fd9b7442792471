import { accept, refuse, type Decision } from '#shared/domain/decision.ts'
import type { HttpRefusal } from '../http/handle.ts'
import { appendChange } from '../postgres/append-change.ts'
import { constraintOf, transaction, type Database, type Queryable } from '../postgres/database.ts'
import { callFacts } from './call-ledger.ts'
import { loadActorsWithManyCalls, loadSettledCalls } from './call-ledger-rows.ts'
import { isLastWord, isOfCaller, keepsRefusals } from './call-name.ts'
import type { CallAnswer, CommitResult, Push, PushAnswer } from './batch.ts'
import type { BatchItem, PersonCall } from './command.ts'
import { Effects } from './effects.ts'
import type { ConstraintRefusal, FactCache, Moment } from './fact-set.ts'
import { KioskGate, type ParsedPush } from './kiosk-gate.ts'
import { Needs, type BatchFacts } from './loaded-facts.ts'
import { lockUniversity } from './lock-university.ts'
import { insertOutcomes } from './outcomes.ts'
import type { CommandRegistry } from './registry.ts'

/** What commits need. */
export interface CommitDependencies {
  pool: Database
  /** For refusals that are known before a commit. */
  previewPool: Database
  registry: CommandRegistry
  cache: FactCache
  /** A command threw while it decided: a bug, and only that mutation or call is refused. */
  ruleFailed(command: string, error: unknown, of: Record<string, number>): void
}

/**
 * Commits a batch in one transaction: lock, then read, decide one after the other, write. Everything is settled exactly
 * once, however often it is tried: what was settled before is read again under the lock. Throws what the database threw;
 * then nothing was settled, or the commit's fate is unknown and the same call finds out. Null: no such university.
 * [SYN-2] [SYN-6] [OCC-12]
 */
export async function commitBatch(
  dependencies: CommitDependencies,
  universityId: number,
  items: readonly BatchItem[],
  nowMs: number | null,
): Promise<CommitResult | null> {
  const batch = new Batch(dependencies, items)
  const done = transaction(dependencies.pool, 'read committed', async (client) => {
    const locked = await lockUniversity(client, universityId, nowMs)
    if (locked === null) return null
    const { epoch, factsClock } = locked
    const moment = { universityId, clock: locked.clock + 1, factsClock, epoch, nowMs: locked.nowMs }
    // Only now: in the same statement, or before it, facts would be read as they were before the wait for the lock.
    const facts = await batch.needs.load(client, moment, dependencies.cache)
    const effects = new Effects()
    const decided = batch.decide(facts, effects)
    if (effects.hasWrites) {
      await facts.write(client, effects)
      if (effects.outcomes.length > 0) await insertOutcomes(client, moment, effects.outcomes)
      for (const change of effects.log) await appendChange(client, change)
      effects.notices.checkWritten()
    }
    if (facts.has(callFacts)) await facts.of(callFacts).write(client, moment)
    const { isStep, leaves, hasMail } = effects
    return {
      epoch,
      clock: isStep ? moment.clock : locked.clock,
      factsClock,
      isStep,
      nowMs: locked.nowMs,
      answers: decided.map((answer) => answer()),
      leaves,
      hasMail,
      rows: effects.rows(),
    }
  })
  return done.catch((error: unknown) => {
    const refusal = batch.needs.refusalOf(constraintOf(error) ?? '')
    throw refusal === undefined ? error : new ConstraintBrokenError(refusal, error)
  })
}

/** A broken constraint that stands for a rule: whose wish that was is refused by the rule's words. [SYN-58] */
export class ConstraintBrokenError extends Error {
  readonly refusal: ConstraintRefusal

  constructor(refusal: ConstraintRefusal, cause: unknown) {
    super('a constraint that stands for a rule was broken', { cause })
    this.name = 'ConstraintBrokenError'
    this.refusal = refusal
  }
}

/**
 * What a call that needs a commit of its own would be refused for now, read without the lock: nobody waits for a refusal. Null: nothing, or the
 * university is unknown, or the call has a key, under which it was settled already or its refusal is to be kept; the commit has
 * the last word. [SYN-52] [SYN-53]
 */
export async function previewRefusal(
  dependencies: CommitDependencies,
  universityId: number,
  call: PersonCall,
  nowMs: number | null,
): Promise<CallAnswer | null> {
  const { previewPool: pool } = dependencies
  const moment = await loadMoment(pool, universityId, nowMs)
  if (moment === null) return null
  const batch = new Batch(dependencies, [{ call }])
  const facts = await batch.needs.load(pool, moment, dependencies.cache)
  const decision = batch.preview(call, facts)
  if (decision.ok) return null
  const by = { actorKind: 'person' as const, actorId: call.by.userId }
  // After everything that it was decided from: a call that was committed meanwhile is known by now.
  const settled = await loadSettledCalls(pool, [{ ...by, key: call.name.key }])
  if (settled.length > 0) return null
  if (!keepsRefusals(call.name) || !isLastWord(decision.refusal)) return { decision }
  const full = await loadActorsWithManyCalls(pool, [by])
  return full.length === 0 ? null : { decision }
}

async function loadMoment(
  database: Queryable,
  universityId: number,
  nowMs: number | null,
): Promise<Moment | null> {
  const found = await database.query<Moment>({
    name: 'load-moment',
    text: `select id as "universityId", clock + 1 as clock, facts_clock as "factsClock", epoch,
        coalesce($2::bigint, ms_of_time(clock_timestamp())) as "nowMs" from universities where id = $1`,
    values: [universityId, nowMs],
  })
  return found.rows[0] ?? null
}

type Answer = () => PushAnswer | CallAnswer

class Batch {
  readonly needs = new Needs()
  private readonly dependencies: CommitDependencies
  private readonly items: readonly ({ push: ParsedPush } | { call: PersonCall })[]

  constructor(dependencies: CommitDependencies, items: readonly BatchItem[]) {
    this.dependencies = dependencies
    this.items = items.map((item) => ('push' in item ? { push: this.parse(item.push) } : item))
    for (const set of dependencies.registry.always) this.needs.include(set)
    for (const item of this.items) {
      if ('push' in item) this.needOfPush(item.push)
      else this.needOfCall(item.call)
    }
  }

  /** Decides all in their order; each gives its answer after everything is written. */
  decide(facts: BatchFacts, effects: Effects): Answer[] {
    const { kiosks, ledger } = this.dependencies.registry
    let gate: KioskGate | null = null
    return this.items.map((item): Answer => {
      if ('call' in item) return this.decideCall(item.call, facts, effects)
      gate ??= new KioskGate({
        kiosks: facts.of(kiosks),
        ledger: facts.of(ledger),
        loaded: facts,
        effects,
        failed: this.dependencies.ruleFailed,
      })
      const answer = gate.settle(item.push)
      return () => answer
    })
  }

  preview({ command, by, body }: PersonCall, facts: BatchFacts): ReturnType<typeof command.decide> {
    const actor = facts.of(this.dependencies.registry.people).get(by.sessionId)
    if (actor === undefined) return refuse({ why: 'signInNeeded' })
    return command.decide({ actor, address: by.address, body }, facts)
  }

  private parse(push: Push): ParsedPush {
    return { push, parsed: push.mutations.map(this.dependencies.registry.parseMutation) }
  }

  private needOfPush({ push, parsed }: ParsedPush): void {
    const { kiosks, ledger } = this.dependencies.registry
    const { need } = this.needs
    need(kiosks, push.kioskId)
    need(ledger, push)
    for (const [index, mutation] of push.mutations.entries()) {
      const known = parsed[index]
      const { id, origin } = mutation
      // What is refused whatever it says asks for nothing: asking may be what failed.
      if (known?.verdict !== 'parsed' || id === push.poison?.id) continue
      known.command.load({ kioskId: push.kioskId, mutationId: id, origin, body: known.body }, need)
    }
  }

  private needOfCall(call: PersonCall): void {
    const { command, by, body, refusedAs } = call
    this.needs.need(this.dependencies.registry.people, by)
    this.needs.need(callFacts, call)
    // What is refused whatever it says asks for nothing: asking may be what failed.
    if (refusedAs === undefined) command.load({ userId: by.userId, body }, this.needs.need)
  }

  /** A call is decided once: one that comes again under its key is answered as before. [SYN-51] [SYN-52] */
  private decideCall(call: PersonCall, facts: BatchFacts, effects: Effects): Answer {
    const isHere = facts.of(this.dependencies.registry.people).has(call.by.sessionId)
    const calls = facts.of(callFacts)
    const known = isHere ? calls.settled(call) : null
    if (known !== null) return () => ({ decision: known() })
    const answer = isHere
      ? this.decideNewCall(call, facts, effects)
      : settledAs(refuse({ why: 'signInNeeded' }))
    if ('failed' in answer) return () => answer
    const { decision, later, isForgettable } = answer
    // Under a name of the hub's own a call is tried again only when its fate is unknown: that matters where it changed something.
    const isKept = decision.ok
      ? !isForgettable || isOfCaller(call.name)
      : keepsRefusals(call.name) && isLastWord(decision.refusal)
    if (isKept) calls.settle(call, call.command.name, later, isForgettable)
    return () => ({ decision: later() })
  }

  private decideNewCall(
    call: PersonCall,
    facts: BatchFacts,
    effects: Effects,
  ): { failed: unknown } | DecidedCall {
    const { command, by, body, refusedAs } = call
    if (refusedAs !== undefined) return settledAs(refuse(refusedAs))
    let decision: ReturnType<typeof command.decide>
    try {
      decision = this.preview(call, facts)
    } catch (failed) {
      this.dependencies.ruleFailed(command.name, failed, { userId: by.userId })
      return { failed }
    }
    const actor = facts.of(this.dependencies.registry.people).get(by.sessionId)
    if (!decision.ok || actor === undefined) return settledAs(decision)
    const { value } = decision
    const wish = { actor, address: by.address, body }
    const before = effects.changeCount
    command.write(wish, value, facts, effects)
    const isForgettable = command.isRepeatable === true || effects.changeCount === before
    return { decision, later: () => accept(command.answer(wish, value, facts)), isForgettable }
  }
}

type CallDecision = Decision<unknown, HttpRefusal>

interface DecidedCall {
  decision: CallDecision
  /** Gives it with its answer, once everything is written. */
  later(): CallDecision
  /** It changed nothing, or doing it again changes nothing more. */
  isForgettable: boolean
}

function settledAs(decision: CallDecision): DecidedCall {
  return { decision, later: () => decision, isForgettable: true }
}
