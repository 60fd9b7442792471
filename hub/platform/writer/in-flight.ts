/** Counts promises that have not settled, so that a shutdown or a simulation can wait for all of them. */
export interface InFlight {
  /** Counts a promise until it settles, and gives it back. */
  track<Value>(work: Promise<Value>): Promise<Value>
  /** Resolves as soon as nothing is counted. */
  settled(): Promise<void>
}

/** Makes a count that starts at nothing. */
export function makeInFlight(): InFlight {
  let count = 0
  let waiting: (() => void)[] = []
  const leave = (): void => {
    count -= 1
    if (count > 0) return
    for (const wake of waiting.splice(0)) wake()
  }
  return {
    track: (work) => {
      count += 1
      work.then(leave, leave)
      return work
    },
    settled: async () => {
      // What settles may start something new in the same turn.
      while (count > 0) {
        await new Promise<void>((resolve) => waiting.push(resolve))
        await Promise.resolve()
      }
    },
  }
}
