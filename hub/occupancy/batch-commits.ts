import type { BatchCommits } from '../platform/writer/batch.ts'
import type { Database } from '../platform/postgres/database.ts'
import { commitLevels } from './commit-levels.ts'
import { commitMutations, type TreeMemory } from './commit-mutations.ts'

/** How reports and withdrawals are committed. Remembers each university's tree for as long as its facts stand still. */
export function makeBatchCommits(pool: Database): BatchCommits {
  const memories = new Map<number, TreeMemory>()
  return {
    commitPushes: (universityId, pushes, nowMs) => {
      const memory = memories.get(universityId) ?? { known: null }
      memories.set(universityId, memory)
      return commitMutations(pool, memory, universityId, pushes, nowMs)
    },
    commitLevels: (universityId, work, nowMs) => commitLevels(pool, universityId, work, nowMs),
  }
}
