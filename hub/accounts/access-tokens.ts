import { decodeProtectedHeader, jwtVerify, SignJWT } from 'jose'
import { query, type Database } from '../platform/postgres/database.ts'

/** How long an access token is good. */
export const ACCESS_TOKEN_S = 30 * 60
/** How long a key that was rotated out still verifies: the life of its last token, and some for clocks. */
const RETIRED_KEY_S = 35 * 60
/** Keys are read again this often; a rotation waits for it. */
const KEYS_FOR_MS = 1_000
/** A key that is unknown may be another hub's newest: keys are read again for it, but not for every forged token. */
const KEYS_AGAIN_MS = 100

const ALGORITHM = 'HS256'
const ISSUER = 'carrel'
const AUDIENCE = 'carrel-api'
/** What sort of token it is (RFC 9068): no other token of ours is taken for one. */
const TOKEN_TYPE = 'at+jwt'

/** What an access token says. */
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

interface Key {
  id: number
  secret: Buffer
  isCurrent: boolean
}

/** Makes them over a database; the first hub makes the first key. */
export function makeAccessTokens(pool: Database, makeSecret: () => Buffer): AccessTokens {
  let held: { keys: Promise<Key[]>; sinceMs: number } | null = null
  const keys = (forMs = KEYS_FOR_MS): Promise<Key[]> => {
    if (held === null || performance.now() - held.sinceMs > forMs) {
      const loading = loadKeys(pool, makeSecret)
      held = { keys: loading, sinceMs: performance.now() }
      loading.catch(() => (held = null))
    }
    return held.keys
  }
  const find = async (kid: string | undefined): Promise<Key | undefined> => {
    const isIt = ({ id }: Key): boolean => String(id) === kid
    return (await keys()).find(isIt) ?? (await keys(KEYS_AGAIN_MS)).find(isIt)
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
        .sign(key.secret)
    },
    verify: async (token) => {
      // A database that is away is no fault of the token: that is thrown here, and not taken for a refusal below.
      const key = await find(readKeyId(token))
      if (key === undefined) return null
      try {
        const { payload } = await jwtVerify(token, key.secret, {
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

function readKeyId(token: string): string | undefined {
  try {
    return decodeProtectedHeader(token).kid
  } catch {
    return undefined
  }
}

async function loadKeys(pool: Database, makeSecret: () => Buffer): Promise<Key[]> {
  const load = (): Promise<Key[]> =>
    query<Key>(
      pool,
      `select id, secret, retired_at is null as "isCurrent" from signing_keys
       where purpose = 'access' and (retired_at is null or retired_at > now() - $1 * interval '1 second')`,
      [RETIRED_KEY_S],
    )
  const keys = await load()
  if (keys.some(({ isCurrent }) => isCurrent)) return keys
  await query(
    pool,
    "insert into signing_keys (purpose, secret) values ('access', $1) on conflict (purpose) where retired_at is null do nothing",
    [makeSecret()],
  )
  return load()
}
