import type { ChangedRows } from '#shared/wire/messages.ts'
import { HeldRows } from './held-rows.ts'
import type { Cache, CachedSpace } from './store/cache.ts'

/** Rows written between two breaths: about 3 ms, so that a tap never waits for a catch-up. [SYN-9] */
const SLICE_ROWS = 1_000

/** What is to be applied in one transaction: everything, or what changed. */
export interface Incoming {
  isWhole: boolean
  epoch: string
  to: number
  parts: readonly ChangedRows[]
}

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
   * stops in the middle must call `return()`: it takes the transaction back. [SYN-8] [SYN-9]
   */
  apply(incoming: Incoming): Generator<void, Set<number> | null>
  /** Lets go of all rows: the device went to another university. Returns the ids that were there. */
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
    apply: (incoming) => apply(held, readCache(), incoming),
    clear: () => {
      const ids = [...held.rows.byId.keys()]
      readCache().dropSpaces()
      readCache().insertCursor(null, 0)
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

function* apply(held: Held, cache: Cache, incoming: Incoming): Generator<void, Set<number> | null> {
  const changed: CachedSpace[] = []
  cache.begin()
  try {
    if (incoming.isWhole) cache.dropSpaces()
    for (const { space, isLevelOnly } of merge(incoming, held.rows.byId)) {
      if (space === null) return null
      if (isLevelOnly) cache.insertLevel(space)
      else cache.insertSpace(space)
      if (changed.push(space) % SLICE_ROWS === 0) yield
    }
    cache.insertCursor(incoming.epoch, incoming.to)
    cache.commit()
  } finally {
    cache.rollback()
  }
  return switchTo(held, incoming, changed)
}

/** The file has it: now the memory, in one step. Returns the ids that changed. */
function switchTo(held: Held, incoming: Incoming, changed: readonly CachedSpace[]): Set<number> {
  const ids = new Set<number>(incoming.isWhole ? held.rows.byId.keys() : [])
  if (incoming.isWhole) held.rows = new HeldRows()
  for (const space of changed) {
    held.rows.put(space)
    ids.add(space.id)
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
