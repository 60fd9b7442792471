import type { Heartbeat } from '#shared/wire/messages.ts'
import type { HeadSignature } from '../secrets/head-signature.ts'
import type { SeenCollection } from './collection.ts'
import type { FeedMoment, SpacesFeed } from './feed-rows.ts'
import type { AudienceView } from './audience-member.ts'

/** The heartbeats of a university at the head broadcast last, signed once, and serialised once for all kiosks of a digest. [SYN-14] */
function makeHeartbeats(
  dependencies: { headSignature(): HeadSignature; nowMs(): number },
  universityId: number,
  { epoch, head }: FeedMoment,
): (digest: string) => Buffer {
  const mac = dependencies.headSignature().sign(universityId, epoch, head)
  const nowMs = dependencies.nowMs()
  return (digest) => {
    const message: Heartbeat = { type: 'heartbeat', epoch, head, mac, nowMs, digest }
    return Buffer.from(JSON.stringify(message))
  }
}

/** Below what an eye sees, and enough for a row that changes often to travel once. */
const TICK_MS = 50

/** What kiosks are sent: frames every 50 ms, heartbeats signed by the hub. [SYN-14] [SYN-21] */
export function makeKioskView(dependencies: {
  headSignature(): HeadSignature
  nowMs(): number
  heartbeatMs: number
  spaces: SpacesFeed
  collections: readonly SeenCollection[]
}): AudienceView {
  return {
    tickMs: TICK_MS,
    heartbeatMs: dependencies.heartbeatMs,
    spaces: dependencies.spaces,
    collections: dependencies.collections,
    heartbeat: (universityId, moment) => makeHeartbeats(dependencies, universityId, moment),
  }
}
