import type { WebSocket } from 'ws'
import type { BridgeAnswerMessage, EngineApi } from '#shared/wire/bridge.ts'
import { subscribeWithHeartbeat } from '../engine/screen/page-heartbeat.ts'
import type { EngineClock } from '../engine/core/ports.ts'
import type { EngineLog } from '../engine/log/engine-log.ts'

/** Unread bytes from which a screen counts as behind. A whole university of 11,000 spaces is about 3 MB, so more than that. */
const BEHIND_BYTES = 8_388_608

/** How often a screen that is behind is checked. */
const LOOK_EVERY_MS = 250

/** A screen that reads nothing for so long is disconnected. */
const DROP_AFTER_MS = 30_000

/** What sending slices to a screen needs. */
interface Mirroring {
  engine: EngineApi
  clock: Pick<EngineClock, 'after' | 'elapsedMs'>
  log: EngineLog
}

/**
 * Sends every slice of the engine to a screen until its socket closes. There is no queue: a screen that is behind is sent
 * nothing more, and once it has read everything it gets the newest of every slice again. [BRG-2]
 */
export function mirrorSlices(mirroring: Mirroring, socket: WebSocket): void {
  const start = (): (() => void) => {
    let isLive = false
    let isBehind = false
    const end = subscribeWithHeartbeat(mirroring, (slice, value) => {
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
    log.warn('screen-dropped', 'A screen reads nothing and was disconnected.', { unreadBytes: unread })
    socket.terminate()
  }, LOOK_EVERY_MS)
}
