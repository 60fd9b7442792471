import { query, type Queryable } from '../platform/postgres/database.ts'

/** Whether there is a platform administrator who can sign in. */
export async function hasPlatformAdmin(database: Queryable): Promise<boolean> {
  const rows = await query(
    database,
    'select 1 from users where is_platform_admin and is_active and erased_at is null limit 1',
  )
  return rows.length > 0
}

/** Stores the hash of a set-up link; drops expired ones. */
export async function insertSetupLink(
  transaction: Queryable,
  tokenHash: string,
  lifeMs: number,
): Promise<void> {
  await query(transaction, 'delete from setup_links where expires_at < now()')
  await query(
    transaction,
    "insert into setup_links (token_hash, expires_at) values ($1, now() + $2 * interval '1 millisecond')",
    [tokenHash, lifeMs],
  )
}

/**
 * Whether a set-up link is valid: not used, not expired, and there is no platform administrator yet. Locks all such links to
 * the end of the transaction, so that two of them make one administrator. [IDN-13]
 */
export async function lockSetupLink(transaction: Queryable, tokenHash: string): Promise<boolean> {
  await query(transaction, 'select 1 from setup_links order by token_hash for update')
  const rows = await query(
    transaction,
    'select 1 from setup_links where token_hash = $1 and used_at is null and expires_at > now()',
    [tokenHash],
  )
  return rows.length > 0 && !(await hasPlatformAdmin(transaction))
}

/** Marks all set-up links as used. */
export async function updateSetupLinksUsed(transaction: Queryable): Promise<void> {
  await query(transaction, 'update setup_links set used_at = now() where used_at is null')
}
