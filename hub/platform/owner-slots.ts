/** Slots in limited number, of which each owner may hold some. */
export interface OwnerSlots {
  /** Takes a slot. Null: none is free for this owner. Else a function that gives the slot back; a second call does nothing. */
  acquire(owner: string): (() => void) | null
}

/** Makes `total` slots, of which one owner holds at most `perOwner` at once, so that no owner can take them all. */
export function makeOwnerSlots(total: number, perOwner: number): OwnerSlots {
  const counts = new Map<string, number>()
  let heldInAll = 0
  return {
    acquire: (owner) => {
      const ofOwner = counts.get(owner) ?? 0
      if (heldInAll >= total || ofOwner >= perOwner) return null
      heldInAll += 1
      counts.set(owner, ofOwner + 1)
      let isHeld = true
      return () => {
        if (!isHeld) return
        isHeld = false
        heldInAll -= 1
        const left = (counts.get(owner) ?? 1) - 1
        if (left === 0) counts.delete(owner)
        else counts.set(owner, left)
      }
    },
  }
}
