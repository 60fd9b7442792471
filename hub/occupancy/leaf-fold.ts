import { newestReport, type Level, type Report } from '#shared/domain/occupancy.ts'
import type { StoredLeaf } from '../platform/writer/batch.ts'
import type { LeafRow } from './leaf-rows.ts'

/** A report that is withdrawn: a kiosk's, or a person's, which has neither kiosk nor number. */
export interface WithdrawnReport {
  spaceId: number
  /** The batch's own report, or null. */
  batchReport: Report | null
  /** The stored one, or null. */
  stored: { id: number; clock: number } | null
  record: { kioskId: number | null; mutationId: number | null }
}

interface Leaf {
  /** The batch's reports on it that still count. */
  batchReports: Set<Report>
  /** Time of the newest of those, by kiosk: a backlog reads it for every report. */
  newestMs: Map<number, number>
  /** Its stored newest report is withdrawn. */
  needsRecompute: boolean
  /** Nothing stored counts any more. */
  isReset: boolean
}

/** The leaves that a batch touches: its reports and withdrawals folded over what is stored. [OCC-1] [OCC-2] */
export class LeafFold {
  /** Stored reports that the batch withdraws. */
  readonly withdrawnReportIds: number[] = []
  private readonly stored: ReadonlyMap<number, LeafRow>
  private readonly leaves = new Map<number, Leaf>()

  constructor(stored: ReadonlyMap<number, LeafRow>) {
    this.stored = stored
  }

  add(spaceId: number, report: Report): void {
    const { batchReports, newestMs } = this.leaf(spaceId)
    batchReports.add(report)
    newestMs.set(report.kioskId, Math.max(report.reportedAtMs, newestMs.get(report.kioskId) ?? 0))
  }

  /** Time of the newest report on a space, where it is this kiosk's own; 0 when it is not. [OCC-7] */
  newestOf(spaceId: number, kioskId: number): number {
    const stored = this.stored.get(spaceId)
    const storedMs = stored?.kioskId === kioskId ? (stored.reportedAtMs ?? 0) : 0
    return Math.max(storedMs, this.leaves.get(spaceId)?.newestMs.get(kioskId) ?? 0)
  }

  /** The level of a leaf after the batch so far; null: none, or the newest remaining report must be read first. */
  levelOf(spaceId: number): Level | null {
    const leaf = this.leaves.get(spaceId)
    const stored = leaf?.needsRecompute === true ? null : toReport(this.stored.get(spaceId))
    return this.newest(stored, leaf)?.level ?? null
  }

  /** What is stored of a leaf. */
  storedOf(spaceId: number): StoredLeaf | undefined {
    return this.stored.get(spaceId)
  }

  /** Which generation of a space the batch's reports count in. [OCC-2] */
  generationOf(spaceId: number): number {
    return this.stored.get(spaceId)?.generation ?? 0
  }

  /** A report stops counting: one of the batch, or a stored one. */
  withdraw(report: WithdrawnReport): void {
    const leaf = this.leaf(report.spaceId)
    if (report.batchReport !== null) {
      leaf.batchReports.delete(report.batchReport)
      const { kioskId } = report.batchReport
      const own = [...leaf.batchReports].filter((one) => one.kioskId === kioskId)
      leaf.newestMs.set(kioskId, Math.max(0, ...own.map(({ reportedAtMs }) => reportedAtMs)))
    }
    if (report.stored === null) return
    this.withdrawnReportIds.push(report.stored.id)
    const newest = this.stored.get(report.spaceId)
    const { kioskId, mutationId } = report.record
    if (newest?.clock !== report.stored.clock) return
    // Several people's reports may have one clock: whose is the newest is only known by reading.
    if (newest.kioskId === kioskId && newest.mutationId === mutationId) leaf.needsRecompute = true
  }

  /** All reports on a leaf up to now stop counting. [CON-5] */
  reset(spaceId: number): void {
    const leaf = this.leaf(spaceId)
    leaf.isReset = true
    leaf.batchReports.clear()
  }

  /** Spaces whose newest remaining report must be read: the one that is stored as newest was withdrawn. */
  spacesToRecompute(): number[] {
    return [...this.leaves].flatMap(([id, leaf]) => (leaf.needsRecompute ? [id] : []))
  }

  /** New values of the leaves that changed; `remaining` are the newest remaining reports of `spacesToRecompute`. A composite has none of its own. [OCC-9] */
  changed(remaining: readonly StoredLeaf[], isComposite: (id: number) => boolean): StoredLeaf[] {
    const left = new Map(remaining.map((leaf) => [leaf.id, leaf]))
    return [...this.leaves].flatMap(([id, leaf]) => {
      if (isComposite(id)) return []
      const before = leaf.needsRecompute ? left.get(id) : this.stored.get(id)
      const stored = leaf.isReset ? null : toReport(before)
      const newest = this.newest(stored, leaf)
      if (newest === stored && !leaf.needsRecompute && !leaf.isReset) return []
      if (newest === null) return [unreportedLeaf(id)]
      return [newest === stored && before !== undefined ? before : toLeaf(id, newest)]
    })
  }

  /** Of two people's reports of one batch the later one: they have one time and one clock. */
  private newest(stored: Report | null, leaf: Leaf | undefined): Report | null {
    const latestFirst = [...(leaf?.batchReports ?? [])].toReversed()
    return newestReport(stored === null ? latestFirst : [stored, ...latestFirst])
  }

  private leaf(spaceId: number): Leaf {
    const known = this.leaves.get(spaceId)
    if (known !== undefined) return known
    const leaf: Leaf = { batchReports: new Set(), newestMs: new Map(), needsRecompute: false, isReset: false }
    this.leaves.set(spaceId, leaf)
    return leaf
  }
}

/** A leaf without a report that counts. [OCC-2] */
export function unreportedLeaf(id: number): StoredLeaf {
  return { id, level: null, reportedAtMs: null, clock: null, mutationId: null, kioskId: null }
}

/** A person's report has no kiosk and no number: both are 0 where reports are compared. */
function toLeaf(id: number, report: Report): StoredLeaf {
  const { kioskId, mutationId } = report
  return { id, ...report, kioskId: kioskId || null, mutationId: mutationId || null }
}

function toReport(leaf: StoredLeaf | undefined): Report | null {
  if (leaf === undefined) return null
  const { level, reportedAtMs, clock, mutationId, kioskId } = leaf
  if (level === null || reportedAtMs === null) return null
  return { level, reportedAtMs, clock: clock ?? 0, mutationId: mutationId ?? 0, kioskId: kioskId ?? 0 }
}
