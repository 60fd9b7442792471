import type { KioskSlice, LinkSlice, OutboxSlice, SpaceView } from '#shared/wire/bridge.ts'
import { appliedPositionOf, type Core } from '../core/core.ts'
import type { ChangedIds } from '../collections/changed-ids.ts'
import { hoursOf } from '../collections/hours.ts'
import { SPACES, spaceCollection, type ConfirmedSpace } from '../collections/spaces.ts'
import { spaceFold } from '../kinds/space-fold.ts'
import { shownRow } from './overlay.ts'
import type { SliceSources } from './slice-publisher.ts'

/** Where the slices of an engine come from. `coreOf` is called only when one is read, so the core may still be in the making. */
export function sliceSources(coreOf: () => Core): SliceSources {
  return {
    kiosk: () => kioskSlice(coreOf()),
    link: () => linkSlice(coreOf()),
    outbox: () => outboxSlice(coreOf()),
    spaces: () => {
      const core = coreOf()
      const position = appliedPositionOf(core)
      return Array.from(core.mirror.of(spaceCollection).live(), (space) => spaceViewOf(core, space, position))
    },
    space: (id) => {
      const core = coreOf()
      const space = core.mirror.of(spaceCollection).get(id)
      return space === undefined || space.isGone ? null : spaceViewOf(core, space)
    },
    spacesOf: (changed) => spacesOf(coreOf(), changed),
  }
}

/** Spaces that changed themselves, and those with which rows of another collection are shown. */
function* spacesOf({ collections, mirror }: Core, changed: ChangedIds): Generator<number> {
  for (const [name, ids] of changed) {
    if (name === SPACES) yield* ids
    const collection = collections.get(name)
    if (collection?.shownWith?.collection !== SPACES) continue
    const rows = mirror.of(collection)
    for (const id of ids) {
      const spaceId = collection.shownWith.idOf(id, rows.get(id)?.body ?? null)
      if (spaceId !== null) yield spaceId
    }
  }
}

/** One space as it is shown: its row folded with this kiosk's pending mutations, and its hours. [SYN-19] */
function spaceViewOf(core: Core, space: ConfirmedSpace, position = appliedPositionOf(core)): SpaceView {
  return {
    id: space.id,
    ...space.body,
    hours: hoursOf(core.mirror, space.id),
    ...shownRow(core, spaceFold, space, position),
    isWaiting: core.pending.isWaiting(SPACES, space.id),
  }
}

function kioskSlice(core: Core): KioskSlice {
  const { screen } = core.options.config
  return screen === undefined ? kioskState(core) : { ...kioskState(core), screen }
}

function kioskState(core: Core): KioskSlice {
  const { kioskId, wasRevoked } = core.stores.outbox.identity()
  const { name, hub } = core.options.config
  if (kioskId === null || wasRevoked) {
    // Staff know a device that they revoked by the name that they gave it last, not by that of its file.
    const lastName = wasRevoked ? core.assignment.current?.assignment.kioskName : undefined
    return { state: 'notEnrolled', name: lastName ?? name, hubUrl: hub.url, wasRevoked }
  }
  return core.assignment.current === null
    ? { state: 'starting' }
    : { state: 'enrolled', ...core.assignment.current }
}

function linkSlice(core: Core): LinkSlice {
  const { hubTime, health } = core
  const now = hubTime.now()
  return {
    ...health.link,
    hubNowMs: now?.ms ?? null,
    hubNowPlusMinusMs: now?.plusMinusMs ?? null,
    lastContactMs: hubTime.lastContactMs(),
  }
}

function outboxSlice(core: Core): OutboxSlice {
  const { alarm, isAssignmentRefused, refused } = core.health
  const waitingCount = core.stores.outbox.waitingCount()
  return {
    waitingCount,
    owedCount: waitingCount - 2 * core.pending.undoneCount(),
    alarm: alarm ?? (isAssignmentRefused ? 'assignment' : null),
    refused: [...refused],
  }
}
