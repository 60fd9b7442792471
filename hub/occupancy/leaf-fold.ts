import { newestReport, type Report } from '#shared/domain/occupancy.ts'
import type { StoredLeaf } from '../platform/writer/batch.ts'
import type { AppliedReport } from './settled-mutations.ts'

interface Leaf {
  /** The batch's reports on it that still count. */
  batchReports: Set<Report>
  /** Time of the newest of those, by kiosk: a backlog reads it for every report. */
  newestMs: Map<number, number>
  /** Its stored newest report is withdrawn. */
  needsRecompute: boolean
}

/** The leaves that a batch touches: its reports and withdrawals folded over what is stored. [OCC-1] [OCC-2] */
export class LeafFold {
  /** Stored reports that the batch withdraws. */
  readonly withdrawnReportIds: number[] = []
  private readonly stored: ReadonlyMap<number, StoredLeaf>
  private readonly leaves = new Map<number, Leaf>()

  constructor(stored: ReadonlyMap<number, StoredLeaf>) {
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

  withdraw(report: AppliedReport): void {
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
    if (newest.kioskId === kioskId && newest.mutationId === mutationId) leaf.needsRecompute = true
  }

  /** Spaces whose newest remaining report must be read. */
  spacesToRecompute(): number[] {
    return [...this.leaves].flatMap(([id, leaf]) => (leaf.needsRecompute ? [id] : []))
  }

  /** New values of the leaves that changed; `remaining` are the newest remaining reports of `spacesToRecompute`. A composite has none of its own. [OCC-9] */
  changed(remaining: readonly StoredLeaf[], isComposite: (id: number) => boolean): StoredLeaf[] {
    const left = new Map(remaining.map((leaf) => [leaf.id, leaf]))
    return [...this.leaves].flatMap(([id, leaf]) => {
      if (isComposite(id)) return []
      const stored = toReport(leaf.needsRecompute ? left.get(id) : this.stored.get(id))
      const newest = newestReport(stored === null ? leaf.batchReports : [stored, ...leaf.batchReports])
      if (newest === stored && !leaf.needsRecompute) return []
      if (newest === null) return [unreportedLeaf(id)]
      // Stored ones as they are: a person's has no kiosk and no number.
      const kept = newest === stored ? left.get(id) : undefined
      return [kept ?? { id, ...newest }]
    })
  }

  private leaf(spaceId: number): Leaf {
    const known = this.leaves.get(spaceId)
    if (known !== undefined) return known
    const leaf: Leaf = { batchReports: new Set(), newestMs: new Map(), needsRecompute: false }
    this.leaves.set(spaceId, leaf)
    return leaf
  }
}

/** A leaf without a report that counts. [OCC-2] */
export function unreportedLeaf(id: number): StoredLeaf {
  return { id, level: null, reportedAtMs: null, clock: null, mutationId: null, kioskId: null }
}

function toReport(leaf: StoredLeaf | undefined): Report | null {
  if (leaf === undefined) return null
  const { level, reportedAtMs, clock, mutationId, kioskId } = leaf
  if (level === null || reportedAtMs === null) return null
  return { level, reportedAtMs, clock: clock ?? 0, mutationId: mutationId ?? 0, kioskId: kioskId ?? 0 }
}
