import type { Locale } from '#shared/domain/university.ts'
import { query, type Queryable } from '../platform/postgres/database.ts'

/** An account as sign-in and mail must know it. */
export interface Account {
  id: number
  /** Null for platform administrators. */
  universityId: number | null
  universityName: string | null
  username: string | null
  email: string | null
  passwordHash: string | null
  isVerified: boolean
  /** Whether the account can sign in: it is enabled and its university approved. */
  maySignIn: boolean
  /** Staff switched it off; it is there otherwise. */
  isBlocked: boolean
  directory: string | null
  directoryId: string | null
  /** The language to write in: the user's own, else the university's. */
  locale: Locale
}

const ACCOUNTS = `select u.id, u.associated_university_id as "universityId", v.name as "universityName", u.username, u.email,
    u.password_hash as "passwordHash", u.verified_at is not null as "isVerified",
    u.is_active and u.erased_at is null and coalesce(v.is_approved, true) as "maySignIn",
    not u.is_active and u.erased_at is null as "isBlocked",
    u.directory, u.directory_id as "directoryId", coalesce(u.locale, v.locale, 'en') as locale
  from users u left join universities v on v.id = u.associated_university_id`

/** The account of this hub's own that has an address (in lower case); null when none has. */
export async function loadLocalAccount(database: Queryable, emailKey: string): Promise<Account | null> {
  const rows = await query<Account>(database, `${ACCOUNTS} where u.email_key = $1 and u.directory is null`, [
    emailKey,
  ])
  return rows[0] ?? null
}

/** The same, locked to the end of the transaction. */
export async function lockLocalAccount(transaction: Queryable, emailKey: string): Promise<Account | null> {
  await query(
    transaction,
    'select 1 from users where email_key = $1 and directory is null for no key update',
    [emailKey],
  )
  return loadLocalAccount(transaction, emailKey)
}

/** The account of a university that has a username, in whatever case; null when none has. */
export async function loadNamedAccount(
  database: Queryable,
  universityId: number,
  username: string,
): Promise<Account | null> {
  const rows = await query<Account>(
    database,
    `${ACCOUNTS} where u.associated_university_id = $1 and lower(u.username) = lower($2)`,
    [universityId, username],
  )
  return rows[0] ?? null
}

/** The one account of a directory that has an address; null when none or several have it: a directory may say what it likes. */
export async function loadDirectoryAccountByEmail(
  database: Queryable,
  universityId: number,
  emailKey: string,
): Promise<Account | null> {
  const rows = await query<Account>(
    database,
    `${ACCOUNTS} where u.associated_university_id = $1 and u.email_key = $2 and u.directory is not null limit 2`,
    [universityId, emailKey],
  )
  return rows.length === 1 ? (rows[0] ?? null) : null
}

/** An account by its number, locked to the end of the transaction. */
export async function lockAccount(transaction: Queryable, userId: number): Promise<Account | null> {
  await query(transaction, 'select 1 from users where id = $1 for no key update', [userId])
  return loadAccount(transaction, userId)
}

/** An account by its number. */
export async function loadAccount(database: Queryable, userId: number): Promise<Account | null> {
  const rows = await query<Account>(database, `${ACCOUNTS} where u.id = $1 and u.erased_at is null`, [userId])
  return rows[0] ?? null
}

/** A new account of this hub's own; null when its address is in use. A null university: a platform administrator. */
export async function insertLocalAccount(
  transaction: Queryable,
  input: {
    universityId: number | null
    email: string
    emailKey: string
    passwordHash: string
    locale: Locale | null
    isVerified: boolean
  },
): Promise<number | null> {
  const rows = await query<{ id: number }>(
    transaction,
    `insert into users (associated_university_id, is_platform_admin, email, email_key, password_hash, locale, verified_at)
     values ($1, $1::bigint is null, $2, $3, $4, $5, case when $6 then now() end)
     on conflict (email_key) where directory is null and email_key is not null do nothing returning id`,
    [input.universityId, input.email, input.emailKey, input.passwordHash, input.locale, input.isVerified],
  )
  return rows[0]?.id ?? null
}

/** Stores the hash of a password; null: no password is right. */
export async function updatePasswordHash(
  transaction: Queryable,
  userId: number,
  passwordHash: string | null,
): Promise<void> {
  await query(transaction, 'update users set password_hash = $2, updated_at = now() where id = $1', [
    userId,
    passwordHash,
  ])
}

/** Replaces a hash that is made otherwise today, unless the password was changed meanwhile. */
export async function updateOutdatedHash(
  database: Queryable,
  userId: number,
  outdated: string,
  passwordHash: string,
): Promise<void> {
  await query(database, 'update users set password_hash = $3 where id = $1 and password_hash = $2', [
    userId,
    outdated,
    passwordHash,
  ])
}

/** The address is the user's: a link that was mailed there came back. */
export async function updateVerified(transaction: Queryable, userId: number): Promise<void> {
  await query(
    transaction,
    'update users set verified_at = coalesce(verified_at, now()), updated_at = now() where id = $1',
    [userId],
  )
}

/** Another address. Throws a unique violation when it is in use. */
export async function updateEmail(
  transaction: Queryable,
  userId: number,
  email: string,
  emailKey: string,
): Promise<void> {
  await query(
    transaction,
    'update users set email = $2, email_key = $3, verified_at = now(), updated_at = now() where id = $1',
    [userId, email, emailKey],
  )
}

/** Name and language; what is undefined stays. Whether anything is another than before. */
export async function updateProfile(
  transaction: Queryable,
  userId: number,
  profile: { displayname?: string | null; locale?: Locale | null },
): Promise<boolean> {
  const rows = await query(
    transaction,
    `update users set displayname = case when $2 then $3 else displayname end,
       locale = case when $4 then $5 else locale end, updated_at = now()
     where id = $1 and (($2 and displayname is distinct from $3) or ($4 and locale is distinct from $5)) returning id`,
    [
      userId,
      profile.displayname !== undefined,
      profile.displayname ?? null,
      profile.locale !== undefined,
      profile.locale ?? null,
    ],
  )
  return rows.length > 0
}

/** When and from where somebody signed in last. What is no address of a network is left out. */
export async function updateLogin(
  transaction: Queryable,
  userId: number,
  address: string | null,
): Promise<void> {
  await query(
    transaction,
    'update users set last_login_time = clock_timestamp(), last_login_ip = $2::inet where id = $1',
    [userId, address],
  )
}

/** An approved university: its people can register and sign in. */
export interface ApprovedUniversity {
  id: number
  name: string
  domains: string[]
  locale: Locale
}

/** Approved universities that have one of these domains. */
export async function loadApprovedUniversitiesByDomain(
  database: Queryable,
  domains: readonly string[],
): Promise<ApprovedUniversity[]> {
  return query<ApprovedUniversity>(
    database,
    `select id, name, email_domains as domains, locale from universities where is_approved and email_domains && $1
     order by id`,
    [domains],
  )
}
