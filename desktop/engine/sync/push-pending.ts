import { MAX_FRAME_BYTES_UP, MAX_PUSH_MUTATIONS, type Ack } from '#shared/wire/messages.ts'
import { isCached, isDiskTrouble, isWritten, reachedOf, type Core } from '../core/core.ts'
import type { Conversation } from './session-state.ts'
import { cutPush } from './build-push.ts'
import { keepSeal } from './record-hub-state.ts'

/**
 * A push without an ack is sent again after this long, then after twice as long each time: the hub counts it once, and
 * a hub that slows this kiosk down must not be flooded. [SYN-2]
 */
const PATIENCE_MS = 15_000
const LONGEST_PATIENCE_MS = 300_000

/** The screen shows a refusal for one minute. */
const REFUSED_FOR_MS = 60_000

/** Sends the oldest waiting mutations when no push is in flight. [SYN-4] */
export function pushWaiting(talk: Conversation): void {
  if (talk.phase !== 'catchingUp' && talk.phase !== 'live') return
  if (talk.inFlight !== null) return
  try {
    sendOldest(talk, PATIENCE_MS)
  } catch (error) {
    // A tap that brought us here is saved, and must not be called refused. [SYN-25]
    if (!isDiskTrouble(talk.core, error)) throw error
    talk.end({ why: 'notWritten' })
  }
}

/** Sends again what was not acknowledged in time. */
export function pushAgain(talk: Conversation): void {
  const { inFlight } = talk
  if (inFlight === null) return pushWaiting(talk)
  if (talk.core.options.clock.elapsedMs() - inFlight.sentMs < inFlight.patienceMs) return
  sendOldest(talk, Math.min(inFlight.patienceMs * 2, LONGEST_PATIENCE_MS))
}

function sendOldest(talk: Conversation, patienceMs: number): void {
  const { options, stores } = talk.core
  const { clock } = options
  const atMost = Math.min(talk.limits.maxPushMutations, MAX_PUSH_MUTATIONS)
  const maxBytes = Math.min(talk.limits.maxFrameBytes, MAX_FRAME_BYTES_UP)
  const sentMs = clock.elapsedMs()
  const push = cutPush(stores.outbox.readWaiting(atMost), maxBytes, { boot: clock.bootId, elapsedMs: sentMs })
  const to = push?.mutations.at(-1)?.id
  if (push === null || to === undefined) return
  talk.inFlight = { to, sentMs, patienceMs }
  talk.sentTo = Math.max(talk.sentTo, to)
  talk.send(push)
}

/** Settles what the hub committed of what it was sent here; the overlay stays until the rows are here too. [SYN-6] [SYN-19] [SYN-29] */
export function takeAck(talk: Conversation, said: Ack): void {
  const { core } = talk
  const ack = { ...said, lastMutationId: Math.min(said.lastMutationId, talk.sentTo) }
  const { outbox } = core.stores
  const nowMs = core.hubTime.nowMs() ?? 0
  if (!isWritten(core, () => outbox.applyAck(ack, nowMs))) return talk.end({ why: 'notWritten' })
  core.screen.markSpaces(core.taps.settle(ack.lastMutationId, ack.head, reachedOf(core)))
  showRefused(core, ack)
  core.screen.publish('outbox')
  const seal = { epoch: talk.epoch, head: ack.head, mac: ack.mac }
  if (!isCached(core, () => keepSeal(core, seal))) return talk.end({ why: 'notWritten' })
  if (talk.inFlight !== null && ack.lastMutationId < talk.inFlight.to) return
  talk.inFlight = null
  pushWaiting(talk)
}

function showRefused(core: Core, ack: Ack): void {
  const { health, stores, options, screen } = core
  for (const { id, why } of ack.outcomes) {
    const spaceId = stores.outbox.readMutation(id)?.spaceId
    if (spaceId === undefined || health.refused.some((refused) => refused.mutationId === id)) continue
    options.log.warn('the hub refused a tap', { mutationId: id, spaceId, why })
    const refused = { mutationId: id, spaceId, why }
    health.refused.push(refused)
    options.clock.after(REFUSED_FOR_MS, () => {
      health.refused = health.refused.filter((shown) => shown !== refused)
      screen.publish('outbox')
    })
  }
}
