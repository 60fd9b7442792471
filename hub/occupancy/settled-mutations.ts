import type { Report } from '#shared/domain/occupancy.ts'
import type { SettledRecord } from './commit-rows.ts'

/** Where a mutation was first made, and its hash there. [SYN-12] */
export interface Origin {
  originKioskId: number
  originMutationId: number
  hash: string
}

/** A report that was applied: stored before, or made by this batch. Perhaps withdrawn since. */
export interface AppliedReport {
  record: Origin & { kioskId: number; mutationId: number }
  spaceId: number
  /** The batch's own report, or null. */
  batchReport: Report | null
  /** The stored one, or null. */
  stored: SettledRecord['report']
  isWithdrawn: boolean
}

interface SettledOutcome {
  hash: string
  why: string | null
}

/** Mutations that were settled before a batch and by it so far, under every id by which they may be asked for. [SYN-2] [SYN-3] */
export class SettledMutations {
  /** By kiosk and id under which they were pushed. */
  private readonly outcomes = new Map<string, SettledOutcome[]>()
  /** By origin: hashes of mutations that were applied. */
  private readonly done = new Map<string, string[]>()
  /** Reports by every id under which a withdrawal may name them. */
  private readonly applied = new Map<string, AppliedReport[]>()

  constructor(records: readonly SettledRecord[]) {
    const carriedAs = new Map<string, string[]>()
    for (const { kind, why, kioskId, mutationId, originKioskId, originMutationId, hash } of records)
      if (kind === 'outcome' && why === 'done')
        add(carriedAs, `${key(originKioskId, originMutationId)}:${hash}`, key(kioskId, mutationId))
    for (const record of records) this.addRecord(record, carriedAs)
  }

  /** How a mutation ended; undefined when its id never came with this hash. */
  outcomeOf(kioskId: number, mutationId: number, hash: string): { why: string | null } | undefined {
    return this.outcomes.get(key(kioskId, mutationId))?.find((one) => one.hash === hash)
  }

  isDone({ originKioskId, originMutationId, hash }: Origin): boolean {
    return this.done.get(key(originKioskId, originMutationId))?.includes(hash) ?? false
  }

  /** The report on a space that a withdrawal names; the kiosk's own before one that only has the same origin. [OCC-2] */
  findReport(
    name: { kioskId: number; mutationId: number; spaceId: number },
    byKioskId: number,
  ): AppliedReport | undefined {
    const named = this.applied.get(key(name.kioskId, name.mutationId)) ?? []
    const here = named.filter(({ spaceId }) => spaceId === name.spaceId)
    return here.find(({ record }) => record.kioskId === byKioskId) ?? here[0]
  }

  addOutcome(kioskId: number, mutationId: number, settled: SettledOutcome): void {
    add(this.outcomes, key(kioskId, mutationId), settled)
  }

  addDone({ originKioskId, originMutationId, hash }: Origin): void {
    add(this.done, key(originKioskId, originMutationId), hash)
  }

  addReport(report: AppliedReport): void {
    const { record } = report
    const origin = key(record.originKioskId, record.originMutationId)
    const own = key(record.kioskId, record.mutationId)
    add(this.applied, origin, report)
    if (own !== origin) add(this.applied, own, report)
  }

  private addRecord(record: SettledRecord, carriedAs: ReadonlyMap<string, string[]>): void {
    const { kioskId, mutationId, hash, report: stored } = record
    this.addOutcome(kioskId, mutationId, { hash, why: record.why })
    if (record.kind === 'outcome') return
    this.addDone(record)
    if (stored === null) return
    const report = {
      record,
      spaceId: stored.spaceId,
      batchReport: null,
      stored,
      isWithdrawn: record.isWithdrawn,
    }
    this.addReport(report)
    const origin = key(record.originKioskId, record.originMutationId)
    for (const carried of carriedAs.get(`${origin}:${hash}`) ?? [])
      if (carried !== key(kioskId, mutationId)) add(this.applied, carried, report)
  }
}

function key(kioskId: number, mutationId: number): string {
  return `${kioskId}:${mutationId}`
}

function add<Item>(map: Map<string, Item[]>, at: string, item: Item): void {
  const known = map.get(at)
  if (known === undefined) map.set(at, [item])
  else known.push(item)
}
