import { setTimeout as delay } from 'node:timers/promises'
import type { WebSocketServer } from 'ws'

/** What a kiosk gets to answer a close, ms. ws itself would wait for half a minute, and a half-open line never answers. */
const PATIENCE_MS = 500
/** "Going away", RFC 6455. */
const GOING_AWAY = 1001

/** Closes every websocket of a server that goes down, and ends those that do not answer in time. */
export async function endSockets(server: WebSocketServer): Promise<void> {
  const waiting = new AbortController()
  const closed = [...server.clients].map(
    (socket) =>
      new Promise<void>((done) => {
        socket.once('close', () => done())
        socket.close(GOING_AWAY)
      }),
  )
  const late = delay(PATIENCE_MS, undefined, { signal: waiting.signal }).catch(() => undefined)
  await Promise.race([Promise.all(closed), late])
  waiting.abort()
  for (const socket of server.clients) socket.terminate()
  server.close()
}
