import type { Heartbeat } from '#shared/wire/messages.ts'
import type { Seal } from '../secrets/head-signature.ts'
import type { LoadFeed } from './feed-rows.ts'
import type { AudienceView } from './audience-parts.ts'
import type { Mirror } from './mirror.ts'

/** The heartbeat of a university as it was told last, serialised once for all. [SYN-14] */
function makeHeartbeat(
  parts: { seal(): Seal; nowMs(): number },
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

/** Below what an eye sees, and enough for a row that changes often to travel once. */
const TICK_MS = 50

/** What kiosks are told. [SYN-14] [SYN-21] */
export function makeKioskView(parts: {
  seal(): Seal
  nowMs(): number
  heartbeatMs: number
  load: LoadFeed
}): AudienceView {
  return {
    tickMs: TICK_MS,
    heartbeatMs: parts.heartbeatMs,
    load: parts.load,
    heartbeat: (universityId, mirror) => makeHeartbeat(parts, universityId, mirror),
  }
}
