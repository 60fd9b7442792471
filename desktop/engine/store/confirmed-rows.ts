import { emptyDigest, toggleRow, type Digest } from '#shared/wire/digest.ts'
import type { Collection } from '../collections/collection.ts'
import type { CachedRow } from './cache.ts'

/**
 * The hub's rows of one collection in memory, with what is derived from them kept up to date: their digest, and which are found
 * together. Only here a body may be null: of a row that could not be read. It counts in the digest, since the hub counts it.
 */
export class ConfirmedRows {
  readonly collection: Collection
  readonly byId = new Map<number, CachedRow>()
  readonly digest: Digest = emptyDigest()
  private readonly groups = new Map<number, Set<number>>()

  constructor(collection: Collection) {
    this.collection = collection
  }

  /** Ids of the live rows that are found under this number. */
  idsOfGroup(group: number): number[] {
    return [...(this.groups.get(group) ?? [])]
  }

  /** Puts one row in the place of its older version; where that says that it is gone, it is left out unless such rows are kept. */
  put(row: CachedRow): void {
    const old = this.byId.get(row.id)
    const { salt, keepsGone } = this.collection
    if (row.isGone && keepsGone !== true) this.byId.delete(row.id)
    else this.byId.set(row.id, row)
    if (old !== undefined && !old.isGone) toggleRow(this.digest, old.id, old.clock, salt)
    if (!row.isGone) toggleRow(this.digest, row.id, row.clock, salt)
    this.regroup(row.id, this.groupOf(old), this.groupOf(row))
  }

  private groupOf(row: CachedRow | undefined): number | null {
    if (row === undefined || row.isGone || row.body === null) return null
    return this.collection.groupOf?.(row.body) ?? null
  }

  private regroup(id: number, before: number | null, now: number | null): void {
    if (before === now) return
    if (before !== null) this.groups.get(before)?.delete(id)
    if (now === null) return
    const group = this.groups.get(now)
    if (group === undefined) this.groups.set(now, new Set([id]))
    else group.add(id)
  }
}
