import { createHash, randomBytes } from 'node:crypto'
import type { ServerKeys } from './server-secret.ts'

/** What a mailed link is for. */
export type LinkPurpose = 'verify' | 'reset' | 'email' | 'university'

/** How long mailed links are good: a day to confirm an address or a request, an hour for a password. [IDN-6] */
export const LINK_LIFE_MS: Record<LinkPurpose, number> = {
  verify: 24 * 3_600_000,
  reset: 3_600_000,
  email: 24 * 3_600_000,
  university: 24 * 3_600_000,
}

/** A fresh link: its token is mailed, its hash is stored, and its nonce waits with the mail. */
export interface FreshLink {
  nonce: string
  tokenHash: string
}

/**
 * Makes the nonce and the hash of a mailed link. The token itself (256 bits) is derived from the nonce by the server's
 * key when the mail is written, so that it is nowhere in the database. [IDN-6]
 */
export function makeLink(keys: ServerKeys, purpose: LinkPurpose): FreshLink {
  const nonce = randomBytes(16).toString('base64url')
  return { nonce, tokenHash: hashLinkToken(linkToken(keys, purpose, nonce)) }
}

/** The token that belongs to a nonce, base64url. */
export function linkToken(keys: ServerKeys, purpose: LinkPurpose, nonce: string): string {
  return keys.mac('links', purpose, nonce)
}

/** What is stored of a token. 256 bits need no slow hash. */
export function hashLinkToken(token: string): string {
  return createHash('sha256').update(`carrel link 1\n${token}`).digest('base64url')
}
