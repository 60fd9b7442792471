import { ReportBody, WithdrawBody } from '#shared/domain/mutation.ts'
import { accept, refuse } from '#shared/domain/decision.ts'
import { decideReport, decideWithdraw, reportedAt } from '#shared/domain/occupancy.ts'
import type { KioskCommand } from '../platform/writer/command.ts'
import { treeFacts } from '../spaces/tree.ts'
import { appliedReportFacts, type AppliedReport } from './applied-reports.ts'
import { leafFacts } from './leaf-facts.ts'

/** A kiosk's report. Its value is the time that it counts with, ms since 1970. [OCC-7] [OCC-8] [OCC-9] */
export const reportCommand: KioskCommand<typeof ReportBody, number> = {
  kind: 'report',
  isOwnEntry: true,
  schema: ReportBody,
  load: ({ body }, need) => {
    need(treeFacts, null)
    need(leafFacts, body.spaceId)
    need(appliedReportFacts, null)
  },
  decide: ({ kiosk, body, ageMs, contactMs }, facts) => {
    const { spaceId } = body
    const { nowMs } = facts.moment
    const spaces = facts.of(treeFacts)
    const space = spaces.get(spaceId)
    const decision = decideReport({
      space: space && { isDeleted: space.isDeleted, children: [...spaces.children(spaceId)] },
      isWithinReach: spaces.isWithin(spaceId, kiosk.spaceId),
    })
    if (!decision.ok) return decision
    // A slow push dates its reports late by its time on the network; the kiosk's next report must not be older than those.
    const ownMs = facts.of(leafFacts).newestOf(spaceId, kiosk.id)
    return accept(Math.max(reportedAt(nowMs, ageMs, contactMs), Math.min(ownMs, nowMs)))
  },
  write: ({ kiosk, mutationId, origin, body }, reportedAtMs, facts) => {
    const { spaceId, level } = body
    const made = { kioskId: kiosk.id, mutationId }
    const batchReport = { level, reportedAtMs, clock: facts.moment.clock, ...made }
    const { isSilenced } = kiosk
    const changed = facts.of(leafFacts)
    const generation = changed.generationOf(spaceId)
    const row = { spaceId, generation, level, reportedAtMs, ...made, ...origin }
    changed.reports.push(row)
    // Stored and counted nowhere: withdrawn by the commit that stores it. [CON-4]
    if (isSilenced) changed.withdrawals.push({ ...made, ...origin, report: origin })
    else changed.add(spaceId, batchReport)
    facts
      .of(appliedReportFacts)
      .add({ record: row, spaceId, batchReport, stored: null, isWithdrawn: isSilenced })
  },
}

/** A kiosk's undo of a report that it made itself, perhaps under an earlier identity. [OCC-2] */
export const withdrawCommand: KioskCommand<typeof WithdrawBody, AppliedReport> = {
  kind: 'withdraw',
  isOwnEntry: true,
  schema: WithdrawBody,
  load: ({ kioskId, origin, body }, need) => {
    const { spaceId, mutationId } = body
    need(treeFacts, null)
    need(leafFacts, spaceId)
    need(appliedReportFacts, { kioskId, mutationId })
    if (origin !== undefined) need(appliedReportFacts, { kioskId: origin.kioskId, mutationId })
  },
  decide: ({ kiosk, origin, body }, facts) => {
    const named = { ...body, kioskId: origin.originKioskId }
    const target = facts.of(appliedReportFacts).find(named, kiosk.id)
    const decision = decideWithdraw(target)
    if (!decision.ok) return decision
    return target === undefined ? refuse({ why: 'unknownReport' }) : accept(target)
  },
  write: ({ kiosk, mutationId, origin }, target, facts) => {
    target.isWithdrawn = true
    const { originKioskId, originMutationId, hash } = target.record
    const changed = facts.of(leafFacts)
    changed.withdraw(target)
    const report = { originKioskId, originMutationId, hash }
    changed.withdrawals.push({ kioskId: kiosk.id, mutationId, ...origin, report })
  },
}
