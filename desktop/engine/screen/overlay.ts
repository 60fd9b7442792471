import type { Level } from '#shared/domain/occupancy.ts'

/** A level and when it was reported (hub time, ms since 1970); both null: never reported. */
export interface Confirmed {
  level: Level | null
  reportedAtMs: number | null
}

/** A tap as the fold sees it. */
export interface Tap {
  id: number
  spaceId: number
  kind: 'report' | 'withdraw'
  /** A report's level; null for a withdraw. */
  level: Level | null
  /** When the hub will say that it was made, as well as the device can tell. [OCC-7] */
  atMs: number
  /** Clock of the commit that settled it; null while it waits. */
  ackedHead: number | null
  /** What its space showed when a report was tapped: what an undo goes back to until the hub's row is here. */
  before: Confirmed | null
  /** The report that a withdraw takes back; null when it is held no more. */
  target: Tap | null
}

/** How far the confirmed rows are: taps settled beyond `cursor`, or in another epoch's counting, are not in them yet. */
export interface Reached {
  cursor: number
  /** False while the rows are of an older epoch than the acknowledgements: then no head can be compared. */
  isSameEpoch: boolean
}

/** Whether a tap is not yet part of the confirmed rows. [SYN-19] */
export function isOverlaid(tap: Pick<Tap, 'ackedHead'>, reached: Reached): boolean {
  return tap.ackedHead === null || !reached.isSameEpoch || tap.ackedHead > reached.cursor
}

/**
 * What is shown of a leaf: its confirmed row folded with this kiosk's own taps on it, oldest first. A tap counts by
 * its time like any report, so a late one never hides a newer row; but a row that is this kiosk's own earlier report
 * (`settled`) never hides a later tap, however long that report was on its way. Derived at every moment, so every order
 * of crashes, acks and rows gives the same. [SYN-19] [OCC-1] [OCC-2] [OCC-7]
 */
export function foldSpace(
  row: Confirmed & { clock: number },
  taps: readonly Tap[],
  reached: Reached,
  settled?: Tap,
): Confirmed {
  const isOwnRow = settled !== undefined && isRowOf(row, settled)
  let base: Confirmed = row
  const withdrawn = new Set<Tap>()
  for (let index = taps.length - 1; index >= 0; index -= 1) {
    const tap = taps[index]
    if (tap === undefined || !isOverlaid(tap, reached)) continue
    if (tap.kind === 'report') {
      if (withdrawn.has(tap)) continue
      if (isOwnRow && base === row)
        return { level: tap.level, reportedAtMs: Math.max(tap.atMs, row.reportedAtMs ?? 0) }
      // Only a row that would hide the tap is worth a look back: an earlier undo may have taken that row away.
      return hides(base, tap)
        ? newerOf(takenBack(row, taps, index, reached) ?? base, tap)
        : newerOf(base, tap)
    } else if (tap.target !== null) {
      withdrawn.add(tap.target)
      if (!isOverlaid(tap.target, reached) && isRowOf(row, tap.target)) base = tap.target.before ?? base
    }
  }
  return { level: base.level, reportedAtMs: base.reportedAtMs }
}

function hides(base: Confirmed, report: Tap): boolean {
  return base.reportedAtMs !== null && base.reportedAtMs > report.atMs
}

/** What the row said before its report, when one of the first `count` taps takes that report back; else null. */
function takenBack(
  row: Confirmed & { clock: number },
  taps: readonly Tap[],
  count: number,
  reached: Reached,
): Confirmed | null {
  for (const tap of taps.slice(0, count)) {
    if (tap.kind !== 'withdraw' || tap.target === null || !isOverlaid(tap, reached)) continue
    if (!isOverlaid(tap.target, reached) && isRowOf(row, tap.target)) return tap.target.before
  }
  return null
}

/** Whether the row still says what this report made it say. */
function isRowOf(row: Confirmed & { clock: number }, report: Tap): boolean {
  return row.clock === report.ackedHead && row.level === report.level
}

/** At the same moment the own tap counts: it was made with the row in sight. */
function newerOf(base: Confirmed, report: Tap): Confirmed {
  if (hides(base, report)) return { level: base.level, reportedAtMs: base.reportedAtMs }
  return { level: report.level, reportedAtMs: report.atMs }
}
