import type { TSchema } from 'typebox'
import { kindCapability } from '#shared/wire/capabilities.ts'
import { makeCheck } from '#shared/wire/parse.ts'
import type { FirstReleaseColumns, StoredMutation } from '../store/outbox-rows.ts'
import type { AppliedPosition, PendingMutation } from './pending-mutation.ts'

/** The device's clocks at one moment. */
export interface DeviceMoment {
  boot: string
  elapsedMs: number
}

/**
 * One kind of mutation. Whoever makes another one registers it in `kinds.ts`: outbox, push and overlay handle what is
 * registered, and know no kind themselves. Kind and body are what the hub is sent and what the hash covers: once released,
 * neither changes. `Before`: what its rows showed when it was made, as its fold needs it. [SYN-3] [KSK-21]
 */
export interface Kind<Body = unknown, Before = unknown> {
  readonly kind: string
  readonly schema: TSchema
  /** The collection whose rows it changes. */
  readonly collection: string
  /** Ids of the rows that are shown differently for it. */
  rowIds(body: Body): readonly number[]
  /**
   * What only its newest mutation may be merged into: the same text for all mutations that have to be looked at together,
   * for example those on one row. Absent: none is ever merged.
   */
  foldOf?(body: Body): string
  /** Whether `body`, asked for now, is what the newest mutation with the same fold already says. Absent: never. [SYN-5] */
  isMergedInto?(newest: StoredMutation, body: Body, moment: DeviceMoment): boolean
  /** Only for the two kinds of release 0.1, which reads in columns what is in body and `before`. No further kind has any. */
  readonly columns?: {
    write(body: Body, before: Before | null): FirstReleaseColumns
    readBefore(columns: FirstReleaseColumns): Before | null
  }
}

/** How the rows of one collection are shown: each confirmed row with the mutations on it that it does not contain yet. [SYN-19] */
export interface Fold<Row, Shown> {
  readonly collection: string
  /** `waiting`: oldest first. `settled`: the newest for which `isSettling`, among those that the row contains by now. Pure. */
  fold(
    row: Row,
    waiting: readonly PendingMutation[],
    position: AppliedPosition,
    settled: PendingMutation | undefined,
  ): Shown
  /** Whether the fold asks for this mutation as `settled`, once the row contains it. */
  isSettling(mutation: PendingMutation): boolean
}

/** A kind with a body that fits its schema. */
export interface KnownBody {
  kind: Kind
  body: unknown
}

/** All kinds and folds that are registered. */
export interface Kinds {
  /** The kind of that name with the body; null where the kind is not registered, or the body is not one of it. */
  parse(kind: string, body: unknown): KnownBody | null
  isSettling(mutation: PendingMutation): boolean
  /** What a hello calls them. [SYN-34] */
  readonly capabilities: readonly string[]
}

/** Registers kinds and folds; compiles each schema once. Throws for two kinds of one name, and for two folds of one collection. */
export function makeKinds(kinds: readonly Kind[], folds: readonly Fold<never, unknown>[]): Kinds {
  const known = new Map(kinds.map((kind) => [kind.kind, { kind, check: makeCheck(kind.schema) }]))
  const byCollection = new Map(folds.map((fold) => [fold.collection, fold]))
  if (known.size < kinds.length) throw new Error('two kinds have one name')
  if (byCollection.size < folds.length) throw new Error('two folds have one collection')
  return {
    parse: (name, body) => {
      const found = known.get(name)
      return found?.check(body).ok === true ? { kind: found.kind, body } : null
    },
    isSettling: (mutation) => byCollection.get(mutation.collection)?.isSettling(mutation) ?? false,
    capabilities: kinds.map(({ kind }) => kindCapability(kind)),
  }
}

/**
 * A stored mutation in the shape that folds read; null for a kind that is not registered here: it is sent, and shows nothing.
 * One of an earlier boot is as old as the contact before it. `target`: the mutation that it takes back. [OCC-7] [KSK-21]
 */
export function pendingMutationOf(
  kinds: Kinds,
  stored: StoredMutation,
  boot: string,
  target: PendingMutation | null,
): PendingMutation | null {
  const known = kinds.parse(stored.kind, JSON.parse(stored.body))
  if (known === null) return null
  const { kind, body } = known
  const kept: unknown = stored.before === null ? null : JSON.parse(stored.before)
  return {
    id: stored.id,
    kind: kind.kind,
    collection: kind.collection,
    rowIds: kind.rowIds(body),
    body,
    atMs: stored.boot === boot ? stored.atMs : stored.contactMs,
    ackedHead: stored.ackedHead,
    before: kind.columns === undefined ? kept : kind.columns.readBefore(stored),
    target,
  }
}
