import type { TSchema } from 'typebox'
import type { CollectionWords } from '#shared/wire/collections.ts'
import { makeCheck } from '#shared/wire/parse.ts'

/** A row as the hub confirmed it, in memory. */
export interface ConfirmedRow<Body = unknown, Hot = unknown> {
  readonly id: number
  readonly clock: number
  /** It is gone at the hub; such a row is held only where its collection `keepsGone`. */
  readonly isGone: boolean
  /** What changes often and may come without the rest; `noHot` in a collection that has no such part. */
  readonly hot: Hot
  readonly body: Body
}

/**
 * A collection of rows that the hub sends and this device holds. Whoever adds one registers it in `collections.ts`: mirror,
 * cache, digest and frames handle what is registered, and know no collection themselves. [SYN-31]
 */
export interface Collection<Body = unknown, Hot = unknown> extends Omit<CollectionWords, 'capability'> {
  /** Null: of spaces, which every protocol has, in places of their own. */
  readonly capability: string | null
  /** Of a row that is not gone. */
  readonly body: TSchema
  /** The hot part of a row that came without one. */
  readonly noHot: Hot
  /** Rows that are gone stay with what they said last, marked. Absent: they are deleted. */
  readonly keepsGone?: true
  /** The number by which rows are found together, such as the parent of a space. */
  groupOf?(body: Body): number | null
  /** Shown as part of a row of another collection, which is published when this one changes. `body` null: it is not held. */
  readonly shownWith?: { readonly collection: string; idOf(id: number, body: Body | null): number | null }
}

/** All collections that are registered. */
export interface Collections {
  readonly all: readonly Collection[]
  get(name: string): Collection | undefined
  /** Whether a body is one of the collection's. */
  isBody(collection: Collection, body: unknown): boolean
  /** Names of those whose capability is among these. [SYN-34] */
  agreed(capabilities: ReadonlySet<string>): string[]
}

/** Of a name that is a key on the wire and part of a table's name. */
const NAME = /^[a-z][A-Za-z]{0,39}$/

/**
 * Registers collections; compiles each schema once. Throws for two of one name or salt, since rows would be taken for each other,
 * and for a name that cannot be a table's.
 */
export function makeCollections(all: readonly Collection[]): Collections {
  const byName = new Map(
    all.map((collection) => [collection.name, { collection, check: makeCheck(collection.body) }]),
  )
  for (const { name } of all) if (!NAME.test(name)) throw new Error(`${name} cannot name a collection`)
  if (new Set(all.map(({ name }) => name.toLowerCase())).size < all.length)
    throw new Error('two collections have one name')
  if (new Set(all.map(({ salt }) => salt)).size < all.length) throw new Error('two collections have one salt')
  return {
    all,
    get: (name) => byName.get(name)?.collection,
    isBody: ({ name }, body) => byName.get(name)?.check(body).ok === true,
    agreed: (capabilities) =>
      all
        .filter(({ capability }) => capability !== null && capabilities.has(capability))
        .map(({ name }) => name),
  }
}
