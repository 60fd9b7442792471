import { WebSocket } from 'ws'
import type { CheapEvents, ClientSocket } from './cheap-socket.ts'

/** A client's websocket as the engine's own: for storms, where dialling itself is measured, bare and at the hub. */
export function dialWithWs(url: string, events: CheapEvents): ClientSocket {
  const socket = new WebSocket(url.replace(/^http/, 'ws'), { perMessageDeflate: false })
  socket.on('open', () => events.opened())
  socket.on('message', (data: Buffer) => events.frame(data))
  socket.on('error', () => socket.terminate())
  socket.on('close', () => events.closed())
  return { send: (text) => socket.send(text), terminate: () => socket.terminate() }
}
