import { may } from '#shared/domain/access.ts'
import { accept, refuse, type Decision } from '#shared/domain/decision.ts'
import type { CallRefusal, SignedIn } from '../platform/http/handle.ts'
import { loadLiveSession } from '../accounts/actors.ts'
import { appendChange, changedBy } from '../platform/postgres/append-change.ts'
import { loadPeopleKiosks, updateSilenced } from './people-kiosks.ts'
import type { TenantWriter } from '../platform/writer/tenant-writer.ts'

/**
 * Silences a kiosk, or lets it count again: in turn with its pushes, so that each of them falls on one side. What it has
 * reported before stays as it is. [CON-4]
 */
export async function commitSilence(
  parts: { writer: TenantWriter },
  caller: SignedIn,
  wish: { kioskId: number; isSilenced: boolean },
): Promise<Decision<null, CallRefusal>> {
  const { universityId, userId } = caller.actor
  if (universityId === null) return refuse({ why: 'notFound' })
  const done = await parts.writer.runUnderLock<Decision<null, CallRefusal>>(
    universityId,
    async (client, { nowMs }) => {
      const live = await loadLiveSession(client, caller.sessionId, userId)
      if (live === null) return refuse({ why: 'signInNeeded' })
      if (!may(live.actor, 'silenceKiosk', { universityId })) return refuse({ why: 'notAllowed' })
      const [kiosk] = await loadPeopleKiosks(client, universityId, wish.kioskId)
      if (kiosk === undefined) return refuse({ why: 'notFound' })
      if (kiosk.isSilenced === wish.isSilenced) return accept(null)
      await updateSilenced(client, kiosk.id, wish.isSilenced ? nowMs : null)
      await appendChange(client, {
        ...changedBy({ actor: live.actor, address: caller.address }),
        universityId,
        service: 'kiosks',
        subject: wish.isSilenced ? 'silence' : 'unsilence',
        log: { kioskId: kiosk.id, name: kiosk.name },
      })
      return accept(null)
    },
  )
  return done ?? refuse({ why: 'notFound' })
}
