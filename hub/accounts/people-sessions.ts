import type { Me } from '#shared/domain/account.ts'
import { accept, refuse, type Decision } from '#shared/domain/decision.ts'
import {
  decideRefresh,
  MAX_SESSION_MS,
  REFRESH_TOKEN_MS,
  REPEATS_WINDOW_MS,
} from '#shared/domain/refresh-rule.ts'
import { appendChange, byUser, inetOf } from '../platform/postgres/append-change.ts'
import { transaction, type Transaction } from '../platform/postgres/database.ts'
import { loadMe } from './load-me.ts'
import {
  insertSession,
  lockSession,
  updateRepeated,
  updateRotation,
  updateSessionRevoked,
  type RefreshableSession,
} from './user-sessions.ts'
import { updateLogin } from './users.ts'
import { proveAgain } from './directory-proof.ts'
import type { AccountParts } from './identity-parts.ts'
import { makeBrowserToken } from './known-browser.ts'
import { hashRefreshToken, makeFamily, parseRefreshToken, refreshToken } from './refresh-tokens.ts'

/** Where a call comes from. */
export interface From {
  address: string
  userAgent: string | null
}

/** What somebody who is let in is given: the access token by body, the refresh token by cookie. */
export interface Admitted {
  accessToken: string
  refreshToken: string
  me: Me
}

/** A session that was just begun or renewed. */
export interface Renewed {
  userId: number
  sessionId: number
  refreshToken: string
}

/** A session that was just begun, in a browser that is known from now on. [EDG-11] */
export interface Begun extends Renewed {
  browserToken: string
}

/** Begins a session in the transaction of the sign-in, and notes when and from where that was. [IDN-8] */
export async function beginSession(
  client: Transaction,
  parts: Pick<AccountParts, 'keys'>,
  user: { id: number; universityId: number | null },
  from: From,
): Promise<Begun> {
  const family = makeFamily()
  const token = refreshToken(parts.keys, { family, counter: 0 })
  const address = inetOf(from.address)
  const { id: sessionId, createdAtMs } = await insertSession(client, {
    userId: user.id,
    family,
    refreshHash: hashRefreshToken(token),
    userAgent: from.userAgent,
    address,
    lifeMs: REFRESH_TOKEN_MS,
  })
  await updateLogin(client, user.id, address)
  await appendChange(client, {
    universityId: user.universityId,
    ...byUser(user.id, from.address),
    service: 'sessions',
    subject: 'ok',
    log: { sessionId },
  })
  const browserToken = makeBrowserToken(parts.keys, { userId: user.id, givenAtMs: createdAtMs })
  return { userId: user.id, sessionId, refreshToken: token, browserToken }
}

/** Signs an access token for a session that was begun or renewed, and adds who it is. */
export async function admit(
  parts: AccountParts,
  { userId, sessionId, refreshToken: token }: Renewed,
): Promise<Admitted | null> {
  const me = await loadMe(parts.pool, userId)
  if (me === null) return null
  return { accessToken: await parts.tokens.sign({ userId, sessionId }), refreshToken: token, me }
}

/**
 * Trades a refresh token for the next one, or gives the same again where the answer was lost; a token that was used before
 * ends its family. A person of a directory must still be there. [IDN-8] [DIR-13]
 */
export async function commitRefresh(
  parts: AccountParts,
  shown: string,
  from: From,
): Promise<Decision<Renewed, 'signInNeeded' | 'directoryAway'>> {
  const claims = parseRefreshToken(parts.keys, shown)
  if (claims === null) return refuse('signInNeeded')
  const proven = await proveAgain(parts, claims.family)
  if (!proven.ok) return proven
  return transaction(parts.pool, 'read committed', async (client) => {
    const session = await lockSession(client, claims.family, REPEATS_WINDOW_MS)
    if (session === null || !session.isLive) return refuse('signInNeeded')
    const verdict = decideRefresh({
      shown: claims.counter,
      newest: session.counter,
      isNewest: session.refreshHash === hashRefreshToken(shown),
      rotatedAtMs: session.rotatedAtMs,
      givenAtMs: session.givenAtMs,
      nowMs: session.nowMs,
      isSameAgent: session.userAgent === from.userAgent,
      repeatCount: session.repeatCount,
    })
    if (verdict === 'revoke') return revokeReused(client, session, from)
    const counter = verdict === 'next' ? session.counter + 1 : session.counter
    const token = refreshToken(parts.keys, { family: claims.family, counter })
    if (verdict === 'next') await rotate(client, session.id, counter, token, from)
    if (verdict === 'again') await noteRepeated(client, session, from)
    return accept({ userId: session.userId, sessionId: session.id, refreshToken: token })
  })
}

async function rotate(
  client: Transaction,
  sessionId: number,
  counter: number,
  token: string,
  from: From,
): Promise<void> {
  await updateRotation(client, sessionId, {
    counter,
    refreshHash: hashRefreshToken(token),
    userAgent: from.userAgent,
    address: inetOf(from.address),
    lifeMs: REFRESH_TOKEN_MS,
    longestMs: MAX_SESSION_MS,
  })
}

/** Written down, since it is the owner's bad line or somebody who follows: whoever reads the log can tell by how often. */
async function noteRepeated(client: Transaction, session: RefreshableSession, from: From): Promise<void> {
  await updateRepeated(client, session, { userAgent: from.userAgent, address: inetOf(from.address) })
  await noteShownAgain(client, session, from, 'repeat', { count: session.repeatCount + 1 })
}

async function revokeReused(
  client: Transaction,
  session: RefreshableSession,
  from: From,
): Promise<{ ok: false; refusal: 'signInNeeded' }> {
  await updateSessionRevoked(client, session.userId, session.id)
  await noteShownAgain(client, session, from, 'reuse')
  return refuse('signInNeeded')
}

/** Who showed a token again is not known: perhaps its owner, perhaps a thief. */
async function noteShownAgain(
  client: Transaction,
  { userId, universityId, id }: RefreshableSession,
  { address }: From,
  subject: 'repeat' | 'reuse',
  more: { count?: number } = {},
): Promise<void> {
  await appendChange(client, {
    universityId,
    actor: 'nobody',
    userId: null,
    address,
    service: 'sessions',
    subject,
    log: { userId, sessionId: id, ...more },
  })
}

/** Ends the session of a refresh token, whichever of its family; nothing to do for any other text. */
export async function commitLogout(parts: AccountParts, shown: string, from: From): Promise<void> {
  const claims = parseRefreshToken(parts.keys, shown)
  if (claims === null) return
  await transaction(parts.pool, 'read committed', async (client) => {
    const session = await lockSession(client, claims.family)
    if (session === null || !(await updateSessionRevoked(client, session.userId, session.id))) return
    await appendChange(client, {
      universityId: session.universityId,
      ...byUser(session.userId, from.address),
      service: 'sessions',
      subject: 'end',
      log: { sessionId: session.id },
    })
  })
}
