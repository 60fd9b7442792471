import { query, type Queryable } from '../platform/postgres/database.ts'

/**
 * Empties the row of an account and drops what belongs to it: sessions, links, memberships, tracked spaces, keys of calls, notices, waiting mail. What
 * stays is a number that says nothing; reports and acts refer to it. [IDN-11]
 */
export async function eraseAccount(
  transaction: Queryable,
  userId: number,
  email: string | null,
): Promise<void> {
  for (const table of ['sessions', 'verifications', 'user_group', 'users_tracked_spaces'])
    await query(transaction, `delete from ${table} where user_id = $1`, [userId])
  await query(
    transaction,
    "delete from mutations where actor_kind = 'person' and actor_id = $1 and key is not null",
    [userId],
  )
  await query(
    transaction,
    `update users set username = null, email = null, email_key = null, password_hash = null, displayname = null,
       locale = null, directory = null, directory_id = null, directory_seen_at = null, last_login_time = null, last_login_ip = null,
       verified_at = null, is_active = false, erased_at = now(), updated_at = now(), browsers_since = now()
     where id = $1`,
    [userId],
  )
  // Only now: a commit that was about to tell them something has ended, and the next one finds nobody. [NTF-10]
  for (const table of ['notification_users', 'inboxes'])
    await query(transaction, `delete from ${table} where user_id = $1`, [userId])
  await query(
    transaction,
    'delete from mail_outbox where to_address = $1 and sent_at is null and failed_at is null',
    [email],
  )
}

/** Whether a user is the only administrator of the platform. Locks them all, so that of two who are erased at once one stays. */
export async function isLastPlatformAdmin(transaction: Queryable, userId: number): Promise<boolean> {
  const rows = await query<{ id: number }>(
    transaction,
    'select id from users where is_platform_admin and is_active and erased_at is null order by id for no key update',
  )
  return rows.length === 1 && rows[0]?.id === userId
}

/** Accounts that were asked for by mail and never confirmed, and whose links expired a week ago. */
export async function loadStaleAccounts(
  database: Queryable,
): Promise<{ id: number; email: string | null }[]> {
  return query(
    database,
    `select u.id, u.email from users u where u.verified_at is null and u.erased_at is null and u.directory is null and u.email is not null
       and not u.is_platform_admin and u.updated_at < now() - interval '8 days'
       and not exists (select from verifications v where v.user_id = u.id and v.expires_at > now()) limit 100`,
  )
}
