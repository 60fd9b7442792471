import type { Assignment } from '#shared/domain/kiosk.ts'
import type { SealedHead } from '#shared/wire/messages.ts'
import type { Core } from '../core.ts'

/** Keeps the greatest head of the present epoch. [SYN-17] */
export function keepSeal(core: Core, told: SealedHead): void {
  const { seal, stores } = core
  if (seal.held !== null && seal.held.epoch === told.epoch && seal.held.head >= told.head) return
  seal.held = told
  stores.cache.insertSealed(told)
}

/** Keeps the kiosk's place and settings; another space than before is a move. */
export function keepPlace(core: Core, assignment: Assignment): void {
  const old = core.place.told
  const isMoved = old !== null && old.assignment.spaceId !== assignment.spaceId
  core.place.told = { assignment, movedAtMs: isMoved ? core.hubTime.nowMs() : (old?.movedAtMs ?? null) }
  core.stores.cache.insertAssignment(core.place.told)
}

/** Keeps when the hub was last heard. */
export function keepContact(core: Core): void {
  const contact = core.hubTime.contact()
  if (contact !== null) core.stores.cache.insertContact(contact)
}
