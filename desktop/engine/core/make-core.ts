import type { Level } from '#shared/domain/occupancy.ts'
import { sliceSources } from '../screen/slice-sources.ts'
import { appliedPositionOf, type Core, type EngineOptions } from './core.ts'
import { makeHubTime } from '../clock/hub-time.ts'
import { readMirror, type KioskMirror } from '../store/mirror.ts'
import { makeKnownKinds } from '../kinds/kinds.ts'
import { parseAssignment } from '../sync/parse-assignment.ts'
import { makeSlicePublisher } from '../screen/slice-publisher.ts'
import type { Stores } from '../store/stores.ts'
import { makePendingMutations } from '../screen/pending-mutations.ts'

/** What an engine holds on its disk, for a comparison with the hub. */
export interface RowsOnDisk {
  epoch: string | null
  cursor: number
  digest: string
  rows: { id: number; clock: number; level: Level | null; reportedAtMs: number | null }[]
  waitingCount: number
}

/** Reads what the disk holds and puts the parts of an engine together. Throws what SQLite throws. */
export function makeCore(options: EngineOptions, stores: Stores): Core {
  const mirror = readMirrorOrReset(options, stores)
  const cached = stores.cache.readMeta()
  const kinds = options.kinds ?? makeKnownKinds()
  const pending = makePendingMutations(kinds.isSettling)
  const hubTime = makeHubTime(options, cached.contact, stores.outbox.identity().contactMs)
  const core: Core = {
    options,
    stores,
    kinds,
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
      cacheResetCount: stores.wasCacheReset ? 1 : 0,
      refused: [],
      link: { status: 'connecting', reason: null },
    },
    // An older program may have stored an assignment that this one cannot show. [KSK-5]
    assignment: { current: parseAssignment(cached.assignment?.assignment).ok ? cached.assignment : null },
    headSignature: { newest: cached.sealed },
    resume: { newest: null },
    failed: Promise.withResolvers(),
  }
  pending.reset(stores.outbox.readHeldMutations(kinds, options.clock.bootId), appliedPositionOf(core))
  return core
}

/** Rows whose JSON is broken are found only here, where each is read. [SYN-25] */
function readMirrorOrReset(options: EngineOptions, stores: Stores): KioskMirror {
  try {
    return readMirror(() => stores.cache)
  } catch (error) {
    options.log.warn('cache-unreadable', 'The cache cannot be read and is replaced by an empty one.', {
      reason: String(error),
    })
    stores.resetCache()
    stores.wasCacheReset = true
    return readMirror(() => stores.cache)
  }
}

/** The rows and the position as the disk has them; the digest is the one in memory. Throws what SQLite throws. */
export function readRows(core: Core): RowsOnDisk {
  const { epoch, cursor } = core.stores.cache.readMeta()
  const rows = core.stores.cache.readSpaces().filter((space) => !space.isGone)
  return {
    epoch,
    cursor,
    digest: core.mirror.digest(),
    rows: rows.map(({ id, clock, level, reportedAtMs }) => ({ id, clock, level, reportedAtMs })),
    waitingCount: core.stores.outbox.waitingCount(),
  }
}
