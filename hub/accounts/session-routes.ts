import { accept, refuse, type Decision } from '#shared/domain/decision.ts'
import { ACCESS_TOKEN_S } from './access-tokens.ts'
import { confirmPassword } from './confirm-password.ts'
import { admit, commitLogout, commitRefresh, type Renewed } from './people-sessions.ts'
import { signIn } from './sign-in.ts'
import { appendChange, changedBy } from '../platform/postgres/append-change.ts'
import { transaction } from '../platform/postgres/database.ts'
import { loadLiveSessions, updateSessionRevoked, updateSessionsRevoked } from './user-sessions.ts'
import type { RouteAnswer } from '#shared/wire/rest.ts'
import type { AccountParts } from './identity-parts.ts'
import type { Caller, CallRefusal, Handle } from '../platform/http/handle.ts'
import {
  clearRefreshCookie,
  readBrowserTokens,
  readRefreshCookie,
  readRefreshCookies,
  setBrowserToken,
  setRefreshCookie,
} from './refresh-cookie.ts'

type Admission = Decision<RouteAnswer<'POST /auth/token'>, CallRefusal>

/** Signing in, staying signed in, and what one sees of it. [IDN-8] [IDN-9] */
export function sessionRoutes(handle: Handle, parts: AccountParts): void {
  handle('POST /auth/token', async ({ body }, caller) => {
    const browserTokens = readBrowserTokens(caller.request, parts.cookie)
    const done = await signIn(parts, body, { ...caller, browserTokens })
    if (!done.ok) return done
    const admission = await answerAdmission(parts, caller, done.value)
    if (admission.ok) setBrowserToken(caller.reply, done.value.browserToken, parts.cookie)
    return admission
  })

  handle('POST /auth/token/refresh', async (_input, caller) => {
    const done = await commitRefresh(parts, readRefreshCookie(caller.request, parts.cookie), caller)
    if (done.ok) return answerAdmission(parts, caller, done.value)
    // A directory that is away ends nothing: the cookie is good again once it answers. [DIR-15]
    if (done.refusal === 'signInNeeded') clearRefreshCookie(caller.reply, parts.cookie)
    return refuse({ why: done.refusal })
  })

  handle('POST /auth/logout', async (_input, caller) => {
    for (const token of readRefreshCookies(caller.request, parts.cookie))
      await commitLogout(parts, token, caller)
    clearRefreshCookie(caller.reply, parts.cookie)
    return accept(null)
  })

  handle('POST /auth/confirm', ({ body }, caller) => confirmPassword(parts, caller, body.password))

  handle('GET /auth/sessions', async (_input, { actor, sessionId }) => {
    const sessions = await loadLiveSessions(parts.pool, actor.userId)
    return accept({ sessions: sessions.map((session) => ({ ...session, isThis: session.id === sessionId })) })
  })

  handle('DELETE /auth/sessions/:id', async ({ params }, caller) => {
    const { userId, universityId } = caller.actor
    const hasEnded = await transaction(parts.pool, 'read committed', async (client) => {
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
    await transaction(parts.pool, 'read committed', async (client) => {
      const endedSessions = await updateSessionsRevoked(client, userId, null)
      // Asked for several times at once. [AUD-5]
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
    clearRefreshCookie(caller.reply, parts.cookie)
    return accept(null)
  })
}

async function answerAdmission(parts: AccountParts, caller: Caller, renewed: Renewed): Promise<Admission> {
  const admitted = await admit(parts, renewed)
  if (admitted === null) return refuse({ why: 'signInNeeded' })
  setRefreshCookie(caller.reply, admitted.refreshToken, parts.cookie)
  return accept({ accessToken: admitted.accessToken, expiresInS: ACCESS_TOKEN_S, me: admitted.me })
}
