import { newestReport, type Report } from '#shared/domain/occupancy.ts'
import type { StoredLeaf } from '../platform/writer/batch.ts'
import type { Taken } from './batch-memory.ts'

interface Leaf {
  /** The batch's reports on it that still count. */
  fresh: Set<Report>
  /** Time of the newest of those, by kiosk: a backlog asks for it at every tap. */
  newestMs: Map<number, number>
  /** Its stored newest report is withdrawn. */
  isBereft: boolean
}

/** The leaves that a batch touches: its reports and undos folded over what is stored. [OCC-1] [OCC-2] */
export class LeafFold {
  /** Stored reports that the batch withdraws. */
  readonly withdrawnReportIds: number[] = []
  private readonly stored: ReadonlyMap<number, StoredLeaf>
  private readonly leaves = new Map<number, Leaf>()

  constructor(stored: ReadonlyMap<number, StoredLeaf>) {
    this.stored = stored
  }

  put(spaceId: number, report: Report): void {
    const { fresh, newestMs } = this.leaf(spaceId)
    fresh.add(report)
    newestMs.set(report.kioskId, Math.max(report.reportedAtMs, newestMs.get(report.kioskId) ?? 0))
  }

  /** Time of the newest report on a space, where it is this kiosk's own; 0 when it is not. [OCC-7] */
  newestOf(spaceId: number, kioskId: number): number {
    const stored = this.stored.get(spaceId)
    const storedMs = stored?.kioskId === kioskId ? (stored.reportedAtMs ?? 0) : 0
    return Math.max(storedMs, this.leaves.get(spaceId)?.newestMs.get(kioskId) ?? 0)
  }

  takeBack(taken: Taken): void {
    const leaf = this.leaf(taken.spaceId)
    if (taken.fresh !== null) {
      leaf.fresh.delete(taken.fresh)
      const { kioskId } = taken.fresh
      const own = [...leaf.fresh].filter((report) => report.kioskId === kioskId)
      leaf.newestMs.set(kioskId, Math.max(0, ...own.map(({ reportedAtMs }) => reportedAtMs)))
    }
    if (taken.stored === null) return
    this.withdrawnReportIds.push(taken.stored.id)
    const newest = this.stored.get(taken.spaceId)
    const { kioskId, mutationId } = taken.record
    if (newest?.clock !== taken.stored.clock) return
    if (newest.kioskId === kioskId && newest.mutationId === mutationId) leaf.isBereft = true
  }

  /** Spaces whose next report must be looked for. */
  bereft(): number[] {
    return [...this.leaves].flatMap(([id, leaf]) => (leaf.isBereft ? [id] : []))
  }

  /** New values of those that changed; `remaining` are the next reports of the bereft. A composite has none of its own. [OCC-9] */
  changed(remaining: readonly StoredLeaf[], isComposite: (id: number) => boolean): StoredLeaf[] {
    const left = new Map(remaining.map((leaf) => [leaf.id, leaf]))
    return [...this.leaves].flatMap(([id, leaf]) => {
      if (isComposite(id)) return []
      const stored = toReport(leaf.isBereft ? left.get(id) : this.stored.get(id))
      const newest = newestReport(stored === null ? leaf.fresh : [stored, ...leaf.fresh])
      if (newest === stored && !leaf.isBereft) return []
      if (newest === null) return [neverReported(id)]
      // Stored ones as they are: a person's has no kiosk and no number.
      const kept = newest === stored ? left.get(id) : undefined
      return [kept ?? { id, ...newest }]
    })
  }

  private leaf(spaceId: number): Leaf {
    const known = this.leaves.get(spaceId)
    if (known !== undefined) return known
    const leaf: Leaf = { fresh: new Set(), newestMs: new Map(), isBereft: false }
    this.leaves.set(spaceId, leaf)
    return leaf
  }
}

/** A leaf on which nothing counts any more. [OCC-2] */
export function neverReported(id: number): StoredLeaf {
  return { id, level: null, reportedAtMs: null, clock: null, mutationId: null, kioskId: null }
}

function toReport(leaf: StoredLeaf | undefined): Report | null {
  if (leaf === undefined) return null
  const { level, reportedAtMs, clock, mutationId, kioskId } = leaf
  if (level === null || reportedAtMs === null) return null
  return { level, reportedAtMs, clock: clock ?? 0, mutationId: mutationId ?? 0, kioskId: kioskId ?? 0 }
}
