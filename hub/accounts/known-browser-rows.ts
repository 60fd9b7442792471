import { query, type Queryable } from '../platform/postgres/database.ts'

/** An account as it was named at a sign-in. */
export type NamedAccount =
  | { by: 'email'; emailKey: string }
  | { by: 'username'; universityId: number; username: string }

/** Whether a token that was given to a browser is still valid for the account that is named. [EDG-11] */
export async function isKnownBrowserOf(
  database: Queryable,
  given: { userId: number; givenAtMs: number; lifeMs: number },
  named: NamedAccount,
): Promise<boolean> {
  const rows = await query(
    database,
    `select 1 from users where id = $1 and browsers_since <= time_of_ms($2) and is_active and erased_at is null
       and clock_timestamp() < time_of_ms($2) + $3 * interval '1 millisecond'
       and case when $4::text is not null then email_key = $4
         else associated_university_id = $5 and lower(username) = lower($6) end`,
    [
      given.userId,
      given.givenAtMs,
      given.lifeMs,
      named.by === 'email' ? named.emailKey : null,
      named.by === 'username' ? named.universityId : null,
      named.by === 'username' ? named.username : null,
    ],
  )
  return rows.length > 0
}

/** Clears the known browsers of all accounts: what was cleared after a backup must not come back with it. [OPS-10] */
export async function clearKnownBrowsers(database: Queryable): Promise<void> {
  await query(database, 'update users set browsers_since = clock_timestamp()')
}
