import { accept } from '#shared/domain/decision.ts'
import type { Handle } from '../platform/http/handle.ts'
import { runCommand } from '../platform/http/run-command.ts'
import type { Database } from '../platform/postgres/database.ts'
import type { TenantWriter } from '../platform/writer/tenant-writer.ts'
import { archiveCommand, readCommand } from './inbox.ts'
import { loadNotices } from './inbox-rows.ts'
import { sendNoticeCommand } from './send-notice.ts'

/** Notices of one answer where its caller names no number. */
const USUAL_LIMIT = 30

/** What somebody was told, and what staff tell others. [NTF-5] [NTF-6] [NTF-11] */
export function notificationRoutes(
  handle: Handle,
  { pool, writer }: { pool: Database; writer: TenantWriter },
): void {
  handle('GET /notifications', async ({ query }, { actor }) => {
    const { state = 'kept', before = null, limit = USUAL_LIMIT } = query
    // One more than is given says whether there are more.
    const found = await loadNotices(pool, actor.userId, { state, before, limit: limit + 1 })
    return accept({ notices: found.slice(0, limit), hasMore: found.length > limit })
  })
  handle('POST /notifications/read', ({ body }, caller) => runCommand(writer, readCommand, caller, body))
  handle('POST /notifications/:id/archive', ({ params }, caller) =>
    runCommand(writer, archiveCommand, caller, { notificationId: params.id, isArchived: true }),
  )
  handle('POST /notifications/:id/restore', ({ params }, caller) =>
    runCommand(writer, archiveCommand, caller, { notificationId: params.id, isArchived: false }),
  )
  handle('POST /notices', ({ body }, caller) => runCommand(writer, sendNoticeCommand, caller, body))
}
