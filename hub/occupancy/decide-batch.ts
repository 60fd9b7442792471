import type { PushAnswer, Push, PushVerdict, StoredLeaf } from '../platform/writer/batch.ts'
import { ReportBody, WithdrawBody, type MutationRefusal } from '#shared/domain/mutation.ts'
import { decideReport, decideWithdraw, reportedAt } from '#shared/domain/occupancy.ts'
import type { PushedMutation, RefusedOutcome } from '#shared/wire/messages.ts'
import { makeCheck } from '#shared/wire/parse.ts'
import type { NewReport, NewWithdrawal } from './batch-rows.ts'
import type { NewOutcome } from '../platform/writer/outcomes.ts'
import type { SettledRecord } from './commit-rows.ts'
import type { KioskFacts } from '../kiosks/kiosk-facts.ts'
import { SettledMutations, type Origin } from './settled-mutations.ts'
import { LeafFold } from './leaf-fold.ts'
import type { TreeFacts } from '../spaces/tree.ts'

/** All facts that the rules need about a batch, read under the lock. */
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

/** The decision on a batch. */
export interface BatchDecision {
  /** In the order of the pushes. */
  answers: PushAnswer[]
  kiosks: { id: number; lastMutationId: number }[]
  reports: NewReport[]
  withdrawals: NewWithdrawal[]
  outcomes: NewOutcome[]
  /** Spaces whose stored newest report is withdrawn: the next one must be read. [OCC-2] */
  spacesToRecompute: number[]
  /** Stored reports that the batch withdraws. */
  withdrawnReportIds: number[]
  /** The leaves' new values, given the newest remaining reports of `spacesToRecompute`. */
  leaves(remaining: readonly StoredLeaf[]): StoredLeaf[]
}

const checkReport = makeCheck(ReportBody)
const checkWithdraw = makeCheck(WithdrawBody)

/**
 * Decides a batch mutation by mutation, each decision applied before the next. Known ids are skipped once their
 * hash was compared, a kiosk stops at its first gap. Pure. [SYN-2] [SYN-3] [SYN-7] [SYN-12] [SYN-13]
 */
export function decideBatch(pushes: readonly Push[], facts: BatchFacts): BatchDecision {
  return new Batch(facts).decide(pushes)
}

class Batch {
  private readonly facts: BatchFacts
  private readonly settled: SettledMutations
  private readonly fold: LeafFold
  private readonly lastIds = new Map<number, number>()
  private readonly reports: NewReport[] = []
  private readonly withdrawals: NewWithdrawal[] = []
  private readonly outcomes: NewOutcome[] = []

  constructor(facts: BatchFacts) {
    this.facts = facts
    this.settled = new SettledMutations(facts.records)
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
      spacesToRecompute: this.fold.spacesToRecompute(),
      withdrawnReportIds: this.fold.withdrawnReportIds,
      leaves: (remaining) => this.fold.changed(remaining, (id) => tree.children(id).length > 0),
    }
  }

  private decidePush(push: Push): PushAnswer {
    const kiosk = this.facts.kiosks.get(push.kioskId)
    if (kiosk === undefined) return { verdict: 'unknownKiosk', lastMutationId: 0, outcomes: [] }
    const lastMutationId = this.lastIds.get(kiosk.id) ?? kiosk.lastMutationId
    const answer: PushAnswer = { verdict: 'done', lastMutationId, outcomes: [] }
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
    answer: PushAnswer,
  ): PushVerdict | 'gap' {
    if (mutation.id <= answer.lastMutationId) return this.repeat(kiosk, mutation, answer)
    if (mutation.id > answer.lastMutationId + 1) return 'gap'
    const origin = this.originOf(kiosk, mutation)
    const isRepeat = this.settled.isDone(origin)
    const why = this.decideOutcome(kiosk, push, mutation, origin, isRepeat)
    if (why === 'upgrade') return 'upgrade'
    this.settled.addOutcome(kiosk.id, mutation.id, { hash: mutation.hash, why })
    if (why !== null) answer.outcomes.push({ id: mutation.id, why })
    const { originKioskId, originMutationId } = origin
    // An id that no report and no withdrawal records gets a record of its own.
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
  private repeat(kiosk: KioskFacts, mutation: PushedMutation, answer: PushAnswer): PushVerdict {
    const known = this.settled.outcomeOf(kiosk.id, mutation.id, mutation.hash)
    if (known === undefined) return 'forked'
    const { why } = known
    if (why !== null && why !== 'done')
      answer.outcomes.push({ id: mutation.id, why: why as RefusedOutcome['why'] })
    return 'done'
  }

  /** Where a mutation was first made. An origin that this kiosk may not name is ignored. [SYN-12] */
  private originOf(kiosk: KioskFacts, { id, hash, origin }: PushedMutation): Origin {
    if (origin === undefined || !this.facts.mayCarry(kiosk.id, origin.kioskId))
      return { originKioskId: kiosk.id, originMutationId: id, hash }
    return { originKioskId: origin.kioskId, originMutationId: origin.id, hash: origin.hash }
  }

  private decideOutcome(
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

  /** A mutation that was refused under an earlier identity stays refused: it is settled once. [SYN-12] */
  private refusedBefore(
    kiosk: KioskFacts,
    { originKioskId, originMutationId, hash }: Origin,
  ): MutationRefusal['why'] | null {
    if (originKioskId === kiosk.id) return null
    const why = this.settled.outcomeOf(originKioskId, originMutationId, hash)?.why ?? null
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
    const ageMs = mutation.ageMs === null ? null : mutation.ageMs + push.waitedMs
    // A slow push dates its reports late by its time on the network; the kiosk's next report must not be older than those.
    const ownMs = this.fold.newestOf(spaceId, kiosk.id)
    const reportedAtMs = Math.max(reportedAt(nowMs, ageMs, mutation.contactMs), Math.min(ownMs, nowMs))
    const made = { kioskId: kiosk.id, mutationId: mutation.id }
    const batchReport = { level, reportedAtMs, clock, ...made }
    const row: NewReport = { spaceId, level, reportedAtMs, ...made, ...origin }
    this.reports.push(row)
    this.settled.addDone(origin)
    const { isSilenced } = kiosk
    // Stored and counted nowhere: withdrawn by the commit that stores it. [CON-4]
    if (isSilenced) this.withdrawals.push({ ...made, ...origin, report: origin })
    else this.fold.add(spaceId, batchReport)
    this.settled.addReport({ record: row, spaceId, batchReport, stored: null, isWithdrawn: isSilenced })
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
    const target = this.settled.findReport(named, kiosk.id)
    const decision = decideWithdraw(target)
    if (!decision.ok) return decision.refusal.why
    if (target === undefined) return 'unknownReport'
    target.isWithdrawn = true
    this.fold.withdraw(target)
    const { originKioskId, originMutationId, hash } = target.record
    const report = { originKioskId, originMutationId, hash }
    this.withdrawals.push({ kioskId: kiosk.id, mutationId: mutation.id, ...origin, report })
    this.settled.addDone(origin)
    return null
  }
}
