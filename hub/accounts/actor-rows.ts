import type { Actor } from '#shared/domain/access.ts'
import { query, type Queryable } from '../platform/postgres/database.ts'

/** The person of a live session. */
export interface ActorRow extends Actor {
  /** Whether the password was given within the last ten minutes. [IDN-10] */
  isConfirmed: boolean
}

/**
 * The person behind a session, as they are now, with their memberships; null when the session has ended, run out, or its
 * user may not sign in any more. One statement, asked for every call: nothing is remembered that could be out of date. [IDN-9]
 */
export async function loadActorRow(
  database: Queryable,
  sessionId: number,
  userId: number,
): Promise<ActorRow | null> {
  const [row] = await query<ActorRow>(
    database,
    `select u.id as "userId", u.associated_university_id as "universityId", u.is_platform_admin as "isPlatformAdmin",
        s.confirmed_at > now() - interval '10 minutes' as "isConfirmed",
        coalesce((select json_agg(json_build_object('groupId', g.id, 'isSuper', g.is_super, 'permission', m.permissions))
          from user_group m join groups g on g.id = m.group_id where m.user_id = u.id), '[]') as memberships
     from sessions s join users u on u.id = s.user_id
       left join universities v on v.id = u.associated_university_id
     where s.id = $1 and u.id = $2 and s.revoked_at is null and s.expires_at > now()
       and u.is_active and u.erased_at is null and coalesce(v.is_approved, true)`,
    [sessionId, userId],
  )
  return row ?? null
}
