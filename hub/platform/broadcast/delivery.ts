import type { HubClock, KioskLine } from '../ports.ts'

/** Unsent bytes up to which more is handed to a socket that is served in parts. One part fits twice. [SYN-24] */
const FULL_BYTES = 262_144
/** How soon a full socket is looked at again: 256 KiB each 4 ms are far more than a kiosk's line carries. */
const LOOK_AGAIN_MS = 4

/** Hands buffers to one line, the next when it has drained; calls back when all are handed over. Returns a function that ends it. [SYN-9] */
export function deliver(
  clock: HubClock,
  line: KioskLine,
  buffers: readonly Buffer[],
  done: () => void,
): () => void {
  let next = 0
  let cancel = (): void => undefined
  const pump = (): void => {
    while (next < buffers.length && line.bufferedBytes() < FULL_BYTES) {
      const buffer = buffers[next]
      next += 1
      if (buffer !== undefined) line.send(buffer)
    }
    if (next < buffers.length) cancel = clock.after(LOOK_AGAIN_MS, pump)
    else done()
  }
  pump()
  return () => cancel()
}
