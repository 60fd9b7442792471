import { may } from '#shared/domain/access.ts'
import { accept, refuse, type Decision } from '#shared/domain/decision.ts'
import { loadPeopleKiosks, updateSilenced } from './kiosk-rows.ts'
import type { Database } from '../platform/postgres/database.ts'
import type { TenantWriter } from '../platform/writer/tenant-writer.ts'
import type { Handle, HttpRefusal, SignedIn } from '../platform/http/handle.ts'
import { loadLiveSession } from '../accounts/actors.ts'
import { appendChange, changedBy } from '../platform/postgres/append-change.ts'

/** Kiosks as the super group sees and mutes them. */
export function kioskRoutes(handle: Handle, dependencies: { pool: Database; writer: TenantWriter }): void {
  handle('GET /kiosks', async (_input, { actor }) => {
    const { universityId } = actor
    if (universityId === null) return refuse({ why: 'notFound' })
    if (!may(actor, 'seeKiosks', { universityId })) return refuse({ why: 'notAllowed' })
    return accept({ kiosks: await loadPeopleKiosks(dependencies.pool, universityId) })
  })
  handle('PUT /kiosks/:id/silenced', async ({ params, body }, caller) =>
    commitSilence(dependencies, caller, { kioskId: params.id, ...body }),
  )
}

/**
 * Silences a kiosk, or lets it count again: in one queue with its pushes, so that each of them is before or after it. What it
 * reported before stays as it is. [CON-4]
 */
async function commitSilence(
  dependencies: { writer: TenantWriter },
  caller: SignedIn,
  input: { kioskId: number; isSilenced: boolean },
): Promise<Decision<null, HttpRefusal>> {
  const { universityId, userId } = caller.actor
  if (universityId === null) return refuse({ why: 'notFound' })
  const done = await dependencies.writer.runUnderLock<Decision<null, HttpRefusal>>(
    universityId,
    async (client, { nowMs }) => {
      const live = await loadLiveSession(client, caller.sessionId, userId)
      if (live === null) return refuse({ why: 'signInNeeded' })
      if (!may(live.actor, 'silenceKiosk', { universityId })) return refuse({ why: 'notAllowed' })
      const [kiosk] = await loadPeopleKiosks(client, universityId, input.kioskId)
      if (kiosk === undefined) return refuse({ why: 'notFound' })
      if (kiosk.isSilenced === input.isSilenced) return accept(null)
      await updateSilenced(client, kiosk.id, input.isSilenced ? nowMs : null)
      await appendChange(client, {
        ...changedBy({ actor: live.actor, address: caller.address }),
        universityId,
        service: 'kiosks',
        subject: input.isSilenced ? 'silence' : 'unsilence',
        log: { kioskId: kiosk.id, name: kiosk.name },
      })
      return accept(null)
    },
  )
  return done ?? refuse({ why: 'notFound' })
}
