/** Rows that are shown differently: ids by collection. */
export type ChangedIds = ReadonlyMap<string, ReadonlySet<number>>

/** Collects ids by collection. */
export class ChangedSets {
  readonly sets = new Map<string, Set<number>>()

  put(collection: string, rowId: number): void {
    const ids = this.sets.get(collection)
    if (ids === undefined) this.sets.set(collection, new Set([rowId]))
    else ids.add(rowId)
  }

  putAll({ collection, rowIds }: { collection: string; rowIds: readonly number[] }): void {
    for (const rowId of rowIds) this.put(collection, rowId)
  }
}
