import { isWritten, type Core } from '../core/core.ts'
import type { Tap } from '../screen/overlay.ts'
import type { NewMutation } from '../store/outbox-rows.ts'

/**
 * The promise: one durable row, then the own screen. Null when the disk did not take it. A row that can never be
 * shown again is never shown once. [SYN-1]
 */
export function appendMutation(core: Core, mutation: NewMutation, target: Tap | null): number | null {
  const written: { id: number | null } = { id: null }
  const isDurable = isWritten(core, () => {
    written.id = core.stores.outbox.insertMutation(mutation)
  })
  if (!isDurable || written.id === null) return null
  const { kind, spaceId, level, atMs } = mutation
  core.taps.add({
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
