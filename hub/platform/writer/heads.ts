import { query, type Database, type Queryable } from '../postgres/database.ts'

// The heads of universities: how far each one's clock is, and how hubs notify each other.

/** Channel on which hubs are notified of commits. [SYN-27] */
export const HEADS_CHANNEL = 'carrel_heads'

/** A university's epoch and clock; null: no such university. */
export async function loadHead(
  database: Queryable,
  universityId: number,
): Promise<{ epoch: string; head: number } | null> {
  const [row] = await query<{ epoch: string; head: number }>(
    database,
    'select epoch, clock as head from universities where id = $1',
    [universityId],
  )
  return row ?? null
}

/** The head of a university, as the poll reads it. */
export interface HeadRow {
  id: number
  clock: number
  factsClock: number
  epoch: string
}

/** The heads of some universities, and the database's time in ms since 1970. [SYN-27] */
export async function loadHeads(
  database: Queryable,
  ids: readonly number[],
): Promise<{ nowMs: number; heads: HeadRow[] }> {
  const rows = await query<HeadRow & { nowMs: number }>(
    database,
    `select u.id, u.clock, u.facts_clock as "factsClock", u.epoch, ms_of_time(n.at) as "nowMs"
     from (select clock_timestamp() as at) n left join universities u on u.id = any($1)`,
    [ids],
  )
  return { nowMs: rows[0]?.nowMs ?? 0, heads: rows.filter(({ id }) => id !== null) }
}

/** Notifies all hubs of commits, in a transaction of its own: inside the writing one, NOTIFY would hold a lock of the whole cluster through the flush. [SYN-27] */
export async function notifyHeads(
  pool: Database,
  heads: readonly { universityId: number; head: number }[],
): Promise<void> {
  await query(pool, 'select pg_notify($1, $2)', [HEADS_CHANNEL, JSON.stringify(heads)])
}
