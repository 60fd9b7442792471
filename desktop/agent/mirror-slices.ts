import type { WebSocket } from 'ws'
import type { BridgeAnswerMessage, EngineApi } from '#shared/wire/bridge.ts'
import { beatTo } from '../engine/screen/page-heartbeat.ts'
import type { EngineClock, EngineLog } from '../engine/core/ports.ts'

/** Unread bytes from which a screen counts as behind. A whole university of 11,000 spaces is about 3 MB, so more than that. */
const BEHIND_BYTES = 8_388_608

/** How often a screen that is behind is looked at. */
const LOOK_EVERY_MS = 250

/** A screen that reads nothing for so long is dropped. */
const DROP_AFTER_MS = 30_000

/** What a screen mirrors, and by which clock it is told that the mirror is alive. */
interface Mirroring {
  engine: EngineApi
  clock: Pick<EngineClock, 'after' | 'elapsedMs'>
  log: EngineLog
}

/**
 * Sends every slice of the engine to a screen until its socket closes. There is no queue: a screen that is behind gets
 * nothing more, and once it has read what was sent it starts anew with the newest of every slice. [BRG-2]
 */
export function mirrorSlices(mirroring: Mirroring, socket: WebSocket): void {
  const start = (): (() => void) => {
    let isLive = false
    let isBehind = false
    const end = beatTo(mirroring, (slice, value) => {
      if (isBehind || socket.readyState !== socket.OPEN) return
      socket.send(JSON.stringify({ slice, value } satisfies BridgeAnswerMessage))
      isBehind = isLive && socket.bufferedAmount > BEHIND_BYTES
      if (isBehind) waitUntilRead(socket, mirroring.log, restart)
    })
    isLive = true
    return end
  }
  let end = start()
  const restart = (): void => {
    end()
    end = start()
  }
  socket.on('close', () => end())
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
