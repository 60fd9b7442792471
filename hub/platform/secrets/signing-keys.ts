import { query, type Queryable } from '../postgres/database.ts'

/** A key that signs, or that was retired and still verifies. */
export interface SigningKey {
  id: number
  secret: Buffer
  /** The one that signs. */
  isCurrent: boolean
}

/**
 * The key of a purpose that signs, and those that were retired within the last `retiredForS` seconds. Without one that
 * signs, the first hub to ask makes it by `makeSecret`.
 */
export async function loadSigningKeys(
  database: Queryable,
  purpose: string,
  retiredForS: number,
  makeSecret: () => Buffer,
): Promise<SigningKey[]> {
  const load = (): Promise<SigningKey[]> =>
    query<SigningKey>(
      database,
      `select id, secret, retired_at is null as "isCurrent" from signing_keys
       where purpose = $1 and (retired_at is null or retired_at > now() - $2 * interval '1 second')`,
      [purpose, retiredForS],
    )
  const keys = await load()
  if (keys.some(({ isCurrent }) => isCurrent)) return keys
  await query(
    database,
    'insert into signing_keys (purpose, secret) values ($1, $2) on conflict (purpose) where retired_at is null do nothing',
    [purpose, makeSecret()],
  )
  return load()
}

/** A fresh key takes over at once; the one before it is retired. Answers the new key's number. [IDN-9] */
export async function rotateSigningKey(
  transaction: Queryable,
  purpose: string,
  secret: Buffer,
): Promise<number> {
  // Two rotations at once would leave two keys that sign: the second one waits here.
  await query(transaction, 'lock table signing_keys in share row exclusive mode')
  await query(
    transaction,
    'update signing_keys set retired_at = clock_timestamp() where purpose = $1 and retired_at is null',
    [purpose],
  )
  const [row] = await query<{ id: number }>(
    transaction,
    'insert into signing_keys (purpose, secret) values ($1, $2) returning id',
    [purpose, secret],
  )
  if (row === undefined) throw new Error('an insert gave no row')
  return row.id
}

/** Forgets keys of access tokens a day after they were retired: nothing that they signed is good any more. */
export async function dropRetiredKeys(database: Queryable): Promise<void> {
  await query(
    database,
    "delete from signing_keys where purpose = 'access' and retired_at < now() - interval '1 day'",
  )
}
