import type { Capabilities } from '#shared/wire/messages.ts'
import { boundedCapabilities, kindCapability, namedCapabilities } from '#shared/wire/capabilities.ts'
import type { Collections } from '../collections/collection.ts'
import type { Core } from '../core/core.ts'
import type { SessionState } from './session-state.ts'

/**
 * What a hello names: the rows that are taken, the kinds that are drafted, and those that lie in the outbox though this version
 * does not draft them, such as after a newer one was put back. [SYN-34] [KSK-21]
 */
export function helloCapabilities({ collections, kinds, stores }: Core): Capabilities {
  const rows = collections.all.flatMap(({ capability }) => (capability === null ? [] : [capability]))
  return boundedCapabilities([...rows, ...kinds.capabilities, ...stores.outbox.kinds().map(kindCapability)])
}

/** Capabilities of the collections with these names. */
export function capabilitiesOf(collections: Collections, names: ReadonlySet<string>): Capabilities {
  return collections.all.flatMap(({ name, capability }) =>
    capability !== null && names.has(name) ? [capability] : [],
  )
}

/** Uses from now on what a welcome names, and keeps it for the time without a hub. Throws what SQLite throws. [SYN-34] */
export function recordCapabilities(session: SessionState, named: Capabilities | undefined): void {
  const { core } = session
  const agreed = namedCapabilities(session.protocol, named)
  session.capabilities = new Set(agreed)
  session.collections = new Set(core.collections.agreed(session.capabilities))
  core.capabilities.current = session.capabilities
  core.stores.cache.insertCapabilities(agreed)
}
