import { connect } from 'node:net'
import { serveRequests } from './worker-process.ts'

// Receivers in a process of their own, since it is the sender that is measured. Nobody looks at what comes, a websocket's
// frames as little as a bare socket's bytes: a client such as `ws` would, be later than the bare receivers beside it, and so
// leave the two senders that are compared with different work.

/** What a bench asks of the receivers. `path`: upgrade to a websocket there; null: a bare socket. */
export interface ReceiverRequest {
  port: number
  path: string | null
  count: number
}

/** One buffer for all that is thrown away. */
const DISCARDED = Buffer.allocUnsafe(1_048_576)

async function open({ port, path, count }: ReceiverRequest): Promise<number> {
  for (let index = 0; index < count; index += 1) await openOne(port, path)
  return count
}

function openOne(port: number, path: string | null): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({
      port,
      host: '127.0.0.1',
      onread: {
        buffer: DISCARDED,
        callback: () => {
          resolve()
          return true
        },
      },
    })
    socket.once('error', reject)
    socket.once('connect', () => {
      if (path === null) return resolve()
      return void socket.write(
        `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
          'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n',
      )
    })
  })
}

serveRequests(open)
