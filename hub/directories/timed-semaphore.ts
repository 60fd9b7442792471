/** A semaphore at which nobody waits longer than a time limit. */
export interface TimedSemaphore {
  /** Null when no permit came free in time. */
  run<Result>(run: () => Promise<Result>): Promise<Result | null>
}

/** Makes a semaphore with `permits` runs at once, for which one waits at most `timeoutMs`. */
export function makeTimedSemaphore(permits: number, timeoutMs: number): TimedSemaphore {
  const waiting = new Set<() => void>()
  const used = { count: 0 }
  const wait = (): Promise<boolean> =>
    new Promise((resolve) => {
      const call = (): void => {
        clearTimeout(timer)
        resolve(true)
      }
      const timer = setTimeout(() => {
        waiting.delete(call)
        resolve(false)
      }, timeoutMs)
      waiting.add(call)
    })
  const release = (): void => {
    const [next] = waiting
    if (next === undefined) used.count -= 1
    else {
      // The permit goes to the next in line directly.
      waiting.delete(next)
      next()
    }
  }
  return {
    run: async (run) => {
      if (used.count < permits) used.count += 1
      else if (!(await wait())) return null
      try {
        return await run()
      } finally {
        release()
      }
    },
  }
}
