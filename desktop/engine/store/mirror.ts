import type { ChangedRows } from '#shared/wire/messages.ts'
import { ConfirmedRows } from './confirmed-rows.ts'
import type { Cache, CachedSpace } from './cache.ts'

/** Rows written before the event loop runs again: about 3 ms, so that a tap never waits for a catch-up. [SYN-9] */
const SLICE_ROWS = 1_000

/** Rows put into memory before the event loop runs again: about 5 ms. */
const SWITCH_ROWS = 5_000

/** Rows to be applied in one transaction: all of them (`isWhole`), or those that changed up to the clock `to`. */
export interface IncomingRows {
  isWhole: boolean
  epoch: string
  to: number
  parts: readonly ChangedRows[]
}

/** Work in slices, first `writing` on the disk, then `switching` in memory; returns what `KioskMirror.apply` returns. */
export type ApplySteps = Generator<'writing' | 'switching', Set<number> | null>

/** The hub's rows in memory, and how far they are. Changed only after `cache.db` has committed the same rows. */
export interface KioskMirror {
  readonly epoch: string | null
  readonly cursor: number
  /** The protocol under which the newest rows came. [TXT-5] */
  readonly protocol: number
  digest(): string
  get(id: number): CachedSpace | undefined
  /** Every space that is not gone. */
  live(): Iterable<CachedSpace>
  liveCount(): number
  /** Live children of a space. */
  childrenOf(id: number): number[]
  /**
   * Applies rows newer than those held and moves the cursor, in one transaction; `protocol` is stored with it. Yields, so that
   * the event loop can run.
   * Returns the ids that changed; null when a level came for a space that is not held: then rows are missing. Whoever stops
   * while it is `writing` must call `return()`, which rolls the transaction back; while it is `switching` the disk has all of
   * it already, so it must be run to its end. Throws what SQLite throws, and has changed nothing then. [SYN-8] [SYN-9]
   */
  apply(incoming: IncomingRows, protocol: number): ApplySteps
  /** Drops all rows in memory: the device changed its university. Returns the ids that were there. */
  clear(): number[]
  /** Begins without a position again, after the cache was replaced; the rows themselves stay in memory. */
  resetPosition(): void
}

/** Reads the rows of a cache into memory. Throws what SQLite throws. */
export function readMirror(readCache: () => Cache): KioskMirror {
  const { epoch, cursor, protocol: lastProtocol } = readCache().readMeta()
  const state: MirrorState = { rows: new ConfirmedRows(), epoch, cursor, protocol: lastProtocol }
  for (const space of readCache().readSpaces()) state.rows.put(space)
  return {
    get epoch() {
      return state.epoch
    },
    get cursor() {
      return state.cursor
    },
    get protocol() {
      return state.protocol
    },
    digest: () => state.rows.digest,
    get: (id) => state.rows.byId.get(id),
    live: () => liveOf(state),
    liveCount: () => [...liveOf(state)].length,
    childrenOf: (id) => state.rows.childrenOf(id),
    apply: (incoming, protocol) => apply(state, readCache, incoming, protocol),
    clear: () => {
      const ids = [...state.rows.byId.keys()]
      Object.assign(state, { rows: new ConfirmedRows(), epoch: null, cursor: 0 })
      return ids
    },
    resetPosition: () => void Object.assign(state, { epoch: null, cursor: 0 }),
  }
}

interface MirrorState {
  rows: ConfirmedRows
  epoch: string | null
  cursor: number
  protocol: number
}

function* liveOf(state: MirrorState): Generator<CachedSpace> {
  for (const space of state.rows.byId.values()) if (!space.isGone) yield space
}

function* apply(
  state: MirrorState,
  readCache: () => Cache,
  incoming: IncomingRows,
  protocol: number,
): ApplySteps {
  const cache = readCache()
  const changed: CachedSpace[] = []
  // All rows of a snapshot are built beside those that are shown; changes go in after the commit.
  const whole = incoming.isWhole ? new ConfirmedRows() : null
  cache.begin()
  try {
    if (whole !== null) cache.dropSpaces()
    for (const { space, isLevelOnly } of merge(incoming, state.rows.byId)) {
      if (space === null) return null
      if (isLevelOnly) cache.insertLevel(space)
      else cache.insertSpace(space)
      whole?.put(space)
      if (changed.push(space) % SLICE_ROWS === 0) yield 'writing'
    }
    cache.insertCursor(incoming.epoch, incoming.to, protocol)
    cache.commit()
  } finally {
    cache.rollback()
  }
  state.protocol = protocol
  return yield* swapIntoMemory(state, incoming, changed, whole)
}

/** After the commit: the same in memory. The cursor moves last, so rows may be ahead of it, never behind. */
function* swapIntoMemory(
  state: MirrorState,
  incoming: IncomingRows,
  changed: readonly CachedSpace[],
  whole: ConfirmedRows | null,
): ApplySteps {
  const ids = new Set<number>()
  if (whole !== null) {
    for (const id of state.rows.byId.keys()) if (!whole.byId.has(id)) ids.add(id)
    state.rows = whole
  }
  for (const space of changed) {
    if (whole === null) state.rows.put(space)
    if (ids.add(space.id).size % SWITCH_ROWS === 0) yield 'switching'
  }
  state.epoch = incoming.epoch
  state.cursor = incoming.to
  return ids
}

interface Merged {
  /** Null: a level for a space that is not held. */
  space: CachedSpace | null
  isLevelOnly: boolean
}

/** The rows of all parts that are newer than those held (all rows of a snapshot), each in its new state. */
function* merge(incoming: IncomingRows, state: ReadonlyMap<number, CachedSpace>): Generator<Merged> {
  const spaces = incoming.isWhole ? new Map<number, CachedSpace>() : state
  for (const { rows, levels, gone } of incoming.parts) {
    for (const { id, clock, level, reportedAtMs, facts } of rows) {
      if ((spaces.get(id)?.clock ?? -1) < clock)
        yield { space: { id, clock, level, reportedAtMs, isGone: false, facts }, isLevelOnly: false }
    }
    for (const [id, clock, level, reportedAtMs] of levels) {
      const old = spaces.get(id)
      if (old === undefined || (old.isGone && old.clock < clock)) yield { space: null, isLevelOnly: true }
      else if (old.clock < clock)
        yield {
          space: { id, clock, level, reportedAtMs, isGone: false, facts: old.facts },
          isLevelOnly: true,
        }
    }
    for (const [id, clock] of gone) {
      const old = spaces.get(id)
      if (old !== undefined && old.clock < clock)
        yield { space: { ...old, clock, isGone: true }, isLevelOnly: true }
    }
  }
}
