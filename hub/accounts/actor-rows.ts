import type { Actor } from '#shared/domain/access.ts'
import type { Queryable } from '../platform/postgres/database.ts'
import { rowSet } from '../platform/postgres/row-set.ts'

const SESSIONS = rowSet({ sessionId: 'bigint', userId: 'bigint' })

/** The person of a live session. */
export interface ActorRow extends Actor {
  sessionId: number
  /** Whether the password was given within the last ten minutes. [IDN-10] */
  isConfirmed: boolean
}

/**
 * The persons behind some sessions, as they are now, with their memberships. A session that has ended, run out, or whose user
 * may not sign in any more gives no row. One statement, asked for every call: nothing is remembered that could be out of
 * date. [IDN-9]
 */
export async function loadActorRows(
  database: Queryable,
  sessions: readonly { sessionId: number; userId: number }[],
): Promise<ActorRow[]> {
  const found = await database.query<ActorRow>({
    name: 'load-actors',
    text: `select s.id as "sessionId", u.id as "userId", u.associated_university_id as "universityId", u.is_platform_admin as "isPlatformAdmin",
        s.confirmed_at > now() - interval '10 minutes' as "isConfirmed",
        coalesce((select json_agg(json_build_object('groupId', g.id, 'isSuper', g.is_super, 'permission', m.permissions))
          from user_group m join groups g on g.id = m.group_id where m.user_id = u.id), '[]') as memberships
     from sessions s join users u on u.id = s.user_id
       join ${SESSIONS.table(1, 'w')} on w.session_id = s.id and w.user_id = s.user_id
       left join universities v on v.id = u.associated_university_id
     where s.revoked_at is null and s.expires_at > now()
       and u.is_active and u.erased_at is null and coalesce(v.is_approved, true)`,
    values: SESSIONS.values(sessions),
  })
  return found.rows
}
