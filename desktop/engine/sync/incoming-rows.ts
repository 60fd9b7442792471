import type { OpeningHours } from '#shared/domain/week-time.ts'
import type { Changes, Snapshot, SpaceRow } from '#shared/wire/messages.ts'
import type { Collection, Collections } from '../collections/collection.ts'
import { hoursCollection, saysHours } from '../collections/hours.ts'
import { SPACES, spaceCollection } from '../collections/spaces.ts'
import type { IncomingRow } from '../store/mirror.ts'

/** The rows of a frame. */
export type FrameRows = Pick<Snapshot | Changes, 'changes' | 'collections'>

/** Why a row is left out: nobody here asked for its collection, or its body is none of it. */
export type LeftOut = { collection: string; why: 'notAsked' | 'malformed'; count: number }

/** How the frames of one connection are read. */
export interface FrameReader {
  collections: Collections
  /** Names of the collections that this connection is sent. [SYN-34] */
  agreed: ReadonlySet<string>
  leftOut(what: LeftOut): void
}

/**
 * The rows of frames, of all collections alike. What is not asked for is left out; a row whose body cannot be read keeps its
 * clock, so that the digest stays the hub's and the row is not asked for again and again. [SYN-31]
 */
export function* readFrames(reader: FrameReader, frames: readonly FrameRows[]): Generator<IncomingRow> {
  for (const { changes, collections } of frames) {
    for (const row of changes.rows) {
      yield readSpace(row)
      if (row.facts.hours !== undefined) yield readHours(row, row.facts.hours)
    }
    for (const [id, clock, level, reportedAtMs] of changes.levels)
      yield { collection: SPACES, id, clock, what: 'hot', hot: { level, reportedAtMs } }
    for (const [id, clock] of changes.gone) {
      yield { collection: SPACES, id, clock, what: 'gone' }
      if (!reader.agreed.has(hoursCollection.name))
        yield { collection: hoursCollection.name, id, clock, what: 'gone' }
    }
    for (const [name, rows] of Object.entries(collections ?? {})) {
      const collection = reader.agreed.has(name) ? reader.collections.get(name) : undefined
      if (collection === undefined) reader.leftOut({ collection: name, why: 'notAsked', count: rows.length })
      else for (const row of rows) yield readRow(reader, collection, row)
    }
  }
}

/** How many rows frames have. */
export function countRows(frames: readonly FrameRows[]): number {
  return frames.reduce((sum, { changes, collections }) => {
    const others = Object.values(collections ?? {}).reduce((count, rows) => count + rows.length, 0)
    return sum + changes.rows.length + changes.levels.length + changes.gone.length + others
  }, 0)
}

/** Hours that come among the facts of a space, as before protocol 3, are no part of its row here. */
function readSpace({ id, clock, level, reportedAtMs, facts }: SpaceRow): IncomingRow {
  const hot = level === null && reportedAtMs === null ? spaceCollection.noHot : { level, reportedAtMs }
  if (facts.hours === undefined) return { collection: SPACES, id, clock, what: 'whole', hot, body: facts }
  const { hours: _, ...body } = facts
  return { collection: SPACES, id, clock, what: 'whole', hot, body }
}

/** They are a row of their own, with the space's id and clock. */
function readHours({ id, clock }: SpaceRow, hours: OpeningHours): IncomingRow {
  const { name, noHot } = hoursCollection
  if (!saysHours(hours)) return { collection: name, id, clock, what: 'gone' }
  return { collection: name, id, clock, what: 'whole', hot: noHot, body: hours }
}

function readRow(
  reader: FrameReader,
  collection: Collection,
  { id, clock, body }: { id: number; clock: number; body: object | null },
): IncomingRow {
  const { name, noHot } = collection
  if (body === null) return { collection: name, id, clock, what: 'gone' }
  const isRead = reader.collections.isBody(collection, body)
  if (!isRead) reader.leftOut({ collection: name, why: 'malformed', count: 1 })
  return { collection: name, id, clock, what: 'whole', hot: noHot, body: isRead ? body : null }
}
