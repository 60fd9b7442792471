import { isIP } from 'node:net'
import type { FastifyRequest } from 'fastify'

/** A host as it is in a Host header, without port and brackets, in lower case. */
export function hostWithoutPort(host: string): string {
  const lower = host.toLowerCase()
  const bracketed = /^\[([^\]]*)\](:\d+)?$/.exec(lower)
  if (bracketed !== null) return bracketed[1] ?? ''
  return isIP(lower) === 6 ? lower : lower.replace(/:\d+$/, '')
}

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
