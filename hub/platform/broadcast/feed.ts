import type { Database } from '../postgres/database.ts'
import type { SeenCollection } from './collection.ts'
import { loadFeed, type SpacesFeed, type WholeFeed } from './feed-rows.ts'
import { makeSemaphore, type Semaphore } from '../semaphore.ts'
import type { InFlight } from '../writer/in-flight.ts'
import { makeFrameChunks } from './frame-chunks.ts'
import { Frame } from './frame.ts'
import { FULL_FORM, type RowForm } from './row-form.ts'
import { SpaceLines, type PlacedSpace } from './space-lines.ts'

/** Readers at once: the others of the pool's connections are for commits. */
const MAX_READERS = 3
/** The most answers kept for others who ask the same. */
const MAX_KEPT = 16
/** And their bytes, beside the newest: a kiosk that asks from many old cursors must not fill the memory with nearly everything, many times. */
const MAX_KEPT_BYTES = 33_554_432
/** A catch-up up to this size is also given to those who miss less of it: cheaper than reading again. */
const MAX_SHARED_BYTES = 65_536

/** Rows for sockets that catch up, read once for many. */
export interface Feed {
  /** What changed after `from` (null: everything), up to `atLeast` or later, for all who are sent a form. Null: no such university, or the database is away. */
  read(from: number | null, form: RowForm, atLeast: number): Promise<FeedAnswer | null>
  /** What changed after `from`, as rows. */
  readRows(from: number | null): Promise<WholeFeed | null>
  /** A new epoch began: what is kept, and what is being read, is lent to nobody any more. */
  reset(): void
}

/** A frame, and the epoch that it belongs to. */
export interface FeedAnswer {
  epoch: string
  /** Null: everything. */
  from: number | null
  to: number
  frame: Frame
  /** Who is in whose line in that moment; null: as before, nothing of it changed. */
  lines: SpaceLines | null
}

/** What is lent to who asks the same: answers, the newest first, and readings under way. Each epoch has its own. */
interface Lent {
  kept: { form: RowForm; answer: FeedAnswer }[]
  readonly inProgress: Map<string, Promise<FeedAnswer | null>>
}

/** Makes the semaphore that all feeds of a hub share. */
export function makeReadSemaphore(): Semaphore {
  return makeSemaphore(MAX_READERS)
}

/** Makes the feed of one university. */
export function makeFeed(
  dependencies: {
    pool: Database
    readSemaphore: Pick<Semaphore, 'run'>
    inFlight: InFlight
    view: { spaces: SpacesFeed; collections: readonly SeenCollection[] }
  },
  universityId: number,
  maxKeptBytes = MAX_KEPT_BYTES,
): Feed {
  const { pool, readSemaphore, inFlight, view } = dependencies
  const hasLines = view.collections.some(({ scope }) => scope === 'line')
  let lent = lendNothing()
  const load = (
    from: number | null,
    form: RowForm,
    collections: readonly SeenCollection[],
  ): Promise<WholeFeed | null> =>
    inFlight.track(
      readSemaphore.run(() => loadFeed(pool, universityId, from, { spaces: view.spaces, form, collections })),
    )
  const readFresh = async (from: number | null, form: RowForm, into: Lent): Promise<FeedAnswer | null> => {
    const rows = await load(from, form, form.hasHours ? [] : view.collections)
    if (rows === null) return null
    const { epoch, head, collections } = rows
    // Which lines were reshaped since, nobody knows any more.
    const isReshaped = from !== null && rows.rows.length + rows.gone.length > 0
    const chunks = makeFrameChunks(epoch, from, head, rows, form)
    const frame = new Frame(chunks, { collections, reshaped: isReshaped ? 'unknown' : new Set() })
    const lines = from === null && hasLines ? new SpaceLines(rows.rows.map(placeOf)) : null
    const answer = { epoch, from, to: head, frame, lines }
    const kept = [{ form, answer }, ...into.kept.slice(0, MAX_KEPT - 1)]
    let bytes = 0
    into.kept = kept.filter(
      (one, index) => (bytes += one.answer.frame.byteCount) <= maxKeptBytes || index === 0,
    )
    return answer
  }
  const find = (from: number | null, form: RowForm, atLeast: number): FeedAnswer | undefined =>
    lent.kept.find(({ form: { name }, answer }) => {
      if (name !== form.name || answer.to < atLeast) return false
      if (from === null || answer.from === null) return from === answer.from
      return (
        answer.from === from ||
        (answer.from < from && from <= answer.to && answer.frame.byteCount <= MAX_SHARED_BYTES)
      )
    })?.answer
  return {
    read: async (from, form, atLeast) => {
      for (;;) {
        const known = find(from, form, atLeast)
        if (known !== undefined) return known
        const current = lent
        const key = `${from}:${form.name}`
        const running = current.inProgress.get(key)
        if (running === undefined) {
          const reading = readFresh(from, form, current).finally(() => current.inProgress.delete(key))
          current.inProgress.set(key, reading)
          const answer = await reading
          // Where a new epoch began meanwhile, it may have read the old one.
          if (answer === null || current === lent) return answer
        } else {
          // It may have read before `atLeast` was reached, or in the old epoch: then it is read again.
          const answer = await running
          if (answer === null) return null
        }
      }
    },
    readRows: (from) => load(from, FULL_FORM, view.collections),
    reset: () => {
      lent = lendNothing()
    },
  }
}

/** A new epoch steps no clock, so that an old answer would seem new enough: it must not be found at all. [SYN-17] [SYN-67] */
function lendNothing(): Lent {
  return { kept: [], inProgress: new Map() }
}

function placeOf({ id, facts }: WholeFeed['rows'][number]): PlacedSpace {
  return { id, parentId: facts.parentId }
}
