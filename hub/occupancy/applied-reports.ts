import type { Report } from '#shared/domain/occupancy.ts'
import { loadAppliedReports, type AppliedReportRow } from './applied-report-rows.ts'
import type { FactSet } from '../platform/writer/fact-set.ts'
import type { Origin } from '../platform/writer/batch.ts'
import { add, keyOf } from '../platform/writer/ledger.ts'

/** A kiosk's report that was applied: stored before, or made by this batch. Perhaps withdrawn since. */
export interface AppliedReport {
  record: Origin & { kioskId: number; mutationId: number }
  spaceId: number
  /** The batch's own report, or null. */
  batchReport: Report | null
  /** The stored one, or null. */
  stored: { id: number; clock: number } | null
  isWithdrawn: boolean
}

/** Reports of kiosks by every id under which a withdrawal may name them: the batch's own, and stored ones that it asked for. */
export class AppliedReports {
  private readonly byName = new Map<string, AppliedReport[]>()

  constructor(rows: readonly AppliedReportRow[]) {
    const known = new Map<number, AppliedReport>()
    for (const row of rows) {
      const { id, clock, spaceId, isWithdrawn } = row
      const report = known.get(id) ?? {
        record: row,
        spaceId,
        batchReport: null,
        stored: { id, clock },
        isWithdrawn,
      }
      if (!known.has(id)) this.add(report)
      known.set(id, report)
      this.addName(keyOf(row.namedKioskId, row.namedMutationId), report)
    }
  }

  /** Adds a report under its own id and its origin's. */
  add(report: AppliedReport): void {
    const { record } = report
    this.addName(keyOf(record.originKioskId, record.originMutationId), report)
    this.addName(keyOf(record.kioskId, record.mutationId), report)
  }

  /** The report on a space that a withdrawal names; the kiosk's own before one that only has the same origin. [OCC-2] */
  find(
    name: { kioskId: number; mutationId: number; spaceId: number },
    byKioskId: number,
  ): AppliedReport | undefined {
    const named = this.byName.get(keyOf(name.kioskId, name.mutationId)) ?? []
    const here = named.filter(({ spaceId }) => spaceId === name.spaceId)
    return here.find(({ record }) => record.kioskId === byKioskId) ?? here[0]
  }

  private addName(name: string, report: AppliedReport): void {
    if (this.byName.get(name)?.includes(report) !== true) add(this.byName, name, report)
  }
}

/** Reports that a batch's withdrawals name, by kiosk and number there; null: the batch's own reports are kept, nothing is read. */
export type AppliedReportFacts = FactSet<{ kioskId: number; mutationId: number } | null, AppliedReports>

/** The reports that a batch makes or names. */
export const appliedReportFacts: AppliedReportFacts = {
  name: 'applied reports',
  rank: 40,
  load: async (client, _moment, keys) => {
    const names = keys.filter((key) => key !== null)
    return new AppliedReports(names.length === 0 ? [] : await loadAppliedReports(client, names))
  },
}
