import { once } from 'node:events'
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http'
import { WebSocket, WebSocketServer } from 'ws'

/** A text frame that passed. */
export interface Frame {
  from: 'kiosk' | 'hub'
  text: string
}

/** A proxy between a kiosk and a hub that records their frames. */
export interface RecordingProxy {
  port: number
  /** Every text frame that passed, in order. */
  frames: Frame[]
  /** Ends every connection without a close frame. */
  cut(): void
  close(): Promise<void>
}

/** Starts the proxy on loopback; it records the text frames of every connection, and passes HTTP calls on unrecorded. */
export async function startRecordingProxy(hubPort: () => number): Promise<RecordingProxy> {
  const frames: Frame[] = []
  const server = createServer((asked, answer) => passOn(asked, answer, hubPort()))
  const sockets = new WebSocketServer({ server })
  sockets.on('connection', (near, asked) => relay(near, asked, hubPort(), frames))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const cut = (): void => {
    for (const socket of sockets.clients) socket.terminate()
  }
  return {
    port: address !== null && typeof address === 'object' ? address.port : 0,
    frames,
    cut,
    close: async () => {
      cut()
      sockets.close()
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}

function passOn(asked: IncomingMessage, answer: ServerResponse, port: number): void {
  const { method, url, headers } = asked
  const far = request({ host: '127.0.0.1', port, method, path: url, headers }, (said) => {
    answer.writeHead(said.statusCode ?? 502, said.headers)
    said.pipe(answer)
  })
  far.on('error', () => answer.destroy())
  asked.pipe(far)
}

function relay(near: WebSocket, asked: IncomingMessage, port: number, frames: Frame[]): void {
  // A kiosk's proof names the address that it dialled.
  const headers = { host: asked.headers.host ?? '' }
  const far = new WebSocket(`ws://127.0.0.1:${port}${asked.url ?? ''}`, { headers })
  // The hub speaks first: a kiosk sends nothing before this connection is open.
  near.on('message', (data: Buffer) => {
    frames.push({ from: 'kiosk', text: data.toString('utf8') })
    far.send(data.toString('utf8'))
  })
  far.on('message', (data: Buffer) => {
    frames.push({ from: 'hub', text: data.toString('utf8') })
    near.send(data.toString('utf8'))
  })
  near.on('close', () => far.close())
  far.on('close', () => near.close())
  far.on('error', () => near.terminate())
}
