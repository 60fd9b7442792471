import { transaction, type Database } from '../platform/postgres/database.ts'
import type { PeriodicJob } from '../platform/jobs/jobs.ts'
import { loadWaitingUsers, queueDigests } from './digest-rows.ts'

/** People of one transaction. */
const PIECE = 200

/** Queues the mails about all that waits for a digest; any number of hubs may do so at once. Answers how many were queued. [NTF-8] */
export async function queueAllDigests(pool: Database, nowMs: number | null = null): Promise<number> {
  let count = 0
  for (let userIds = await loadWaitingUsers(pool, 0, PIECE); userIds.length > 0;) {
    const piece = userIds
    count += await transaction(pool, 'read committed', (client) => queueDigests(client, piece, nowMs))
    userIds = await loadWaitingUsers(pool, piece.at(-1) ?? 0, PIECE)
  }
  return count
}

/** Each quarter of an hour: one mail for each person of whom requests wait. [NTF-8] */
export function digestJob(pool: Database, kickMail: () => void): PeriodicJob {
  return {
    name: 'notice-digest',
    cron: '*/15 * * * *',
    everyMs: 900_000,
    run: async () => {
      if ((await queueAllDigests(pool)) > 0) kickMail()
    },
  }
}
