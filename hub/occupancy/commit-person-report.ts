import { may, type Actor } from '#shared/domain/access.ts'
import { accept, refuse, type Decision } from '#shared/domain/decision.ts'
import { COLLAPSE_MS, decideReport, newestReport, type Level } from '#shared/domain/occupancy.ts'
import type { HttpRefusal, SignedIn } from '../platform/http/handle.ts'
import { loadLiveSession } from '../accounts/actors.ts'
import { appendChange, changedBy } from '../platform/postgres/append-change.ts'
import { loadNewestRemaining } from './commit-rows.ts'
import type { StoredLeaf, LevelWork } from '../platform/writer/batch.ts'
import type { Database, Queryable, Transaction } from '../platform/postgres/database.ts'
import {
  insertPersonReport,
  insertPersonWithdrawal,
  loadNewestOwnReport,
  loadPersonReport,
  loadReportByKey,
  loadReportTarget,
  loadReportWaitMs,
  resetLeaf,
  type PersonReport,
  type ReportTarget,
} from './person-report-rows.ts'
import { loadSettings } from '../platform/postgres/university-facts.ts'
import type { CommitMoment } from '../platform/writer/commit-under-clock.ts'
import { unreportedLeaf } from './leaf-fold.ts'
import type { TenantWriter } from '../platform/writer/tenant-writer.ts'

/** What committing people's reports needs. */
export interface ReportDependencies {
  pool: Database
  writer: TenantWriter
}

/** A level for a space, under the idempotency key that the phone gave it. */
export interface PersonReportInput {
  spaceId: number
  level: Level
  key: string
}

type Outcome<Value> = Decision<Value, HttpRefusal>

/** The report that was made, or (`isRepeat`) an equal one of a moment before. */
export interface AcceptedReport {
  report: PersonReport
  isRepeat: boolean
}

/**
 * Takes a report of a person at the time of its commit. The same key with the same input gives the same report again, with
 * another input `keyReused`; an equal report right after it counts as that one. Decided once before the lock, so that a
 * refusal does not wait for it, and again under it. [CON-2] [CON-3] [OCC-8] [OCC-9] [OCC-16]
 */
export async function commitPersonReport(
  dependencies: ReportDependencies,
  caller: SignedIn,
  input: PersonReportInput,
): Promise<Outcome<AcceptedReport>> {
  const first = await decidePersonReport(dependencies.pool, caller.actor, input, null)
  if (!first.ok) return first
  if (first.value.known !== null) return accept(first.value.known)
  return runLevels(dependencies, caller, async (client, moment, actor) => {
    const decided = await decidePersonReport(client, actor, input, moment.nowMs)
    if (!decided.ok) return { result: decided, leaves: null }
    const { known, target } = decided.value
    if (known !== null) return { result: accept(known), leaves: null }
    const { report, leaves } = await writeReport(client, moment, actor, target, { ...input, leastMs: 0 })
    return { result: accept({ report, isRepeat: false }), leaves }
  })
}

/** Withdraws a report of the same person; doing it twice changes nothing. Another person's report is `notFound`. [OCC-2] [CON-3] */
export async function commitPersonWithdrawal(
  dependencies: ReportDependencies,
  caller: SignedIn,
  reportId: number,
): Promise<Outcome<PersonReport>> {
  const first = await decideWithdrawal(dependencies.pool, caller.actor, reportId)
  if (!first.ok || first.value.isWithdrawn) return first
  return runLevels(dependencies, caller, async (client, moment, actor) => {
    const decided = await decideWithdrawal(client, actor, reportId)
    if (!decided.ok || decided.value.isWithdrawn) return { result: decided, leaves: null }
    const report = decided.value
    const universityId = actor.universityId ?? 0
    await insertPersonWithdrawal(client, { universityId, ...moment, userId: actor.userId }, reportId)
    const leaves = await leafAfterWithdrawal(client, universityId, report)
    return { result: accept({ ...report, isWithdrawn: true }), leaves }
  })
}

/**
 * The super group sets the level of a leaf: by a report that is dated not before the one it corrects. Null: all reports up to
 * now stop counting, and the leaf is unreported. [CON-5]
 */
export async function commitCorrection(
  dependencies: ReportDependencies,
  caller: SignedIn,
  input: { spaceId: number; level: Level | null; key: string },
): Promise<Outcome<null>> {
  const first = await decideCorrection(dependencies.pool, caller.actor, input.spaceId)
  if (!first.ok) return first
  return runLevels(dependencies, caller, async (client, moment, actor) => {
    const decided = await decideCorrection(client, actor, input.spaceId)
    if (!decided.ok) return { result: decided, leaves: null }
    const target = decided.value
    const { level } = input
    // It is unreported already. [AUD-5]
    if (level === null && target.leaf.level === null) return { result: accept(null), leaves: null }
    await appendChange(client, {
      ...changedBy({ actor, address: caller.address }),
      universityId: actor.universityId,
      service: 'spaces',
      subject: 'level',
      log: { spaceId: target.id, name: target.name, before: target.leaf.level, after: level },
    })
    if (level === null) {
      await resetLeaf(client, target.id, moment.clock)
      return { result: accept(null), leaves: [unreportedLeaf(target.id)] }
    }
    const leastMs = target.leaf.reportedAtMs ?? 0
    const { leaves } = await writeReport(client, moment, actor, target, { ...input, level, leastMs })
    return { result: accept(null), leaves }
  })
}

/** Runs work under the lock, with the person's rights as they are then: whoever signed out or lost a group meanwhile is refused. [IDN-9] */
async function runLevels<Value>(
  dependencies: ReportDependencies,
  caller: SignedIn,
  work: (
    client: Transaction,
    moment: CommitMoment,
    actor: Actor,
  ) => Promise<LevelWork<Decision<Value, HttpRefusal>>>,
): Promise<Outcome<Value>> {
  const { universityId, userId } = caller.actor
  if (universityId === null) return refuse({ why: 'notFound' })
  return dependencies.writer.runLevels<Outcome<Value>>(universityId, async (client, moment) => {
    const live = await loadLiveSession(client, caller.sessionId, userId)
    if (live === null) return { result: refuse({ why: 'signInNeeded' }), leaves: null }
    return work(client, moment, live.actor)
  })
}

async function decidePersonReport(
  database: Queryable,
  actor: Actor,
  { spaceId, level, key }: PersonReportInput,
  nowMs: number | null,
): Promise<Outcome<{ known: AcceptedReport | null; target: ReportTarget }>> {
  const universityId = actor.universityId ?? 0
  const target = await loadReportTarget(database, universityId, spaceId)
  if (target === null || !may(actor, 'reportOccupancy', { universityId })) return refuse({ why: 'notFound' })
  const known = await loadReportByKey(database, actor.userId, key)
  if (known !== null)
    return known.spaceId === spaceId && known.level === level
      ? accept({ known: { report: known, isRepeat: false }, target })
      : refuse({ why: 'keyReused' })
  const fault = faultOfTarget(target)
  if (fault !== null) return refuse(fault)
  if (target.leaf.level === level) {
    const newest = await loadNewestOwnReport(database, actor.userId, spaceId, nowMs)
    if (newest?.level === level && newest.ageMs < COLLAPSE_MS)
      return accept({ known: { report: newest, isRepeat: true }, target })
  }
  const { reportsPerPersonAndHour } = await loadSettings(database, universityId)
  const waitMs = await loadReportWaitMs(database, actor.userId, reportsPerPersonAndHour, nowMs)
  if (waitMs !== null) return refuse({ why: 'tooMany', retryAfterS: waitMs / 1000 })
  return accept({ known: null, target })
}

/** The report of the same person that a leaf counts with now; null: none of theirs. [OCC-16] */
export async function loadCountingReport(
  database: Queryable,
  actor: Actor,
  spaceId: number,
): Promise<PersonReport | null> {
  const target = await loadReportTarget(database, actor.universityId ?? 0, spaceId)
  if (target === null || faultOfTarget(target) !== null) return null
  const newest = await loadNewestOwnReport(database, actor.userId, spaceId, null)
  const { clock, kioskId } = target.leaf
  return newest !== null && newest.clock === clock && (kioskId ?? 0) === 0 ? newest : null
}

async function decideWithdrawal(
  database: Queryable,
  actor: Actor,
  reportId: number,
): Promise<Outcome<PersonReport>> {
  const universityId = actor.universityId ?? 0
  const report = await loadPersonReport(database, universityId, reportId)
  if (report === null || !may(actor, 'withdrawReport', { universityId, createdById: report.userId }))
    return refuse({ why: 'notFound' })
  return accept(report)
}

async function decideCorrection(
  database: Queryable,
  actor: Actor,
  spaceId: number,
): Promise<Outcome<ReportTarget>> {
  const universityId = actor.universityId ?? 0
  const target = await loadReportTarget(database, universityId, spaceId)
  if (target === null) return refuse({ why: 'notFound' })
  if (!may(actor, 'correctLevel', { universityId })) return refuse({ why: 'notAllowed' })
  const fault = faultOfTarget(target)
  return fault === null ? accept(target) : refuse(fault)
}

/** The same rule as for kiosks; people may report on any space of their university. [OCC-8] [OCC-9] */
function faultOfTarget({ isDeleted, children }: ReportTarget): HttpRefusal | null {
  const ids = children.map(({ id }) => id)
  const decision = decideReport({ space: { isDeleted, children: ids }, isWithinReach: true })
  if (decision.ok) return null
  return decision.refusal.why === 'spaceDeleted'
    ? { why: 'spaceDeleted' }
    : { why: 'composite', spaces: children }
}

async function writeReport(
  client: Transaction,
  { clock, nowMs }: CommitMoment,
  actor: Actor,
  target: ReportTarget,
  input: { level: Level; key: string; leastMs: number },
): Promise<{ report: PersonReport; leaves: StoredLeaf[] }> {
  const { level, key } = input
  const { userId } = actor
  const reportedAtMs = Math.max(nowMs, input.leastMs)
  const universityId = actor.universityId ?? 0
  const row = {
    universityId,
    spaceId: target.id,
    level,
    reportedAtMs,
    receivedAtMs: nowMs,
    clock,
    userId,
    key,
  }
  const id = await insertPersonReport(client, row)
  const report: PersonReport = { ...row, id, spaceName: target.name, isWithdrawn: false }
  const { leaf } = target
  const stored = { reportedAtMs: leaf.reportedAtMs ?? 0, clock: leaf.clock ?? 0, mutationId: 0, kioskId: 0 }
  const fresh = { reportedAtMs, clock, mutationId: 0, kioskId: 0 }
  if (newestReport([stored, fresh]) === stored) return { report, leaves: [] }
  return {
    report,
    leaves: [{ id: target.id, level, reportedAtMs, clock, mutationId: null, kioskId: null }],
  }
}

/** The leaf's new value after its report was withdrawn; empty when another one is its newest, or it is a composite now. [OCC-2] */
async function leafAfterWithdrawal(
  client: Transaction,
  universityId: number,
  report: PersonReport,
): Promise<StoredLeaf[]> {
  const target = await loadReportTarget(client, universityId, report.spaceId)
  if (target === null || target.children.length > 0) return []
  const { clock, kioskId } = target.leaf
  // A report of a person is a commit of its own: its clock identifies it.
  if (clock !== report.clock || (kioskId ?? 0) !== 0) return []
  const [next] = await loadNewestRemaining(client, [target.id], [])
  return [next ?? unreportedLeaf(target.id)]
}
