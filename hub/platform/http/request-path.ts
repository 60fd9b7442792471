import type { FastifyRequest } from 'fastify'

/**
 * The path of a request as the router reads it: percent signs decoded, host and query left out. For answers to addresses
 * where nothing is; whatever guards a route asks for the route that was matched. [EDG-1]
 */
export function pathOf(request: Pick<FastifyRequest, 'url'>): string {
  const path = request.url.replace(/^[a-z]+:\/\/[^/?#]*/i, '').replace(/[?#].*$/, '')
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}
