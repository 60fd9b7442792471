import type { MutationRefusal } from '#shared/domain/mutation.ts'
import { ReportBody, WithdrawBody } from '#shared/domain/mutation.ts'
import {
  decideReport,
  decideWithdraw,
  newestReport,
  reportedAt,
  type Report,
} from '#shared/domain/occupancy.ts'
import type { PushedMutation, RefusedOutcome } from '#shared/wire/messages.ts'
import { makeCheck } from '#shared/wire/parse.ts'
import type {
  KioskFacts,
  NewLeaf,
  NewOutcome,
  NewReport,
  NewWithdrawal,
  SettledRecord,
  StoredLeaf,
} from '../store/commit.ts'
import type { TreeFacts } from './tree-facts.ts'

/** One kiosk's push, waiting for its commit. */
export interface Push {
  kioskId: number
  /** Number of the session that it came on. [SYN-12] */
  session: number
  mutations: readonly PushedMutation[]
  /** Ms that it waited in this hub: they are part of each tap's age. [OCC-7] */
  heldMs: number
  /** Number of a mutation that the database cannot take whatever is tried; refused `malformed`. [SYN-7] */
  poisonId?: number
}

/** How a push ended for its kiosk. `done`: settled as far as it could be. */
export type Verdict = 'done' | 'forked' | 'superseded' | 'revoked' | 'unknownKiosk' | 'upgrade'

/** The answer to a push. */
export interface Answer {
  verdict: Verdict
  lastMutationId: number
  outcomes: RefusedOutcome[]
}

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
  leaves(remaining: readonly StoredLeaf[]): NewLeaf[]
}

interface Leaf {
  /** The batch's reports on it that still count. */
  fresh: Set<Report>
  isBereft: boolean
}

interface Settled {
  hash: string
  why: string | null
}

interface Taken {
  record: Pick<SettledRecord, 'originKioskId' | 'originMutationId' | 'hash' | 'kioskId' | 'mutationId'>
  spaceId: number
  /** The batch's own report, or the id and order of a stored one. */
  fresh: Report | null
  stored: SettledRecord['report']
  isWithdrawn: boolean
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
  private readonly lastIds = new Map<number, number>()
  /** By kiosk and number under which it was pushed: what was settled, with possibly several hashes. */
  private readonly settled = new Map<string, Settled[]>()
  /** By origin: what was done. */
  private readonly done = new Map<string, Settled[]>()
  /** Reports by every name under which an undo may call them. */
  private readonly taken = new Map<string, Taken[]>()
  private readonly leavesById = new Map<number, Leaf>()
  private readonly reports: NewReport[] = []
  private readonly withdrawals: NewWithdrawal[] = []
  private readonly outcomes: NewOutcome[] = []
  private readonly withdrawnReportIds: number[] = []

  /** By origin and hash: the numbers under which it was carried over; an undo may name those too. */
  private readonly carriedAs = new Map<string, string[]>()

  constructor(facts: BatchFacts) {
    this.facts = facts
    for (const { kind, why, kioskId, mutationId, originKioskId, originMutationId, hash } of facts.records)
      if (kind === 'outcome' && why === 'done')
        add(this.carriedAs, `${key(originKioskId, originMutationId)}:${hash}`, key(kioskId, mutationId))
    for (const record of facts.records) this.remember(record)
  }

  decide(pushes: readonly Push[]): BatchDecision {
    const answers = pushes.map((push) => this.decidePush(push))
    return {
      answers,
      kiosks: [...this.lastIds].map(([id, lastMutationId]) => ({ id, lastMutationId })),
      reports: this.reports,
      withdrawals: this.withdrawals,
      outcomes: this.outcomes,
      bereft: [...this.leavesById].flatMap(([id, leaf]) => (leaf.isBereft ? [id] : [])),
      withdrawnReportIds: this.withdrawnReportIds,
      leaves: (remaining) => this.foldLeaves(remaining),
    }
  }

  private remember(record: SettledRecord): void {
    const origin = key(record.originKioskId, record.originMutationId)
    const own = key(record.kioskId, record.mutationId)
    if (record.kind === 'outcome') {
      add(this.settled, own, { hash: record.hash, why: record.why })
      return
    }
    add(this.done, origin, { hash: record.hash, why: null })
    add(this.settled, own, { hash: record.hash, why: null })
    if (record.report === null) return
    const taken: Taken = {
      record,
      spaceId: record.report.spaceId,
      fresh: null,
      stored: record.report,
      isWithdrawn: record.isWithdrawn,
    }
    add(this.taken, origin, taken)
    if (own !== origin) add(this.taken, own, taken)
    for (const carried of this.carriedAs.get(`${origin}:${record.hash}`) ?? [])
      if (carried !== own) add(this.taken, carried, taken)
  }

  private decidePush(push: Push): Answer {
    const kiosk = this.facts.kiosks.get(push.kioskId)
    if (kiosk === undefined) return { verdict: 'unknownKiosk', lastMutationId: 0, outcomes: [] }
    const answer: Answer = {
      verdict: 'done',
      lastMutationId: this.lastIds.get(kiosk.id) ?? kiosk.lastMutationId,
      outcomes: [],
    }
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
    const why = this.settle(kiosk, push, mutation, origin)
    if (why === 'upgrade') return 'upgrade'
    const own = key(kiosk.id, mutation.id)
    add(this.settled, own, { hash: mutation.hash, why })
    if (why !== null) answer.outcomes.push({ id: mutation.id, why })
    const isCarried = origin.originKioskId !== kiosk.id || origin.isRepeat
    if (why !== null || isCarried)
      this.outcomes.push({
        kioskId: kiosk.id,
        mutationId: mutation.id,
        hash: mutation.hash,
        originKioskId: origin.originKioskId,
        originMutationId: origin.originMutationId,
        why: why ?? 'done',
      })
    answer.lastMutationId = mutation.id
    this.lastIds.set(kiosk.id, mutation.id)
    return 'done'
  }

  /** An id that was settled before: the same hash gets the same outcome, another one is a cloned device's. [SYN-3] */
  private repeat(kiosk: KioskFacts, mutation: PushedMutation, answer: Answer): Verdict {
    const known = this.settled.get(key(kiosk.id, mutation.id))?.find(({ hash }) => hash === mutation.hash)
    if (known === undefined) return 'forked'
    const why = known.why
    if (why !== null && why !== 'done')
      answer.outcomes.push({ id: mutation.id, why: why as RefusedOutcome['why'] })
    return 'done'
  }

  /** Where a mutation was first made; `isRepeat` when it was already done under that name. [SYN-12] */
  private originOf(
    kiosk: KioskFacts,
    mutation: PushedMutation,
  ): { originKioskId: number; originMutationId: number; hash: string; isRepeat: boolean } {
    const { origin } = mutation
    const isForeign = origin !== undefined && this.facts.mayCarry(kiosk.id, origin.kioskId)
    const originKioskId = isForeign ? origin.kioskId : kiosk.id
    const originMutationId = isForeign ? origin.id : mutation.id
    const hash = isForeign ? origin.hash : mutation.hash
    const isRepeat =
      this.done.get(key(originKioskId, originMutationId))?.some((one) => one.hash === hash) ?? false
    return { originKioskId, originMutationId, hash, isRepeat }
  }

  private settle(
    kiosk: KioskFacts,
    push: Push,
    mutation: PushedMutation,
    origin: { originKioskId: number; originMutationId: number; hash: string; isRepeat: boolean },
  ): MutationRefusal['why'] | 'upgrade' | null {
    if (mutation.kind !== 'report' && mutation.kind !== 'withdraw') return 'upgrade'
    if (push.poisonId === mutation.id) return 'malformed'
    if (origin.isRepeat) return null
    return mutation.kind === 'report'
      ? this.report(kiosk, push, mutation, origin)
      : this.withdraw(kiosk, mutation, origin)
  }

  private report(
    kiosk: KioskFacts,
    push: Push,
    mutation: PushedMutation,
    origin: { originKioskId: number; originMutationId: number; hash: string },
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
    const reportedAtMs = reportedAt(nowMs, ageMs, mutation.contactMs)
    const fresh: Report = { level, reportedAtMs, clock, mutationId: mutation.id, kioskId: kiosk.id }
    const row: NewReport = {
      spaceId,
      level,
      reportedAtMs,
      kioskId: kiosk.id,
      mutationId: mutation.id,
      hash: origin.hash,
      originKioskId: origin.originKioskId,
      originMutationId: origin.originMutationId,
    }
    this.reports.push(row)
    this.leaf(spaceId).fresh.add(fresh)
    const taken: Taken = { record: row, spaceId, fresh, stored: null, isWithdrawn: false }
    const originKey = key(origin.originKioskId, origin.originMutationId)
    add(this.done, originKey, { hash: origin.hash, why: null })
    add(this.taken, originKey, taken)
    if (originKey !== key(kiosk.id, mutation.id)) add(this.taken, key(kiosk.id, mutation.id), taken)
    return null
  }

  private withdraw(
    kiosk: KioskFacts,
    mutation: PushedMutation,
    origin: { originKioskId: number; originMutationId: number; hash: string },
  ): MutationRefusal['why'] | null {
    const checked = checkWithdraw(mutation.body)
    if (!checked.ok) return 'malformed'
    const { spaceId, mutationId } = checked.value
    const named = this.taken.get(key(origin.originKioskId, mutationId)) ?? []
    const here = named.filter((one) => one.spaceId === spaceId)
    const target = here.find((one) => one.record.kioskId === kiosk.id) ?? here[0]
    const decision = decideWithdraw(target)
    if (!decision.ok) return decision.refusal.why
    if (target === undefined) return 'unknownReport'
    target.isWithdrawn = true
    this.takeBack(target)
    const { originKioskId, originMutationId, hash } = origin
    this.withdrawals.push({
      kioskId: kiosk.id,
      mutationId: mutation.id,
      hash,
      originKioskId,
      originMutationId,
      report: target.record,
    })
    add(this.done, key(originKioskId, originMutationId), { hash, why: null })
    return null
  }

  private takeBack(target: Taken): void {
    const leaf = this.leaf(target.spaceId)
    if (target.fresh !== null) leaf.fresh.delete(target.fresh)
    if (target.stored === null) return
    this.withdrawnReportIds.push(target.stored.id)
    const stored = this.facts.leaves.get(target.spaceId)
    const { kioskId, mutationId } = target.record
    if (
      stored?.clock === target.stored.clock &&
      stored.kioskId === kioskId &&
      stored.mutationId === mutationId
    )
      leaf.isBereft = true
  }

  private leaf(spaceId: number): Leaf {
    const known = this.leavesById.get(spaceId)
    if (known !== undefined) return known
    const leaf: Leaf = { fresh: new Set(), isBereft: false }
    this.leavesById.set(spaceId, leaf)
    return leaf
  }

  /** The leaves whose newest report changed; composites have none of their own. [OCC-1] [OCC-2] [OCC-9] */
  private foldLeaves(remaining: readonly StoredLeaf[]): NewLeaf[] {
    const left = new Map(remaining.map((leaf) => [leaf.id, leaf]))
    return [...this.leavesById].flatMap(([id, leaf]) => {
      if (this.facts.tree.children(id).length > 0) return []
      const stored = toReport(leaf.isBereft ? left.get(id) : this.facts.leaves.get(id))
      const newest = newestReport(stored === null ? leaf.fresh : [stored, ...leaf.fresh])
      if (newest === stored && !leaf.isBereft) return []
      return [newest === null ? neverReported(id) : { id, ...newest }]
    })
  }
}

function neverReported(id: number): NewLeaf {
  return { id, level: null, reportedAtMs: null, clock: null, mutationId: null, kioskId: null }
}

function toReport(leaf: StoredLeaf | undefined): Report | null {
  if (leaf === undefined) return null
  const { level, reportedAtMs, clock, mutationId, kioskId } = leaf
  if (level === null || reportedAtMs === null) return null
  return { level, reportedAtMs, clock: clock ?? 0, mutationId: mutationId ?? 0, kioskId: kioskId ?? 0 }
}

function key(kioskId: number, mutationId: number): string {
  return `${kioskId}:${mutationId}`
}

function add<Item>(map: Map<string, Item[]>, at: string, item: Item): void {
  const known = map.get(at)
  if (known === undefined) map.set(at, [item])
  else known.push(item)
}
