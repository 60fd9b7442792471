import { query, type Queryable } from '../platform/postgres/database.ts'

// Memberships that a directory brings, and the universities that a directory's people belong to.

/** Email domains of a university that is approved; none for one that is unknown or switched off. */
export async function loadUniversityDomains(database: Queryable, universityId: number): Promise<string[]> {
  const rows = await query<{ domain: string }>(
    database,
    'select unnest(email_domains) as domain from universities where id = $1 and is_approved',
    [universityId],
  )
  return rows.map(({ domain }) => domain)
}

/** Approved universities that have one of these domains. */
export async function loadUniversitiesOfDomains(
  database: Queryable,
  domains: readonly string[],
): Promise<number[]> {
  const rows = await query<{ id: number }>(
    database,
    'select id from universities where email_domains && $1 and is_approved',
    [domains],
  )
  return rows.map(({ id }) => id)
}

/** Whether somebody is an administrator of the super group by their directory, whose groups with these numbers do not say so any more. */
export async function isLosingSuperAdmin(
  transaction: Queryable,
  userId: number,
  universityId: number,
  gidNumbers: readonly number[],
): Promise<boolean> {
  const leaving = await query(
    transaction,
    `select 1 from user_group m join groups g on g.id = m.group_id
     where m.user_id = $1 and m.university_id = $2 and m.is_from_directory and m.permissions = 'admin' and g.is_super
       and (g.gid_number is null or g.gid_number <> all($3::bigint[]))`,
    [userId, universityId, gidNumbers],
  )
  return leaving.length > 0
}

/**
 * Drops memberships that a directory brought and that its groups with these numbers do not say any more; the super group's
 * too unless `keepsSuper`. Gives the ids of their groups.
 */
export async function dropObsolete(
  transaction: Queryable,
  userId: number,
  universityId: number,
  gidNumbers: readonly number[],
  keepsSuper: boolean,
): Promise<number[]> {
  const rows = await query<{ groupId: number }>(
    transaction,
    `delete from user_group m using groups g
     where g.id = m.group_id and m.user_id = $1 and m.university_id = $2 and m.is_from_directory
       and (g.gid_number is null or g.gid_number <> all($3::bigint[])) and not (g.is_super and $4)
     returning m.group_id as "groupId"`,
    [userId, universityId, gidNumbers, keepsSuper],
  )
  return rows.map(({ groupId }) => groupId)
}

/** Adds memberships in the groups with these numbers where there is none; gives the ids of their groups. */
export async function insertMissing(
  transaction: Queryable,
  userId: number,
  universityId: number,
  gidNumbers: readonly number[],
): Promise<number[]> {
  const rows = await query<{ groupId: number }>(
    transaction,
    `insert into user_group (university_id, user_id, group_id, permissions, is_from_directory)
     select g.university_id, $1, g.id, 'member', true from groups g
     where g.university_id = $2 and g.gid_number = any($3::bigint[])
     on conflict (group_id, user_id) do nothing
     returning group_id as "groupId"`,
    [userId, universityId, gidNumbers],
  )
  return rows.map(({ groupId }) => groupId)
}
