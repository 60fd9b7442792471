import type { Decision } from '#shared/domain/decision.ts'
import type { Assignment } from '#shared/domain/kiosk.ts'
import type { SignedHead } from '#shared/wire/messages.ts'
import type { Core } from '../core/core.ts'
import type { ReceivedMessage } from './hub-messages.ts'
import type { SessionState } from './session-state.ts'

/** Stores the greatest signed head of the present epoch. Throws what SQLite throws. [SYN-17] */
export function recordHeadSignature(core: Core, received: SignedHead): void {
  const { headSignature, stores } = core
  const { newest } = headSignature
  if (newest !== null && newest.epoch === received.epoch && newest.head >= received.head) return
  headSignature.newest = received
  stores.cache.insertHeadSignature(received)
}

/**
 * Stores the kiosk's assignment; another space than before is a move. One that cannot be shown here is not stored: the last
 * good one stays, and the screen shows it to staff. Throws what SQLite throws. [KSK-5]
 */
export function recordAssignment(core: Core, received: Decision<Assignment, string>): void {
  const { health, options, assignment, screen } = core
  if (!received.ok) {
    options.log.warn(
      'assignment-not-shown',
      'The assignment from the hub cannot be shown by this version; the last one stays.',
      { at: received.refusal },
    )
    health.isAssignmentRefused = true
    return screen.publish('outbox')
  }
  const wasRefused = health.isAssignmentRefused
  health.isAssignmentRefused = false
  if (wasRefused) screen.publish('outbox')
  const old = assignment.current
  const isMoved = old !== null && old.assignment.spaceId !== received.value.spaceId
  assignment.current = {
    assignment: received.value,
    movedAtMs: isMoved ? (core.hubTime.now()?.ms ?? null) : (old?.movedAtMs ?? null),
  }
  core.stores.cache.insertAssignment(assignment.current)
}

/**
 * Records what a message says of the hub's time. To be called at its arrival, before those that arrived earlier are handled: its
 * place among answers is what bounds the time. [SYN-40]
 */
export function recordHubTime({ core, phase, questions }: SessionState, message: ReceivedMessage): void {
  if (message.type === 'welcome' && phase === 'helloSent') questions.helloAnswered()
  const askedMs = questions.answeredMs()
  if ('nowMs' in message && askedMs !== null) core.hubTime.recordServerTime(message.nowMs, askedMs)
  else core.hubTime.recordMessage()
}

/** Stores when the hub last sent something. Throws what SQLite throws. */
export function recordContact(core: Core): void {
  const contact = core.hubTime.contact()
  if (contact !== null) core.stores.cache.insertContact(contact)
}
