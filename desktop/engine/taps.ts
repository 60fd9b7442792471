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
}

/** Makes an empty one. */
export function makeTaps(): Taps {
  const bySpace = new Map<number, Tap[]>()
  const byId = new Map<number, Tap>()
  const settledReports = new Map<number, Tap>()
  // Both in order of ids: acknowledgements come in order, so each list is worked off from its front.
  let waiting: Tap[] = []
  let settled: Tap[] = []

  const add = (tap: Tap): void => {
    const list = bySpace.get(tap.spaceId)
    if (list === undefined) bySpace.set(tap.spaceId, [tap])
    else list.push(tap)
    byId.set(tap.id, tap)
    if (tap.ackedHead === null) waiting.push(tap)
    else settled.push(tap)
  }

  const advance = (reached: Reached): Set<number> => {
    const spaces = new Set<number>()
    const done = settled.findIndex((tap) => isOverlaid(tap, reached))
    const dropped = settled.splice(0, done === -1 ? settled.length : done)
    for (const tap of dropped) {
      byId.delete(tap.id)
      spaces.add(tap.spaceId)
      if (tap.kind === 'report') settledReports.set(tap.spaceId, tap)
    }
    for (const spaceId of spaces) {
      const left = (bySpace.get(spaceId) ?? []).filter((tap) => isOverlaid(tap, reached))
      if (left.length === 0) bySpace.delete(spaceId)
      else bySpace.set(spaceId, left)
    }
    return spaces
  }

  return {
    reset: (held, reached) => {
      const spaces = new Set(bySpace.keys())
      bySpace.clear()
      byId.clear()
      settledReports.clear()
      waiting = []
      settled = []
      for (const tap of held) {
        if (!isOverlaid(tap, reached)) continue
        add(tap)
        spaces.add(tap.spaceId)
      }
      return spaces
    },
    add,
    settle: (lastMutationId, head, reached) => {
      const next = waiting.findIndex((tap) => tap.id > lastMutationId)
      const acked = waiting.splice(0, next === -1 ? waiting.length : next)
      for (const tap of acked) {
        tap.ackedHead = head
        settled.push(tap)
      }
      const spaces = advance(reached)
      for (const tap of acked) spaces.add(tap.spaceId)
      return spaces
    },
    advance,
    of: (spaceId) => bySpace.get(spaceId) ?? [],
    settledReport: (spaceId) => settledReports.get(spaceId),
    isWaiting: (spaceId) => bySpace.get(spaceId)?.at(-1)?.ackedHead === null,
    find: (id) => byId.get(id),
  }
}
