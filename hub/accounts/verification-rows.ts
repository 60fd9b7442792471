import { query, type Queryable } from '../platform/postgres/database.ts'

/** What a link of an account is for. */
export type VerificationPurpose = 'verify' | 'reset' | 'email'

/** A link that was shown and is good. */
export interface OpenVerification {
  id: number
  userId: number
  newEmail: string | null
}

/** Stores the hash of a fresh link; the one before it, of the same user and purpose, is no longer valid. [IDN-6] */
export async function insertVerification(
  transaction: Queryable,
  link: {
    userId: number
    purpose: VerificationPurpose
    tokenHash: string
    newEmail: string | null
    lifeMs: number
  },
): Promise<void> {
  await query(
    transaction,
    `insert into verifications (user_id, purpose, token_hash, new_email, expires_at)
     values ($1, $2, $3, $4, now() + $5 * interval '1 millisecond')
     on conflict (user_id, purpose) do update set token_hash = excluded.token_hash, new_email = excluded.new_email,
       expires_at = excluded.expires_at, used_at = null, created_at = now()`,
    [link.userId, link.purpose, link.tokenHash, link.newEmail, link.lifeMs],
  )
}

/** Whether a link of a user was made within the last minute, and is not used. */
export async function hasYoungVerification(
  transaction: Queryable,
  userId: number,
  purpose: VerificationPurpose,
): Promise<boolean> {
  const rows = await query(
    transaction,
    `select 1 from verifications where user_id = $1 and purpose = $2 and used_at is null
       and created_at > now() - interval '1 minute'`,
    [userId, purpose],
  )
  return rows.length > 0
}

const OPEN = `select v.id, v.user_id as "userId", v.new_email as "newEmail" from verifications v join users u on u.id = v.user_id
  where v.token_hash = $1 and v.purpose = $2 and v.used_at is null and v.expires_at > now() and u.erased_at is null`

/** The link with this hash, if it is good. */
export async function loadVerification(
  database: Queryable,
  purpose: VerificationPurpose,
  tokenHash: string,
): Promise<OpenVerification | null> {
  const rows = await query<OpenVerification>(database, OPEN, [tokenHash, purpose])
  return rows[0] ?? null
}

/**
 * The same, locked to the end of the transaction with its user: the user first, as everybody does who locks both. Two uses
 * of one link are handled one after the other. [IDN-6]
 */
export async function lockVerification(
  transaction: Queryable,
  purpose: VerificationPurpose,
  tokenHash: string,
): Promise<OpenVerification | null> {
  const found = await loadVerification(transaction, purpose, tokenHash)
  if (found === null) return null
  await query(transaction, 'select 1 from users where id = $1 for no key update', [found.userId])
  await query(transaction, 'select 1 from verifications where id = $1 for update', [found.id])
  return loadVerification(transaction, purpose, tokenHash)
}

/** The link is used. */
export async function updateVerificationUsed(transaction: Queryable, id: number): Promise<void> {
  await query(transaction, 'update verifications set used_at = now() where id = $1', [id])
}

/** Cancels links of a user, all or those for one purpose. */
export async function dropVerifications(
  transaction: Queryable,
  userId: number,
  purpose: VerificationPurpose | 'all',
): Promise<void> {
  await query(transaction, "delete from verifications where user_id = $1 and ($2 = 'all' or purpose = $2)", [
    userId,
    purpose,
  ])
}

/** Forgets links that ran out a day ago. */
export async function dropExpiredVerifications(database: Queryable): Promise<void> {
  await query(database, "delete from verifications where expires_at < now() - interval '1 day'")
}
