import type { ServerResponse } from 'node:http'
import type { FastifyPluginAsync, FastifyRequest } from 'fastify'
import type { RawData, WebSocket } from 'ws'
import type { Connection } from '../ports.ts'
import type { SyncCore } from './sync-core.ts'
import { answerRefusal } from '../http/errors.ts'
import { isFromPage } from '../http/same-site.ts'

/** ws gives these for a frame beyond `maxPayload`. */
const TOO_LARGE_CODES = new Set([
  'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH',
  'WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH',
])

/** GET /api/v1/sync, a websocket: the connection of one kiosk, handed to the core. [SYN-15] [EDG-2] */
export function syncRoute(core: Pick<SyncCore, 'accept'>): FastifyPluginAsync {
  return async (app) => {
    const responses = new WeakMap<FastifyRequest, ServerResponse>()
    app.get(
      '/api/v1/sync',
      {
        websocket: true,
        onRequest: async (request, reply) => {
          // Kiosks dial from a program; a page is refused before it takes a slot of theirs.
          if (isFromPage(request)) return answerRefusal(reply, 'crossSite')
          responses.set(request, reply.raw)
          // The answer to the upgrade and the challenge are sent together: one write less when thousands connect.
          if (request.ws) request.raw.socket.cork()
          return undefined
        },
      },
      (socket, request) => {
        forgetRequest(socket, request, responses.get(request))
        // Listeners are attached before anything is awaited: an early message would be lost.
        attachSocket(core, socket, { host: dialledHost(request), address: request.clientAddress })
        request.raw.socket.uncork()
      },
    )
  }
}

/**
 * A connection lasts for weeks, and its upgrade request with all that belongs to it is of no use after the upgrade: held
 * by the socket and by the plugin's listener, it would be a third of what an idle kiosk costs. A connection that breaks
 * emits `close` beside `error`, so that no listener for errors is needed.
 */
function forgetRequest(
  socket: WebSocket,
  request: FastifyRequest,
  response: ServerResponse | undefined,
): void {
  response?.detachSocket(request.raw.socket)
  socket.removeAllListeners('error')
}

/** The host as the kiosk dialled it, which its proofs sign: behind a proxy that is believed, the one that came there. [SYN-10] [SYN-20] */
export function dialledHost(request: Pick<FastifyRequest, 'host'>): string {
  return request.host.toLowerCase()
}

/** Unsent bytes up to which a ping is answered: a client that does not read the answers must not fill the hub's memory with them. */
const PONG_BYTES = 65_536

/** Connects a websocket to whatever accepts it: messages, errors and the close are handed on, pings are answered. */
export function attachSocket(
  core: Pick<SyncCore, 'accept'>,
  socket: WebSocket,
  from: { host: string; address: string },
): void {
  const handler = core.accept(makeConnection(socket), from)
  socket.on('message', (data: RawData, isBinary: boolean) => {
    if (isBinary) handler.receivedTooLarge()
    else handler.received(textOf(data))
  })
  socket.on('error', (error: Error & { code?: string }) => {
    if (TOO_LARGE_CODES.has(error.code ?? '')) handler.receivedTooLarge()
  })
  socket.on('ping', (data: Buffer) => {
    if (socket.readyState === socket.OPEN && socket.bufferedAmount < PONG_BYTES) socket.pong(data)
  })
  socket.on('close', () => handler.ended())
}

function makeConnection(socket: WebSocket): Connection {
  return {
    // A Buffer is sent as it is, as text: the same bytes to everybody.
    send: (text) => {
      if (socket.readyState === socket.OPEN) socket.send(text, { binary: false })
    },
    bufferedBytes: () => socket.bufferedAmount,
    pause: () => socket.pause(),
    resume: () => socket.resume(),
    close: () => socket.close(),
    terminate: () => socket.terminate(),
  }
}

function textOf(data: RawData): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString('utf8')
  return Buffer.isBuffer(data) ? data.toString('utf8') : Buffer.from(data).toString('utf8')
}
