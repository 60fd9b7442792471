import { randomBytes, timingSafeEqual } from 'node:crypto'
import type { Database } from '../platform/postgres/database.ts'
import { isKnownBrowserOf, type NamedAccount } from './known-browser-rows.ts'
import type { ServerKeys } from '../platform/secrets/server-secret.ts'

/** For so long a browser counts as known after a sign-in: twice as long as the longest session. [EDG-11] */
export const KNOWN_BROWSER_MS = 180 * 86_400_000

/** What a genuine token holds: for which account a password was right in this browser, and when. */
interface Claims {
  userId: number
  givenAtMs: number
  /** One browser of them all; its tries are counted under it. */
  nonce: string
}

const FORMAT = /^([1-9]\d{0,15})\.([1-9]\d{0,14})\.([A-Za-z0-9_-]{22})\.([A-Za-z0-9_-]{43})$/

/** Makes the token by which a browser counts as known, "user.time.nonce.mac". It signs nobody in. [EDG-11] */
export function makeBrowserToken(keys: ServerKeys, { userId, givenAtMs }: Omit<Claims, 'nonce'>): string {
  const nonce = randomBytes(16).toString('base64url')
  return `${userId}.${givenAtMs}.${nonce}.${keys.mac('browsers', userId, givenAtMs, nonce)}`
}

/** Reads one; null for anything that was not made here. */
function parse(keys: ServerKeys, token: string): Claims | null {
  const [, user = '', given = '', nonce = '', mac = ''] = FORMAT.exec(token) ?? []
  if (mac === '') return null
  const claims = { userId: Number(user), givenAtMs: Number(given), nonce }
  const right = Buffer.from(keys.mac('browsers', claims.userId, claims.givenAtMs, nonce))
  return timingSafeEqual(Buffer.from(mac), right) ? claims : null
}

/**
 * The nonce of the known browser that a sign-in comes from: one of its tokens was given after a right password for the very
 * account that is named now, and that account forgot no browsers since. Else null. A forged token costs no statement. [EDG-11]
 */
export async function findKnownBrowser(
  { pool, keys }: { pool: Database; keys: ServerKeys },
  tokens: readonly string[],
  named: NamedAccount,
): Promise<string | null> {
  for (const token of tokens) {
    const claims = parse(keys, token)
    if (claims !== null && (await isKnownBrowserOf(pool, { ...claims, lifeMs: KNOWN_BROWSER_MS }, named)))
      return claims.nonce
  }
  return null
}
