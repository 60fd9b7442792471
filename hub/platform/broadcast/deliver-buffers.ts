import type { HubClock, Connection } from '../ports.ts'

/** Unsent bytes up to which more is handed to a socket that is served in parts. One part fits twice. [SYN-24] */
const MAX_UNSENT_BYTES = 262_144
/** How soon a full socket is checked again: 256 KiB each 4 ms are far more than a kiosk's connection carries. */
const RECHECK_MS = 4

/** Sends buffers on one connection, the next when it has drained; calls `done` when all were sent. Returns a function that cancels the rest. [SYN-9] */
export function deliverBuffers(
  clock: HubClock,
  connection: Connection,
  buffers: readonly Buffer[],
  done: () => void,
): () => void {
  let next = 0
  let cancel = (): void => undefined
  const sendNext = (): void => {
    while (next < buffers.length && connection.bufferedBytes() < MAX_UNSENT_BYTES) {
      const buffer = buffers[next]
      next += 1
      if (buffer !== undefined) connection.send(buffer)
    }
    if (next < buffers.length) cancel = clock.after(RECHECK_MS, sendNext)
    else done()
  }
  sendNext()
  return () => cancel()
}
