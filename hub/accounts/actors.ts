import type { Actor } from '#shared/domain/access.ts'
import type { Queryable, Database } from '../platform/postgres/database.ts'
import { loadActorRows } from './actor-rows.ts'
import type { PeopleFactSet } from '../platform/writer/registry.ts'
import { accept, refuse } from '#shared/domain/decision.ts'
import type { Authenticate } from '../platform/http/handle.ts'
import type { AccessTokens } from './access-tokens.ts'

/** Who a live session belongs to. */
export interface SessionActor {
  actor: Actor
  /** Whether the password was given within the last ten minutes. [IDN-10] */
  isConfirmed: boolean
}

/**
 * The person behind a session, as they are now, with their memberships; null when the session has ended or expired, or its
 * user may not sign in any more. Read for every call, and again under the lock of whoever changes something: nothing is
 * cached that could be out of date. [IDN-9]
 */
export async function loadLiveSession(
  database: Queryable,
  sessionId: number,
  userId: number,
): Promise<SessionActor | null> {
  const [row] = await loadActorRows(database, [{ sessionId, userId }])
  if (row === undefined) return null
  const { isConfirmed, sessionId: _session, ...actor } = row
  return { actor, isConfirmed }
}

/** The persons who call in a batch, as they are under the lock: whoever signed out or lost a group meanwhile is refused. [IDN-9] */
export const sessionFacts: PeopleFactSet = {
  name: 'sessions',
  rank: 1,
  load: async (client, _moment, sessions) => {
    const rows = await loadActorRows(client, sessions)
    return new Map(rows.map(({ isConfirmed: _is, sessionId, ...actor }) => [sessionId, actor]))
  },
}

/** Reads `Authorization: Bearer …`, and asks the database whether that session is still valid. [IDN-9] */
export function makeAuthenticate(pool: Database, tokens: AccessTokens): Authenticate {
  return {
    readClaims: async (request) => {
      const [, token] = /^Bearer ([\w.-]{1,2000})$/.exec(request.headers.authorization ?? '') ?? []
      const claims = token === undefined ? null : await tokens.verify(token)
      return claims === null ? refuse({ why: 'signInNeeded' }) : accept(claims)
    },
    load: async ({ sessionId, userId }) => {
      const live = await loadLiveSession(pool, sessionId, userId)
      return live === null ? refuse({ why: 'signInNeeded' }) : accept({ ...live, sessionId })
    },
  }
}
