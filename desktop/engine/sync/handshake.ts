import type { Challenge, Forked, Holds } from '#shared/wire/messages.ts'
import { hasCapabilities, hasResumeKeys, PROTOCOL, takesTexts } from '#shared/wire/version.ts'
import { appliedPositionOf, type Core } from '../core/core.ts'
import { tryWriteCache, tryWriteOutbox } from '../core/store-writes.ts'
import { isKioskKey, makeKioskKey, proveByResumeKey } from '../core/identity.ts'
import { helloCapabilities, recordCapabilities } from './agree-capabilities.ts'
import type { SessionState } from './session-state.ts'
import type { ReceivedWelcome } from './hub-messages.ts'
import { recordContact, recordAssignment, recordHeadSignature } from './record-hub-state.ts'
import { pushPending } from './push-pending.ts'

/** Longest interval of heartbeats that a hub's welcome may set: with longer ones old rows would pass for fresh ones. [SYN-23] */
const MAX_HEARTBEAT_MS = 60_000

/** What rows cover of which nothing is known: then the hub sends them anew. */
const NOTHING_HELD: Holds = { spaceId: null, collections: [] }

/** Answers the challenge with the kiosk's identity, signed or resumed, and with what it holds. [SYN-10] [SYN-34] [SYN-35] [SYN-38] [TXT-5] */
export function sendHello(session: SessionState, challenge: Challenge): void {
  const { options, stores, mirror, headSignature } = session.core
  const { outbox } = stores
  const { kioskId, privateKey, ticket } = outbox.identity()
  if (kioskId === null || privateKey === null) return session.end({ why: 'connection', end: 'closed' })
  if (!isKioskKey(privateKey)) return session.end({ why: 'keyUnreadable' })
  session.protocol = options.protocol ?? bestProtocol(challenge)
  // What came without texts has the same clocks as with them: only a snapshot brings them. The old rows stay shown until then.
  if (takesTexts(session.protocol) && !takesTexts(mirror.protocol)) mirror.resetPosition()
  const resume = resumeOf(session, { kioskId, ticket })
  const hello = {
    type: 'hello' as const,
    protocol: session.protocol,
    kioskId,
    ticket,
    boot: options.clock.bootId,
    epoch: mirror.epoch,
    cursor: mirror.cursor,
    nextMutationId: outbox.nextId(),
    oldestRetained: outbox.oldestRetained(),
    ackedTo: outbox.ackedTo(),
    sealed: headSignature.newest,
    appVersion: options.appVersion,
    keyGrade: 'file' as const,
    ...(hasCapabilities(session.protocol)
      ? { capabilities: helloCapabilities(session.core), holds: mirror.holds ?? NOTHING_HELD }
      : {}),
    ...(resume !== null && { resumeUntilMs: resume.untilMs }),
  }
  session.phase = 'helloSent'
  session.questions.helloSent()
  const prove = resume === null ? makeKioskKey(privateKey).proveHello : proveByResumeKey(resume.key)
  session.isResuming = resume !== null
  session.send({ ...hello, proof: prove(session.host, challenge.nonce, hello) })
}

/** The key of the newest welcome, where it is this identity's and this ticket's; null: the hello must be signed. [SYN-38] */
function resumeOf(
  { core, protocol }: SessionState,
  { kioskId, ticket }: { kioskId: number; ticket: string | null },
): Core['resume']['newest'] {
  const { newest } = core.resume
  return hasResumeKeys(protocol) && newest?.kioskId === kioskId && newest.ticket === ticket ? newest : null
}

/** The newest version that both speak; where there is none, our own, which the hub then refuses. [SYN-13] */
function bestProtocol({ protocols }: Challenge): number {
  const shared = protocols.filter((protocol) => protocol >= 1 && protocol <= PROTOCOL)
  return shared.length === 0 ? PROTOCOL : Math.max(...shared)
}

/** Applies the hub's welcome: first the ticket, durably; then what is acknowledged, the assignment, and the first push. [SYN-11] */
export function handleWelcome(session: SessionState, welcome: ReceivedWelcome): void {
  const { core } = session
  const { outbox } = core.stores
  // Ids that this device never gave: another device uses its identity. [SYN-12]
  if (welcome.lastMutationId >= outbox.nextId()) return requestNewIdentity(session)
  const before = { ackedTo: outbox.ackedTo(), epoch: outbox.identity().epoch }
  if (!tryWriteOutbox(core, () => outbox.applyWelcome(welcome))) return session.end({ why: 'notWritten' })
  // Nothing can be sent past an id that is missing: under a new identity each mutation names its origin. [SYN-12] [KSK-4]
  if (outbox.hasGaps()) return requestNewIdentity(session)
  const { kioskId } = outbox.identity()
  const { resume, ticket } = welcome
  core.resume.newest = resume === undefined || kioskId === null ? null : { ...resume, kioskId, ticket }
  session.ticket = ticket
  session.epoch = welcome.epoch
  session.head = welcome.head
  session.limits = { ...welcome.limits, heartbeatMs: Math.min(welcome.limits.heartbeatMs, MAX_HEARTBEAT_MS) }
  if (before.epoch !== welcome.epoch || before.ackedTo !== welcome.lastMutationId) rereadPending(core)
  const { head, mac, epoch } = welcome
  const isKept = tryWriteCache(core, () => {
    recordHeadSignature(core, { epoch, head, mac })
    recordAssignment(core, welcome.assignment)
    recordContact(core)
    recordCapabilities(session, welcome.capabilities)
  })
  if (!isKept) return session.end({ why: 'notWritten' })
  session.phase = 'catchingUp'
  session.rowsRequested = { heartbeatCount: 0 }
  core.screen.publish('kiosk')
  core.screen.publish('outbox')
  if (core.mirror.epoch === epoch && core.mirror.cursor === head) goLive(session)
  session.statusChanged()
  pushPending(session)
}

/** To be called when the rows are as far as the hub was at the welcome. */
export function goLive(session: SessionState): void {
  session.phase = 'live'
  session.rowsRequested = null
  sendApplied(session)
}

/** Confirms the ticket, and sends the hub how far the rows are applied. [SYN-11] */
export function sendApplied(session: SessionState): void {
  const { core, ticket } = session
  session.send({
    type: 'applied',
    cursor: core.mirror.cursor,
    ticket,
    waitingCount: core.stores.outbox.waitingCount(),
    wallMs: core.options.clock.wallMs(),
  })
}

/** Requests a new identity: this one is also another device's. The key is stored first, so that a repeated request is the same. [SYN-12] */
export function requestNewIdentity(session: SessionState): void {
  const { outbox } = session.core.stores
  const { pendingKey } = outbox.identity()
  // Should this connection not do, the next hello is signed: a new identity is given to signatures alone. [SYN-39]
  session.core.resume.newest = null
  const key = isKioskKey(pendingKey) ? pendingKey : session.core.options.makeSecret(32)
  if (!tryWriteOutbox(session.core, () => outbox.insertPendingKey(key)))
    return session.end({ why: 'notWritten' })
  session.core.options.log.warn(
    'identity-forked',
    'Another device uses the identity of this one; a new one was requested.',
    {
      kioskId: outbox.identity().kioskId,
    },
  )
  session.send({ type: 'fork', publicKey: makeKioskKey(key).publicKey })
}

/** Becomes the kiosk that the hub names; every stored mutation goes along and names its origin. [SYN-12] */
export function adoptNewIdentity(session: SessionState, forked: Forked): void {
  const { core } = session
  const { outbox } = core.stores
  const { pendingKey, universityId } = outbox.identity()
  if (pendingKey === null || universityId === null) return session.end({ why: 'malformed' })
  const isKept = tryWriteOutbox(core, () => outbox.becomeKiosk(forked.kioskId, universityId, 'retained'))
  if (!isKept) return session.end({ why: 'notWritten' })
  // Perhaps no device was copied but the hub's database went back: then these rows may be of a time that never was for it.
  core.mirror.resetPosition()
  const { protocol } = core.mirror
  tryWriteCache(core, () =>
    core.stores.cache.insertPosition({ universityId, epoch: null, cursor: 0, protocol, holds: null }),
  )
  rereadPending(core)
  core.screen.publish('outbox')
  session.end({ why: 'forked' })
}

/** Reads the pending mutations again after a welcome or a new identity changed which are acknowledged. */
function rereadPending(core: Core): void {
  const held = core.stores.outbox.readHeldMutations(core.kinds, core.options.clock.bootId)
  core.screen.markRows(core.pending.reset(held, appliedPositionOf(core)))
}
