import { jwtVerify, SignJWT } from 'jose'
import { query, type Database } from '../store/database.ts'

/** How long an access token is good. */
export const ACCESS_TOKEN_S = 30 * 60
/** How long a key that was rotated out still verifies: the life of its last token, and some for clocks. */
const RETIRED_KEY_S = 35 * 60
/** Keys are read again this often; a rotation waits for it. */
const KEYS_FOR_MS = 1_000

const ALGORITHM = 'HS256'
const ISSUER = 'carrel'
const AUDIENCE = 'carrel-api'

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
  let held: { keys: Promise<Key[]>; untilMs: number } | null = null
  const keys = (): Promise<Key[]> => {
    if (held === null || performance.now() > held.untilMs) {
      const loading = loadKeys(pool, makeSecret)
      held = { keys: loading, untilMs: performance.now() + KEYS_FOR_MS }
      loading.catch(() => (held = null))
    }
    return held.keys
  }
  return {
    sign: async ({ userId, sessionId }) => {
      const key = (await keys()).find(({ isCurrent }) => isCurrent)
      if (key === undefined) throw new Error('no key signs')
      return new SignJWT({ sid: sessionId })
        .setProtectedHeader({ alg: ALGORITHM, kid: String(key.id) })
        .setSubject(String(userId))
        .setIssuer(ISSUER)
        .setAudience(AUDIENCE)
        .setIssuedAt()
        .setExpirationTime(`${ACCESS_TOKEN_S}s`)
        .sign(key.secret)
    },
    verify: async (token) => {
      const known = await keys()
      try {
        const { payload } = await jwtVerify(
          token,
          ({ kid }) => {
            const key = known.find(({ id }) => String(id) === kid)
            if (key === undefined) throw new Error('unknown key')
            return key.secret
          },
          {
            algorithms: [ALGORITHM],
            issuer: ISSUER,
            audience: AUDIENCE,
            requiredClaims: ['exp', 'sub', 'sid'],
          },
        )
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
