/** Lets a few through at a time; whoever comes then waits, first come, first through. */
export interface Turnstile {
  pass<Result>(run: () => Promise<Result>): Promise<Result>
  /** Whether so many wait already that one more should be told to come later. */
  readonly isFull: boolean
}

/** Makes a turnstile through which `width` pass at once, and before which `maxWaiting` may wait. */
export function makeTurnstile(width: number, maxWaiting = Number.POSITIVE_INFINITY): Turnstile {
  let free = width
  const waiting: (() => void)[] = []
  return {
    get isFull() {
      return free === 0 && waiting.length >= maxWaiting
    },
    pass: async (run) => {
      if (free === 0) await new Promise<void>((resolve) => waiting.push(resolve))
      else free -= 1
      try {
        return await run()
      } finally {
        // Whoever leaves hands its place on, so that nobody comes between.
        const next = waiting.shift()
        if (next === undefined) free += 1
        else next()
      }
    },
  }
}
