import type { WebSocket } from 'ws'
import type { BridgeAnswerMessage, EngineDoor } from '#shared/wire/bridge.ts'
import { beatTo, type PageBeat } from '../engine/page-beat.ts'
import type { EngineClock, EngineLog } from '../engine/ports.ts'

/** Unread bytes from which a screen counts as behind. A whole university of 11,000 spaces is about 3 MB, so more than that. */
const BEHIND_BYTES = 8_388_608

/** How often a screen that is behind is looked at. */
const LOOK_EVERY_MS = 250

/** A screen that reads nothing for so long is dropped. */
const DROP_AFTER_MS = 30_000

/** What a screen mirrors, and by which clock it is told that the mirror is alive. */
interface Mirroring {
  engine: EngineDoor
  clock: Pick<EngineClock, 'after' | 'elapsedMs'>
  log: EngineLog
}

/**
 * Sends every slice of the engine to a screen until its socket closes. There is no queue: a screen that is behind gets
 * nothing more, and once it has read what was sent it starts anew with the newest of every slice. One that this process kept
 * waiting for too long has given its socket up, and so does this end: what lies unread on it is of another time.
 * Returns whether that is so. [BRG-2] [KSK-17]
 */
export function mirrorSlices({ engine, clock, log }: Mirroring, socket: WebSocket): () => boolean {
  const start = (): PageBeat => {
    let isLive = false
    let isBehind = false
    const begun = beatTo(
      engine,
      clock,
      (slice, value) => {
        if (isBehind || socket.readyState !== socket.OPEN) return
        socket.send(JSON.stringify({ slice, value } satisfies BridgeAnswerMessage))
        isBehind = isLive && socket.bufferedAmount > BEHIND_BYTES
        if (isBehind) waitUntilRead(socket, log, restart)
      },
      () => socket.terminate(),
    )
    isLive = true
    return begun
  }
  let beat = start()
  const restart = (): void => {
    beat.end()
    beat = start()
  }
  socket.on('close', () => beat.end())
  return () => beat.isLate()
}

function waitUntilRead(socket: WebSocket, log: EngineLog, thenRun: () => void): void {
  let unread = socket.bufferedAmount
  let stuckMs = 0
  const look = setInterval(() => {
    const isGone = socket.readyState !== socket.OPEN
    if (isGone || socket.bufferedAmount === 0) {
      clearInterval(look)
      if (!isGone) thenRun()
      return
    }
    stuckMs = socket.bufferedAmount < unread ? 0 : stuckMs + LOOK_EVERY_MS
    unread = socket.bufferedAmount
    if (stuckMs < DROP_AFTER_MS) return
    log.warn('a screen reads nothing and is dropped', { unreadBytes: unread })
    socket.terminate()
  }, LOOK_EVERY_MS)
}
