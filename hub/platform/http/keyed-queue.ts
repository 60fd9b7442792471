/** Runs calls of one key one after the other, and calls of different keys side by side. */
export interface KeyedQueue {
  /** Null when too many of that key wait already. */
  run<Result>(key: string, run: () => Promise<Result>): Promise<Result> | null
}

/** Makes a queue in which at most `maxWaiting` calls of one key run or wait. */
export function makeKeyedQueue(maxWaiting: number): KeyedQueue {
  const queues = new Map<string, { last: Promise<unknown>; waiting: number }>()
  return {
    run: (key, run) => {
      const queue = queues.get(key) ?? { last: Promise.resolve(), waiting: 0 }
      if (queue.waiting >= maxWaiting) return null
      queue.waiting += 1
      queues.set(key, queue)
      const result = queue.last.then(run)
      queue.last = result
        .catch(() => undefined)
        .then(() => {
          queue.waiting -= 1
          if (queue.waiting === 0) queues.delete(key)
        })
      return result
    },
  }
}
