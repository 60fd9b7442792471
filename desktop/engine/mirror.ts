import type { ChangedRows } from '#shared/wire/messages.ts'
import { digestText, emptyDigest, toggleRow, type Digest } from '#shared/wire/digest.ts'
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
  const held = { epoch: readCache().readMeta().epoch, cursor: readCache().readMeta().cursor }
  let spaces = new Map<number, CachedSpace>()
  let children = new Map<number, Set<number>>()
  let digest = emptyDigest()
  for (const space of readCache().readSpaces()) put(spaces, children, digest, space)

  const switchTo = (incoming: Incoming, changed: readonly CachedSpace[]): Set<number> => {
    const ids = new Set<number>(changed.map((space) => space.id))
    if (incoming.isWhole) {
      for (const id of spaces.keys()) ids.add(id)
      spaces = new Map()
      children = new Map()
      digest = emptyDigest()
    }
    for (const space of changed) put(spaces, children, digest, space)
    held.epoch = incoming.epoch
    held.cursor = incoming.to
    return ids
  }

  return {
    get epoch() {
      return held.epoch
    },
    get cursor() {
      return held.cursor
    },
    digest: () => digestText(digest),
    get: (id) => spaces.get(id),
    live: function* () {
      for (const space of spaces.values()) if (!space.isGone) yield space
    },
    liveCount: () => [...spaces.values()].filter((space) => !space.isGone).length,
    childrenOf: (id) => [...(children.get(id) ?? [])],
    apply: function* (incoming) {
      const cache = readCache()
      const changed: CachedSpace[] = []
      let count = 0
      cache.begin()
      try {
        if (incoming.isWhole) cache.dropSpaces()
        for (const { space, isLevelOnly } of merge(incoming, incoming.isWhole ? new Map() : spaces)) {
          if (space === null) return null
          if (isLevelOnly) cache.insertLevel(space)
          else cache.insertSpace(space)
          changed.push(space)
          count += 1
          if (count % SLICE_ROWS === 0) yield
        }
        cache.insertCursor(incoming.epoch, incoming.to)
        cache.commit()
      } finally {
        cache.rollback()
      }
      return switchTo(incoming, changed)
    },
    clear: () => {
      const ids = [...spaces.keys()]
      readCache().dropSpaces()
      readCache().insertCursor(null, 0)
      spaces = new Map()
      children = new Map()
      digest = emptyDigest()
      held.epoch = null
      held.cursor = 0
      return ids
    },
    forget: () => {
      held.epoch = null
      held.cursor = 0
    },
  }
}

interface Merged {
  /** Null: a level for a space that is not held. */
  space: CachedSpace | null
  isLevelOnly: boolean
}

/** The rows of all parts that are newer than what is held, each as it will be held. */
function* merge(incoming: Incoming, spaces: ReadonlyMap<number, CachedSpace>): Generator<Merged> {
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

/** Puts one row in: the digest and the children of its parents follow. */
function put(
  spaces: Map<number, CachedSpace>,
  children: Map<number, Set<number>>,
  digest: Digest,
  space: CachedSpace,
): void {
  const old = spaces.get(space.id)
  spaces.set(space.id, space)
  const oldParent = old === undefined || old.isGone ? null : old.facts.parentId
  const newParent = space.isGone ? null : space.facts.parentId
  if (old !== undefined && !old.isGone) toggleRow(digest, old.id, old.clock)
  if (!space.isGone) toggleRow(digest, space.id, space.clock)
  if (oldParent === newParent) return
  if (oldParent !== null) children.get(oldParent)?.delete(space.id)
  if (newParent === null) return
  const siblings = children.get(newParent)
  if (siblings === undefined) children.set(newParent, new Set([space.id]))
  else siblings.add(space.id)
}
