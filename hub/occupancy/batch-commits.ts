import type { BatchCommits, CommitResult, LevelWork } from '../platform/writer/batch.ts'
import { type Database, transaction, type Transaction } from '../platform/postgres/database.ts'
import { commitMutations, type TreeCache } from './commit-mutations.ts'
import { writeBatch } from './batch-rows.ts'
import { lockUniversity } from '../platform/writer/lock-university.ts'
import type { CommitMoment } from '../platform/writer/commit-under-clock.ts'

/** Makes what commits reports and withdrawals. Caches each university's tree for as long as its facts do not change. */
export function makeBatchCommits(pool: Database): BatchCommits {
  const caches = new Map<number, TreeCache>()
  return {
    commitPushes: (universityId, pushes, nowMs) => {
      const cache = caches.get(universityId) ?? { cached: null }
      caches.set(universityId, cache)
      return commitMutations(pool, cache, universityId, pushes, nowMs)
    },
    commitLevels: (universityId, work, nowMs) => commitLevels(pool, universityId, work, nowMs),
  }
}

/**
 * Runs work that changes levels of leaves, and nothing else that kiosks hold, as one commit in the university's order:
 * the work writes its own rows, the leaves and all above them are written here. Facts do not change, so that no
 * cached tree becomes stale. Throws RangeError for an unknown university, and what the work throws. [OCC-12]
 */
async function commitLevels<Result>(
  pool: Database,
  universityId: number,
  work: (client: Transaction, moment: CommitMoment) => Promise<LevelWork<Result>>,
  nowMs: number | null,
): Promise<{ result: Result; committed: CommitResult }> {
  return transaction(pool, 'read committed', async (client) => {
    const locked = await lockUniversity(client, universityId, nowMs)
    if (locked === null) throw new RangeError(`no university ${universityId}`)
    const { epoch, factsClock } = locked
    const clock = locked.clock + 1
    const { result, leaves } = await work(client, { clock, epoch, nowMs: locked.nowMs })
    const known = { epoch, factsClock, nowMs: locked.nowMs, answers: [] }
    if (leaves === null)
      return { result, committed: { ...known, clock: locked.clock, isStep: false, leaves: [] } }
    await writeBatch(client, { universityId, clock, nowMs: locked.nowMs, kiosks: [], reports: [], leaves })
    return { result, committed: { ...known, clock, isStep: true, leaves: [...leaves] } }
  })
}
