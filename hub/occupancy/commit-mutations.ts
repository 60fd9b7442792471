import type { CommitResult, Push } from '../platform/writer/batch.ts'
import { transaction, type Database, type Transaction } from '../platform/postgres/database.ts'
import { insertWithdrawals, writeBatch } from './batch-rows.ts'
import { insertOutcomes } from '../platform/writer/outcomes.ts'
import {
  loadCarriable,
  loadLeaves,
  loadNewestRemaining,
  loadRecords,
  type SettledRecord,
} from './commit-rows.ts'
import { loadKioskFacts, type KioskFacts } from '../kiosks/kiosk-facts.ts'
import { loadTreeFacts, type TreeFacts } from '../spaces/tree.ts'
import { lockUniversity, type LockedUniversity } from '../platform/writer/lock-university.ts'
import { decideBatch, type BatchFacts } from './decide-batch.ts'

/** The tree of a university, cached between commits for as long as its facts do not change. */
export interface TreeCache {
  cached: { epoch: string; factsClock: number; tree: TreeFacts } | null
}

/**
 * Commits a batch in one transaction: lock, then read, decide, write. Everything is settled exactly once, however often
 * it is tried: known ids are read again under the lock. Throws what the database threw; then nothing was settled, or the
 * commit's fate is unknown and the same call finds out. Null: no such university. [SYN-2] [SYN-6] [OCC-12]
 */
export async function commitMutations(
  pool: Database,
  cache: TreeCache,
  universityId: number,
  pushes: readonly Push[],
  nowMs: number | null,
): Promise<CommitResult | null> {
  return transaction(pool, 'read committed', async (client) => {
    const locked = await lockUniversity(client, universityId, nowMs)
    if (locked === null) return null
    // Only now: in the same statement, or before it, they would be read as they were before the wait for the lock.
    const kioskIds = [...new Set(pushes.map(({ kioskId }) => kioskId))]
    const kiosks = await loadKioskFacts(client, universityId, kioskIds)
    const leafRows = await loadLeaves(client, spacesOf(pushes))
    const tree = await loadCachedTree(client, cache, universityId, locked)
    const read = { kiosks, leaves: byId(leafRows), tree }
    const facts = { ...read, ...(await loadRareFacts(client, universityId, read.kiosks, pushes)) }
    const clock = locked.clock + 1
    const decision = decideBatch(pushes, { ...facts, clock, nowMs: locked.nowMs })
    const { answers, kiosks: lastIds } = decision
    const { epoch, factsClock } = locked
    const known = { epoch, factsClock, nowMs: locked.nowMs, answers }
    if (lastIds.length === 0) return { ...known, clock: locked.clock, isStep: false, leaves: [] }
    const remaining =
      decision.spacesToRecompute.length === 0
        ? []
        : await loadNewestRemaining(client, decision.spacesToRecompute, decision.withdrawnReportIds)
    const leaves = decision.leaves(remaining)
    const commit = { universityId, clock, nowMs: locked.nowMs }
    await writeBatch(client, { ...commit, kiosks: lastIds, reports: decision.reports, leaves })
    if (decision.withdrawals.length > 0) await insertWithdrawals(client, commit, decision.withdrawals)
    if (decision.outcomes.length > 0) await insertOutcomes(client, commit, decision.outcomes)
    return { ...known, clock, isStep: true, leaves }
  })
}

function byId<Row extends { id: number }>(rows: readonly Row[]): Map<number, Row> {
  return new Map(rows.map((row) => [row.id, row]))
}

function spacesOf(pushes: readonly Push[]): number[] {
  const ids = new Set<number>()
  for (const { mutations } of pushes)
    for (const { body } of mutations) {
      const spaceId = numberOf(body, 'spaceId')
      if (spaceId !== null) ids.add(spaceId)
    }
  return [...ids]
}

/** Facts for repeated, withdrawn and carried mutations; mostly there are none, and then nothing is read. */
async function loadRareFacts(
  client: Transaction,
  universityId: number,
  kiosks: ReadonlyMap<number, KioskFacts>,
  pushes: readonly Push[],
): Promise<Pick<BatchFacts, 'records' | 'mayCarry'>> {
  const carried = pushes.flatMap(({ kioskId, mutations }) =>
    mutations.flatMap(({ origin }) => (origin === undefined ? [] : [{ kioskId, originId: origin.kioskId }])),
  )
  const carriable = carried.length === 0 ? [] : await loadCarriable(client, universityId, carried)
  const may = new Set(carriable.map(({ kioskId, originId }) => `${kioskId}:${originId}`))
  return {
    records: await loadSettledRecords(client, kiosks, pushes),
    mayCarry: (kioskId, originId) => may.has(`${kioskId}:${originId}`),
  }
}

/** The tree, read again only after a commit that changed facts. */
async function loadCachedTree(
  client: Transaction,
  cache: TreeCache,
  universityId: number,
  locked: LockedUniversity,
): Promise<TreeFacts> {
  const { cached } = cache
  if (cached?.epoch === locked.epoch && cached.factsClock === locked.factsClock) return cached.tree
  const tree = await loadTreeFacts(client, universityId)
  cache.cached = { epoch: locked.epoch, factsClock: locked.factsClock, tree }
  return tree
}

/** Records of everything that may have been settled before: repeated ids, carried mutations, withdrawn reports. Mostly nothing. */
async function loadSettledRecords(
  client: Transaction,
  kiosks: ReadonlyMap<number, KioskFacts>,
  pushes: readonly Push[],
): Promise<SettledRecord[]> {
  const pairs: { kioskId: number; mutationId: number }[] = []
  for (const { kioskId, mutations } of pushes) {
    const kiosk = kiosks.get(kioskId)
    if (kiosk === undefined) continue
    for (const { id, kind, body, origin } of mutations) {
      if (id <= kiosk.lastMutationId || kiosk.hasFork) pairs.push({ kioskId, mutationId: id })
      if (origin !== undefined) pairs.push({ kioskId: origin.kioskId, mutationId: origin.id })
      const undone = kind === 'withdraw' ? numberOf(body, 'mutationId') : null
      if (undone === null) continue
      pairs.push({ kioskId, mutationId: undone })
      if (origin !== undefined) pairs.push({ kioskId: origin.kioskId, mutationId: undone })
    }
  }
  return pairs.length === 0 ? [] : loadRecords(client, pairs)
}

/** An integer of a body that is not checked yet; null when there is none that the database could take. */
function numberOf(body: unknown, name: string): number | null {
  if (typeof body !== 'object' || body === null) return null
  const value: unknown = (body as Record<string, unknown>)[name]
  return typeof value === 'number' && Number.isSafeInteger(value) ? value : null
}
