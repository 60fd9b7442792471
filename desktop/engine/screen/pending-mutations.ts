import { isOverlaid, type Reached, type Tap } from './overlay.ts'

/** The taps that are not yet part of the confirmed rows, by space: a mirror of `outbox.db` in memory. */
export interface Taps {
  /** Starts again from what the outbox holds, in order of ids. Returns the spaces whose taps may have changed. */
  reset(held: readonly Tap[], reached: Reached): Set<number>
  add(tap: Tap): void
  /** Marks taps up to an id as settled at a head, and drops those that the rows contain. Returns their spaces. */
  settle(lastMutationId: number, head: number, reached: Reached): Set<number>
  /** Drops settled taps that the rows contain by now. Returns their spaces. */
  advance(reached: Reached): Set<number>
  /** Overlaid taps of one space, oldest first. */
  of(spaceId: number): readonly Tap[]
  /** This kiosk's newest report on the space that the rows contain by now, where it is still known. */
  settledReport(spaceId: number): Tap | undefined
  /** Whether a tap on the space waits for the hub. */
  isWaiting(spaceId: number): boolean
  find(id: number): Tap | undefined
  /** What people did here and still want that the hub has not heard of: a report that was undone while it waited is none. */
  owedCount(): number
}

/** Makes an empty one. */
export function makeTaps(): Taps {
  return new TapMirror()
}

class TapMirror implements Taps {
  private readonly bySpace = new Map<number, Tap[]>()
  private readonly byId = new Map<number, Tap>()
  private readonly settledReports = new Map<number, Tap>()
  // Both in order of ids: acknowledgements come in order, so each list is worked off from its front.
  private waiting: Tap[] = []
  private settled: Tap[] = []

  reset(held: readonly Tap[], reached: Reached): Set<number> {
    const spaces = new Set(this.bySpace.keys())
    for (const map of [this.bySpace, this.byId, this.settledReports]) map.clear()
    this.waiting = []
    this.settled = []
    for (const tap of held) {
      if (!isOverlaid(tap, reached)) continue
      this.add(tap)
      spaces.add(tap.spaceId)
    }
    return spaces
  }

  add(tap: Tap): void {
    const list = this.bySpace.get(tap.spaceId)
    if (list === undefined) this.bySpace.set(tap.spaceId, [tap])
    else list.push(tap)
    this.byId.set(tap.id, tap)
    if (tap.ackedHead === null) this.waiting.push(tap)
    else this.settled.push(tap)
  }

  settle(lastMutationId: number, head: number, reached: Reached): Set<number> {
    const next = this.waiting.findIndex((tap) => tap.id > lastMutationId)
    const acked = this.waiting.splice(0, next === -1 ? this.waiting.length : next)
    for (const tap of acked) {
      tap.ackedHead = head
      this.settled.push(tap)
    }
    const spaces = this.advance(reached)
    for (const tap of acked) spaces.add(tap.spaceId)
    return spaces
  }

  advance(reached: Reached): Set<number> {
    const spaces = new Set<number>()
    const done = this.settled.findIndex((tap) => isOverlaid(tap, reached))
    for (const tap of this.settled.splice(0, done === -1 ? this.settled.length : done)) {
      this.byId.delete(tap.id)
      spaces.add(tap.spaceId)
      if (tap.kind === 'report') this.settledReports.set(tap.spaceId, tap)
    }
    for (const spaceId of spaces) {
      const left = this.of(spaceId).filter((tap) => isOverlaid(tap, reached))
      if (left.length === 0) this.bySpace.delete(spaceId)
      else this.bySpace.set(spaceId, left)
    }
    return spaces
  }

  of(spaceId: number): readonly Tap[] {
    return this.bySpace.get(spaceId) ?? []
  }

  settledReport(spaceId: number): Tap | undefined {
    return this.settledReports.get(spaceId)
  }

  isWaiting(spaceId: number): boolean {
    return this.of(spaceId).at(-1)?.ackedHead === null
  }

  find(id: number): Tap | undefined {
    return this.byId.get(id)
  }

  owedCount(): number {
    // An undo of a report that waits too takes both off the count; that of a sent one is still to be told.
    const undone = this.waiting.filter(
      ({ kind, target }) => kind === 'withdraw' && target?.ackedHead === null,
    )
    return this.waiting.length - 2 * undone.length
  }
}
