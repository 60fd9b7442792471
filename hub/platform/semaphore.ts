/** Limits how many calls run at once; the others wait in the order in which they came. */
export interface Semaphore {
  run<Result>(run: () => Promise<Result>): Promise<Result>
  /** Whether so many wait already that one more should be refused. */
  readonly isFull: boolean
}

/** Makes a semaphore with `permits` calls at once; `isFull` is true when none is free and `maxWaiting` calls wait. */
export function makeSemaphore(permits: number, maxWaiting = Number.POSITIVE_INFINITY): Semaphore {
  let freePermits = permits
  const waiting: (() => void)[] = []
  return {
    get isFull() {
      return freePermits === 0 && waiting.length >= maxWaiting
    },
    run: async (run) => {
      if (freePermits === 0) await new Promise<void>((resolve) => waiting.push(resolve))
      else freePermits -= 1
      try {
        return await run()
      } finally {
        // The permit goes to the next in line directly, so that no new call comes between.
        const next = waiting.shift()
        if (next === undefined) freePermits += 1
        else next()
      }
    },
  }
}
