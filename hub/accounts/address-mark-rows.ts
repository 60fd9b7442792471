import { query, type Queryable } from '../platform/postgres/database.ts'

// Keyed hashes of addresses whose account is gone, so that bans and cool-downs outlive it for their term. [IDN-11]

/** Marks an address until a moment from now; a longer mark stays. */
export async function insertAddressMark(
  transaction: Queryable,
  addressHash: string,
  kind: string,
  forMs: number,
): Promise<void> {
  await query(
    transaction,
    `insert into address_marks (address_hash, kind, until) values ($1, $2, now() + $3 * interval '1 millisecond')
     on conflict (address_hash, kind) do update set until = greatest(address_marks.until, excluded.until)`,
    [addressHash, kind, forMs],
  )
}

/** Until when an address must wait, ms since 1970; null when it need not. */
export async function loadAddressMark(database: Queryable, addressHash: string): Promise<number | null> {
  const [row] = await query<{ untilMs: number | null }>(
    database,
    'select ms_of_time(max(until)) as "untilMs" from address_marks where address_hash = $1 and until > now()',
    [addressHash],
  )
  return row?.untilMs ?? null
}

/** Forgets marks whose term has passed. */
export async function dropExpiredMarks(database: Queryable): Promise<void> {
  await query(database, 'delete from address_marks where until < now()')
}
