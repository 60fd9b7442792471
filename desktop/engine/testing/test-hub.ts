import { once } from 'node:events'
import { createServer as createPlainServer, type Server } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import { Server as TlsServer } from 'node:tls'
import { onTestFinished } from 'vitest'
import { WebSocketServer, type WebSocket } from 'ws'
import { parseKioskText } from './scripted-hub.ts'
import { ASSIGNMENT, changesOf, digestOf, LIBRARY } from './test-engine.ts'
import type { HubMessage, KioskMessage } from '#shared/wire/messages.ts'

/** A certificate with its key, both PEM. */
export interface TestCertificate {
  cert: string
  key: string
}

const BEAT_MS = 1_000

/** A minimal hub over real sockets: it enrols, welcomes, sends the test library, acknowledges, and sends a heartbeat each second. */
export class TestHub {
  readonly pushed: number[] = []
  readonly sockets = new Set<WebSocket>()
  readonly server: Server
  port = 0
  /** It accepts connections and reads, and sends nothing any more: like a hub that hangs. */
  isMute = false
  private readonly scheme: string

  constructor(secure: TestCertificate | null) {
    this.scheme = secure === null ? 'http' : 'https'
    this.server = secure === null ? createPlainServer() : createSecureServer(secure)
    this.server.on('request', (request, response) => {
      request.resume()
      response.writeHead(201, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ kioskId: 7, universityId: 1, spaceId: 2, role: 'entrance' }))
    })
    const connections = new WebSocketServer({ server: this.server, autoPong: false })
    connections.on('connection', (socket) => this.serve(socket))
  }

  /** From now on it uses another certificate. */
  useCertificate(secure: TestCertificate): void {
    if (this.server instanceof TlsServer) this.server.setSecureContext(secure)
  }

  get url(): string {
    return `${this.scheme}://127.0.0.1:${this.port}`
  }

  async listen(): Promise<this> {
    this.server.listen(0, '127.0.0.1')
    await once(this.server, 'listening')
    const bound = this.server.address()
    this.port = typeof bound === 'object' && bound !== null ? bound.port : 0
    onTestFinished(() => {
      for (const socket of this.sockets) socket.terminate()
      this.server.closeAllConnections()
      this.server.close()
    })
    return this
  }

  private serve(socket: WebSocket): void {
    this.sockets.add(socket)
    const say = (message: HubMessage): void => {
      if (!this.isMute && socket.readyState === socket.OPEN) socket.send(JSON.stringify(message))
    }
    const beat = setInterval(() => {
      const nowMs = Date.now()
      say({ type: 'heartbeat', epoch: 'epoch-1', head: 6, mac: 'mac', nowMs, digest: digestOf(LIBRARY) })
    }, BEAT_MS)
    socket.on('ping', (data: Buffer) => {
      if (!this.isMute) socket.pong(data)
    })
    socket.on('close', () => {
      clearInterval(beat)
      this.sockets.delete(socket)
    })
    socket.on('error', () => undefined)
    socket.on('message', (data: Buffer) => this.answer(parseKioskText(data.toString()), say))
    say({ type: 'challenge', nonce: 'nonce', protocols: [2, 1] })
  }

  private answer(message: KioskMessage, say: (message: HubMessage) => void): void {
    if (message.type === 'hello') {
      say({
        type: 'welcome',
        epoch: 'epoch-1',
        head: 6,
        mac: 'mac',
        lastMutationId: 0,
        nowMs: Date.now(),
        ticket: 'ticket-1',
        assignment: ASSIGNMENT,
        limits: { heartbeatMs: BEAT_MS, maxFrameBytes: 65_536, maxPushMutations: 64 },
      })
      if (message.cursor < 6)
        say({
          type: 'snapshot',
          epoch: 'epoch-1',
          to: 6,
          part: 1,
          parts: 1,
          changes: changesOf({ rows: LIBRARY }),
        })
    }
    if (message.type !== 'push') return
    for (const { id } of message.mutations) this.pushed.push(id)
    const lastMutationId = message.mutations.at(-1)?.id ?? 0
    say({ type: 'ack', lastMutationId, head: 6, mac: 'mac', outcomes: [] })
  }
}

/** Starts one on a free port; it ends with the test. */
export function startTestHub(secure: TestCertificate | null = null): Promise<TestHub> {
  return new TestHub(secure).listen()
}
