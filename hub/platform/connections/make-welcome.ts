import { MAX_FRAME_BYTES_UP, MAX_PUSH_MUTATIONS, type Welcome } from '#shared/wire/messages.ts'
import type { Opened } from './handshake-batcher.ts'
import type { SessionParts } from './session-parts.ts'

/** The welcome of an opened session; `head` is that of the rows which follow. [SYN-10] [SYN-11] */
export function makeWelcome(
  parts: Pick<SessionParts, 'seal' | 'nowMs' | 'heartbeatMs'>,
  opened: Opened,
  head: number,
): Welcome {
  const { universityId, epoch, lastMutationId, ticket, assignment } = opened
  const { heartbeatMs } = parts
  return {
    type: 'welcome',
    epoch,
    head,
    mac: parts.seal().sign(universityId, epoch, head),
    lastMutationId,
    nowMs: parts.nowMs(),
    ticket,
    assignment,
    limits: { heartbeatMs, maxFrameBytes: MAX_FRAME_BYTES_UP, maxPushMutations: MAX_PUSH_MUTATIONS },
  }
}
