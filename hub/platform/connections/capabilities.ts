import type { Capabilities, Hello, Holds, RefusedOutcome } from '#shared/wire/messages.ts'
import { hasCapabilities, knowsInternal } from '#shared/wire/version.ts'
import type { SeenCollection } from '../broadcast/collection.ts'
import { formOfProtocol } from '../broadcast/row-form.ts'
import { makeTaker, type Taker } from '../broadcast/taker.ts'

/** Whether a hello names what its protocol has a word for: since 3 always, before never. [SYN-34] [SYN-35] */
export function namesCapabilities({ protocol, capabilities, holds }: Hello): boolean {
  const isNamed = hasCapabilities(protocol)
  return (capabilities !== undefined) === isNamed && (holds !== undefined) === isNamed
}

/** Those that a kiosk and this hub both know, once each, in the hub's order. Others are ignored. [SYN-34] */
export function agreeOn(named: Capabilities, offered: readonly string[]): string[] {
  const wanted = new Set(named)
  return offered.filter((capability) => wanted.has(capability))
}

/** What a kiosk is sent: rows of the collections that were agreed on, for its space. [SYN-32] [SYN-34] */
export function takerOfKiosk(
  protocol: number,
  agreed: readonly string[],
  collections: readonly SeenCollection[],
  spaceId: number,
): Taker {
  const seen = collections.filter(({ capability }) => capability !== null && agreed.includes(capability))
  return makeTaker(formOfProtocol(protocol), seen, spaceId)
}

/** Whether what a kiosk holds covers what it would be sent, so that changes are enough. Before protocol 3 it holds spaces, as all do. [SYN-35] */
export function coversTaken(holds: Holds | undefined, { collections, subject }: Taker): boolean {
  if (holds === undefined) return true
  const held = new Set(holds.collections)
  const isSame =
    collections.length === held.size && collections.every(({ capability }) => held.has(capability ?? ''))
  // A space counts only where less than the university is sent.
  return isSame && (subject === null || subject === holds.spaceId)
}

/** An outcome in words that a kiosk's protocol has. [SYN-36] */
export function outcomeFor(protocol: number, outcome: RefusedOutcome): RefusedOutcome {
  return outcome.why === 'internal' && !knowsInternal(protocol) ? { ...outcome, why: 'malformed' } : outcome
}
