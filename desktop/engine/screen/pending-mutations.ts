import { ChangedSets, type ChangedIds } from '../collections/changed-ids.ts'
import { isOverlaid, type AppliedPosition, type PendingMutation } from '../kinds/pending-mutation.ts'

/** The mutations that are not yet part of the confirmed rows, by row: a copy of `outbox.db` in memory. [SYN-19] */
export interface PendingMutations {
  /** Starts again from what the outbox holds, in order of ids. Returns the rows whose view may have changed. */
  reset(held: readonly PendingMutation[], position: AppliedPosition): ChangedIds
  add(mutation: PendingMutation): void
  /** Marks all up to an id as acknowledged at a head, and drops those that the rows contain. Returns their rows. */
  acknowledge(lastMutationId: number, head: number, position: AppliedPosition): ChangedIds
  /** Drops what was acknowledged and the rows contain by now. Returns the rows. */
  dropApplied(position: AppliedPosition): ChangedIds
  /** Those on one row, oldest first. */
  ofRow(collection: string, rowId: number): readonly PendingMutation[]
  /** The newest one on the row that the row contains by now, of those that its fold asks for; undefined: none since the start. */
  settledOf(collection: string, rowId: number): PendingMutation | undefined
  /** Whether the newest one on the row waits for the hub. */
  isWaiting(collection: string, rowId: number): boolean
  find(id: number): PendingMutation | undefined
  /** How many undos wait whose target waits too: nobody wants either any more. [OCC-2] */
  undoneCount(): number
}

/** Makes an empty list. `isSettling`: whether a fold asks for a mutation also once the row contains it. */
export function makePendingMutations(isSettling: (mutation: PendingMutation) => boolean): PendingMutations {
  return new PendingMutationLists(isSettling)
}

class PendingMutationLists implements PendingMutations {
  private readonly byRow = new ByRow<PendingMutation[]>()
  private readonly byId = new Map<number, PendingMutation>()
  private readonly settled = new ByRow<PendingMutation>()
  private readonly isSettling: (mutation: PendingMutation) => boolean
  // Both in order of ids: acknowledgements come in order, so each list is emptied from its front.
  private waiting: PendingMutation[] = []
  private acknowledged: PendingMutation[] = []

  constructor(isSettling: (mutation: PendingMutation) => boolean) {
    this.isSettling = isSettling
  }

  reset(held: readonly PendingMutation[], position: AppliedPosition): ChangedIds {
    const changed = new ChangedSets()
    for (const [collection, rowId] of this.byRow.keys()) changed.put(collection, rowId)
    for (const map of [this.byRow, this.byId, this.settled]) map.clear()
    this.waiting = []
    this.acknowledged = []
    for (const mutation of held) {
      if (!isOverlaid(mutation, position)) continue
      this.add(mutation)
      changed.putAll(mutation)
    }
    return changed.sets
  }

  add(mutation: PendingMutation): void {
    const { collection } = mutation
    for (const rowId of mutation.rowIds) {
      const list = this.byRow.get(collection, rowId)
      if (list === undefined) this.byRow.set(collection, rowId, [mutation])
      else list.push(mutation)
    }
    this.byId.set(mutation.id, mutation)
    if (mutation.ackedHead === null) this.waiting.push(mutation)
    else this.acknowledged.push(mutation)
  }

  acknowledge(lastMutationId: number, head: number, position: AppliedPosition): ChangedIds {
    const next = this.waiting.findIndex((mutation) => mutation.id > lastMutationId)
    const acked = this.waiting.splice(0, next === -1 ? this.waiting.length : next)
    for (const mutation of acked) {
      mutation.ackedHead = head
      this.acknowledged.push(mutation)
    }
    const changed = this.drop(position)
    for (const mutation of acked) changed.putAll(mutation)
    return changed.sets
  }

  dropApplied(position: AppliedPosition): ChangedIds {
    return this.drop(position).sets
  }

  private drop(position: AppliedPosition): ChangedSets {
    const changed = new ChangedSets()
    const done = this.acknowledged.findIndex((mutation) => isOverlaid(mutation, position))
    for (const mutation of this.acknowledged.splice(0, done === -1 ? this.acknowledged.length : done)) {
      this.byId.delete(mutation.id)
      changed.putAll(mutation)
      if (!this.isSettling(mutation)) continue
      for (const rowId of mutation.rowIds) this.settled.set(mutation.collection, rowId, mutation)
    }
    for (const [collection, rowIds] of changed.sets)
      for (const rowId of rowIds) {
        const left = this.ofRow(collection, rowId).filter((mutation) => isOverlaid(mutation, position))
        if (left.length === 0) this.byRow.delete(collection, rowId)
        else this.byRow.set(collection, rowId, left)
      }
    return changed
  }

  ofRow(collection: string, rowId: number): readonly PendingMutation[] {
    return this.byRow.get(collection, rowId) ?? []
  }

  settledOf(collection: string, rowId: number): PendingMutation | undefined {
    return this.settled.get(collection, rowId)
  }

  isWaiting(collection: string, rowId: number): boolean {
    return this.ofRow(collection, rowId).at(-1)?.ackedHead === null
  }

  find(id: number): PendingMutation | undefined {
    return this.byId.get(id)
  }

  undoneCount(): number {
    return this.waiting.filter(({ target }) => target?.ackedHead === null).length
  }
}

/** Values by collection and row. */
class ByRow<Value> {
  private readonly collections = new Map<string, Map<number, Value>>()

  get(collection: string, rowId: number): Value | undefined {
    return this.collections.get(collection)?.get(rowId)
  }

  set(collection: string, rowId: number, value: Value): void {
    const rows = this.collections.get(collection)
    if (rows === undefined) this.collections.set(collection, new Map([[rowId, value]]))
    else rows.set(rowId, value)
  }

  delete(collection: string, rowId: number): void {
    this.collections.get(collection)?.delete(rowId)
  }

  clear(): void {
    this.collections.clear()
  }

  *keys(): Generator<[string, number]> {
    for (const [collection, rows] of this.collections)
      for (const rowId of rows.keys()) yield [collection, rowId]
  }
}
