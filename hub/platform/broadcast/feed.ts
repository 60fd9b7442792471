import type { Database } from '../postgres/database.ts'
import type { FeedRows, LoadFeed } from './feed-rows.ts'
import { makeSemaphore, type Semaphore } from '../semaphore.ts'
import type { InFlight } from '../writer/in-flight.ts'
import { makeFrameChunks, type FrameChunks } from './frame-chunks.ts'

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
  /** What changed after `from` (null: everything), up to `atLeast` or later. `isWhole` for the protocol before `levels`. Null: no such university, or the database is away. */
  read(from: number | null, isWhole: boolean, atLeast: number): Promise<FeedAnswer | null>
  /** What changed after `from`, as rows. */
  readRows(from: number | null): Promise<FeedRows | null>
  /** Forgets what is kept: a new epoch began. */
  reset(): void
}

/** Frame chunks, and the epoch that they belong to. */
export interface FeedAnswer extends FrameChunks {
  epoch: string
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
    view: { load: LoadFeed }
  },
  universityId: number,
  maxKeptBytes = MAX_KEPT_BYTES,
): Feed {
  const { pool, readSemaphore, inFlight, view } = dependencies
  let kept: { isWhole: boolean; answer: FeedAnswer }[] = []
  const inProgress = new Map<string, Promise<FeedAnswer | null>>()
  const load = (from: number | null, isWhole: boolean): Promise<FeedRows | null> =>
    inFlight.track(readSemaphore.run(() => view.load(pool, universityId, from, isWhole)))
  const readFresh = async (from: number | null, isWhole: boolean): Promise<FeedAnswer | null> => {
    const rows = await load(from, isWhole)
    if (rows === null) return null
    const answer = { epoch: rows.epoch, ...makeFrameChunks(rows.epoch, from, rows.head, rows) }
    kept = [{ isWhole, answer }, ...kept.slice(0, MAX_KEPT - 1)]
    let bytes = 0
    kept = kept.filter((one, index) => (bytes += one.answer.byteCount) <= maxKeptBytes || index === 0)
    return answer
  }
  const find = (from: number | null, isWhole: boolean, atLeast: number): FeedAnswer | undefined =>
    kept.find(({ isWhole: whole, answer }) => {
      if (whole !== isWhole || answer.to < atLeast) return false
      if (from === null || answer.from === null) return from === answer.from
      return (
        answer.from === from ||
        (answer.from < from && from <= answer.to && answer.byteCount <= MAX_SHARED_BYTES)
      )
    })?.answer
  return {
    read: async (from, isWhole, atLeast) => {
      for (;;) {
        const known = find(from, isWhole, atLeast)
        if (known !== undefined) return known
        const key = `${from}:${isWhole}`
        const running = inProgress.get(key)
        if (running === undefined) {
          const reading = readFresh(from, isWhole).finally(() => inProgress.delete(key))
          inProgress.set(key, reading)
          return reading
        }
        // It may have read before `atLeast` was reached: then it is read again.
        if ((await running) === null) return null
      }
    },
    readRows: (from) => load(from, false),
    reset: () => {
      kept = []
    },
  }
}
