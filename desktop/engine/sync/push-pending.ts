import { MAX_FRAME_BYTES_UP, MAX_PUSH_MUTATIONS, type Ack } from '#shared/wire/messages.ts'
import { kindCapability } from '#shared/wire/capabilities.ts'
import { appliedPositionOf, type Core } from '../core/core.ts'
import { tryWriteCache, handleDiskError, tryWriteOutbox } from '../core/store-writes.ts'
import type { SessionState } from './session-state.ts'
import { buildPush } from './build-push.ts'
import { recordHeadSignature } from './record-hub-state.ts'

/**
 * A push without an ack is sent again after this long, then after twice as long each time, up to the maximum: the hub counts
 * it once, and a hub that slows this kiosk down must not be flooded. [SYN-2]
 */
const ACK_TIMEOUT_MS = 15_000
const MAX_ACK_TIMEOUT_MS = 300_000

/** The screen shows a refusal for one minute. */
const SHOW_REFUSAL_MS = 60_000

/** Sends the oldest waiting mutations when no push is in flight. [SYN-4] */
export function pushPending(session: SessionState): void {
  if (session.phase !== 'catchingUp' && session.phase !== 'live') return
  if (session.inFlight !== null) return
  try {
    sendOldest(session, ACK_TIMEOUT_MS)
  } catch (error) {
    // The mutation that led here is stored, and must not be reported as refused. [SYN-25]
    if (!handleDiskError(session.core, error)) throw error
    session.end({ why: 'notWritten' })
  }
}

/** Sends the push in flight again when its ack is overdue, or the next one when none is in flight. [SYN-2] */
export function resendUnacknowledged(session: SessionState): void {
  const { inFlight } = session
  if (inFlight === null) return pushPending(session)
  if (session.core.options.clock.elapsedMs() - inFlight.sentMs < inFlight.ackTimeoutMs) return
  sendOldest(session, Math.min(inFlight.ackTimeoutMs * 2, MAX_ACK_TIMEOUT_MS))
}

function sendOldest(session: SessionState, ackTimeoutMs: number): void {
  const { options, stores } = session.core
  const { clock } = options
  const atMost = Math.min(session.limits.maxPushMutations, MAX_PUSH_MUTATIONS)
  const maxBytes = Math.min(session.limits.maxFrameBytes, MAX_FRAME_BYTES_UP)
  const sentMs = clock.elapsedMs()
  const waiting = stores.outbox.readWaiting(atMost)
  const moment = { boot: clock.bootId, elapsedMs: sentMs }
  const push = buildPush(waiting, maxBytes, moment, (kind) => session.capabilities.has(kindCapability(kind)))
  const to = push?.mutations.at(-1)?.id
  if (push === null || to === undefined) return warnOfHeldBack(session, waiting[0]?.kind)
  session.inFlight = { to, sentMs, ackTimeoutMs }
  session.sentTo = Math.max(session.sentTo, to)
  session.send(push)
}

/** The oldest that waits is of a kind that the hub has not named: nothing is sent before a hub does. [SYN-34] */
function warnOfHeldBack({ core, toldOnce }: SessionState, kind: string | undefined): void {
  if (kind === undefined || toldOnce.has(kind)) return
  toldOnce.add(kind)
  core.options.log.warn(
    'mutation-held-back',
    'The hub does not take a mutation that waits here; it and those after it wait for a hub that does.',
    { kind },
  )
}

/** Marks as acknowledged what the hub committed; the overlay stays until the rows are here too. [SYN-6] [SYN-19] [SYN-29] */
export function handleAck(session: SessionState, received: Ack): void {
  const { core } = session
  const ack = { ...received, lastMutationId: Math.min(received.lastMutationId, session.sentTo) }
  const { outbox } = core.stores
  const nowMs = core.hubTime.now()?.ms ?? 0
  if (!tryWriteOutbox(core, () => outbox.applyAck(ack, nowMs))) return session.end({ why: 'notWritten' })
  core.screen.markRows(core.pending.acknowledge(ack.lastMutationId, ack.head, appliedPositionOf(core)))
  showRefusals(core, ack)
  core.screen.publish('outbox')
  const signedHead = { epoch: session.epoch, head: ack.head, mac: ack.mac }
  if (!tryWriteCache(core, () => recordHeadSignature(core, signedHead)))
    return session.end({ why: 'notWritten' })
  if (session.inFlight !== null && ack.lastMutationId < session.inFlight.to) return
  session.inFlight = null
  pushPending(session)
}

function showRefusals(core: Core, ack: Ack): void {
  const { health, stores, kinds, options, screen } = core
  for (const { id, why } of ack.outcomes) {
    const mutation = stores.outbox.readMutation(id)
    if (mutation === undefined || health.refused.some((refused) => refused.mutationId === id)) continue
    const { kind } = mutation
    const known = kinds.parse(kind, JSON.parse(mutation.body))
    const rowIds = known?.kind.rowIds(known.body) ?? []
    options.log.warn('mutation-refused', 'The hub refused a mutation.', { mutationId: id, kind, rowIds, why })
    const refused = { mutationId: id, kind, why }
    health.refused.push(refused)
    options.clock.after(SHOW_REFUSAL_MS, () => {
      health.refused = health.refused.filter((shown) => shown !== refused)
      screen.publish('outbox')
    })
  }
}
