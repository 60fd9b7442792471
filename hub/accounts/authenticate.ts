import { accept, refuse } from '#shared/domain/decision.ts'
import type { Authenticate } from '../platform/http/handle.ts'
import { loadLiveSession } from './actors.ts'
import type { Database } from '../platform/postgres/database.ts'
import type { AccessTokens } from './access-tokens.ts'

/** Reads `Authorization: Bearer …` and asks the database whether that session still lives. [IDN-9] */
export function makeAuthenticate(pool: Database, tokens: AccessTokens): Authenticate {
  return async (request) => {
    const [, token] = /^Bearer ([\w.-]{1,2000})$/.exec(request.headers.authorization ?? '') ?? []
    const claims = token === undefined ? null : await tokens.verify(token)
    const live = claims === null ? null : await loadLiveSession(pool, claims.sessionId, claims.userId)
    if (live === null || claims === null) return refuse({ why: 'signInNeeded' })
    return accept({ ...live, sessionId: claims.sessionId })
  }
}
