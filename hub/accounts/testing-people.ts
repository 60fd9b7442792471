import { randomBytes } from 'node:crypto'
import type { Permission } from '#shared/domain/group.ts'
import { query, type Database } from '../platform/postgres/database.ts'
import { makeAccessTokens } from './access-tokens.ts'

/** A person of a test, signed in. */
export interface TestPerson {
  userId: number
  sessionId: number
  /** For `headers` of a call. */
  headers: { authorization: string }
}

/** Puts a verified, signed-in person straight into the database; no password. A null university: a platform administrator. */
export async function makeTestPerson(
  pool: Database,
  universityId: number | null,
  facts: { email?: string; displayname?: string; username?: string } = {},
): Promise<TestPerson> {
  const email = facts.email ?? `p${randomBytes(6).toString('hex')}@example.edu`
  const [user] = await query<{ id: number }>(
    pool,
    `insert into users (associated_university_id, is_platform_admin, email, email_key, displayname, username, verified_at)
     values ($1, $1::bigint is null, $2, lower($2), $3, $4, now()) returning id`,
    [universityId, email, facts.displayname ?? null, facts.username ?? null],
  )
  const userId = user?.id ?? 0
  const [session] = await query<{ id: number }>(
    pool,
    `insert into sessions (user_id, family, refresh_hash, expires_at)
     values ($1, $2, $2, now() + interval '7 days') returning id`,
    [userId, randomBytes(16).toString('hex')],
  )
  const sessionId = session?.id ?? 0
  const token = await makeAccessTokens(pool, () => randomBytes(32)).sign({ userId, sessionId })
  return { userId, sessionId, headers: { authorization: `Bearer ${token}` } }
}

/** Puts somebody into the super group of their university, or into another group. */
export async function joinTestGroup(
  pool: Database,
  person: TestPerson,
  groupId: number | 'super',
  permission: Permission = 'member',
): Promise<number> {
  const [row] = await query<{ groupId: number }>(
    pool,
    `insert into user_group (university_id, user_id, group_id, permissions)
     select u.associated_university_id, u.id, g.id, $3 from users u join groups g on g.university_id = u.associated_university_id
     where u.id = $1 and ${groupId === 'super' ? 'g.is_super and $2::text is not null' : 'g.id = $2::bigint'}
     returning group_id as "groupId"`,
    [person.userId, String(groupId), permission],
  )
  return row?.groupId ?? 0
}
