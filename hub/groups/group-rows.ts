import type { GroupListDifference } from '#shared/domain/group-list.ts'
import type { Group, Member, Permission } from '#shared/domain/group.ts'
import { query, type Queryable } from '../platform/postgres/database.ts'
import { numberList } from '../platform/postgres/row-set.ts'

// A university's groups and who is in them. Whoever changes members or deletes locks the group first, so that two who do
// it at once go one after the other; memberships that a directory brings refer to a group meanwhile. [ACC-3]

/** What can be changed about a group. */
export interface GroupInput {
  name: string
  description: string | null
  gidNumber: number | null
}

const GROUPS = `select g.id, g.name, g.description, g.gid_number as "gidNumber", g.is_super as "isSuper", g.version,
    (select count(*)::int from user_group m where m.group_id = g.id) as "memberCount"
  from groups g`

/** All groups of a university, or those with these ids; the super group first, then by name. */
export async function loadGroups(
  database: Queryable,
  universityId: number,
  ids: readonly number[] | null = null,
): Promise<Group[]> {
  return query<Group>(
    database,
    `${GROUPS} where g.university_id = $1 and ($2::bigint[] is null or g.id = any($2))
     order by g.is_super desc, lower(g.name)`,
    [universityId, ids],
  )
}

/** A group, as rules of other features ask about it. */
export type GroupFact = Pick<Group, 'id' | 'name' | 'isSuper'>

/** Groups of a university by id. */
export async function loadGroupFacts(
  client: Queryable,
  universityId: number,
  ids: readonly number[],
): Promise<GroupFact[]> {
  const found = await client.query<GroupFact>({
    name: 'load-group-facts',
    text: 'select id, name, is_super as "isSuper" from groups where university_id = $1 and id = any($2)',
    values: [universityId, numberList(ids)],
  })
  return found.rows
}

/** One group; null when this university has none with that id. */
export async function loadGroup(
  database: Queryable,
  universityId: number,
  id: number,
): Promise<Group | null> {
  return (await loadGroups(database, universityId, [id]))[0] ?? null
}

/** The same, locked to the end of the transaction against others who lock it; members may still be read. */
export async function lockGroup(
  transaction: Queryable,
  universityId: number,
  id: number,
): Promise<Group | null> {
  await query(transaction, 'select 1 from groups where university_id = $1 and id = $2 for no key update', [
    universityId,
    id,
  ])
  // In a statement of its own, to see what the transaction before did.
  return loadGroup(transaction, universityId, id)
}

/**
 * Id of the group that has this name, however it is written; null when none has. Locks the names of a university's groups
 * to the end of the transaction, by its super group: two that take one name go one after the other. [ACC-4]
 */
export async function lockGroupNames(
  transaction: Queryable,
  universityId: number,
  name: string,
): Promise<number | null> {
  await lockSuperGroup(transaction, universityId)
  const [row] = await query<{ id: number }>(
    transaction,
    'select id from groups where university_id = $1 and lower(name) = lower($2)',
    [universityId, name],
  )
  return row?.id ?? null
}

/** Makes a group and gives its id. */
export async function insertGroup(
  transaction: Queryable,
  universityId: number,
  input: GroupInput & { isSuper?: boolean },
): Promise<number> {
  const [row] = await query<{ id: number }>(
    transaction,
    `insert into groups (university_id, name, description, gid_number, is_super) values ($1, $2, $3, $4, $5)
     returning id`,
    [universityId, input.name, input.description, input.gidNumber, input.isSuper ?? false],
  )
  if (row === undefined) throw new Error('an insert gave no row')
  return row.id
}

/** Changes name and description, and steps the version on. */
export async function updateGroup(
  transaction: Queryable,
  id: number,
  input: Pick<GroupInput, 'name' | 'description'>,
): Promise<void> {
  await query(
    transaction,
    'update groups set name = $2, description = $3, version = version + 1, updated_at = now() where id = $1',
    [id, input.name, input.description],
  )
}

/** Deletes a group with its memberships; the database refuses to delete a super group. */
export async function dropGroup(transaction: Queryable, id: number): Promise<void> {
  await query(transaction, 'delete from groups where id = $1', [id])
}

const MEMBERS = `select m.user_id as "userId", coalesce(u.displayname, u.username, u.email, '') as name, u.email,
    m.permissions as permission, m.is_from_directory as "isFromDirectory"
  from user_group m join users u on u.id = m.user_id`

/** Members of a group, administrators first, then by name. */
export async function loadMembers(database: Queryable, groupId: number): Promise<Member[]> {
  return query<Member>(
    database,
    `${MEMBERS} where m.group_id = $1 order by m.permissions, lower(coalesce(u.displayname, u.username, u.email)), m.user_id`,
    [groupId],
  )
}

/** One member; null when they are not in the group. */
export async function loadMember(
  database: Queryable,
  groupId: number,
  userId: number,
): Promise<Member | null> {
  const [row] = await query<Member>(database, `${MEMBERS} where m.group_id = $1 and m.user_id = $2`, [
    groupId,
    userId,
  ])
  return row ?? null
}

/**
 * Somebody of a university by username or address, who has shown that they are there; null for anybody else. A username
 * goes before an address, and an account that proved its address before one of a directory. Locked against being erased.
 */
export async function loadPersonNamed(
  transaction: Queryable,
  universityId: number,
  name: { username: string; emailKey: string | null },
): Promise<number | null> {
  const [row] = await query<{ id: number }>(
    transaction,
    `select u.id from users u
     where u.associated_university_id = $1 and u.erased_at is null
       and (u.verified_at is not null or u.directory is not null)
       and (lower(u.username) = lower($2) or u.email_key = $3)
     order by lower(u.username) is not distinct from lower($2) desc, u.directory is null desc, u.id limit 1
     for share of u`,
    [universityId, name.username, name.emailKey],
  )
  return row?.id ?? null
}

/** Puts somebody into a group; by hand unless said otherwise. */
export async function insertMember(
  transaction: Queryable,
  membership: { universityId: number; groupId: number; userId: number; permission: Permission },
): Promise<void> {
  const { universityId, groupId, userId, permission } = membership
  await query(
    transaction,
    'insert into user_group (university_id, group_id, user_id, permissions) values ($1, $2, $3, $4)',
    [universityId, groupId, userId, permission],
  )
}

/** Changes what a member may do. */
export async function updateMember(
  transaction: Queryable,
  groupId: number,
  userId: number,
  permission: Permission,
): Promise<void> {
  await query(
    transaction,
    'update user_group set permissions = $3, updated_at = now() where group_id = $1 and user_id = $2',
    [groupId, userId, permission],
  )
}

/** Takes somebody out of a group. */
export async function dropMember(transaction: Queryable, groupId: number, userId: number): Promise<void> {
  await query(transaction, 'delete from user_group where group_id = $1 and user_id = $2', [groupId, userId])
}

/**
 * The administrators of a university's super group who can sign in. Locks the super group to the end of the transaction; ask
 * before the user's own row is touched, as everybody does who locks both. [ACC-3]
 */
export async function lockSuperAdmins(transaction: Queryable, universityId: number): Promise<number[]> {
  await lockSuperGroup(transaction, universityId)
  const rows = await query<{ userId: number }>(
    transaction,
    `select m.user_id as "userId" from user_group m join groups g on g.id = m.group_id join users u on u.id = m.user_id
     where g.university_id = $1 and g.is_super and m.permissions = 'admin' and u.is_active and u.erased_at is null`,
    [universityId],
  )
  return rows.map(({ userId }) => userId)
}

async function lockSuperGroup(transaction: Queryable, universityId: number): Promise<void> {
  await query(transaction, 'select 1 from groups where university_id = $1 and is_super for no key update', [
    universityId,
  ])
}

/**
 * How many bookings, weekly bookings and draw applications are in a group's name. Until their features exist, these are
 * the rows that were brought along from the systems before.
 */
export async function loadBookingCount(database: Queryable, groupId: number): Promise<number> {
  const [row] = await query<{ count: number }>(
    database,
    `select count(*)::int as count from kept_rows
     where group_id = $1 and source_table in ('registrations', 'longterm_registrations', 'draw_registrations')`,
    [groupId],
  )
  return row?.count ?? 0
}

/** Number and description of groups as a list says them; steps their versions on. [IMP-2] */
export async function updateListedGroups(
  transaction: Queryable,
  universityId: number,
  groups: GroupListDifference['update'],
): Promise<void> {
  await query(
    transaction,
    `update groups g set gid_number = n."gidNumber", description = n.description, version = g.version + 1,
       updated_at = now()
     from jsonb_to_recordset($2) n (id bigint, "gidNumber" bigint, description text)
     where g.university_id = $1 and g.id = n.id`,
    [universityId, JSON.stringify(groups)],
  )
}
