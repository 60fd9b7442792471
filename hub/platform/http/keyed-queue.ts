/** Lets calls of one name run one after the other, and calls of different names side by side. */
export interface Turns {
  /** Null when too many of that name wait already. */
  take<Result>(name: string, run: () => Promise<Result>): Promise<Result> | null
}

/** Makes turns of which at most `maxWaiting` of one name wait. */
export function makeTurns(maxWaiting: number): Turns {
  const queues = new Map<string, { last: Promise<unknown>; waiting: number }>()
  return {
    take: (name, run) => {
      const queue = queues.get(name) ?? { last: Promise.resolve(), waiting: 0 }
      if (queue.waiting >= maxWaiting) return null
      queue.waiting += 1
      queues.set(name, queue)
      const result = queue.last.then(run)
      queue.last = result
        .catch(() => undefined)
        .then(() => {
          queue.waiting -= 1
          if (queue.waiting === 0) queues.delete(name)
        })
      return result
    },
  }
}
