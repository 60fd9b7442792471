import pTimeout from 'p-timeout'
import type { WebSocketServer } from 'ws'

/** Time that a kiosk has to answer a close, ms. ws itself would wait for half a minute, and a half-open connection never answers. */
const CLOSE_TIMEOUT_MS = 500
/** "Going away", RFC 6455. */
const GOING_AWAY = 1001

/** Closes every websocket of a server that shuts down, and terminates those that do not answer in time. */
export async function closeSockets(server: WebSocketServer): Promise<void> {
  const closed = [...server.clients].map(
    (socket) =>
      new Promise<void>((done) => {
        socket.once('close', () => done())
        socket.close(GOING_AWAY)
      }),
  )
  await pTimeout(Promise.all(closed), { milliseconds: CLOSE_TIMEOUT_MS, fallback: () => [] })
  for (const socket of server.clients) socket.terminate()
  server.close()
}
