import type { Core } from '../core/core.ts'
import { tryWriteOutbox } from '../core/store-writes.ts'
import type { PendingMutation } from '../screen/overlay.ts'
import type { NewMutation } from '../store/outbox-rows.ts'

/**
 * Stores a mutation durably in the outbox, then shows it on the own screen. Returns its id; null when the disk did not take it:
 * then nothing of it is shown. `target`: the report that an undo withdraws. [SYN-1]
 */
export function appendMutation(
  core: Core,
  mutation: NewMutation,
  target: PendingMutation | null,
): number | null {
  const written: { id: number | null } = { id: null }
  const isDurable = tryWriteOutbox(core, () => {
    written.id = core.stores.outbox.insertMutation(mutation)
  })
  if (!isDurable || written.id === null) return null
  const { kind, spaceId, level, atMs } = mutation
  core.pending.add({
    id: written.id,
    spaceId,
    kind,
    level,
    atMs,
    ackedHead: null,
    before: kind === 'report' ? { level: mutation.beforeLevel, reportedAtMs: mutation.beforeAtMs } : null,
    target,
  })
  core.screen.publishSpace(spaceId)
  core.screen.publish('outbox')
  return written.id
}
