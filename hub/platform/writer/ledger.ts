import type { Queryable } from '../postgres/database.ts'
import type { KioskFacts, Origin, Push } from './batch.ts'
import type { FactSet } from './fact-set.ts'
import { loadCarriable, loadSettledRows, type SettledRow } from './ledger-rows.ts'

/** How a mutation ended: why it was refused, or null. */
export interface SettledOutcome {
  hash: string
  why: string | null
}

/** Mutations that were settled before a batch and by it so far, under every id by which they may come again. [SYN-2] [SYN-3] */
export class Ledger {
  /** By kiosk and id under which they were pushed. */
  private readonly outcomes = new Map<string, SettledOutcome[]>()
  /** By origin: hashes of mutations that were applied. */
  private readonly applied = new Map<string, string[]>()
  private readonly carriable: ReadonlySet<string>

  constructor(rows: readonly SettledRow[], carriable: readonly { kioskId: number; originId: number }[]) {
    this.carriable = new Set(carriable.map(({ kioskId, originId }) => keyOf(kioskId, originId)))
    for (const row of rows) {
      this.addOutcome(row.kioskId, row.mutationId, { hash: row.hash, why: row.why })
      if (row.isApplied) this.addApplied(row)
    }
  }

  /** Whether a kiosk may carry mutations of another identity. [SYN-12] */
  mayCarry(kioskId: number, originId: number): boolean {
    return this.carriable.has(keyOf(kioskId, originId))
  }

  /** How a mutation ended; undefined when its id never came with this hash. */
  outcomeOf(kioskId: number, mutationId: number, hash: string): SettledOutcome | undefined {
    return this.outcomes.get(keyOf(kioskId, mutationId))?.find((one) => one.hash === hash)
  }

  /** Whether a mutation counts already, under whatever identity it came. */
  isApplied({ originKioskId, originMutationId, hash }: Origin): boolean {
    return this.applied.get(keyOf(originKioskId, originMutationId))?.includes(hash) ?? false
  }

  addOutcome(kioskId: number, mutationId: number, settled: SettledOutcome): void {
    add(this.outcomes, keyOf(kioskId, mutationId), settled)
  }

  addApplied({ originKioskId, originMutationId, hash }: Origin): void {
    add(this.applied, keyOf(originKioskId, originMutationId), hash)
  }
}

/** What pushes may have settled before: repeated ids and carried mutations. Mostly nothing, and then nothing is read. */
export function makeLedgerFacts(
  kiosks: FactSet<number, ReadonlyMap<number, KioskFacts>>,
): FactSet<Push, Ledger> {
  return {
    name: 'ledger',
    rank: 10,
    after: [kiosks],
    load: async (client, { universityId }, pushes, loaded) => {
      const rows = await loadSettled(client, pushes, loaded.of(kiosks))
      return new Ledger(rows, await loadMayCarry(client, universityId, pushes))
    },
  }
}

async function loadSettled(
  client: Queryable,
  pushes: readonly Push[],
  kiosks: ReadonlyMap<number, KioskFacts>,
): Promise<SettledRow[]> {
  const pairs: { kioskId: number; mutationId: number }[] = []
  for (const { kioskId, mutations } of pushes) {
    const kiosk = kiosks.get(kioskId)
    if (kiosk === undefined) continue
    for (const { id, origin } of mutations) {
      if (id <= kiosk.lastMutationId || kiosk.hasFork) pairs.push({ kioskId, mutationId: id })
      if (origin !== undefined) pairs.push({ kioskId: origin.kioskId, mutationId: origin.id })
    }
  }
  return pairs.length === 0 ? [] : loadSettledRows(client, pairs)
}

function loadMayCarry(
  client: Queryable,
  universityId: number,
  pushes: readonly Push[],
): Promise<{ kioskId: number; originId: number }[]> {
  const carried = pushes.flatMap(({ kioskId, mutations }) =>
    mutations.flatMap(({ origin }) => (origin === undefined ? [] : [{ kioskId, originId: origin.kioskId }])),
  )
  return carried.length === 0 ? Promise.resolve([]) : loadCarriable(client, universityId, carried)
}

/** A kiosk and a number at it as one key. */
export function keyOf(kioskId: number, number: number): string {
  return `${kioskId}:${number}`
}

/** Adds an item to the list of a key. */
export function add<Item>(map: Map<string, Item[]>, key: string, item: Item): void {
  const known = map.get(key)
  if (known === undefined) map.set(key, [item])
  else known.push(item)
}
