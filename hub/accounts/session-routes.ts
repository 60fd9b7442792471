import { accept, refuse, type Decision } from '#shared/domain/decision.ts'
import { ACCESS_TOKEN_S } from './access-tokens.ts'
import { confirmPassword } from './confirm-password.ts'
import { issueTokens, commitLogout, commitRefresh, type RenewedSession } from './user-sessions.ts'
import { signIn } from './sign-in.ts'
import { appendChange, changedBy } from '../platform/postgres/append-change.ts'
import { transaction } from '../platform/postgres/database.ts'
import { loadLiveSessions, updateSessionRevoked, updateSessionsRevoked } from './user-session-rows.ts'
import type { RouteAnswer } from '#shared/wire/rest.ts'
import type { AccountDependencies } from './account-dependencies.ts'
import type { Caller, HttpRefusal, Handle } from '../platform/http/handle.ts'
import {
  clearRefreshCookie,
  readBrowserTokens,
  readRefreshCookie,
  readRefreshCookies,
  setBrowserToken,
  setRefreshCookie,
} from './refresh-cookie.ts'

type TokenAnswer = Decision<RouteAnswer<'POST /auth/token'>, HttpRefusal>

/** Routes of signing in, renewing and ending sessions. [IDN-8] [IDN-9] */
export function sessionRoutes(handle: Handle, dependencies: AccountDependencies): void {
  handle('POST /auth/token', async ({ body }, caller) => {
    const browserTokens = readBrowserTokens(caller.request, dependencies.cookie)
    const done = await signIn(dependencies, body, { ...caller, browserTokens })
    if (!done.ok) return done
    const answer = await answerTokens(dependencies, caller, done.value)
    if (answer.ok) setBrowserToken(caller.reply, done.value.browserToken, dependencies.cookie)
    return answer
  })

  handle('POST /auth/token/refresh', async (_input, caller) => {
    const done = await commitRefresh(
      dependencies,
      readRefreshCookie(caller.request, dependencies.cookie),
      caller,
    )
    if (done.ok) return answerTokens(dependencies, caller, done.value)
    // A directory that is away ends no session: the cookie is valid again once it answers. [DIR-15]
    if (done.refusal === 'signInNeeded') clearRefreshCookie(caller.reply, dependencies.cookie)
    return refuse({ why: done.refusal })
  })

  handle('POST /auth/logout', async (_input, caller) => {
    for (const token of readRefreshCookies(caller.request, dependencies.cookie))
      await commitLogout(dependencies, token, caller)
    clearRefreshCookie(caller.reply, dependencies.cookie)
    return accept(null)
  })

  handle('POST /auth/confirm', ({ body }, caller) => confirmPassword(dependencies, caller, body.password))

  handle('GET /auth/sessions', async (_input, { actor, sessionId }) => {
    const sessions = await loadLiveSessions(dependencies.pool, actor.userId)
    return accept({ sessions: sessions.map((session) => ({ ...session, isThis: session.id === sessionId })) })
  })

  handle('DELETE /auth/sessions/:id', async ({ params }, caller) => {
    const { userId, universityId } = caller.actor
    const hasEnded = await transaction(dependencies.pool, 'read committed', async (client) => {
      if (!(await updateSessionRevoked(client, userId, params.id))) return false
      const log = { sessionId: params.id }
      await appendChange(client, {
        ...changedBy(caller),
        universityId,
        service: 'sessions',
        subject: 'end',
        log,
      })
      return true
    })
    return hasEnded ? accept(null) : refuse({ why: 'notFound' })
  })

  handle('DELETE /auth/sessions', async (_input, caller) => {
    const { userId, universityId } = caller.actor
    await transaction(dependencies.pool, 'read committed', async (client) => {
      const endedSessions = await updateSessionsRevoked(client, userId, null)
      // The same request came several times at once. [AUD-5]
      if (endedSessions === 0) return
      const log = { endedSessions }
      await appendChange(client, {
        ...changedBy(caller),
        universityId,
        service: 'sessions',
        subject: 'endAll',
        log,
      })
    })
    clearRefreshCookie(caller.reply, dependencies.cookie)
    return accept(null)
  })
}

async function answerTokens(
  dependencies: AccountDependencies,
  caller: Caller,
  renewed: RenewedSession,
): Promise<TokenAnswer> {
  const issued = await issueTokens(dependencies, renewed)
  if (issued === null) return refuse({ why: 'signInNeeded' })
  setRefreshCookie(caller.reply, issued.refreshToken, dependencies.cookie)
  return accept({ accessToken: issued.accessToken, expiresInS: ACCESS_TOKEN_S, me: issued.me })
}
