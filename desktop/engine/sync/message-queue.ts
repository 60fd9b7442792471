import type { HeardMessage } from './hub-messages.ts'

/** Messages in the order in which they came, one at a time. */
export interface Inbox {
  put(message: HeardMessage): void
  /** Lets go of what was not taken; nothing more is. */
  close(): void
}

/**
 * Makes one. `take` takes a message in and calls `done` when the next may be taken: rows that are applied in slices
 * hold the messages behind them back. What `take` throws goes to `failed`.
 */
export function makeInbox(
  take: (message: HeardMessage, done: () => void) => void,
  failed: (error: unknown) => void,
): Inbox {
  const queue: HeardMessage[] = []
  const state = { isBusy: false, isDraining: false, isClosed: false }
  const drain = (): void => {
    if (state.isDraining) return
    state.isDraining = true
    try {
      for (let message = queue.shift(); message !== undefined; message = queue.shift()) {
        state.isBusy = true
        take(message, () => {
          state.isBusy = false
          drain()
        })
        if (state.isBusy || state.isClosed) break
      }
    } catch (error) {
      failed(error)
    }
    state.isDraining = false
  }
  return {
    put: (message) => {
      if (state.isClosed) return
      queue.push(message)
      if (!state.isBusy) drain()
    },
    close: () => {
      state.isClosed = true
      queue.length = 0
    },
  }
}
