import type { Answer, Push, Verdict, StoredLeaf } from '../platform/writer/batch.ts'
import { ReportBody, WithdrawBody, type MutationRefusal } from '#shared/domain/mutation.ts'
import { decideReport, decideWithdraw, reportedAt } from '#shared/domain/occupancy.ts'
import type { PushedMutation, RefusedOutcome } from '#shared/wire/messages.ts'
import { makeCheck } from '#shared/wire/parse.ts'
import type { NewReport, NewWithdrawal } from './write-batch.ts'
import type { NewOutcome } from '../platform/writer/outcomes.ts'
import type { SettledRecord } from './commit-facts.ts'
import type { KioskFacts } from '../kiosks/kiosk-facts.ts'
import { BatchMemory, type Origin } from './batch-memory.ts'
import { LeafFold } from './leaf-fold.ts'
import type { TreeFacts } from '../spaces/tree.ts'

/** All that the rules ask about a batch, read under the lock. */
export interface BatchFacts {
  /** Clock that the commit will have. */
  clock: number
  nowMs: number
  kiosks: ReadonlyMap<number, KioskFacts>
  tree: TreeFacts
  leaves: ReadonlyMap<number, StoredLeaf>
  records: readonly SettledRecord[]
  /** Whether a kiosk may carry mutations of another identity. [SYN-12] */
  mayCarry(kioskId: number, originId: number): boolean
}

/** What a batch comes to. */
export interface BatchDecision {
  /** In the order of the pushes. */
  answers: Answer[]
  kiosks: { id: number; lastMutationId: number }[]
  reports: NewReport[]
  withdrawals: NewWithdrawal[]
  outcomes: NewOutcome[]
  /** Spaces whose stored newest report is withdrawn: their next one must be looked for. [OCC-2] */
  bereft: number[]
  /** Stored reports that the batch withdraws. */
  withdrawnReportIds: number[]
  /** The leaves' new values, once the remaining reports of the bereft are known. */
  leaves(remaining: readonly StoredLeaf[]): StoredLeaf[]
}

const checkReport = makeCheck(ReportBody)
const checkWithdraw = makeCheck(WithdrawBody)

/**
 * Decides a batch mutation by mutation, each decision applied before the next. Known ids are dropped after a look at
 * their hash, a kiosk stops at its first gap. Pure. [SYN-2] [SYN-3] [SYN-7] [SYN-12] [SYN-13]
 */
export function decideBatch(pushes: readonly Push[], facts: BatchFacts): BatchDecision {
  return new Batch(facts).decide(pushes)
}

class Batch {
  private readonly facts: BatchFacts
  private readonly memory: BatchMemory
  private readonly fold: LeafFold
  private readonly lastIds = new Map<number, number>()
  private readonly reports: NewReport[] = []
  private readonly withdrawals: NewWithdrawal[] = []
  private readonly outcomes: NewOutcome[] = []

  constructor(facts: BatchFacts) {
    this.facts = facts
    this.memory = new BatchMemory(facts.records)
    this.fold = new LeafFold(facts.leaves)
  }

  decide(pushes: readonly Push[]): BatchDecision {
    const answers = pushes.map((push) => this.decidePush(push))
    const { tree } = this.facts
    return {
      answers,
      kiosks: [...this.lastIds].map(([id, lastMutationId]) => ({ id, lastMutationId })),
      reports: this.reports,
      withdrawals: this.withdrawals,
      outcomes: this.outcomes,
      bereft: this.fold.bereft(),
      withdrawnReportIds: this.fold.withdrawnReportIds,
      leaves: (remaining) => this.fold.changed(remaining, (id) => tree.children(id).length > 0),
    }
  }

  private decidePush(push: Push): Answer {
    const kiosk = this.facts.kiosks.get(push.kioskId)
    if (kiosk === undefined) return { verdict: 'unknownKiosk', lastMutationId: 0, outcomes: [] }
    const lastMutationId = this.lastIds.get(kiosk.id) ?? kiosk.lastMutationId
    const answer: Answer = { verdict: 'done', lastMutationId, outcomes: [] }
    if (kiosk.isRevoked) return { ...answer, verdict: 'revoked' }
    if (kiosk.session !== push.session) return { ...answer, verdict: 'superseded' }
    for (const mutation of push.mutations) {
      const verdict = this.decideMutation(kiosk, push, mutation, answer)
      if (verdict === 'gap') break
      if (verdict !== 'done') return { ...answer, verdict }
    }
    return answer
  }

  private decideMutation(
    kiosk: KioskFacts,
    push: Push,
    mutation: PushedMutation,
    answer: Answer,
  ): Verdict | 'gap' {
    if (mutation.id <= answer.lastMutationId) return this.repeat(kiosk, mutation, answer)
    if (mutation.id > answer.lastMutationId + 1) return 'gap'
    const origin = this.originOf(kiosk, mutation)
    const isRepeat = this.memory.isDone(origin)
    const why = this.settle(kiosk, push, mutation, origin, isRepeat)
    if (why === 'upgrade') return 'upgrade'
    this.memory.noteSettled(kiosk.id, mutation.id, { hash: mutation.hash, why })
    if (why !== null) answer.outcomes.push({ id: mutation.id, why })
    const { originKioskId, originMutationId } = origin
    // A number of which no report and no withdrawal tells leaves its own record.
    if (why !== null || isRepeat || originKioskId !== kiosk.id)
      this.outcomes.push({
        kioskId: kiosk.id,
        mutationId: mutation.id,
        hash: mutation.hash,
        originKioskId,
        originMutationId,
        why: why ?? 'done',
      })
    answer.lastMutationId = mutation.id
    this.lastIds.set(kiosk.id, mutation.id)
    return 'done'
  }

  /** An id that was settled before: the same hash gets the same outcome, another one is a cloned device's. [SYN-3] */
  private repeat(kiosk: KioskFacts, mutation: PushedMutation, answer: Answer): Verdict {
    const known = this.memory.outcomeOf(kiosk.id, mutation.id, mutation.hash)
    if (known === undefined) return 'forked'
    const { why } = known
    if (why !== null && why !== 'done')
      answer.outcomes.push({ id: mutation.id, why: why as RefusedOutcome['why'] })
    return 'done'
  }

  /** Where a mutation was first made. An origin that is not the kiosk's to name counts as its own. [SYN-12] */
  private originOf(kiosk: KioskFacts, { id, hash, origin }: PushedMutation): Origin {
    if (origin === undefined || !this.facts.mayCarry(kiosk.id, origin.kioskId))
      return { originKioskId: kiosk.id, originMutationId: id, hash }
    return { originKioskId: origin.kioskId, originMutationId: origin.id, hash: origin.hash }
  }

  private settle(
    kiosk: KioskFacts,
    push: Push,
    mutation: PushedMutation,
    origin: Origin,
    isRepeat: boolean,
  ): MutationRefusal['why'] | 'upgrade' | null {
    const { kind } = mutation
    if (kind !== 'report' && kind !== 'withdraw') return 'upgrade'
    if (push.poisonId === mutation.id) return 'malformed'
    if (isRepeat) return null
    const refusedAs = this.refusedBefore(kiosk, origin)
    if (refusedAs !== null) return refusedAs
    return kind === 'report'
      ? this.report(kiosk, push, mutation, origin)
      : this.withdraw(kiosk, mutation, origin)
  }

  /** A tap that was refused under an earlier identity stays refused: it counts once, whatever it came to. [SYN-12] */
  private refusedBefore(
    kiosk: KioskFacts,
    { originKioskId, originMutationId, hash }: Origin,
  ): MutationRefusal['why'] | null {
    if (originKioskId === kiosk.id) return null
    const why = this.memory.outcomeOf(originKioskId, originMutationId, hash)?.why ?? null
    return why === 'done' ? null : (why as MutationRefusal['why'] | null)
  }

  private report(
    kiosk: KioskFacts,
    push: Push,
    mutation: PushedMutation,
    origin: Origin,
  ): MutationRefusal['why'] | null {
    const checked = checkReport(mutation.body)
    if (!checked.ok) return 'malformed'
    const { spaceId, level } = checked.value
    const { clock, nowMs, tree } = this.facts
    const space = tree.get(spaceId)
    const decision = decideReport({
      space: space && { isDeleted: space.isDeleted, children: [...tree.children(spaceId)] },
      isWithinReach: tree.isWithin(spaceId, kiosk.spaceId),
    })
    if (!decision.ok) return decision.refusal.why
    const ageMs = mutation.ageMs === null ? null : mutation.ageMs + push.heldMs
    // A slow push dates its taps late by its way here; the kiosk's next tap must not lose against that.
    const ownMs = this.fold.newestOf(spaceId, kiosk.id)
    const reportedAtMs = Math.max(reportedAt(nowMs, ageMs, mutation.contactMs), Math.min(ownMs, nowMs))
    const made = { kioskId: kiosk.id, mutationId: mutation.id }
    const fresh = { level, reportedAtMs, clock, ...made }
    const row: NewReport = { spaceId, level, reportedAtMs, ...made, ...origin }
    this.reports.push(row)
    this.memory.noteDone(origin)
    const { isSilenced } = kiosk
    // Kept and counted nowhere: taken back in the commit that takes it. [CON-4]
    if (isSilenced) this.withdrawals.push({ ...made, ...origin, report: origin })
    else this.fold.put(spaceId, fresh)
    this.memory.noteTaken({ record: row, spaceId, fresh, stored: null, isWithdrawn: isSilenced })
    return null
  }

  private withdraw(
    kiosk: KioskFacts,
    mutation: PushedMutation,
    origin: Origin,
  ): MutationRefusal['why'] | null {
    const checked = checkWithdraw(mutation.body)
    if (!checked.ok) return 'malformed'
    const named = { kioskId: origin.originKioskId, ...checked.value }
    const target = this.memory.reportNamed(named, kiosk.id)
    const decision = decideWithdraw(target)
    if (!decision.ok) return decision.refusal.why
    if (target === undefined) return 'unknownReport'
    target.isWithdrawn = true
    this.fold.takeBack(target)
    const { originKioskId, originMutationId, hash } = target.record
    const report = { originKioskId, originMutationId, hash }
    this.withdrawals.push({ kioskId: kiosk.id, mutationId: mutation.id, ...origin, report })
    this.memory.noteDone(origin)
    return null
  }
}
