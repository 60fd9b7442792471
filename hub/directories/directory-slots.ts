/** Lets so many run at once; whoever comes then waits, but not for ever. */
export interface Slots {
  /** Null when no slot came free in time. */
  take<Result>(run: () => Promise<Result>): Promise<Result | null>
}

/** Makes slots for at most `maxCount` at once, for which one waits at most `patienceMs`. */
export function makeSlots(maxCount: number, patienceMs: number): Slots {
  const waiting = new Set<() => void>()
  const taken = { count: 0 }
  const wait = (): Promise<boolean> =>
    new Promise((resolve) => {
      const call = (): void => {
        clearTimeout(patience)
        resolve(true)
      }
      const patience = setTimeout(() => {
        waiting.delete(call)
        resolve(false)
      }, patienceMs)
      waiting.add(call)
    })
  const giveBack = (): void => {
    const [next] = waiting
    if (next === undefined) taken.count -= 1
    else {
      // The slot passes from hand to hand.
      waiting.delete(next)
      next()
    }
  }
  return {
    take: async (run) => {
      if (taken.count < maxCount) taken.count += 1
      else if (!(await wait())) return null
      try {
        return await run()
      } finally {
        giveBack()
      }
    },
  }
}
