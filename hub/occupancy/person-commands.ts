import { may } from '#shared/domain/access.ts'
import { accept, refuse } from '#shared/domain/decision.ts'
import { COLLAPSE_MS, decideReport, type Level } from '#shared/domain/occupancy.ts'
import type { HttpRefusal } from '../platform/http/handle.ts'
import { changedBy } from '../platform/postgres/append-change.ts'
import type { PersonCommand } from '../platform/writer/command.ts'
import type { LoadedFacts } from '../platform/writer/fact-set.ts'
import { settingsFacts } from '../platform/writer/settings-facts.ts'
import { treeFacts, type TreeFacts } from '../spaces/tree.ts'
import { personReportFacts, type MadeReport } from './person-reports.ts'
import type { PersonReport } from './person-report-rows.ts'
import { leafFacts } from './leaf-facts.ts'

/** A level for a space, under the idempotency key that the phone gave it. */
export interface PersonReportInput {
  spaceId: number
  level: Level
  key: string
}

/** The report that was made, or (`isRepeat`) an equal one of a moment before. */
export interface AcceptedReport {
  report: PersonReport
  isRepeat: boolean
}

/** Null: a new report is to be made; else the one that it is already. */
type Known = { report: MadeReport; isRepeat: boolean } | null

/**
 * A person's report, at the time of its commit. The same key with the same input gives the same report again, with another
 * input `keyReused`; an equal report right after it counts as that one. [CON-2] [CON-3] [OCC-8] [OCC-9] [OCC-16]
 */
export const personReportCommand: PersonCommand<PersonReportInput, Known, AcceptedReport> = {
  name: 'report of a person',
  load: ({ userId, body: { spaceId, key } }, need) => {
    need(treeFacts, null)
    need(settingsFacts, null)
    need(leafFacts, spaceId)
    need(personReportFacts, { userId, key, spaceId })
  },
  decide: ({ actor, body }, facts) => {
    const { universityId, nowMs } = facts.moment
    const { userId } = actor
    const spaces = facts.of(treeFacts)
    const isHere = spaces.get(body.spaceId) !== undefined
    if (!isHere || !may(actor, 'reportOccupancy', { universityId })) return refuse({ why: 'notFound' })
    const reports = facts.of(personReportFacts)
    const known = reports.underKey(userId, body.key)
    if (known !== null)
      return known.spaceId === body.spaceId && known.level === body.level
        ? accept({ report: known, isRepeat: false })
        : refuse({ why: 'keyReused' })
    const fault = faultOfSpace(spaces, body.spaceId)
    if (fault !== null) return refuse(fault)
    if (facts.of(leafFacts).levelOf(body.spaceId) === body.level) {
      const newest = reports.newestOf(userId, body.spaceId)
      if (newest?.level === body.level && nowMs - newest.reportedAtMs < COLLAPSE_MS)
        return accept({ report: newest, isRepeat: true })
    }
    const waitMs = reports.waitMs(userId, facts.of(settingsFacts).reportsPerPersonAndHour, nowMs)
    if (waitMs !== null) return refuse({ why: 'tooMany', retryAfterS: waitMs / 1000 })
    return accept(null)
  },
  write: ({ actor, body }, known, facts, effects) => {
    if (known !== null) return
    effects.step()
    makeReport(facts, { ...body, userId: actor.userId, leastMs: 0, isCorrection: false })
  },
  answer: ({ actor, body }, known, facts) => {
    const report = known?.report ?? facts.of(personReportFacts).underKey(actor.userId, body.key)
    return { report: withId(report), isRepeat: known?.isRepeat ?? false }
  },
}

/** Undoes a report of the same person; doing it twice changes nothing. Another person's report is `notFound`. [OCC-2] [CON-3] */
export const personWithdrawCommand: PersonCommand<
  { reportId: number; spaceId: number },
  PersonReport,
  PersonReport
> = {
  name: 'undo of a person',
  isRepeatable: true,
  load: ({ body }, need) => {
    need(treeFacts, null)
    need(leafFacts, body.spaceId)
    need(personReportFacts, { reportId: body.reportId })
  },
  decide: ({ actor, body }, facts) => {
    const { universityId } = facts.moment
    const report = facts.of(personReportFacts).withId(body.reportId)
    if (report === null || !may(actor, 'withdrawReport', { universityId, createdById: report.userId }))
      return refuse({ why: 'notFound' })
    return accept(report)
  },
  write: ({ actor }, report, facts, effects) => {
    if (report.isWithdrawn) return
    effects.step()
    facts.of(personReportFacts).withdraw(report, actor.userId)
    const record = { kioskId: null, mutationId: null }
    facts.of(leafFacts).withdraw({ spaceId: report.spaceId, batchReport: null, stored: report, record })
  },
  answer: (_wish, report) => report,
}

/** Null: all reports up to now stop counting, and the leaf is unreported. */
export interface CorrectionInput {
  spaceId: number
  level: Level | null
  /** Of no phone: it begins with CORRECTION_KEY_PREFIX. */
  key: string
}

/**
 * The super group sets the level of a leaf, by a report that is dated not before the one it corrects; or takes it away. In a
 * commit of its own: nothing of the same clock may be told apart from what it corrects. [CON-5]
 */
export const correctionCommand: PersonCommand<CorrectionInput, { name: string }, null> = {
  name: 'correction',
  isAlone: true,
  load: ({ userId, body: { spaceId, key } }, need) => {
    need(treeFacts, null)
    need(settingsFacts, null)
    need(leafFacts, spaceId)
    need(personReportFacts, { userId, key, spaceId })
  },
  decide: ({ actor, body }, facts) => {
    const spaces = facts.of(treeFacts)
    const space = spaces.get(body.spaceId)
    if (space === undefined) return refuse({ why: 'notFound' })
    if (!may(actor, 'correctLevel', { universityId: facts.moment.universityId }))
      return refuse({ why: 'notAllowed' })
    const fault = faultOfSpace(spaces, body.spaceId)
    return fault === null ? accept({ name: space.name }) : refuse(fault)
  },
  write: (wish, { name }, facts, effects) => {
    const { actor, body } = wish
    const { spaceId, level } = body
    const before = facts.of(leafFacts).levelOf(spaceId)
    // It is unreported already. [AUD-5]
    if (level === null && before === null) return
    effects.step()
    effects.log.push({
      ...changedBy(wish),
      universityId: facts.moment.universityId,
      service: 'spaces',
      subject: 'level',
      log: { spaceId, name, before, after: level },
    })
    if (level === null) {
      facts.of(leafFacts).reset(spaceId)
      facts.of(personReportFacts).resets.push(spaceId)
      return
    }
    const leastMs = facts.of(leafFacts).storedOf(spaceId)?.reportedAtMs ?? 0
    makeReport(facts, { ...body, level, userId: actor.userId, leastMs, isCorrection: true })
  },
  answer: () => null,
}

/** The same rule as for kiosks; people may report on any space of their university. [OCC-8] [OCC-9] */
export function faultOfSpace(tree: TreeFacts, spaceId: number): HttpRefusal | null {
  const space = tree.get(spaceId)
  const children = tree.children(spaceId)
  const decision = decideReport({
    space: space && { isDeleted: space.isDeleted, children: [...children] },
    isWithinReach: true,
  })
  if (decision.ok) return null
  if (decision.refusal.why !== 'composite') return { why: 'spaceDeleted' }
  return { why: 'composite', spaces: children.map((id) => ({ id, name: tree.get(id)?.name ?? '' })) }
}

function makeReport(
  facts: LoadedFacts,
  input: PersonReportInput & { userId: number; leastMs: number; isCorrection: boolean },
): void {
  const { spaceId, level, key, userId, isCorrection } = input
  const { clock, nowMs } = facts.moment
  const reportedAtMs = Math.max(nowMs, input.leastMs)
  const leaves = facts.of(leafFacts)
  const generation = leaves.generationOf(spaceId)
  leaves.add(spaceId, { level, reportedAtMs, clock, mutationId: 0, kioskId: 0 })
  const row = { spaceId, generation, level, reportedAtMs, receivedAtMs: nowMs, clock, userId, key }
  const name = facts.of(treeFacts).get(spaceId)?.name ?? ''
  facts.of(personReportFacts).make(row, name, isCorrection)
}

function withId(report: MadeReport | null): PersonReport {
  if (report === null || report.id === null) throw new Error('a report was answered before it was written')
  return { ...report, id: report.id }
}
