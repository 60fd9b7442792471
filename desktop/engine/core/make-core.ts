import type { Level } from '#shared/domain/occupancy.ts'
import type { KioskSlice, LinkSlice, OutboxSlice } from '#shared/wire/bridge.ts'
import { reachedOf, viewOf, type Core, type EngineOptions } from './core.ts'
import { makeHubTime } from '../clock/hub-time.ts'
import { readMirror, type Mirror } from '../store/mirror.ts'
import { readAssignment } from '../sync/parse-assignment.ts'
import { makeScreen } from '../screen/slice-publisher.ts'
import type { Stores } from '../store/stores.ts'
import { makeTaps } from '../screen/pending-mutations.ts'

/** What an engine holds, for a comparison with the hub: rows as they are on the disk. */
export interface RowsOnDisk {
  epoch: string | null
  cursor: number
  digest: string
  rows: { id: number; clock: number; level: Level | null; reportedAtMs: number | null }[]
  waitingCount: number
}

/** Reads what the disk holds and puts the parts of an engine together. */
export function makeCore(options: EngineOptions, stores: Stores): Core {
  const mirror = readMirrorOrReset(options, stores)
  const meta = stores.cache.readMeta()
  const taps = makeTaps()
  const hubTime = makeHubTime(options.clock, meta.contact, stores.outbox.identity().contactMs)
  const core: Core = {
    options,
    stores,
    mirror,
    taps,
    hubTime,
    screen: makeScreen(options.clock, options.log, {
      kiosk: () => kioskSlice(core),
      link: () => linkSlice(core),
      outbox: () => outboxSlice(core),
      spaces: () => {
        const reached = reachedOf(core)
        return [...mirror.live()].map((space) => viewOf(core, space, reached))
      },
      space: (id) => {
        const space = mirror.get(id)
        return space === undefined || space.isGone ? null : viewOf(core, space)
      },
    }),
    health: {
      alarm: stores.wasOutboxReset ? 'outboxReset' : null,
      isAssignmentRefused: false,
      failure: null,
      mismatchCount: 0,
      cacheResetCount: stores.wasCacheReset ? 1 : 0,
      refused: [],
      link: { status: 'connecting', reason: null },
    },
    // A program of before may have kept what this one, or its screen, could not show. [KSK-5]
    place: { told: readAssignment(meta.assignment?.assignment).ok ? meta.assignment : null },
    seal: { held: meta.sealed },
    failed: Promise.withResolvers(),
  }
  taps.reset(stores.outbox.readTaps(options.clock.bootId), reachedOf(core))
  return core
}

/** Rows whose text is broken are found only now, when each is read. [SYN-25] */
function readMirrorOrReset(options: EngineOptions, stores: Stores): Mirror {
  try {
    return readMirror(() => stores.cache)
  } catch (error) {
    options.log.warn('the cache is unreadable', { reason: String(error) })
    stores.resetCache()
    stores.wasCacheReset = true
    return readMirror(() => stores.cache)
  }
}

/** What the disk holds, beside the digest that is kept in memory. */
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

function kioskSlice(core: Core): KioskSlice {
  const { screen } = core.options.config
  return screen === undefined ? kioskState(core) : { ...kioskState(core), screen }
}

function kioskState(core: Core): KioskSlice {
  const { kioskId, wasRevoked } = core.stores.outbox.identity()
  const { name, hub } = core.options.config
  if (kioskId === null || wasRevoked) return { state: 'notEnrolled', name, hubUrl: hub.url, wasRevoked }
  return core.place.told === null ? { state: 'starting' } : { state: 'enrolled', ...core.place.told }
}

function linkSlice(core: Core): LinkSlice {
  const { hubTime, health } = core
  return { ...health.link, hubNowMs: hubTime.nowMs(), lastContactMs: hubTime.lastContactMs() }
}

function outboxSlice(core: Core): OutboxSlice {
  const { alarm, isAssignmentRefused, refused } = core.health
  return {
    waitingCount: core.stores.outbox.waitingCount(),
    owedCount: core.taps.owedCount(),
    alarm: alarm ?? (isAssignmentRefused ? 'assignment' : null),
    refused: [...refused],
  }
}
