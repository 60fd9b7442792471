import { connect } from 'node:net'
import { serveOrders } from './child.ts'

// Receivers that only drain, in a process of their own: what is measured is who sends.

/** What a bench asks of the receivers. `path`: upgrade to a websocket there; null: a bare socket. */
export interface DrainOrder {
  port: number
  path: string | null
  count: number
}

/** One buffer for all: nothing of what comes is looked at. */
const WASTE = Buffer.allocUnsafe(1_048_576)

async function open({ port, path, count }: DrainOrder): Promise<number> {
  for (let index = 0; index < count; index += 1) await openOne(port, path)
  return count
}

function openOne(port: number, path: string | null): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({
      port,
      host: '127.0.0.1',
      onread: {
        buffer: WASTE,
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

serveOrders(open)
