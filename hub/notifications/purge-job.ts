import { accept } from '#shared/domain/decision.ts'
import type { PeriodicJob } from '../platform/jobs/jobs.ts'
import type { Database } from '../platform/postgres/database.ts'
import type { AloneCommand } from '../platform/writer/alone-command.ts'
import { runAloneOn } from '../platform/writer/commit-alone.ts'
import { countInboxes } from './inbox.ts'
import {
  dropDueNotices,
  dropOldNotices,
  loadDueNotices,
  loadUniversitiesToPurge,
  type DueNotice,
} from './purge-rows.ts'

/** Notices of persons in one commit: a few milliseconds in the university's order. */
const PIECE_ROWS = 1_000
/** Pieces of one university in one run: well within the time that a job may take. */
const PIECES_A_RUN = 200

interface PurgeInput {
  /** Null: by the commit's time. */
  nowMs: number | null
}

/** Drops a piece of what is over; in the university's order, since what was still new counts no longer. Answers how much it was. [NTF-9] */
const purgeCommand: AloneCommand<PurgeInput, DueNotice[], DueNotice[], number, never> = {
  name: 'drop old notices',
  actor: 'hub',
  load: (client, moment, { nowMs }) =>
    loadDueNotices(client, moment.universityId, nowMs ?? moment.nowMs, PIECE_ROWS),
  decide: (_input, due) => accept(due),
  write: async (client, moment, due, effects, { nowMs }) => {
    if (due.length > 0) await dropDueNotices(client, due)
    const readers = new Set(due.filter(({ isNew }) => isNew).map(({ userId }) => userId))
    if (readers.size > 0) effects.step()
    await countInboxes(client, moment, [...readers], effects)
    await dropOldNotices(client, moment.universityId, nowMs ?? moment.nowMs, PIECE_ROWS)
    return due.length
  },
}

/** Drops all notices whose time is over, in pieces. `nowMs` null: by the database's time. [NTF-9] */
export async function purgeNotices(pool: Database, nowMs: number | null = null): Promise<void> {
  const run = runAloneOn(pool)
  for (const universityId of await loadUniversitiesToPurge(pool, nowMs))
    for (let piece = 0; piece < PIECES_A_RUN; piece += 1) {
      const done = await run(universityId, purgeCommand, { nowMs })
      if (!done.ok || done.value < PIECE_ROWS) break
    }
}

/** Each hour: drops what was archived half a year ago, and whatever is older than thirteen months. [NTF-9] */
export function purgeNoticesJob(pool: Database): PeriodicJob {
  return {
    name: 'purge-notices',
    cron: '37 * * * *',
    everyMs: 3_600_000,
    run: () => purgeNotices(pool),
  }
}
