import { randomBytes } from 'node:crypto'
import type { FastifyPluginAsync } from 'fastify'
import { accept, refuse } from '#shared/domain/decision.ts'
import { LIVE_TAKES_COLLECTIONS } from '#shared/wire/live.ts'
import { insertLiveTicket } from './live-tickets.ts'
import { hashTicket, type LiveConnections } from './live-connections.ts'
import type { Database } from '../postgres/database.ts'
import { API_PREFIX, type Handle } from '../http/handle.ts'
import { attachSocket, dialledHost } from './sync-route.ts'

/** Tickets for the live socket: 256 bits, of which only a hash is kept. [LIV-1] */
export function liveTicketRoutes(handle: Handle, { pool }: { pool: Database }): void {
  handle('POST /live/ticket', async (_input, { actor, sessionId }) => {
    if (actor.universityId === null) return refuse({ why: 'notFound' })
    const ticket = randomBytes(32).toString('base64url')
    await insertLiveTicket(pool, hashTicket(ticket), sessionId)
    return accept({ ticket })
  })
}

/** GET /api/v1/live, a websocket: the live connection of one page. Other sites' pages were refused before. [LIV-1] [IDN-15] */
export function liveRoute(live: Pick<LiveConnections, 'accept'>): FastifyPluginAsync {
  return async (app) => {
    app.get(`${API_PREFIX}/live`, { websocket: true }, (socket, request) => {
      const asked = request.url.split('?')[1]?.split('&') ?? []
      const takesCollections = asked.includes(LIVE_TAKES_COLLECTIONS)
      const from = { host: dialledHost(request), address: request.clientAddress }
      attachSocket(
        { accept: (connection) => live.accept(connection, { ...from, takesCollections }) },
        socket,
        from,
      )
    })
  }
}
