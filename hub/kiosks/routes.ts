import { may } from '#shared/domain/access.ts'
import { accept, refuse } from '#shared/domain/decision.ts'
import { loadPeopleKiosks } from './kiosk-rows.ts'
import type { Database } from '../platform/postgres/database.ts'
import type { TenantWriter } from '../platform/writer/tenant-writer.ts'
import type { Handle } from '../platform/http/handle.ts'
import { runCommand } from '../platform/http/run-command.ts'
import { silenceCommand } from './silence-kiosk.ts'

/** Kiosks as the super group sees and mutes them. */
export function kioskRoutes(handle: Handle, dependencies: { pool: Database; writer: TenantWriter }): void {
  handle('GET /kiosks', async (_input, { actor }) => {
    const { universityId } = actor
    if (universityId === null) return refuse({ why: 'notFound' })
    if (!may(actor, 'seeKiosks', { universityId })) return refuse({ why: 'notAllowed' })
    return accept({ kiosks: await loadPeopleKiosks(dependencies.pool, universityId) })
  })
  handle('PUT /kiosks/:id/silenced', async ({ params, body }, caller) =>
    runCommand(dependencies.writer, silenceCommand, caller, { kioskId: params.id, ...body }),
  )
}
