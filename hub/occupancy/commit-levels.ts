import type { Committed, LevelWork } from '../platform/writer/batch.ts'
import { writeBatch } from './write-batch.ts'
import { lockUniversity } from '../platform/writer/lock-university.ts'
import { transaction, type Database, type Transaction } from '../platform/postgres/database.ts'
import type { CommitMoment } from '../platform/writer/commit-under-clock.ts'

/**
 * Runs work that changes levels of leaves, and nothing else that kiosks hold, as one commit in the university's order:
 * the work writes its own rows, the leaves and all above them are written here. Facts stand still, so that nobody reads
 * the tree again. Throws RangeError for an unknown university, and what the work throws. [OCC-12]
 */
export async function commitLevels<Result>(
  pool: Database,
  universityId: number,
  work: (client: Transaction, moment: CommitMoment) => Promise<LevelWork<Result>>,
  nowMs: number | null,
): Promise<{ result: Result; committed: Committed }> {
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
