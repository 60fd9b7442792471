import type { FastifyInstance, FastifyRequest } from 'fastify'
import { answerRefusal } from './errors.ts'
import { API_PREFIX } from './handle.ts'

const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS'])

/**
 * Refuses calls that change something, and sockets, when another site's page makes a visitor's browser send them: by
 * `Sec-Fetch-Site`, and where a browser is too old for that by `Origin`. Kiosks and programs send neither. [IDN-15]
 */
export function guardSameSite(app: FastifyInstance): void {
  app.addHook('onRequest', async (request, reply) => {
    if (!request.url.startsWith(`${API_PREFIX}/`) || isHarmless(request) || isOwn(request)) return undefined
    return answerRefusal(reply, 'crossSite')
  })
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
  // Behind a proxy, `host` and `protocol` are what the proxy heard, if it is believed.
  return origin === `${request.protocol}://${request.host}`
}
