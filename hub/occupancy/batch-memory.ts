import type { Report } from '#shared/domain/occupancy.ts'
import type { SettledRecord } from './commit-facts.ts'

/** Where a mutation was first made, and its hash there. [SYN-12] */
export interface Origin {
  originKioskId: number
  originMutationId: number
  hash: string
}

/** A report that counts, or did: stored before, or made by this batch. */
export interface Taken {
  record: Origin & { kioskId: number; mutationId: number }
  spaceId: number
  /** The batch's own report, or null. */
  fresh: Report | null
  /** The stored one, or null. */
  stored: SettledRecord['report']
  isWithdrawn: boolean
}

interface Settled {
  hash: string
  why: string | null
}

/** What was settled before a batch and by it so far, under every name by which it may be asked for. [SYN-2] [SYN-3] */
export class BatchMemory {
  /** By kiosk and number under which it was pushed. */
  private readonly settled = new Map<string, Settled[]>()
  /** By origin: hashes of what was done. */
  private readonly done = new Map<string, string[]>()
  /** Reports by every name under which an undo may call them. */
  private readonly taken = new Map<string, Taken[]>()

  constructor(records: readonly SettledRecord[]) {
    const carriedAs = new Map<string, string[]>()
    for (const { kind, why, kioskId, mutationId, originKioskId, originMutationId, hash } of records)
      if (kind === 'outcome' && why === 'done')
        add(carriedAs, `${key(originKioskId, originMutationId)}:${hash}`, key(kioskId, mutationId))
    for (const record of records) this.remember(record, carriedAs)
  }

  /** How a number ended; undefined when it never came with this hash. */
  outcomeOf(kioskId: number, mutationId: number, hash: string): { why: string | null } | undefined {
    return this.settled.get(key(kioskId, mutationId))?.find((one) => one.hash === hash)
  }

  isDone({ originKioskId, originMutationId, hash }: Origin): boolean {
    return this.done.get(key(originKioskId, originMutationId))?.includes(hash) ?? false
  }

  /** The report on a space that an undo names; the kiosk's own before one that only came from the same origin. [OCC-2] */
  reportNamed(
    name: { kioskId: number; mutationId: number; spaceId: number },
    byKioskId: number,
  ): Taken | undefined {
    const named = this.taken.get(key(name.kioskId, name.mutationId)) ?? []
    const here = named.filter(({ spaceId }) => spaceId === name.spaceId)
    return here.find(({ record }) => record.kioskId === byKioskId) ?? here[0]
  }

  noteSettled(kioskId: number, mutationId: number, settled: Settled): void {
    add(this.settled, key(kioskId, mutationId), settled)
  }

  noteDone({ originKioskId, originMutationId, hash }: Origin): void {
    add(this.done, key(originKioskId, originMutationId), hash)
  }

  noteTaken(taken: Taken): void {
    const { record } = taken
    const origin = key(record.originKioskId, record.originMutationId)
    const own = key(record.kioskId, record.mutationId)
    add(this.taken, origin, taken)
    if (own !== origin) add(this.taken, own, taken)
  }

  private remember(record: SettledRecord, carriedAs: ReadonlyMap<string, string[]>): void {
    const { kioskId, mutationId, hash, report } = record
    this.noteSettled(kioskId, mutationId, { hash, why: record.why })
    if (record.kind === 'outcome') return
    this.noteDone(record)
    if (report === null) return
    const taken = {
      record,
      spaceId: report.spaceId,
      fresh: null,
      stored: report,
      isWithdrawn: record.isWithdrawn,
    }
    this.noteTaken(taken)
    const origin = key(record.originKioskId, record.originMutationId)
    for (const carried of carriedAs.get(`${origin}:${hash}`) ?? [])
      if (carried !== key(kioskId, mutationId)) add(this.taken, carried, taken)
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
