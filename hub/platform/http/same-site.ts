import type { FastifyInstance, FastifyRequest } from 'fastify'
import { answerRefusal } from './errors.ts'

const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS'])

/**
 * Refuses calls that change something, and sockets, when another site's page makes a visitor's browser send them: by
 * `Sec-Fetch-Site`, and where a browser is too old for that by `Origin`. Kiosks and programs send neither. The address
 * plays no part: one path is written in many ways, and no route of the hub is for other sites' pages. [IDN-15] [EDG-1]
 */
export function guardSameSite(app: FastifyInstance): void {
  app.addHook('onRequest', async (request, reply) => {
    if (isHarmless(request) || isOwn(request)) return undefined
    return answerRefusal(reply, 'crossSite')
  })
}

/** Whether a browser's page sent it, of whatever site: a browser always says one of these with a socket. [EDG-2] */
export function isFromPage({ headers }: Pick<FastifyRequest, 'headers'>): boolean {
  return headers.origin !== undefined || headers['sec-fetch-site'] !== undefined
}

function isHarmless(request: FastifyRequest): boolean {
  return SAFE_METHODS.has(request.method) && request.headers.upgrade === undefined
}

/** Same site is not enough: a neighbour's sub-domain may be anybody's. "none" is a person who typed the address. */
function isOwn(request: FastifyRequest): boolean {
  const site = request.headers['sec-fetch-site']
  if (site !== undefined) return site === 'same-origin' || site === 'none'
  const { origin } = request.headers
  if (origin === undefined) return true
  // Behind a proxy, `host` and `protocol` are those of the request to the proxy, if that is trusted.
  return origin === `${request.protocol}://${request.host}`
}
