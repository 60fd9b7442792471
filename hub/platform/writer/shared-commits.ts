import type { HubLog } from '../log.ts'
import type { HubMetrics } from '../metrics.ts'
import type { HubClock } from '../ports.ts'
import { isBug, isDataException, isRefusedByDatabase, isTooSlow } from '../postgres/database.ts'
import type { CallAnswer, CommitResult, Push, PushAnswer } from './batch.ts'
import type { BatchItem, PersonCall } from './command.ts'
import { commitBatch, ConstraintBrokenError, type CommitDependencies } from './commit-batch.ts'
import type { ConstraintRefusal } from './fact-set.ts'
import { LaneBusyError } from './lane-busy.ts'
import type { Retries } from './retries.ts'

/** A push on its way into a commit. */
export interface WaitingPush extends Omit<Push, 'waitedMs' | 'poison'> {
  /** Elapsed ms of the hub's clock when it arrived. */
  arrivedMs: number
  /** Called once, after COMMIT has returned; null when the hub stopped before that. [SYN-6] */
  answer(answer: PushAnswer | null, committed: CommitResult | null): void
}

/** A person's call on its way into a commit. */
export interface WaitingCall extends PersonCall {
  /** Called once, after COMMIT has returned; null when the hub stopped before that, or there is no such university. */
  answer(answer: CallAnswer | null): void
}

/** What shares commits with others. */
export type SharedItem = { push: WaitingPush } | { call: WaitingCall }

/** Gives some items their parts of a commit; `done` null: there is no such university, or the hub stopped. */
export type AnswerItems = (items: readonly SharedItem[], done: CommitResult | null) => void

/** What shared commits need. */
export interface SharedCommitDependencies {
  commits: CommitDependencies
  retries: Retries
  clock: HubClock
  log: HubLog
  metrics: HubMetrics
  committed(universityId: number, committed: CommitResult): void
}

/**
 * Commits of many items at once. While the database is away they are tried again; an item that the database will never take is
 * found by halves, and refused alone. [SYN-7]
 */
export class SharedCommits {
  private readonly dependencies: SharedCommitDependencies

  constructor(dependencies: SharedCommitDependencies) {
    this.dependencies = dependencies
  }

  /** Commits a batch and has it answered; resolves when everything of it is settled, or given up. */
  commit(universityId: number, batch: readonly SharedItem[], answer: AnswerItems): Promise<void> {
    return this.tryBatch({ universityId, answer }, batch)
  }

  private async tryBatch(
    to: { universityId: number; answer: AnswerItems },
    batch: readonly SharedItem[],
    refusal?: ConstraintRefusal,
  ): Promise<void> {
    const { commits, retries, clock, metrics, committed } = this.dependencies
    const { universityId, answer } = to
    const untilMs = retries.untilMs()
    for (let tries = 0; !retries.isOver(untilMs); tries += 1) {
      const startedMs = clock.elapsedMs()
      const items = batch.map((item) => toItem(item, startedMs, refusal))
      let done: CommitResult | null
      try {
        done = await commitBatch(commits, universityId, items, clock.databaseNowMs())
      } catch (error) {
        const isOfOne = isRefusedByDatabase(error) || isBug(error) || error instanceof ConstraintBrokenError
        if ((isOfOne && refusal === undefined) || isTooSlow(error)) {
          await this.split(to, batch, error)
          return
        }
        // Not even its refusal can be recorded: nothing that waiting would change. Its kiosk keeps it, others go on.
        if (isBug(error) || isRefusedByDatabase(error)) {
          this.dependencies.log.error('refusal-failed', 'Not even a refusal could be committed.', {
            universityId,
            err: error,
          })
          break
        }
        await retries.pause(universityId, tries, error)
        continue
      }
      metrics.batch(countMutations(batch), clock.elapsedMs() - startedMs)
      this.tell(() => done !== null && committed(universityId, done))
      this.tell(() => answer(batch, done))
      return
    }
    for (const item of batch) answerItem(item, null, null)
  }

  /** It is committed: whoever fails to hear of it must not have it committed again. */
  private tell(run: () => unknown): void {
    try {
      run()
    } catch (error) {
      this.dependencies.log.error('commit-not-told', 'A commit could not be told to all.', { err: error })
    }
  }

  /** What the database will never take must not hold up the others: halves are tried alone until it is found. [SYN-7] */
  private async split(
    to: { universityId: number; answer: AnswerItems },
    batch: readonly SharedItem[],
    error: unknown,
  ): Promise<void> {
    const [first] = batch
    if (first === undefined) return
    if (batch.length > 1) {
      const half = batch.length >> 1
      await this.tryBatch(to, batch.slice(0, half))
      await this.tryBatch(to, batch.slice(half))
      return
    }
    if ('call' in first) {
      if (error instanceof ConstraintBrokenError) return this.tryBatch(to, [first], error.refusal)
      const busy = new LaneBusyError('unavailable', `"${first.call.command.name}" took the database too long`)
      first.call.answer({ failed: isTooSlow(error) ? busy : error })
      return
    }
    const { push } = first
    if (push.mutations.length > 1) return this.splitPush(to, push)
    const { universityId } = to
    const of = { universityId, kioskId: push.kioskId, mutationId: push.mutations[0]?.id }
    const { log } = this.dependencies
    if (isTooSlow(error)) {
      // It may only be a busy moment: the kiosk keeps it, and pushes it again when it comes back.
      log.error('commit-too-slow', 'A mutation took the database too long.', of)
      push.answer(null, null)
      return
    }
    const refusal = error instanceof ConstraintBrokenError ? error.refusal : refusalOf(error)
    // A broken rule is the mutation's own affair; everything else is a fault of the hub's.
    if (!(error instanceof ConstraintBrokenError))
      log.error('mutation-rejected', 'A mutation was refused because it could not be committed.', {
        ...of,
        why: refusal.kiosk,
        err: error,
      })
    await this.tryBatch(to, [first], refusal)
  }

  private async splitPush(
    to: { universityId: number; answer: AnswerItems },
    push: WaitingPush,
  ): Promise<void> {
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
      await this.tryBatch(to, [{ push: part }])
    }
    push.answer(joinAnswers(answers), last)
  }
}

/** Gives an item its part of a commit; `done` null: there is no such university, or the hub stopped. */
export function answerItem(
  item: SharedItem,
  answer: PushAnswer | CallAnswer | null,
  done: CommitResult | null,
): void {
  if ('push' in item) {
    const known = answer !== null && 'verdict' in answer ? answer : null
    item.push.answer(known, done)
  } else item.call.answer(answer !== null && !('verdict' in answer) ? answer : null)
}

/** What no rule stands for: data that the database cannot take is malformed, everything else a fault of the hub's. [SYN-7] [SYN-36] */
function refusalOf(error: unknown): ConstraintRefusal {
  return {
    kiosk: isDataException(error) ? 'malformed' : 'internal',
    person: { why: 'internal' },
  }
}

/** With a refusal: the first and only one of a batch that could not be committed as it is. */
function toItem(item: SharedItem, nowMs: number, refusal: ConstraintRefusal | undefined): BatchItem {
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

function countMutations(batch: readonly SharedItem[]): number {
  return batch.reduce((count, item) => count + ('push' in item ? item.push.mutations.length : 1), 0)
}
