import type { webcrypto } from 'node:crypto'
import { decodeProtectedHeader, jwtVerify, SignJWT } from 'jose'
import type { Database } from '../platform/postgres/database.ts'
import { loadSigningKeys, type SigningKey } from '../platform/secrets/signing-keys.ts'

/** How long an access token is valid, seconds. */
export const ACCESS_TOKEN_S = 30 * 60
/** How long a key that was rotated out still verifies: the life of its last token, and some for clocks. */
const RETIRED_KEY_S = 35 * 60
/** Keys are read again this often: for so long a rotation takes to be seen. */
const KEYS_VALID_MS = 1_000
/** An unknown key may be another hub's newest: for it keys are read again, but not for every forged token. */
const UNKNOWN_KEY_RELOAD_MS = 100

const ALGORITHM = 'HS256'
const ISSUER = 'carrel'
const AUDIENCE = 'carrel-api'
/** Type of the token (RFC 9068), so that no other token of the hub is accepted as one. */
const TOKEN_TYPE = 'at+jwt'

/** What an access token says: whose it is, and of which session. */
export interface AccessClaims {
  userId: number
  sessionId: number
}

/** Signs and reads access tokens with the keys in the database, so that every hub on it takes every hub's. [IDN-9] */
export interface AccessTokens {
  sign(claims: AccessClaims): Promise<string>
  /** Null for anything but a token that was signed here and has not run out. */
  verify(token: string): Promise<AccessClaims | null>
}

/** Makes them over a database; the first hub makes the first key. */
export function makeAccessTokens(pool: Database, makeSecret: () => Buffer): AccessTokens {
  let cached: { keys: Promise<UsableKey[]>; sinceMs: number } | null = null
  const keys = (forMs = KEYS_VALID_MS): Promise<UsableKey[]> => {
    if (cached === null || performance.now() - cached.sinceMs > forMs) {
      const loading = loadSigningKeys(pool, 'access', RETIRED_KEY_S, makeSecret).then(importKeys)
      cached = { keys: loading, sinceMs: performance.now() }
      loading.catch(() => (cached = null))
    }
    return cached.keys
  }
  const find = async (kid: string | undefined): Promise<UsableKey | undefined> => {
    const hasId = ({ id }: UsableKey): boolean => String(id) === kid
    return (await keys()).find(hasId) ?? (await keys(UNKNOWN_KEY_RELOAD_MS)).find(hasId)
  }
  return {
    sign: async ({ userId, sessionId }) => {
      const key = (await keys()).find(({ isCurrent }) => isCurrent)
      if (key === undefined) throw new Error('no key signs')
      return new SignJWT({ sid: sessionId })
        .setProtectedHeader({ alg: ALGORITHM, kid: String(key.id), typ: TOKEN_TYPE })
        .setSubject(String(userId))
        .setIssuer(ISSUER)
        .setAudience(AUDIENCE)
        .setIssuedAt()
        .setExpirationTime(`${ACCESS_TOKEN_S}s`)
        .sign(key.key)
    },
    verify: async (token) => {
      // A database that is away is no fault of the token: that is thrown, not answered as a refusal.
      const key = await find(readKeyId(token))
      if (key === undefined) return null
      try {
        const { payload } = await jwtVerify(token, key.key, {
          algorithms: [ALGORITHM],
          issuer: ISSUER,
          audience: AUDIENCE,
          typ: TOKEN_TYPE,
          requiredClaims: ['exp', 'sub', 'sid'],
        })
        const userId = Number(payload.sub)
        const { sid } = payload
        return Number.isSafeInteger(userId) && Number.isSafeInteger(sid)
          ? { userId, sessionId: sid as number }
          : null
      } catch {
        return null
      }
    },
  }
}

/** A key that was imported once: from the secret's bytes that would be done for every token. */
interface UsableKey {
  id: number
  isCurrent: boolean
  key: webcrypto.CryptoKey
}

function importKeys(keys: readonly SigningKey[]): Promise<UsableKey[]> {
  return Promise.all(
    keys.map(async ({ id, isCurrent, secret }) => ({
      id,
      isCurrent,
      key: await crypto.subtle.importKey('raw', secret, { name: 'HMAC', hash: 'SHA-256' }, false, [
        'sign',
        'verify',
      ]),
    })),
  )
}

function readKeyId(token: string): string | undefined {
  try {
    return decodeProtectedHeader(token).kid
  } catch {
    return undefined
  }
}
