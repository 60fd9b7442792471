import { may } from '#shared/domain/access.ts'
import { accept, refuse } from '#shared/domain/decision.ts'
import { commitSilence } from './commit-silence.ts'
import { loadPeopleKiosks } from './people-kiosks.ts'
import type { Database } from '../platform/postgres/database.ts'
import type { TenantWriter } from '../platform/writer/tenant-writer.ts'
import type { Handle } from '../platform/http/handle.ts'

/** Kiosks as the super group sees and silences them. */
export function kioskRoutes(handle: Handle, parts: { pool: Database; writer: TenantWriter }): void {
  handle('GET /kiosks', async (_input, { actor }) => {
    const { universityId } = actor
    if (universityId === null) return refuse({ why: 'notFound' })
    if (!may(actor, 'seeKiosks', { universityId })) return refuse({ why: 'notAllowed' })
    return accept({ kiosks: await loadPeopleKiosks(parts.pool, universityId) })
  })
  handle('PUT /kiosks/:id/silenced', async ({ params, body }, caller) =>
    commitSilence(parts, caller, { kioskId: params.id, ...body }),
  )
}
