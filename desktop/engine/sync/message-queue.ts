import type { ReceivedMessage } from './hub-messages.ts'

/** The hub's messages, handled in their order and one at a time. */
export interface MessageQueue {
  put(message: ReceivedMessage): void
  /** Drops what was not handled yet, and handles nothing more. */
  close(): void
}

/**
 * Makes an empty queue. `handle` calls `done` when the next message may be handled: rows that are applied in slices hold back
 * the messages behind them. What `handle` throws goes to `failed`.
 */
export function makeMessageQueue(
  handle: (message: ReceivedMessage, done: () => void) => void,
  failed: (error: unknown) => void,
): MessageQueue {
  const messages: ReceivedMessage[] = []
  const state = { isBusy: false, isDraining: false, isClosed: false }
  const drain = (): void => {
    if (state.isDraining) return
    state.isDraining = true
    try {
      for (let message = messages.shift(); message !== undefined; message = messages.shift()) {
        state.isBusy = true
        handle(message, () => {
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
      messages.push(message)
      if (!state.isBusy) drain()
    },
    close: () => {
      state.isClosed = true
      messages.length = 0
    },
  }
}
