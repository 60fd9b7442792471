import type { Level } from '#shared/domain/occupancy.ts'

/** A level and when it was reported (hub time, ms since 1970); both null: never reported. [OCC-1] */
export interface ReportedLevel {
  level: Level | null
  reportedAtMs: number | null
}

/** A report or an undo of this kiosk that is not yet part of the confirmed rows. */
export interface PendingMutation {
  id: number
  spaceId: number
  kind: 'report' | 'withdraw'
  /** A report's level; null for an undo. */
  level: Level | null
  /** When it was made, in hub time, ms since 1970, as well as the device can tell. [OCC-7] */
  atMs: number
  /** The hub's clock at the commit that acknowledged it; null while it waits. */
  ackedHead: number | null
  /** What the space showed when a report was made: an undo shows it again until the hub's row is here. Null for an undo. */
  before: ReportedLevel | null
  /** The report that an undo withdraws; null for a report, and when it is held no more. */
  target: PendingMutation | null
}

/** How far the confirmed rows are: what was acknowledged beyond `cursor`, or in another epoch, is not in them yet. */
export interface AppliedPosition {
  cursor: number
  /** False while the rows are of an older epoch than the acknowledgements: then no head can be compared. */
  isSameEpoch: boolean
}

/** Whether a mutation is not yet part of the confirmed rows. [SYN-19] */
export function isOverlaid(mutation: Pick<PendingMutation, 'ackedHead'>, position: AppliedPosition): boolean {
  return mutation.ackedHead === null || !position.isSameEpoch || mutation.ackedHead > position.cursor
}

/**
 * What is shown of a leaf: its confirmed row folded with this kiosk's own mutations on it, oldest first. A report counts by its
 * time, so a late one never hides a newer row; but a row that is this kiosk's own earlier report (`settled`) never hides a
 * later one, however long the earlier was on its way. Computed anew each time, so every order of crashes, acks and rows gives
 * the same result. [SYN-19] [OCC-1] [OCC-2] [OCC-7]
 */
export function foldSpace(
  row: ReportedLevel & { clock: number },
  mutations: readonly PendingMutation[],
  position: AppliedPosition,
  settled?: PendingMutation,
): ReportedLevel {
  const isOwnRow = settled !== undefined && isRowOf(row, settled)
  let base: ReportedLevel = row
  const withdrawn = new Set<PendingMutation>()
  for (let index = mutations.length - 1; index >= 0; index -= 1) {
    const mutation = mutations[index]
    if (mutation === undefined || !isOverlaid(mutation, position)) continue
    if (mutation.kind === 'report') {
      if (withdrawn.has(mutation)) continue
      if (isOwnRow && base === row)
        return { level: mutation.level, reportedAtMs: Math.max(mutation.atMs, row.reportedAtMs ?? 0) }
      // Only for a row that would hide the report: an earlier undo may have withdrawn that row's own report.
      return hides(base, mutation)
        ? newerOf(levelBeforeWithdrawn(row, mutations, index, position) ?? base, mutation)
        : newerOf(base, mutation)
    } else if (mutation.target !== null) {
      withdrawn.add(mutation.target)
      if (!isOverlaid(mutation.target, position) && isRowOf(row, mutation.target))
        base = mutation.target.before ?? base
    }
  }
  return { level: base.level, reportedAtMs: base.reportedAtMs }
}

function hides(base: ReportedLevel, report: PendingMutation): boolean {
  return base.reportedAtMs !== null && base.reportedAtMs > report.atMs
}

/** What the space showed before the row's report, when one of the first `count` mutations withdraws that report; else null. */
function levelBeforeWithdrawn(
  row: ReportedLevel & { clock: number },
  mutations: readonly PendingMutation[],
  count: number,
  position: AppliedPosition,
): ReportedLevel | null {
  for (const mutation of mutations.slice(0, count)) {
    if (mutation.kind !== 'withdraw' || mutation.target === null || !isOverlaid(mutation, position)) continue
    if (!isOverlaid(mutation.target, position) && isRowOf(row, mutation.target)) return mutation.target.before
  }
  return null
}

/** Whether the row still has the level that this report gave it. */
function isRowOf(row: ReportedLevel & { clock: number }, report: PendingMutation): boolean {
  return row.clock === report.ackedHead && row.level === report.level
}

/** At the same time the own report counts: it was made with the row on the screen. */
function newerOf(base: ReportedLevel, report: PendingMutation): ReportedLevel {
  if (hides(base, report)) return { level: base.level, reportedAtMs: base.reportedAtMs }
  return { level: report.level, reportedAtMs: report.atMs }
}
