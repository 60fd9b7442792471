import type { Decision } from '#shared/domain/decision.ts'
import type { Assignment } from '#shared/domain/kiosk.ts'
import type { SignedHead } from '#shared/wire/messages.ts'
import type { Core } from '../core/core.ts'

/** Keeps the greatest head of the present epoch. [SYN-17] */
export function keepSeal(core: Core, told: SignedHead): void {
  const { seal, stores } = core
  if (seal.held !== null && seal.held.epoch === told.epoch && seal.held.head >= told.head) return
  seal.held = told
  stores.cache.insertSealed(told)
}

/**
 * Keeps the kiosk's place and settings; another space than before is a move. Of a place that cannot be shown here nothing is
 * kept: the last good one goes on, and staff are told. [KSK-5]
 */
export function keepPlace(core: Core, told: Decision<Assignment, string>): void {
  const { health, options, place, screen } = core
  if (!told.ok) {
    options.log.warn('the place that the hub told cannot be shown and is not taken', { at: told.refusal })
    health.isAssignmentRefused = true
    return screen.publish('outbox')
  }
  const wasRefused = health.isAssignmentRefused
  health.isAssignmentRefused = false
  if (wasRefused) screen.publish('outbox')
  const old = place.told
  const isMoved = old !== null && old.assignment.spaceId !== told.value.spaceId
  place.told = {
    assignment: told.value,
    movedAtMs: isMoved ? core.hubTime.nowMs() : (old?.movedAtMs ?? null),
  }
  core.stores.cache.insertAssignment(place.told)
}

/** Keeps when the hub was last heard. */
export function keepContact(core: Core): void {
  const contact = core.hubTime.contact()
  if (contact !== null) core.stores.cache.insertContact(contact)
}
