import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { ServerKeys } from '../platform/secrets/server-secret.ts'

/** A genuine refresh token: whose it is, and which of its family. */
export interface RefreshClaims {
  family: string
  counter: number
}

const FORMAT = /^([A-Za-z0-9_-]{22})\.(0|[1-9]\d{0,8})\.([A-Za-z0-9_-]{43})$/

/** Name of a fresh family: 128 random bits. */
export function makeFamily(): string {
  return randomBytes(16).toString('base64url')
}

/**
 * The token of a family with that number: "family.number.mac", the mac being 256 bits of the server's key. So the same
 * next token can be given twice, though only its hash is stored. [IDN-8]
 */
export function refreshToken(keys: ServerKeys, { family, counter }: RefreshClaims): string {
  return `${family}.${counter}.${keys.mac('refresh', family, counter)}`
}

/** Reads a token; null for anything that was not made here. Does not tell whether it is still valid. */
export function parseRefreshToken(keys: ServerKeys, token: string): RefreshClaims | null {
  const [, family = '', counter = '', mac = ''] = FORMAT.exec(token) ?? []
  if (mac === '') return null
  const claims = { family, counter: Number(counter) }
  const [shown, right] = [Buffer.from(mac), Buffer.from(keys.mac('refresh', family, claims.counter))]
  return shown.length === right.length && timingSafeEqual(shown, right) ? claims : null
}

/** The hash under which a token is stored. */
export function hashRefreshToken(token: string): string {
  return createHash('sha256').update(`carrel refresh 1\n${token}`).digest('base64url')
}
