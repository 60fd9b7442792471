import { query, type Queryable } from '../platform/postgres/database.ts'

/** A person as a directory describes them. */
export interface DirectoryPerson {
  directory: string
  directoryId: string
  username: string
  email: string | null
  emailKey: string | null
  displayname: string | null
}

/** The account of a directory's person. */
export interface DirectoryAccount {
  id: number
  isNew: boolean
  /** Whether the account is active and its university approved. */
  maySignIn: boolean
  /** Staff switched it off; it is there otherwise. */
  isBlocked: boolean
}

/**
 * Finds or makes the account of a directory's person by the stable id of its entry, and brings it up to date. A username
 * that the directory gave to somebody else meanwhile goes with it.
 */
export async function upsertDirectoryAccount(
  transaction: Queryable,
  universityId: number,
  person: DirectoryPerson,
): Promise<DirectoryAccount> {
  const { directory, directoryId } = person
  await query(
    transaction,
    `update users set username = null where associated_university_id = $1 and lower(username) = lower($2)
       and directory = $3 and directory_id <> $4`,
    [universityId, person.username, directory, directoryId],
  )
  await adoptImported(transaction, universityId, person)
  const [row] = await query<DirectoryAccount>(
    transaction,
    `insert into users as u (associated_university_id, directory, directory_id, username, email, email_key, displayname, verified_at, directory_seen_at)
     select $1, $2, $3, case when exists (select from users o where o.associated_university_id = $1
         and lower(o.username) = lower($4) and (o.directory is distinct from $2 or o.directory_id is distinct from $3)) then null else $4 end,
       $5, $6, $7, now(), clock_timestamp()
     on conflict (associated_university_id, directory, directory_id) where directory_id is not null do update set
       username = coalesce(excluded.username, u.username), email = excluded.email, email_key = excluded.email_key,
       displayname = coalesce(excluded.displayname, u.displayname), updated_at = now(),
       verified_at = coalesce(u.verified_at, now()), directory_seen_at = clock_timestamp()
     returning id, (xmax = 0) as "isNew", is_active and erased_at is null and coalesce(
       (select v.is_approved from universities v where v.id = associated_university_id), false) as "maySignIn",
       not is_active and erased_at is null as "isBlocked"`,
    [
      universityId,
      directory,
      directoryId,
      person.username,
      person.email,
      person.emailKey,
      person.displayname,
    ],
  )
  if (row === undefined) throw new Error('an upsert gave no row')
  return row
}

/**
 * Gives an account that was taken over from a system before, and waits for a directory, to the person of that username
 * who has just been proven; one who has an account already keeps that. [DIR-9]
 */
async function adoptImported(
  transaction: Queryable,
  universityId: number,
  { directory, directoryId, username }: DirectoryPerson,
): Promise<void> {
  await query(
    transaction,
    `update users set directory = $3, directory_id = $4, updated_at = now()
     where associated_university_id = $1 and lower(username) = lower($2) and directory is null and password_hash is null
       and email is null and verified_at is null and erased_at is null
       and not exists (select from users o where o.associated_university_id = $1 and o.directory = $3 and o.directory_id = $4)`,
    [universityId, username, directory, directoryId],
  )
}

/** Somebody of a directory, as the refresh of a session must know them. */
export interface DirectoryUser {
  userId: number
  universityId: number
  directory: string
  directoryId: string
  username: string | null
  /** When the directory last confirmed that they are there, as PostgreSQL writes it, to the microsecond. */
  seenAt: string
  /** How long ago that was. */
  ageMs: number
}

const DIRECTORY_USERS = `select u.id as "userId", u.associated_university_id as "universityId", u.directory, u.directory_id as "directoryId",
    u.username, coalesce(u.directory_seen_at, u.created_at)::text as "seenAt",
    (extract(epoch from clock_timestamp() - coalesce(u.directory_seen_at, u.created_at)) * 1000)::float8 as "ageMs"
  from users u`

/** The directory's person behind a live session's family of refresh tokens; null for anybody else. */
export async function loadDirectoryUser(database: Queryable, family: string): Promise<DirectoryUser | null> {
  const rows = await query<DirectoryUser>(
    database,
    `${DIRECTORY_USERS} join sessions s on s.user_id = u.id
     where s.family = $1 and s.revoked_at is null and s.expires_at > clock_timestamp() and u.directory is not null
       and u.erased_at is null`,
    [family],
  )
  return rows[0] ?? null
}

/** The same person, locked to the end of the transaction; null when the account went meanwhile. */
export async function lockDirectoryUser(
  transaction: Queryable,
  userId: number,
): Promise<DirectoryUser | null> {
  await query(transaction, 'select 1 from users where id = $1 for no key update', [userId])
  const rows = await query<DirectoryUser>(
    transaction,
    `${DIRECTORY_USERS} where u.id = $1 and u.directory is not null and u.erased_at is null`,
    [userId],
  )
  return rows[0] ?? null
}
