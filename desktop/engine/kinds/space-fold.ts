import type { ReportBody } from '#shared/domain/mutation.ts'
import { SPACES, type ConfirmedSpace, type ReportedLevel } from '../collections/spaces.ts'
import type { Fold } from './kind.ts'
import { isOverlaid, type AppliedPosition, type PendingMutation } from './pending-mutation.ts'

/** What reports and undos on one space are looked at together by; in files that release 0.1 wrote, a migration fills it in. [SYN-5] */
export function spaceLine(spaceId: number): string {
  return `${SPACES}/${spaceId}`
}

/** A space's row as far as the fold reads it. */
export type SpaceLevelRow = ReportedLevel & { clock: number }

/** A report that is not yet part of the confirmed rows. */
type PendingReport = PendingMutation<ReportBody, ReportedLevel>

/** How a space is shown with this kiosk's reports and undos on it. [SYN-19] */
export const spaceFold: Fold<Pick<ConfirmedSpace, 'clock' | 'hot'>, ReportedLevel> = {
  collection: SPACES,
  fold: ({ clock, hot }, mutations, position, settled) =>
    foldSpace({ clock, ...hot }, mutations, position, settled),
  isSettling: isReport,
}

function isReport(mutation: PendingMutation): mutation is PendingReport {
  return mutation.kind === 'report'
}

/**
 * What is shown of a leaf: its confirmed row folded with this kiosk's own mutations on it, oldest first. A report counts by its
 * time, so a late one never hides a newer row; but a row that is this kiosk's own earlier report (`settled`) never hides a
 * later one, however long the earlier was on its way. Computed anew each time, so every order of crashes, acks and rows gives
 * the same result. [SYN-19] [OCC-1] [OCC-2] [OCC-7]
 */
function foldSpace(
  row: SpaceLevelRow,
  mutations: readonly PendingMutation[],
  position: AppliedPosition,
  settled?: PendingMutation,
): ReportedLevel {
  const isOwnRow = settled !== undefined && isReport(settled) && isRowOf(row, settled)
  let base: ReportedLevel = row
  const withdrawn = new Set<PendingMutation>()
  for (let index = mutations.length - 1; index >= 0; index -= 1) {
    const mutation = mutations[index]
    if (mutation === undefined || !isOverlaid(mutation, position)) continue
    if (isReport(mutation)) {
      if (withdrawn.has(mutation)) continue
      if (isOwnRow && base === row)
        return { level: mutation.body.level, reportedAtMs: Math.max(mutation.atMs, row.reportedAtMs ?? 0) }
      // Only for a row that would hide the report: an earlier undo may have withdrawn that row's own report.
      return hides(base, mutation)
        ? newerOf(levelBeforeWithdrawn(row, mutations, index, position) ?? base, mutation)
        : newerOf(base, mutation)
    } else if (mutation.target !== null) {
      withdrawn.add(mutation.target)
      base = levelBefore(row, mutation.target, position) ?? base
    }
  }
  return { level: base.level, reportedAtMs: base.reportedAtMs }
}

function hides(base: ReportedLevel, report: PendingReport): boolean {
  return base.reportedAtMs !== null && base.reportedAtMs > report.atMs
}

/** What the space showed before the row's report, when one of the first `count` mutations withdraws that report; else null. */
function levelBeforeWithdrawn(
  row: SpaceLevelRow,
  mutations: readonly PendingMutation[],
  count: number,
  position: AppliedPosition,
): ReportedLevel | null {
  for (const mutation of mutations.slice(0, count)) {
    if (mutation.target === null || !isOverlaid(mutation, position)) continue
    const { target } = mutation
    if (isReport(target) && !isOverlaid(target, position) && isRowOf(row, target)) return target.before
  }
  return null
}

/** What the space showed before a withdrawn report, where the row still has the level of that report; else null. */
function levelBefore(
  row: SpaceLevelRow,
  target: PendingMutation,
  position: AppliedPosition,
): ReportedLevel | null {
  return isReport(target) && !isOverlaid(target, position) && isRowOf(row, target) ? target.before : null
}

/** Whether the row still has the level that this report gave it. */
function isRowOf(row: SpaceLevelRow, report: PendingReport): boolean {
  return row.clock === report.ackedHead && row.level === report.body.level
}

/** At the same time the own report counts: it was made with the row on the screen. */
function newerOf(base: ReportedLevel, report: PendingReport): ReportedLevel {
  if (hides(base, report)) return { level: base.level, reportedAtMs: base.reportedAtMs }
  return { level: report.body.level, reportedAtMs: report.atMs }
}
