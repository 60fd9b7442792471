import type { Heartbeat } from '#shared/wire/messages.ts'
import type { AudienceParts } from './audience-parts.ts'
import type { Mirror } from './mirror.ts'

/** The heartbeat of a university as it was told last, serialised once for all. [SYN-14] */
export function makeHeartbeat(
  parts: Pick<AudienceParts, 'seal' | 'nowMs'>,
  universityId: number,
  mirror: Mirror,
): Buffer {
  const { epoch, head } = mirror
  const message: Heartbeat = {
    type: 'heartbeat',
    epoch,
    head,
    mac: parts.seal().sign(universityId, epoch, head),
    nowMs: parts.nowMs(),
    digest: mirror.digestText(),
  }
  return Buffer.from(JSON.stringify(message))
}
