import type { Level } from '#shared/domain/occupancy.ts'
import { CAPABILITIES_BEFORE_3 } from '#shared/wire/capabilities.ts'
import { sliceSources } from '../screen/slice-sources.ts'
import { appliedPositionOf, type Core, type EngineOptions } from './core.ts'
import { makeHubTime } from '../clock/hub-time.ts'
import { readMirror, type KioskMirror } from '../store/mirror.ts'
import type { Collection, Collections, ConfirmedRow } from '../collections/collection.ts'
import { makeKnownCollections } from '../collections/collections.ts'
import { SPACES, spaceCollection, type ConfirmedSpace } from '../collections/spaces.ts'
import { makeKnownKinds } from '../kinds/kinds.ts'
import { parseAssignment } from '../sync/parse-assignment.ts'
import { makeSlicePublisher } from '../screen/slice-publisher.ts'
import type { Stores } from '../store/stores.ts'
import { makePendingMutations } from '../screen/pending-mutations.ts'

/** What an engine holds on its disk, for a comparison with the hub. */
export interface RowsOnDisk {
  epoch: string | null
  cursor: number
  /** That of spaces alone. */
  digest: string
  rows: { id: number; clock: number; level: Level | null; reportedAtMs: number | null }[]
  /** Of every other collection: its digest, and its rows that are not gone. */
  collections: { name: string; digest: string; rows: Pick<ConfirmedRow, 'id' | 'clock' | 'body'>[] }[]
  waitingCount: number
}

/** Reads what the disk holds and puts the parts of an engine together. Throws what SQLite throws. */
export function makeCore(options: EngineOptions, stores: Stores): Core {
  const collections = options.collections ?? makeKnownCollections()
  const mirror = readMirrorOrReset(options, stores, collections)
  const cached = stores.cache.readMeta()
  const kinds = options.kinds ?? makeKnownKinds()
  const pending = makePendingMutations(kinds.isSettling)
  const hubTime = makeHubTime(options, cached.contact, stores.outbox.identity().contactMs)
  const core: Core = {
    options,
    stores,
    kinds,
    collections,
    mirror,
    pending,
    hubTime,
    screen: makeSlicePublisher(
      options.clock,
      options.log,
      sliceSources(() => core),
    ),
    health: {
      alarm: stores.wasOutboxReset ? 'outboxReset' : null,
      isAssignmentRefused: false,
      failure: null,
      mismatchCount: 0,
      mismatchesInARow: 0,
      leftOutCount: 0,
      cacheResetCount: stores.wasCacheReset ? 1 : 0,
      refused: [],
      link: { status: 'connecting', reason: null },
    },
    // An older program may have stored an assignment that this one cannot show. [KSK-5]
    assignment: { current: parseAssignment(cached.assignment?.assignment).ok ? cached.assignment : null },
    capabilities: { current: new Set(cached.capabilities ?? CAPABILITIES_BEFORE_3) },
    headSignature: { newest: cached.sealed },
    resume: { newest: null },
    failed: Promise.withResolvers(),
  }
  pending.reset(stores.outbox.readHeldMutations(kinds, options.clock.bootId), appliedPositionOf(core))
  return core
}

/** Rows whose JSON is broken are found only here, where each is read. [SYN-25] */
function readMirrorOrReset(options: EngineOptions, stores: Stores, collections: Collections): KioskMirror {
  try {
    dropForeignRows(stores)
    return readMirror(collections, () => stores.cache)
  } catch (error) {
    options.log.warn('cache-unreadable', 'The cache cannot be read and is replaced by an empty one.', {
      reason: String(error),
    })
    stores.resetCache()
    stores.wasCacheReset = true
    return readMirror(collections, () => stores.cache)
  }
}

/** The device changed its university and ended before it dropped the rows, or did so under the release before. [SYN-21] */
function dropForeignRows({ cache, outbox }: Stores): void {
  const rowsOf = cache.readMeta().universityId
  const { universityId } = outbox.identity()
  if (rowsOf === null || universityId === null || rowsOf === universityId) return
  cache.dropHubRows()
  cache.insertAssignment(null)
}

/** The rows and the position as the disk has them; the digest is the one in memory. Throws what SQLite throws. */
export function readRows(core: Core): RowsOnDisk {
  const { epoch, cursor } = core.stores.cache.readMeta()
  const live = (collection: Collection) => core.stores.cache.readRows(collection).filter((row) => !row.isGone)
  const rows = live(spaceCollection) as ConfirmedSpace[]
  return {
    epoch,
    cursor,
    digest: core.mirror.digest([SPACES]),
    rows: rows.map(({ id, clock, hot }) => ({ id, clock, ...hot })),
    collections: core.collections.all
      .filter(({ name }) => name !== SPACES)
      .map((collection) => ({
        name: collection.name,
        digest: core.mirror.digest([collection.name]),
        rows: live(collection).map(({ id, clock, body }) => ({ id, clock, body })),
      })),
    waitingCount: core.stores.outbox.waitingCount(),
  }
}
