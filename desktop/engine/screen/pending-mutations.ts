import { isOverlaid, type AppliedPosition, type PendingMutation } from './overlay.ts'

/** The mutations that are not yet part of the confirmed rows, by space: a copy of `outbox.db` in memory. [SYN-19] */
export interface PendingMutations {
  /** Starts again from what the outbox holds, in order of ids. Returns the spaces whose view may have changed. */
  reset(held: readonly PendingMutation[], position: AppliedPosition): Set<number>
  add(mutation: PendingMutation): void
  /** Marks all up to an id as acknowledged at a head, and drops those that the rows contain. Returns their spaces. */
  acknowledge(lastMutationId: number, head: number, position: AppliedPosition): Set<number>
  /** Drops what was acknowledged and the rows contain by now. Returns the spaces. */
  dropApplied(position: AppliedPosition): Set<number>
  /** Those of one space, oldest first. */
  ofSpace(spaceId: number): readonly PendingMutation[]
  /** This kiosk's newest report on the space that the rows contain by now; undefined: none since the start. */
  appliedReport(spaceId: number): PendingMutation | undefined
  /** Whether the newest one on the space waits for the hub. */
  isWaiting(spaceId: number): boolean
  find(id: number): PendingMutation | undefined
  /** How many the hub still lacks, without reports that were undone while they waited and without those undos. [OCC-2] */
  owedCount(): number
}

/** Makes an empty list. */
export function makePendingMutations(): PendingMutations {
  return new PendingMutationLists()
}

class PendingMutationLists implements PendingMutations {
  private readonly bySpace = new Map<number, PendingMutation[]>()
  private readonly byId = new Map<number, PendingMutation>()
  private readonly appliedReports = new Map<number, PendingMutation>()
  // Both in order of ids: acknowledgements come in order, so each list is emptied from its front.
  private waiting: PendingMutation[] = []
  private acknowledged: PendingMutation[] = []

  reset(held: readonly PendingMutation[], position: AppliedPosition): Set<number> {
    const spaces = new Set(this.bySpace.keys())
    for (const map of [this.bySpace, this.byId, this.appliedReports]) map.clear()
    this.waiting = []
    this.acknowledged = []
    for (const mutation of held) {
      if (!isOverlaid(mutation, position)) continue
      this.add(mutation)
      spaces.add(mutation.spaceId)
    }
    return spaces
  }

  add(mutation: PendingMutation): void {
    const list = this.bySpace.get(mutation.spaceId)
    if (list === undefined) this.bySpace.set(mutation.spaceId, [mutation])
    else list.push(mutation)
    this.byId.set(mutation.id, mutation)
    if (mutation.ackedHead === null) this.waiting.push(mutation)
    else this.acknowledged.push(mutation)
  }

  acknowledge(lastMutationId: number, head: number, position: AppliedPosition): Set<number> {
    const next = this.waiting.findIndex((mutation) => mutation.id > lastMutationId)
    const acked = this.waiting.splice(0, next === -1 ? this.waiting.length : next)
    for (const mutation of acked) {
      mutation.ackedHead = head
      this.acknowledged.push(mutation)
    }
    const spaces = this.dropApplied(position)
    for (const mutation of acked) spaces.add(mutation.spaceId)
    return spaces
  }

  dropApplied(position: AppliedPosition): Set<number> {
    const spaces = new Set<number>()
    const done = this.acknowledged.findIndex((mutation) => isOverlaid(mutation, position))
    for (const mutation of this.acknowledged.splice(0, done === -1 ? this.acknowledged.length : done)) {
      this.byId.delete(mutation.id)
      spaces.add(mutation.spaceId)
      if (mutation.kind === 'report') this.appliedReports.set(mutation.spaceId, mutation)
    }
    for (const spaceId of spaces) {
      const left = this.ofSpace(spaceId).filter((mutation) => isOverlaid(mutation, position))
      if (left.length === 0) this.bySpace.delete(spaceId)
      else this.bySpace.set(spaceId, left)
    }
    return spaces
  }

  ofSpace(spaceId: number): readonly PendingMutation[] {
    return this.bySpace.get(spaceId) ?? []
  }

  appliedReport(spaceId: number): PendingMutation | undefined {
    return this.appliedReports.get(spaceId)
  }

  isWaiting(spaceId: number): boolean {
    return this.ofSpace(spaceId).at(-1)?.ackedHead === null
  }

  find(id: number): PendingMutation | undefined {
    return this.byId.get(id)
  }

  owedCount(): number {
    // An undo of a report that waits too takes both off the count; an undo of an acknowledged one counts.
    const undone = this.waiting.filter(
      ({ kind, target }) => kind === 'withdraw' && target?.ackedHead === null,
    )
    return this.waiting.length - 2 * undone.length
  }
}
