import type { FastifyInstance } from 'fastify'
import { findClient } from './network-address.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Who calls, by the rules of TRUST_PROXY: the one address that is stored and counted. Empty: nobody any more. [EDG-3] */
    readonly clientAddress: string
  }
}

/**
 * Gives every request its `clientAddress`, and calls `forwardedBy` for peers that send X-Forwarded-For without being trusted: perhaps a proxy
 * that TRUST_PROXY does not name, and then everybody behind it counts as one. [EDG-3] [EDG-5]
 */
export function decorateClientAddress(
  app: FastifyInstance,
  isTrusted: (address: string | undefined) => boolean,
  forwardedBy: (peer: string) => void,
): void {
  app.decorateRequest('clientAddress', {
    getter() {
      return findClient(this.socket.remoteAddress, forwardedFor(this.headers), isTrusted)
    },
  })
  app.addHook('onRequest', async (request) => {
    if (forwardedFor(request.headers) === undefined || isTrusted(request.socket.remoteAddress)) return
    forwardedBy(findClient(request.socket.remoteAddress, undefined, isTrusted))
  })
}

function forwardedFor(headers: Record<string, string | string[] | undefined>): string | undefined {
  const header = headers['x-forwarded-for']
  return Array.isArray(header) ? header.join(',') : header
}
