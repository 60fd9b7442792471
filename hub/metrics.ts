/** What the hub measures of itself while it runs; every call is cheap and never throws. Served at /metrics. */
export interface HubMetrics {
  /** A kiosk came (+1) or went (−1). */
  connectedKiosks(delta: number): void
  /** One group commit: how many mutations, and ms from its begin to the return of COMMIT. */
  batch(size: number, durationMs: number): void
  /** Ms from the arrival of a push to its ack. */
  ack(latencyMs: number): void
  /** Ms from a commit to its frame being handed to the sockets. */
  fanOutLag(ms: number): void
  /** How many sockets have more unsent than the limit, now. [SYN-24] */
  socketsBehind(count: number): void
  /** Mutations that wait at a kiosk, as it last said; null when the kiosk is gone. */
  outboxDepth(kioskId: number, depth: number | null): void
}

/** Measures nothing: for tests and simulations. */
export const noMetrics: HubMetrics = {
  connectedKiosks: () => undefined,
  batch: () => undefined,
  ack: () => undefined,
  fanOutLag: () => undefined,
  socketsBehind: () => undefined,
  outboxDepth: () => undefined,
}
