import { appendChange } from '../store/change-logs.ts'
import type { Database } from '../store/database.ts'
import { makeEpoch } from '../store/epochs.ts'
import { updateEpoch } from '../store/sessions.ts'
import { commitUnderClock } from './commit-under-clock.ts'

/**
 * Begins a new epoch of a university and writes down who saw the need: every socket is closed, kiosks ask for
 * snapshots and offer again what this database may not have. Gives the new epoch. [SYN-17]
 */
export async function rollEpoch(
  pool: Database,
  universityId: number,
  actor: string,
  why: string,
): Promise<string> {
  const epoch = makeEpoch()
  await commitUnderClock(pool, universityId, async (client, moment) => {
    await updateEpoch(client, universityId, epoch)
    await appendChange(client, {
      universityId,
      actor,
      service: 'universities',
      subject: 'epoch',
      log: { why, from: moment.epoch, to: epoch },
    })
  })
  return epoch
}
