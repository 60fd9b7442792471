import type { Challenge, Forked } from '#shared/wire/messages.ts'
import { PROTOCOL } from '#shared/wire/version.ts'
import { isCached, isWritten, reachedOf, type Core } from '../core/core.ts'
import { isKioskKey, makeKioskKey } from '../core/identity.ts'
import type { Conversation } from './session-state.ts'
import type { HeardWelcome } from './hub-messages.ts'
import { keepContact, keepPlace, keepSeal } from './record-hub-state.ts'
import { pushWaiting } from './push-pending.ts'

/** A hub that promised no heartbeat for longer would let old rows pass for fresh ones. [SYN-23] */
const LONGEST_BEAT_MS = 60_000

/** Answers the challenge with who this is and what it holds. [SYN-10] */
export function greet(talk: Conversation, challenge: Challenge): void {
  const { options, stores, mirror, seal } = talk.core
  const { outbox } = stores
  const { kioskId, privateKey, ticket } = outbox.identity()
  if (kioskId === null || privateKey === null) return talk.end({ why: 'line', end: 'closed' })
  if (!isKioskKey(privateKey)) return talk.end({ why: 'keyUnreadable' })
  const hello = {
    type: 'hello' as const,
    protocol: options.protocol ?? PROTOCOL,
    kioskId,
    ticket,
    boot: options.clock.bootId,
    epoch: mirror.epoch,
    cursor: mirror.cursor,
    nextMutationId: outbox.nextId(),
    oldestRetained: outbox.oldestRetained(),
    ackedTo: outbox.ackedTo(),
    sealed: seal.held,
    appVersion: options.appVersion,
    keyGrade: 'file' as const,
  }
  talk.phase = 'greeted'
  talk.send({ ...hello, proof: makeKioskKey(privateKey).proveHello(talk.host, challenge.nonce, hello) })
}

/** Takes the hub's welcome in: the ticket first, durably; then what is settled; then the place; then the line is open. [SYN-11] */
export function takeWelcome(talk: Conversation, welcome: HeardWelcome): void {
  const { core } = talk
  const { outbox } = core.stores
  // Numbers that this device never gave: another device uses its name. [SYN-12]
  if (welcome.lastMutationId >= outbox.nextId()) return fork(talk)
  const before = { ackedTo: outbox.ackedTo(), epoch: outbox.identity().epoch }
  if (!isWritten(core, () => outbox.applyWelcome(welcome))) return talk.end({ why: 'notWritten' })
  // Nothing can be sent past a number that is lost: under a new identity each tap names its origin. [SYN-12] [KSK-4]
  if (outbox.hasGaps()) return fork(talk)
  talk.ticket = welcome.ticket
  talk.epoch = welcome.epoch
  talk.head = welcome.head
  talk.limits = { ...welcome.limits, heartbeatMs: Math.min(welcome.limits.heartbeatMs, LONGEST_BEAT_MS) }
  core.hubTime.hear(welcome.nowMs, true)
  if (before.epoch !== welcome.epoch || before.ackedTo !== welcome.lastMutationId) rereadTaps(core)
  const { head, mac, epoch } = welcome
  const isKept = isCached(core, () => {
    keepSeal(core, { epoch, head, mac })
    keepPlace(core, welcome.assignment)
    keepContact(core)
  })
  if (!isKept) return talk.end({ why: 'notWritten' })
  talk.phase = 'catchingUp'
  talk.asked = { beats: 0 }
  core.screen.publish('kiosk')
  core.screen.publish('outbox')
  if (core.mirror.epoch === epoch && core.mirror.cursor === head) goLive(talk)
  talk.changed()
  pushWaiting(talk)
}

/** The rows are as far as the hub was at the welcome. */
export function goLive(talk: Conversation): void {
  talk.phase = 'live'
  talk.asked = null
  sayApplied(talk)
}

/** Confirms how far the rows are, and the ticket. [SYN-11] */
export function sayApplied(talk: Conversation): void {
  const { core, ticket } = talk
  talk.send({
    type: 'applied',
    cursor: core.mirror.cursor,
    ticket,
    waitingCount: core.stores.outbox.waitingCount(),
    wallMs: core.options.clock.wallMs(),
  })
}

/** Asks for a new identity: this one is also another device's. The key is kept first, so that asking twice is the same. [SYN-12] */
export function fork(talk: Conversation): void {
  const { outbox } = talk.core.stores
  const { pendingKey } = outbox.identity()
  const key = isKioskKey(pendingKey) ? pendingKey : talk.core.options.secret(32)
  if (!isWritten(talk.core, () => outbox.insertPendingKey(key))) return talk.end({ why: 'notWritten' })
  talk.core.options.log.warn('another device has this name: a new identity is asked for', {
    kioskId: outbox.identity().kioskId,
  })
  talk.send({ type: 'fork', publicKey: makeKioskKey(key).publicKey })
}

/** Becomes the kiosk that the hub names; all that is held goes along under its origin. [SYN-12] */
export function becomeForked(talk: Conversation, forked: Forked): void {
  const { core } = talk
  const { outbox } = core.stores
  const { pendingKey, universityId } = outbox.identity()
  if (pendingKey === null || universityId === null) return talk.end({ why: 'malformed' })
  const isKept = isWritten(core, () => outbox.becomeKiosk(forked.kioskId, universityId, 'retained'))
  if (!isKept) return talk.end({ why: 'notWritten' })
  rereadTaps(core)
  core.screen.publish('outbox')
  talk.end({ why: 'forked' })
}

/** Reads the taps again after the hub settled them anew. */
function rereadTaps(core: Core): void {
  const held = core.stores.outbox.readTaps(core.options.clock.bootId)
  core.screen.markSpaces(core.taps.reset(held, reachedOf(core)))
}
