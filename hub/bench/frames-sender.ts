import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { WebSocketServer } from 'ws'
import { attachSocket } from '../platform/connections/sync-route.ts'
import type { Connection } from '../platform/ports.ts'
import { machineMs, ownCpuMs, serveRequests } from './worker-process.ts'

// One core that sends the same bytes to many sockets: through the hub's own connections, or through bare sockets.

/** What a bench asks of a sender. */
export type SenderRequest =
  | { kind: 'listen'; way: 'carrel' | 'bare' }
  | { kind: 'send'; byteCount: number; stretchMs: number }

/** What the sender measured; `port` is where it listens. */
export interface SenderAnswer {
  port: number
  frameCount: number
  /** Time spent in sending, the rests left out. */
  busyMs: number
  cpuMs: number
}

/** As the hub's fan-out: one frame to everybody, then a rest in which all can drain. */
const TICK_MS = 50

interface Target {
  send(frame: Buffer): void
  unsentBytes(): number
}

const targets = new Set<Target>()
const chosen = { way: 'bare' as 'carrel' | 'bare' }

async function listen(way: 'carrel' | 'bare'): Promise<number> {
  chosen.way = way
  const server = way === 'carrel' ? makeHubSide() : makeBareSide()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

function makeHubSide(): Server {
  const server = createHttpServer()
  const sockets = new WebSocketServer({ server, perMessageDeflate: false })
  const accept = (connection: Connection): ReturnType<Parameters<typeof attachSocket>[0]['accept']> => {
    const target = {
      send: (frame: Buffer) => connection.send(frame),
      unsentBytes: () => connection.bufferedBytes(),
    }
    targets.add(target)
    return {
      received: () => undefined,
      receivedTooLarge: () => undefined,
      ended: () => void targets.delete(target),
    }
  }
  sockets.on('connection', (socket) => attachSocket({ accept }, socket, { host: '', address: '' }))
  return server
}

function makeBareSide(): Server {
  return createServer((socket: Socket) => {
    const target = {
      send: (frame: Buffer) => void socket.write(frame),
      unsentBytes: () => socket.writableLength,
    }
    targets.add(target)
    socket.on('close', () => targets.delete(target))
    socket.on('error', () => socket.destroy())
  })
}

async function send(byteCount: number, stretchMs: number): Promise<Omit<SenderAnswer, 'port'>> {
  const payload = Buffer.alloc(byteCount, '{"type":"changes"}')
  // Bare sockets write the very bytes that a websocket writes: header and payload.
  const frame = chosen.way === 'carrel' ? payload : Buffer.concat([frameHeader(byteCount), payload])
  const startMs = machineMs()
  let cpuMs = 0
  let busyMs = 0
  let frameCount = 0
  for (let tick = 1; machineMs() - startMs < stretchMs; tick += 1) {
    const tickMs = machineMs()
    const tickCpuMs = ownCpuMs()
    for (const target of targets) {
      // Still busy with the last one: the receivers are late, and what is queued would be written many at once.
      if (target.unsentBytes() > 0) continue
      target.send(frame)
      frameCount += 1
    }
    await new Promise((resolve) => setImmediate(resolve))
    cpuMs += ownCpuMs() - tickCpuMs
    busyMs += machineMs() - tickMs
    await new Promise((resolve) => setTimeout(resolve, Math.max(1, startMs + tick * TICK_MS - machineMs())))
  }
  return { frameCount, busyMs, cpuMs }
}

/** RFC 6455, 5.2: an unmasked text frame from a server. */
function frameHeader(byteCount: number): Buffer {
  if (byteCount < 126) return Buffer.from([0x81, byteCount])
  if (byteCount < 65_536) return Buffer.from([0x81, 126, byteCount >> 8, byteCount & 255])
  const header = Buffer.alloc(10)
  header[0] = 0x81
  header[1] = 127
  header.writeBigUInt64BE(BigInt(byteCount), 2)
  return header
}

serveRequests(async (request: SenderRequest): Promise<SenderAnswer> => {
  if (request.kind === 'listen')
    return { port: await listen(request.way), frameCount: 0, busyMs: 0, cpuMs: 0 }
  return { port: 0, ...(await send(request.byteCount, request.stretchMs)) }
})
