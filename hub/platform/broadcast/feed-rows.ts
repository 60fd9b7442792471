import type { GoneRow, LevelRow, SpaceRow } from '#shared/wire/messages.ts'
import { query, transaction, type Database, type Transaction } from '../postgres/database.ts'
import type { SeenCollection, SeenRow } from './collection.ts'
import type { RowForm } from './row-form.ts'

/** Spaces that kiosks or people hold, or what changed of them. */
export interface SpaceChanges<Row extends SpaceRow = SpaceRow> {
  rows: Row[]
  levels: LevelRow[]
  gone: GoneRow[]
}

/** The moment of a read. */
export interface FeedMoment {
  epoch: string
  /** Clock of that moment. */
  head: number
  factsClock: number
}

/** What kiosks or people hold of a university's spaces, or what changed of them, at one moment. */
export interface FeedRows<Row extends SpaceRow = SpaceRow> extends FeedMoment, SpaceChanges<Row> {}

/** The same with rows of collections. */
export interface WholeFeed extends FeedRows {
  collections: ReadonlyMap<SeenCollection, readonly SeenRow[]>
}

/** Reads the spaces of one audience: all that live, or what changed after `from`; in a form. */
export type SpacesFeed = (
  client: Transaction,
  universityId: number,
  from: number | null,
  form: RowForm,
) => Promise<SpaceChanges>

/** Runs reads of a university in one snapshot of the database, together with its moment. Null: no such university. */
export async function readAtMoment<Rows extends object>(
  pool: Database,
  universityId: number,
  read: (client: Transaction, moment: FeedMoment) => Promise<Rows>,
): Promise<(FeedMoment & Rows) | null> {
  return transaction(pool, 'snapshot', async (client) => {
    const [moment] = await query<FeedMoment>(
      client,
      'select epoch, clock as head, facts_clock as "factsClock" from universities where id = $1',
      [universityId],
    )
    return moment === undefined ? null : { ...moment, ...(await read(client, moment)) }
  })
}

/** Reads everything (`from` null), or what changed after it: spaces in a form, and rows of collections. [SYN-8] [SYN-31] */
export async function loadFeed(
  pool: Database,
  universityId: number,
  from: number | null,
  what: { spaces: SpacesFeed; form: RowForm; collections: readonly SeenCollection[] },
): Promise<WholeFeed | null> {
  return readAtMoment(pool, universityId, async (client, { factsClock }) => {
    const spaces = await what.spaces(client, universityId, from, what.form)
    const collections = new Map<SeenCollection, SeenRow[]>()
    for (const seen of what.collections) {
      const isSame = seen.of.followsFacts === true && from !== null && factsClock <= from
      const rows = isSame ? [] : (await seen.of.feed(client, universityId, from)).map(seen.see)
      // What is not there is no part of everything.
      collections.set(seen, from === null ? rows.filter(({ body }) => body !== null) : rows)
    }
    return { ...spaces, collections }
  })
}
