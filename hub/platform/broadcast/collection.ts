import type { TSchema } from 'typebox'
import type { Queryable } from '../postgres/database.ts'

// What features offer to kiosks and pages beside spaces: collections of rows. Feeds, frames, digests and snapshots know these,
// and no feature. [SYN-31]

/** Who is sent a row: all of the university, those at its space, those whose space is in its line (itself, above, below), or its person. [SYN-32] */
export type CollectionScope = 'university' | 'line' | 'space' | 'person'

/** A row of a collection as it is in the database. A row never changes its space or person: to move one, it goes, and another comes. */
export interface FeedRow<Row extends object = object> {
  id: number
  /** Clock of the commit that changed it last. */
  clock: number
  /** Of scopes `line` and `space`. */
  spaceId?: number
  /** Of scope `person`. */
  personId?: number
  /** Null: it is gone. */
  row: Row | null
}

/** A row that a commit changed; its clock is the commit's. */
export type RowChange<Row extends object = object> = Omit<FeedRow<Row>, 'clock'>

/** What a feature registers so that kiosks and pages hold rows of it. */
export interface Collection<Row extends object = object> {
  /** Key of its rows on the wire. */
  readonly name: string
  /** Of the digest; another one for each collection. [SYN-33] */
  readonly salt: number
  readonly scope: CollectionScope
  /** Its rows change only in commits that change facts of the university: after others it is not read. */
  readonly followsFacts?: true
  /** Null: kiosks hold none of it. `body` gives what they see of a row; null: nothing, it is gone for them. [SYN-34] */
  readonly kiosks: { capability: string; schema: TSchema; body(row: Row): object | null } | null
  /** The same for people's pages. [LIV-10] */
  readonly pages: { schema: TSchema; body(row: Row): object | null } | null
  /** With ONE statement, which costs little where nothing changed: all rows that are there (`from` null), or those changed after it, gone ones too. */
  feed(client: Queryable, universityId: number, from: number | null): Promise<FeedRow<Row>[]>
}

/** A row as one audience sees it. */
export interface SeenRow {
  id: number
  clock: number
  /** The space or person that it is of; null: of the whole university. */
  subject: number | null
  /** Null: it is gone, or not theirs to see. */
  body: object | null
}

/** A collection as one audience sees it. */
export interface SeenCollection {
  readonly of: Collection
  readonly name: string
  readonly salt: number
  readonly scope: CollectionScope
  /** What a kiosk must have named to be sent it. */
  readonly capability: string | null
  see(row: FeedRow): SeenRow
}

/** Makes the list of what features offer; throws for two that could be taken for each other, and for persons' rows on kiosks. [SYN-21] [SYN-33] */
export function makeCollections(collections: readonly Collection[]): readonly Collection[] {
  const names = new Set(collections.map(({ name }) => name))
  const salts = new Set(collections.map(({ salt }) => salt))
  if (Math.min(names.size, salts.size) < collections.length)
    throw new Error('two collections have one name, or one salt')
  for (const { name, salt, scope, kiosks, pages } of collections) {
    if (salt === 0) throw new Error(`${name} has the salt of spaces`)
    if (scope === 'person' && kiosks !== null) throw new Error(`${name} would bring persons to kiosks`)
    if ((scope === 'line' || scope === 'space') && pages !== null)
      throw new Error(`${name} is for a space, and a page has none`)
  }
  return collections
}

/** The collections that kiosks see. */
export function collectionsOfKiosks(collections: readonly Collection[]): SeenCollection[] {
  return collections.flatMap((of) =>
    of.kiosks === null ? [] : [seenAs(of, of.kiosks.capability, of.kiosks.body)],
  )
}

/** The collections that people's pages see. */
export function collectionsOfPages(collections: readonly Collection[]): SeenCollection[] {
  return collections.flatMap((of) => (of.pages === null ? [] : [seenAs(of, null, of.pages.body)]))
}

function seenAs(
  of: Collection,
  capability: string | null,
  body: (row: object) => object | null,
): SeenCollection {
  const { name, salt, scope } = of
  const subjectOf = ({ spaceId, personId }: FeedRow): number | null =>
    scope === 'university' ? null : ((scope === 'person' ? personId : spaceId) ?? null)
  return {
    of,
    name,
    salt,
    scope,
    capability,
    see: (row) => ({
      id: row.id,
      clock: row.clock,
      subject: subjectOf(row),
      body: row.row === null ? null : body(row.row),
    }),
  }
}
