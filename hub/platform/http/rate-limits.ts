import { query, type Queryable } from '../postgres/database.ts'

// Tries by bucket, counted across all hubs. A bucket empties when its window has passed.

/** Tries of one bucket so far. */
export interface Tries {
  count: number
  /** When the count starts anew; in the past for a bucket that was never used. */
  resetsInMs: number
}

/**
 * Counts a try before it is checked, at a moment that the caller names; answers how many there are now. One statement:
 * tries at once are counted apart, and no transaction is held while one is checked.
 */
export async function countTry(
  database: Queryable,
  bucket: string,
  windowMs: number,
  nowMs: number,
): Promise<number> {
  const [row] = await query<{ count: number }>(
    database,
    `insert into rate_limits as r (bucket, count, resets_at) values ($1, 1, time_of_ms($3::bigint + $2::bigint))
     on conflict (bucket) do update set
       count = case when r.resets_at <= time_of_ms($3) then 1 else r.count + 1 end,
       resets_at = case when r.resets_at <= time_of_ms($3) then excluded.resets_at else r.resets_at end
     returning count`,
    [bucket, windowMs, nowMs],
  )
  return row?.count ?? 1
}

/** A bucket, and how many tries of it a window takes. */
export interface LimitedBucket {
  name: string
  limit: { count: number; windowMs: number }
}

/**
 * Counts a try of two buckets in one statement, by the database's clock: of the second only when the first is not over
 * its limit, so that attempts over it use up nothing else. Gives the tries of those that were counted, in order.
 */
export async function countTwoTriesNow(
  database: Queryable,
  first: LimitedBucket,
  second: LimitedBucket,
): Promise<Tries[]> {
  return query<Tries>(
    database,
    `with one as (${countSql("values ($1, 1, now() + $2::float8 * interval '1 millisecond')")}),
          two as (${countSql("select $4, 1, now() + $5::float8 * interval '1 millisecond' from one where one.count <= $3")})
     select count, "resetsInMs" from (select 1 as place, one.* from one union all select 2, two.* from two) both_of_them
      order by place`,
    [first.name, first.limit.windowMs, first.limit.count, second.name, second.limit.windowMs],
  )
}

/** The statement that counts a try; `source` gives the bucket's row as of a first try. */
function countSql(source: string): string {
  return `insert into rate_limits as r (bucket, count, resets_at) ${source}
     on conflict (bucket) do update set
       count = case when r.resets_at <= now() then 1 else r.count + 1 end,
       resets_at = case when r.resets_at <= now() then excluded.resets_at else r.resets_at end
     returning count, (extract(epoch from resets_at - now()) * 1000)::float8 as "resetsInMs"`
}

/** The tries of a bucket so far, by the database's clock, without counting one. */
export async function readTriesNow(database: Queryable, bucket: string): Promise<Tries> {
  const [row] = await query<Tries>(
    database,
    `select count, (extract(epoch from resets_at - now()) * 1000)::float8 as "resetsInMs"
       from rate_limits where bucket = $1 and resets_at > now()`,
    [bucket],
  )
  return row ?? { count: 0, resetsInMs: 0 }
}

/** Uncounts one try in each of these buckets. One after the other: those who count two lock them in another order. */
export async function dropTries(database: Queryable, buckets: readonly string[]): Promise<void> {
  for (const bucket of buckets)
    await query(
      database,
      'update rate_limits set count = count - 1 where bucket = $1 and count > 0 and resets_at > now()',
      [bucket],
    )
}

/** Forgets buckets whose window has passed. */
export async function dropExpiredRateLimits(database: Queryable): Promise<void> {
  await query(database, 'delete from rate_limits where resets_at < now()')
}

/** Counts a try before it is checked, by the database's clock; answers how many there are now, and when they no longer count. */
export async function countTryNow(database: Queryable, bucket: string, windowMs: number): Promise<Tries> {
  const [row] = await query<Tries>(
    database,
    countSql("values ($1, 1, now() + $2::float8 * interval '1 millisecond')"),
    [bucket, windowMs],
  )
  return row ?? { count: 1, resetsInMs: windowMs }
}
