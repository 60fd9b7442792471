import type { Permission } from '#shared/domain/group.ts'
import { query, type Queryable } from '../platform/postgres/database.ts'

// What an import of the tables of a system before reads and writes, all rows of a kind in one statement.

/** Somebody with a username, as an import compares. */
export interface NamedUser {
  id: number
  username: string
  displayname: string | null
  lastLoginAt: string | null
}

/** Everybody of a university who has a username. */
export async function loadNamedUsers(database: Queryable, universityId: number): Promise<NamedUser[]> {
  return query<NamedUser>(
    database,
    `select id, username, displayname, last_login_time::text as "lastLoginAt" from users
     where associated_university_id = $1 and username is not null`,
    [universityId],
  )
}

/** Somebody who is to be made, or of whom something is to be filled in. */
export interface ImportedUser {
  username: string
  displayname: string | null
  lastLoginAt: string | null
  lastLoginIp: string | null
  createdAt: string | null
}

/** Makes users without any password: they can sign in only by a directory. [IMP-5] */
export async function insertImportedUsers(
  transaction: Queryable,
  universityId: number,
  users: readonly ImportedUser[],
): Promise<void> {
  await query(
    transaction,
    `insert into users (associated_university_id, username, displayname, last_login_time, last_login_ip, created_at)
     select $1, n.username, n.displayname, n."lastLoginAt", n."lastLoginIp", coalesce(n."createdAt", now())
     from jsonb_to_recordset($2) n (username text, displayname text, "lastLoginAt" timestamptz, "lastLoginIp" inet,
       "createdAt" timestamptz)`,
    [universityId, JSON.stringify(users)],
  )
}

/** Fills in what is not known of users; what is known stays. [IMP-5] */
export async function fillImportedUsers(
  transaction: Queryable,
  universityId: number,
  users: readonly ImportedUser[],
): Promise<void> {
  await query(
    transaction,
    `update users u set displayname = coalesce(u.displayname, n.displayname), updated_at = now(),
       last_login_time = coalesce(u.last_login_time, n."lastLoginAt"),
       last_login_ip = case when u.last_login_time is null then n."lastLoginIp" else u.last_login_ip end
     from jsonb_to_recordset($2) n (username text, displayname text, "lastLoginAt" timestamptz, "lastLoginIp" inet)
     where u.associated_university_id = $1 and lower(u.username) = lower(n.username)`,
    [universityId, JSON.stringify(users)],
  )
}

/** A membership, as an import compares. */
export interface Membership {
  userId: number
  groupId: number
  permission: Permission
}

/** All memberships of a university's groups. */
export async function loadMemberships(database: Queryable, universityId: number): Promise<Membership[]> {
  return query<Membership>(
    database,
    `select user_id as "userId", group_id as "groupId", permissions as permission from user_group
     where university_id = $1`,
    [universityId],
  )
}

/** Makes memberships by hand, and raises those that are there; none is lowered. [IMP-5] */
export async function raiseMemberships(
  transaction: Queryable,
  universityId: number,
  memberships: readonly Membership[],
): Promise<void> {
  await query(
    transaction,
    `insert into user_group (university_id, user_id, group_id, permissions)
     select $1, n."userId", n."groupId", n.permission
     from jsonb_to_recordset($2) n ("userId" bigint, "groupId" bigint, permission text)
     on conflict (group_id, user_id) do update set permissions = 'admin', is_from_directory = false, updated_at = now()
     where excluded.permissions = 'admin'`,
    [universityId, JSON.stringify(memberships)],
  )
}

/** A row that is kept until its feature exists. */
export interface KeptRow {
  table: string
  oldId: number
  userId: number | null
  groupId: number | null
  spaceId: number | null
  facts: Record<string, unknown>
}

/** All rows that are kept for a university. */
export async function loadKeptRows(database: Queryable, universityId: number): Promise<KeptRow[]> {
  return query<KeptRow>(
    database,
    `select source_table as table, old_id as "oldId", user_id as "userId", group_id as "groupId", space_id as "spaceId",
       facts from kept_rows where university_id = $1`,
    [universityId],
  )
}

const ROWS_PER_STATEMENT = 5_000

/** Keeps rows, or keeps them as they are now. [IMP-6] */
export async function upsertKeptRows(
  transaction: Queryable,
  universityId: number,
  rows: readonly KeptRow[],
): Promise<void> {
  for (let from = 0; from < rows.length; from += ROWS_PER_STATEMENT)
    await query(
      transaction,
      `insert into kept_rows (university_id, source_table, old_id, user_id, group_id, space_id, facts)
       select $1, n."table", n."oldId", n."userId", n."groupId", n."spaceId", n.facts
       from jsonb_to_recordset($2) n ("table" text, "oldId" bigint, "userId" bigint, "groupId" bigint,
         "spaceId" bigint, facts jsonb)
       on conflict (university_id, source_table, old_id) do update set user_id = excluded.user_id,
         group_id = excluded.group_id, space_id = excluded.space_id, facts = excluded.facts, updated_at = now()`,
      [universityId, JSON.stringify(rows.slice(from, from + ROWS_PER_STATEMENT))],
    )
}

/** Lets the planner see a large import; half speed without. */
export async function analyzeImported(database: Queryable): Promise<void> {
  await query(database, 'analyze users, groups, user_group, kept_rows, spaces')
}
