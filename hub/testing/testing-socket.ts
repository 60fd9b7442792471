import { WebSocket } from 'ws'
import type { TestedCore } from './testing-kiosk.ts'

/** A hub behind a real socket, for `openTestSession`. */
export function dialHub(url: string): TestedCore {
  return {
    host: new URL(url).host,
    accept: (connection) => {
      const socket = new WebSocket(`${url.replace('http', 'ws')}/api/v1/sync`)
      socket.on('message', (data: Buffer) => connection.send(data.toString()))
      socket.on('error', () => connection.close())
      socket.on('close', () => connection.close())
      return {
        received: (text) => socket.send(text),
        receivedTooLarge: () => undefined,
        ended: () => socket.terminate(),
      }
    },
  }
}
