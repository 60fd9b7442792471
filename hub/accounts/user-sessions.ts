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
import { loadMe } from './me-rows.ts'
import {
  insertSession,
  lockSession,
  updateRepeated,
  updateRotation,
  updateSessionRevoked,
  type RefreshableSession,
} from './user-session-rows.ts'
import { updateLogin } from './user-rows.ts'
import { recheckDirectoryUser } from './directory-users.ts'
import type { AccountDependencies } from './account-dependencies.ts'
import { makeBrowserToken } from './known-browser.ts'
import { hashRefreshToken, makeFamily, parseRefreshToken, refreshToken } from './refresh-tokens.ts'

/** Where a call comes from. */
export interface RequestSource {
  address: string
  userAgent: string | null
}

/** What a signed-in browser is given: the access token in the body, the refresh token as a cookie. */
export interface IssuedTokens {
  accessToken: string
  refreshToken: string
  me: Me
}

/** A session that was just begun or renewed. */
export interface RenewedSession {
  userId: number
  sessionId: number
  refreshToken: string
}

/** A session that was just begun, in a browser that is known from now on. [EDG-11] */
export interface BegunSession extends RenewedSession {
  browserToken: string
}

/** Begins a session in the transaction of the sign-in, and notes when and from where that was. [IDN-8] */
export async function beginSession(
  client: Transaction,
  dependencies: Pick<AccountDependencies, 'keys'>,
  user: { id: number; universityId: number | null },
  from: RequestSource,
): Promise<BegunSession> {
  const family = makeFamily()
  const token = refreshToken(dependencies.keys, { family, counter: 0 })
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
  const browserToken = makeBrowserToken(dependencies.keys, { userId: user.id, givenAtMs: createdAtMs })
  return { userId: user.id, sessionId, refreshToken: token, browserToken }
}

/** Signs an access token for a session that was begun or renewed, and adds the person; null when the account is gone. */
export async function issueTokens(
  dependencies: AccountDependencies,
  { userId, sessionId, refreshToken: token }: RenewedSession,
): Promise<IssuedTokens | null> {
  const me = await loadMe(dependencies.pool, userId)
  if (me === null) return null
  return { accessToken: await dependencies.tokens.sign({ userId, sessionId }), refreshToken: token, me }
}

/**
 * Exchanges a refresh token for the next one, or gives the same again where the answer was lost; a token that was used before
 * ends its session. A person of a directory must still be there. [IDN-8] [DIR-13]
 */
export async function commitRefresh(
  dependencies: AccountDependencies,
  shown: string,
  from: RequestSource,
): Promise<Decision<RenewedSession, 'signInNeeded' | 'directoryAway'>> {
  const claims = parseRefreshToken(dependencies.keys, shown)
  if (claims === null) return refuse('signInNeeded')
  const proven = await recheckDirectoryUser(dependencies, claims.family)
  if (!proven.ok) return proven
  return transaction(dependencies.pool, 'read committed', async (client) => {
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
    const token = refreshToken(dependencies.keys, { family: claims.family, counter })
    if (verdict === 'next') await rotate(client, session.id, counter, token, from)
    if (verdict === 'again') await appendRepeat(client, session, from)
    return accept({ userId: session.userId, sessionId: session.id, refreshToken: token })
  })
}

async function rotate(
  client: Transaction,
  sessionId: number,
  counter: number,
  token: string,
  from: RequestSource,
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

/** Logged, since it is either the owner's bad connection or a thief: the count in the log tells which. */
async function appendRepeat(
  client: Transaction,
  session: RefreshableSession,
  from: RequestSource,
): Promise<void> {
  await updateRepeated(client, session, { userAgent: from.userAgent, address: inetOf(from.address) })
  await appendReuse(client, session, from, 'repeat', { count: session.repeatCount + 1 })
}

async function revokeReused(
  client: Transaction,
  session: RefreshableSession,
  from: RequestSource,
): Promise<{ ok: false; refusal: 'signInNeeded' }> {
  await updateSessionRevoked(client, session.userId, session.id)
  await appendReuse(client, session, from, 'reuse')
  return refuse('signInNeeded')
}

/** Logs the repeated use of a token as an act of nobody: it may be its owner or a thief. */
async function appendReuse(
  client: Transaction,
  { userId, universityId, id }: RefreshableSession,
  { address }: RequestSource,
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

/** Ends the session of a refresh token, whichever of its family; does nothing for any other text. */
export async function commitLogout(
  dependencies: AccountDependencies,
  shown: string,
  from: RequestSource,
): Promise<void> {
  const claims = parseRefreshToken(dependencies.keys, shown)
  if (claims === null) return
  await transaction(dependencies.pool, 'read committed', async (client) => {
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
