import type { Holds } from '#shared/wire/messages.ts'
import { digestText, emptyDigest, toggleDigest } from '#shared/wire/digest.ts'
import { ChangedSets, type ChangedIds } from '../collections/changed-ids.ts'
import type { Collection, Collections, ConfirmedRow } from '../collections/collection.ts'
import { ConfirmedRows } from './confirmed-rows.ts'
import type { Cache, CachedPosition, CachedRow } from './cache.ts'

/** Rows written before the event loop runs again: about 3 ms, so that a tap never waits for a catch-up. [SYN-9] */
const SLICE_ROWS = 1_000

/** Rows put into memory before the event loop runs again: about 5 ms. */
const SWITCH_ROWS = 5_000

/** One row of a frame: all of it (`body` null: in a form that is not read here), only its hot part, or that it is gone. */
export type IncomingRow = { collection: string; id: number; clock: number } & (
  | { what: 'whole'; hot: unknown; body: unknown }
  | { what: 'hot'; hot: unknown }
  | { what: 'gone' }
)

/** Rows to be applied in one transaction: all of them (`isWhole`), or those that changed up to the clock of `position`. */
export interface IncomingRows {
  isWhole: boolean
  rows: Iterable<IncomingRow>
  position: CachedPosition & { epoch: string }
}

/** Work in slices, first `writing` on the disk, then `switching` in memory; returns what `KioskMirror.apply` returns. */
export type ApplySteps = Generator<'writing' | 'switching', ChangedIds | null>

/** The rows of one collection that can be read. */
export interface RowSet<Body, Hot> {
  /** Also one that is gone, where such rows are kept. */
  get(id: number): ConfirmedRow<Body, Hot> | undefined
  /** Every row that is not gone. */
  live(): Iterable<ConfirmedRow<Body, Hot>>
  /** Ids of the live rows that are found under this number: see `groupOf` of the collection. */
  idsOfGroup(group: number): number[]
}

/** The hub's rows in memory, and how far they are. Changed only after `cache.db` has committed the same rows. */
export interface KioskMirror {
  readonly epoch: string | null
  readonly cursor: number
  /** The protocol under which the newest rows came; 0: none came. [TXT-5] */
  readonly protocol: number
  /** What the rows cover; null: not known. [SYN-35] */
  readonly holds: Holds | null
  /** The digest of the rows of these collections together. [SYN-33] */
  digest(collections: readonly string[]): string
  /** The rows of a registered collection. Throws for another. */
  of<Body, Hot>(collection: Collection<Body, Hot>): RowSet<Body, Hot>
  /**
   * Applies rows newer than those held and moves the position, in one transaction. Yields, so that the event loop can run.
   * Returns the ids that changed; null when the hot part came of a row that is not held: then rows are missing. Whoever stops
   * while it is `writing` must call `return()`, which rolls the transaction back; while it is `switching` the disk has all of
   * it already, so it must be run to its end. Throws what SQLite throws, and has changed nothing then. [SYN-8] [SYN-9]
   */
  apply(incoming: IncomingRows): ApplySteps
  /** Drops all rows in memory: the device changed its university. Returns the ids that were there. */
  clear(): ChangedIds
  /** Begins without a position again, after the cache was replaced; the rows themselves stay in memory. */
  resetPosition(): void
}

const NOWHERE: CachedPosition = { universityId: null, epoch: null, cursor: 0, protocol: 0, holds: null }

/** Reads the rows of a cache into memory. Throws what SQLite throws. */
export function readMirror(collections: Collections, readCache: () => Cache): KioskMirror {
  const { universityId, epoch, cursor, protocol, holds } = readCache().readMeta()
  const state: MirrorState = {
    sets: emptySets(collections),
    position: { universityId, epoch, cursor, protocol, holds },
  }
  for (const rows of state.sets.values())
    for (const row of readCache().readRows(rows.collection)) rows.put(row)
  const rowSets = new Map(
    [...state.sets].map(([name, first]) => [name, rowSetOf(() => state.sets.get(name) ?? first)]),
  )
  return {
    get epoch() {
      return state.position.epoch
    },
    get cursor() {
      return state.position.cursor
    },
    get protocol() {
      return state.position.protocol
    },
    get holds() {
      return state.position.holds
    },
    digest: (names) => digestOf(state, names),
    of: <Body, Hot>({ name }: Collection<Body, Hot>) => {
      const rows = rowSets.get(name)
      if (rows === undefined) throw new Error(`no collection ${name} is registered`)
      return rows as RowSet<Body, Hot>
    },
    apply: (incoming) => apply(state, collections, readCache, incoming),
    clear: () => {
      const changed = new ChangedSets()
      for (const [name, rows] of state.sets) for (const id of rows.byId.keys()) changed.put(name, id)
      Object.assign(state, { sets: emptySets(collections), position: NOWHERE })
      return changed.sets
    },
    resetPosition: () => void (state.position = { ...NOWHERE, protocol: state.position.protocol }),
  }
}

type RowSets = Map<string, ConfirmedRows>

interface MirrorState {
  sets: RowSets
  position: CachedPosition
}

function emptySets(collections: Collections): RowSets {
  return new Map(collections.all.map((collection) => [collection.name, new ConfirmedRows(collection)]))
}

function digestOf({ sets }: MirrorState, names: readonly string[]): string {
  const digest = emptyDigest()
  for (const name of names) {
    const rows = sets.get(name)
    if (rows !== undefined) toggleDigest(digest, rows.digest)
  }
  return digestText(digest)
}

/** A snapshot puts other rows in the place of those that were there. */
function rowSetOf(rowsNow: () => ConfirmedRows): RowSet<unknown, unknown> {
  return {
    get: (id) => {
      const row = rowsNow().byId.get(id)
      return row === undefined || row.body === null ? undefined : row
    },
    live: () => liveOf(rowsNow()),
    idsOfGroup: (group) => rowsNow().idsOfGroup(group),
  }
}

function* liveOf({ byId }: ConfirmedRows): Generator<ConfirmedRow> {
  for (const row of byId.values()) if (!row.isGone && row.body !== null) yield row
}

/** A row in its new state, and the rows that it is among. */
interface Changed {
  rows: ConfirmedRows
  row: CachedRow
}

function* apply(
  state: MirrorState,
  collections: Collections,
  readCache: () => Cache,
  incoming: IncomingRows,
): ApplySteps {
  const cache = readCache()
  const changed: Changed[] = []
  // All rows of a snapshot are built beside those that are shown; changes go in after the commit.
  const whole = incoming.isWhole ? emptySets(collections) : null
  const sets = whole ?? state.sets
  cache.begin()
  try {
    if (whole !== null) cache.dropRows()
    for (const one of incoming.rows) {
      const rows = sets.get(one.collection)
      if (rows === undefined) continue
      const row = merge(rows.byId.get(one.id), one)
      if (row === 'missing') return null
      if (row === null) continue
      write(cache, rows.collection, one.what, row)
      whole?.get(one.collection)?.put(row)
      if (changed.push({ rows, row }) % SLICE_ROWS === 0) yield 'writing'
    }
    cache.insertPosition(incoming.position)
    cache.commit()
  } finally {
    cache.rollback()
  }
  return yield* swapIntoMemory(state, incoming.position, changed, whole)
}

/** A row in its new state; null: what is held is as new, or there is nothing to be gone; `missing`: the rest of it is not held. */
function merge(old: CachedRow | undefined, incoming: IncomingRow): CachedRow | null | 'missing' {
  const { id, clock } = incoming
  if (old !== undefined && old.clock >= clock) return null
  switch (incoming.what) {
    case 'whole':
      return { id, clock, isGone: false, hot: incoming.hot, body: incoming.body }
    case 'hot':
      if (old === undefined || old.isGone) return 'missing'
      return { id, clock, isGone: false, hot: incoming.hot, body: old.body }
    case 'gone':
      return old === undefined ? null : { ...old, clock, isGone: true }
  }
}

function write(cache: Cache, collection: Collection, what: IncomingRow['what'], row: CachedRow): void {
  if (what === 'whole') cache.insertRow(collection, row)
  else if (what === 'gone' && collection.keepsGone !== true) cache.deleteRow(collection, row.id)
  else cache.insertHot(collection, row)
}

/** After the commit: the same in memory. The cursor moves last, so rows may be ahead of it, never behind. */
function* swapIntoMemory(
  state: MirrorState,
  position: CachedPosition,
  changed: readonly Changed[],
  whole: RowSets | null,
): ApplySteps {
  const ids = new ChangedSets()
  // Each row of a snapshot is published, and each that is there no more: with them all that rows were shown with until now.
  if (whole !== null) {
    for (const [name, rows] of state.sets)
      for (const id of rows.byId.keys()) if (whole.get(name)?.byId.has(id) !== true) ids.put(name, id)
    state.sets = whole
  }
  for (const [index, { rows, row }] of changed.entries()) {
    if (whole === null) {
      putShownWith(ids, rows, row.id)
      rows.put(row)
    }
    ids.put(rows.collection.name, row.id)
    if ((index + 1) % SWITCH_ROWS === 0) yield 'switching'
  }
  state.position = position
  return ids.sets
}

/** With what a row was shown until now: it may be shown with something else from now on, or with nothing. */
function putShownWith(
  ids: ChangedSets,
  { collection: { shownWith }, byId }: ConfirmedRows,
  id: number,
): void {
  const old = byId.get(id)
  if (shownWith === undefined || old === undefined) return
  const shownId = shownWith.idOf(id, old.body)
  if (shownId !== null) ids.put(shownWith.collection, shownId)
}
