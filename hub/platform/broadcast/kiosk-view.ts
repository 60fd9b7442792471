import type { Heartbeat } from '#shared/wire/messages.ts'
import type { HeadSignature } from '../secrets/head-signature.ts'
import type { LoadFeed } from './feed-rows.ts'
import type { AudienceView } from './audience-member.ts'
import type { Mirror } from './mirror.ts'

/** The heartbeat of a university at the head broadcast last, serialised once for all kiosks. [SYN-14] */
function makeHeartbeat(
  dependencies: { headSignature(): HeadSignature; nowMs(): number },
  universityId: number,
  mirror: Mirror,
): Buffer {
  const { epoch, head } = mirror
  const message: Heartbeat = {
    type: 'heartbeat',
    epoch,
    head,
    mac: dependencies.headSignature().sign(universityId, epoch, head),
    nowMs: dependencies.nowMs(),
    digest: mirror.digestText(),
  }
  return Buffer.from(JSON.stringify(message))
}

/** Below what an eye sees, and enough for a row that changes often to travel once. */
const TICK_MS = 50

/** What kiosks are sent: frames every 50 ms, heartbeats signed by the hub. [SYN-14] [SYN-21] */
export function makeKioskView(dependencies: {
  headSignature(): HeadSignature
  nowMs(): number
  heartbeatMs: number
  load: LoadFeed
}): AudienceView {
  return {
    tickMs: TICK_MS,
    heartbeatMs: dependencies.heartbeatMs,
    load: dependencies.load,
    heartbeat: (universityId, mirror) => makeHeartbeat(dependencies, universityId, mirror),
  }
}
