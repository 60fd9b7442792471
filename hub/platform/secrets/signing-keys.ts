import { query, type Queryable } from '../postgres/database.ts'

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
