import { query, type Queryable } from '../platform/postgres/database.ts'

/** Name of the fact under which the first start of a hub with a prefixed cookie is kept, as ms since 1970. */
const FACT = 'prefixedCookieSince'

/**
 * Since when hubs of this database give the refresh cookie under its prefixed name, ms since 1970: now, when none did. What
 * was given under the plain name before is good for seven days more, as every refresh token is. [EDG-8]
 */
export async function keepPrefixedSince(database: Queryable): Promise<number> {
  await query(
    database,
    'insert into cluster_facts (name, value) values ($1, ms_of_time(now())::text) on conflict (name) do nothing',
    [FACT],
  )
  const [row] = await query<{ value: string }>(database, 'select value from cluster_facts where name = $1', [
    FACT,
  ])
  return Math.floor(Number(row?.value ?? 0))
}
