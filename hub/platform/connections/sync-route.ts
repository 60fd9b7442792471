import type { ServerResponse } from 'node:http'
import type { FastifyPluginAsync, FastifyRequest } from 'fastify'
import type { RawData, WebSocket } from 'ws'
import type { KioskLine } from '../ports.ts'
import type { SyncCore } from './sync-core.ts'
import { answerRefusal } from '../http/errors.ts'
import { isFromPage } from '../http/same-site.ts'

/** ws gives these for a frame beyond `maxPayload`. */
const TOO_LARGE_CODES = new Set([
  'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH',
  'WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH',
])

/** GET /api/v1/sync, a websocket: one line of a kiosk, handed to the core. [SYN-15] [EDG-2] */
export function syncRoute(core: Pick<SyncCore, 'accept'>): FastifyPluginAsync {
  return async (app) => {
    const responses = new WeakMap<FastifyRequest, ServerResponse>()
    app.get(
      '/api/v1/sync',
      {
        websocket: true,
        onRequest: async (request, reply) => {
          // Kiosks dial from a program; a page has no business here, and takes no place of theirs.
          if (isFromPage(request)) return answerRefusal(reply, 'crossSite')
          responses.set(request, reply.raw)
          // The answer to the upgrade and the first word travel together: one write and one wake-up less in a storm.
          if (request.ws) request.raw.socket.cork()
          return undefined
        },
      },
      (socket, request) => {
        forgetRequest(socket, request, responses.get(request))
        // Listeners are attached before anything is awaited: an early message would be lost.
        attach(core, socket, { host: dialledHost(request), address: request.clientAddress })
        request.raw.socket.uncork()
      },
    )
  }
}

/**
 * A line lasts for weeks, and its upgrade request with all that belongs to it is of no use after the first moment: held
 * by the socket and by the plugin's listener, it would be a third of what an idle kiosk costs. What a broken line is
 * told by its error is told by its close too.
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

/** Unsent bytes up to which a ping is answered: who does not read the answers gets no more of them into our memory. */
const PONG_BYTES = 65_536

/** Joins a websocket to the core. */
export function attach(
  core: Pick<SyncCore, 'accept'>,
  socket: WebSocket,
  from: { host: string; address: string },
): void {
  const handler = core.accept(makeLine(socket), from)
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

function makeLine(socket: WebSocket): KioskLine {
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
