// What the hub's sync core needs from outside, so that a simulation can control time, random values and connections.

/** Monotonic time and timers of the hub's process. */
export interface HubClock {
  /** Elapsed ms; only differences mean something. */
  elapsedMs(): number
  /** Calls back once after a delay; returns a function that cancels. */
  after(delayMs: number, run: () => void): () => void
  /**
   * The database's time for the next transaction, ms since 1970; null: let the database read its own clock, once, in
   * the statement that takes the lock. A simulation gives its own.
   */
  databaseNowMs(): number | null
}

/** Random values: nonces, tickets, epochs. A simulation gives seeded ones. */
export interface RandomSource {
  /** Random bytes as base64url text. */
  secret(byteCount: number): string
  /** A fraction in [0, 1), for jitter. */
  fraction(): number
}

/** The socket of one kiosk or page as the sync core sees it. */
export interface Connection {
  /** Sends one text frame. A Buffer holds the UTF-8 bytes of a text, serialised once for many connections. */
  send(text: string | Buffer): void
  /** Bytes that the socket has not passed on yet. */
  bufferedBytes(): number
  /** Stops and resumes reading: how a fast sender is slowed. */
  pause(): void
  resume(): void
  /** Closes it after what was sent; it is ended soon where the other side does not answer. */
  close(): void
  /** Ends it at once. */
  terminate(): void
}

/** What must be called with what arrives on a connection. */
export interface ConnectionHandler {
  received(text: string): void
  /** A frame larger than the limit arrived, or one that is not text. */
  receivedTooLarge(): void
  ended(): void
}
