import type { ChangedRows } from '#shared/wire/messages.ts'
import { HeldRows } from './confirmed-rows.ts'
import type { Cache, CachedSpace } from './cache.ts'

/** Rows written between two breaths: about 3 ms, so that a tap never waits for a catch-up. [SYN-9] */
const SLICE_ROWS = 1_000

/** Rows put into memory between two breaths: about 5 ms. */
const SWITCH_ROWS = 5_000

/** What is to be applied in one transaction: everything, or what changed. */
export interface Incoming {
  isWhole: boolean
  epoch: string
  to: number
  parts: readonly ChangedRows[]
}

/** Work in slices: first on the disk, then in memory. */
export type ApplySteps = Generator<'writing' | 'switching', Set<number> | null>

/** The hub's rows in memory, and how far they are. Changed only after `cache.db` committed the same. */
export interface Mirror {
  readonly epoch: string | null
  readonly cursor: number
  digest(): string
  get(id: number): CachedSpace | undefined
  /** Every space that is not gone. */
  live(): Iterable<CachedSpace>
  liveCount(): number
  /** Live children of a space. */
  childrenOf(id: number): number[]
  /**
   * Applies rows newer than those held and moves the cursor, in one transaction; takes a breath (yields) now and then.
   * Returns the ids that changed; null when a level came for a space that is not held: then rows were lost. Whoever
   * stops while it is `writing` must call `return()`, which takes the transaction back; while it is `switching` the
   * disk has it already, so it must be run to its end. [SYN-8] [SYN-9]
   */
  apply(incoming: Incoming): ApplySteps
  /** Lets go of all rows in memory: the device went to another university. Returns the ids that were there. */
  clear(): number[]
  /** Forgets how far the rows are (they go on being shown) after the file was thrown away. */
  forget(): void
}

/** Reads the rows of a cache into memory. Throws what SQLite throws. */
export function readMirror(readCache: () => Cache): Mirror {
  const { epoch, cursor } = readCache().readMeta()
  const held: Held = { rows: new HeldRows(), epoch, cursor }
  for (const space of readCache().readSpaces()) held.rows.put(space)
  return {
    get epoch() {
      return held.epoch
    },
    get cursor() {
      return held.cursor
    },
    digest: () => held.rows.digest,
    get: (id) => held.rows.byId.get(id),
    live: () => liveOf(held),
    liveCount: () => [...liveOf(held)].length,
    childrenOf: (id) => held.rows.childrenOf(id),
    apply: (incoming) => apply(held, readCache, incoming),
    clear: () => {
      const ids = [...held.rows.byId.keys()]
      Object.assign(held, { rows: new HeldRows(), epoch: null, cursor: 0 })
      return ids
    },
    forget: () => void Object.assign(held, { epoch: null, cursor: 0 }),
  }
}

interface Held {
  rows: HeldRows
  epoch: string | null
  cursor: number
}

function* liveOf(held: Held): Generator<CachedSpace> {
  for (const space of held.rows.byId.values()) if (!space.isGone) yield space
}

function* apply(held: Held, readCache: () => Cache, incoming: Incoming): ApplySteps {
  const cache = readCache()
  const changed: CachedSpace[] = []
  // Everything is built beside what is shown; changes go in after the commit.
  const whole = incoming.isWhole ? new HeldRows() : null
  cache.begin()
  try {
    if (whole !== null) cache.dropSpaces()
    for (const { space, isLevelOnly } of merge(incoming, held.rows.byId)) {
      if (space === null) return null
      if (isLevelOnly) cache.insertLevel(space)
      else cache.insertSpace(space)
      whole?.put(space)
      if (changed.push(space) % SLICE_ROWS === 0) yield 'writing'
    }
    cache.insertCursor(incoming.epoch, incoming.to)
    cache.commit()
  } finally {
    cache.rollback()
  }
  return yield* switchTo(held, incoming, changed, whole)
}

/** The disk has it: now the memory. The cursor moves last, so rows may be ahead of it, never behind. */
function* switchTo(
  held: Held,
  incoming: Incoming,
  changed: readonly CachedSpace[],
  whole: HeldRows | null,
): ApplySteps {
  const ids = new Set<number>()
  if (whole !== null) {
    for (const id of held.rows.byId.keys()) if (!whole.byId.has(id)) ids.add(id)
    held.rows = whole
  }
  for (const space of changed) {
    if (whole === null) held.rows.put(space)
    if (ids.add(space.id).size % SWITCH_ROWS === 0) yield 'switching'
  }
  held.epoch = incoming.epoch
  held.cursor = incoming.to
  return ids
}

interface Merged {
  /** Null: a level for a space that is not held. */
  space: CachedSpace | null
  isLevelOnly: boolean
}

/** The rows of all parts that are newer than what is held (all of a whole), each as it will be held. */
function* merge(incoming: Incoming, held: ReadonlyMap<number, CachedSpace>): Generator<Merged> {
  const spaces = incoming.isWhole ? new Map<number, CachedSpace>() : held
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
