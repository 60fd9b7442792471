import { appendChange } from '../platform/postgres/append-change.ts'
import { query, type Queryable, type Transaction } from '../platform/postgres/database.ts'
import { isLastSuperAdmin } from '../groups/groups.ts'

/** E-mail domains of a university into which people are let; none for one that is unknown or switched off. */
export async function loadUniversityDomains(database: Queryable, universityId: number): Promise<string[]> {
  const rows = await query<{ domain: string }>(
    database,
    'select unnest(email_domains) as domain from universities where id = $1 and is_approved',
    [universityId],
  )
  return rows.map(({ domain }) => domain)
}

/** Universities that let people of one of these domains in. */
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

/**
 * Brings the memberships that come from a directory in step with the numbers of its groups: what is missing is added as
 * member, what came from the directory and is no longer said there goes. Memberships that people made stay as they are,
 * and so does the last administrator of the super group. Of a list that was cut short nothing but additions is concluded.
 * [DIR-7] [DIR-10]
 */
export async function matchDirectoryGroups(
  transaction: Transaction,
  user: { userId: number; universityId: number },
  { gidNumbers, areGroupsWhole }: { gidNumbers: readonly number[]; areGroupsWhole: boolean },
): Promise<void> {
  const { userId, universityId } = user
  const dropped = areGroupsWhole ? await dropForeign(transaction, userId, universityId, gidNumbers) : []
  const added = await insertMissing(transaction, userId, universityId, gidNumbers)
  const changes = [
    ...dropped.map((groupId) => ({ groupId, subject: 'member remove' })),
    ...added.map((groupId) => ({ groupId, subject: 'member add' })),
  ]
  for (const { groupId, subject } of changes)
    await appendChange(transaction, {
      universityId,
      actor: 'directory',
      groupId,
      service: 'groups',
      subject,
      log: {
        userId,
        [subject === 'member add' ? 'after' : 'before']: { permission: 'member', isFromDirectory: true },
      },
    })
}

/** Whether the directory's word would take the last administrator from the super group. [ACC-3] */
async function isKeptAdmin(
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
  return leaving.length > 0 && isLastSuperAdmin(transaction, universityId, userId)
}

async function dropForeign(
  transaction: Queryable,
  userId: number,
  universityId: number,
  gidNumbers: readonly number[],
): Promise<number[]> {
  const isKept = await isKeptAdmin(transaction, userId, universityId, gidNumbers)
  const rows = await query<{ groupId: number }>(
    transaction,
    `delete from user_group m using groups g
     where g.id = m.group_id and m.user_id = $1 and m.university_id = $2 and m.is_from_directory
       and (g.gid_number is null or g.gid_number <> all($3::bigint[])) and not (g.is_super and $4)
     returning m.group_id as "groupId"`,
    [userId, universityId, gidNumbers, isKept],
  )
  return rows.map(({ groupId }) => groupId)
}

async function insertMissing(
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
