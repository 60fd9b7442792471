import type { Permission } from '#shared/domain/group.ts'
import type { Locale } from '#shared/domain/university.ts'
import { query, type Queryable } from '../platform/postgres/database.ts'

/** A person of a university, as the command line needs them. */
export interface KnownPerson {
  userId: number
  name: string
  /** Has confirmed the address, or can be confirmed only by a directory. */
  isTrusted: boolean
  isActive: boolean
}

/** People of a university with this username or address, in whatever case; more than one only where a directory repeats an address. */
export async function loadPeopleNamed(
  database: Queryable,
  universityId: number,
  name: { username: string; emailKey: string | null },
): Promise<KnownPerson[]> {
  return query<KnownPerson>(
    database,
    `select u.id as "userId", coalesce(u.username, u.email, '') as name, u.is_active as "isActive",
       u.verified_at is not null or u.directory is not null or u.email is null as "isTrusted"
     from users u
     where u.associated_university_id = $1 and u.erased_at is null and (lower(u.username) = lower($2) or u.email_key = $3)
     order by u.id`,
    [universityId, name.username, name.emailKey],
  )
}

/** The number of somebody with a username whose account is the hub's own, no directory's; null where there is none. */
export async function loadLocalUserId(
  database: Queryable,
  universityId: number,
  username: string,
): Promise<number | null> {
  const [row] = await query<{ id: number }>(
    database,
    `select id from users where associated_university_id = $1 and lower(username) = lower($2) and directory is null
       and erased_at is null`,
    [universityId, username],
  )
  return row?.id ?? null
}

/** A person of a university as staff see them. */
export interface ListedPerson {
  userId: number
  displayname: string | null
  username: string | null
  email: string | null
  /** The directory that vouches for them; null: the hub's own account, or an imported one. */
  directory: string | null
  hasPassword: boolean
  /** Whether the address was confirmed. */
  isVerified: boolean
  /** False: blocked by staff. */
  isActive: boolean
  locale: Locale | null
  /** What they are in the super group; null: nothing. */
  superRole: Permission | null
  createdAtMs: number
  lastSignInAtMs: number | null
}

const LISTED = `select u.id as "userId", u.displayname, u.username, u.email, u.directory,
    u.password_hash is not null as "hasPassword", u.verified_at is not null as "isVerified", u.is_active as "isActive",
    u.locale, (select m.permissions from user_group m join groups g on g.id = m.group_id
      where m.user_id = u.id and g.is_super) as "superRole",
    ms_of_time(u.created_at) as "createdAtMs", ms_of_time(u.last_login_time) as "lastSignInAtMs"`

const MATCHING = `u.associated_university_id = $1 and u.erased_at is null
    and not exists (select from unnest($2::text[]) w (word)
      where strpos(lower(concat_ws(' ', u.displayname, u.username, u.email)), lower(w.word)) = 0)`

/**
 * People of a university in whose name, username and address all these words are found, in whatever case, by name: so many
 * at most, and how many there are in all. No words: everybody.
 */
export async function loadPeople(
  database: Queryable,
  universityId: number,
  words: readonly string[],
  count: number,
): Promise<{ people: ListedPerson[]; totalCount: number }> {
  const people = await query<ListedPerson>(
    database,
    `${LISTED} from users u where ${MATCHING}
     order by lower(coalesce(u.displayname, u.username, u.email)), u.id limit $3`,
    [universityId, words, count],
  )
  const [all] = await query<{ count: number }>(
    database,
    `select count(*)::int as count from users u where ${MATCHING}`,
    [universityId, words],
  )
  return { people, totalCount: all?.count ?? 0 }
}

/** One person of a university by number; null when there is none, or no longer. */
export async function loadListedPerson(
  database: Queryable,
  universityId: number,
  userId: number,
): Promise<ListedPerson | null> {
  const [row] = await query<ListedPerson>(
    database,
    `${LISTED} from users u where u.associated_university_id = $1 and u.id = $2 and u.erased_at is null`,
    [universityId, userId],
  )
  return row ?? null
}

/** Blocks an account, or unblocks it. Every hub asks with each call. [IDN-9] */
export async function updateActive(transaction: Queryable, userId: number, isActive: boolean): Promise<void> {
  await query(transaction, 'update users set is_active = $2, updated_at = now() where id = $1', [
    userId,
    isActive,
  ])
}
