import { query, type Queryable } from '../platform/postgres/database.ts'

/** A person of a university, as the command line needs them. */
export interface KnownPerson {
  userId: number
  name: string
  /** Has confirmed the address, or can be confirmed only by a directory. */
  isTrusted: boolean
  isActive: boolean
}

/** People of a university with this user name or address, in whatever case; more than one only where a directory repeats an address. */
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

/** The number of somebody with a user name whose account is the hub's own, no directory's; null where there is none. */
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
