import { isIP } from 'node:net'

/** A host as it stands in a Host header, without port and brackets, in lower case. */
export function withoutPort(host: string): string {
  const lower = host.toLowerCase()
  const bracketed = /^\[([^\]]*)\](:\d+)?$/.exec(lower)
  if (bracketed !== null) return bracketed[1] ?? ''
  return isIP(lower) === 6 ? lower : lower.replace(/:\d+$/, '')
}
