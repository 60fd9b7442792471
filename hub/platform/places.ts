/** Places of those who wait and those who are served. */
export interface Places {
  /** Null: no room. Else a function to be called once the place is free again; a second call does nothing. */
  enter(owner: string): (() => void) | null
}

/** Makes so many, of which one owner has at most `perOwner` at once: nobody keeps all others out. */
export function makePlaces(inAll: number, perOwner: number): Places {
  const counts = new Map<string, number>()
  let all = 0
  return {
    enter: (owner) => {
      const taken = counts.get(owner) ?? 0
      if (all >= inAll || taken >= perOwner) return null
      all += 1
      counts.set(owner, taken + 1)
      let isInside = true
      return () => {
        if (!isInside) return
        isInside = false
        all -= 1
        const left = (counts.get(owner) ?? 1) - 1
        if (left === 0) counts.delete(owner)
        else counts.set(owner, left)
      }
    },
  }
}
