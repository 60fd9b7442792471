import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { WebSocketServer } from 'ws'
import { serveRequests } from './worker-process.ts'

// A websocket server that does nothing but hold its sockets.

/** What a bench asks of it. */
export type BareRequest = 'listen' | 'memory'

/** As the hub's own: without it the kernel's retries of a second would be measured. */
const LISTEN_BACKLOG = 4096

const server: { sockets: WebSocketServer | null } = { sockets: null }

/** `listen`: its port. `memory`: resident bytes after a collection. */
serveRequests(async (request: BareRequest): Promise<number> => {
  if (request === 'memory') {
    globalThis.gc?.({ type: 'major', execution: 'sync', flavor: 'last-resort' })
    return process.memoryUsage.rss()
  }
  server.sockets = new WebSocketServer({
    port: 0,
    host: '127.0.0.1',
    backlog: LISTEN_BACKLOG,
    perMessageDeflate: false,
  })
  await once(server.sockets, 'listening')
  return (server.sockets.address() as AddressInfo).port
})
