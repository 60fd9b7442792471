import { query, type Database } from './database.ts'

/**
 * Lets several acts run into each other: `block` takes locks in a transaction that stays open while the acts start, and
 * is rolled back once all of them wait. So each has asked before any has written, whatever the machine does meanwhile.
 */
export async function raceBehind<Result>(
  pool: Database,
  block: { sql: string; values: readonly unknown[] },
  acts: readonly (() => Promise<Result>)[],
): Promise<Result[]> {
  const client = await pool.connect()
  try {
    await client.query('begin')
    await client.query(block.sql, [...block.values])
    const all = Promise.all(acts.map((act) => act()))
    await waitForWaiting(pool, acts.length, all)
    await client.query('rollback')
    return await all
  } finally {
    client.release()
  }
}

/** Looks until so many connections wait for a lock, or until the acts are done without having waited. */
async function waitForWaiting(pool: Database, count: number, all: Promise<unknown>): Promise<void> {
  const state = { isOver: false }
  const over = (): void => void (state.isOver = true)
  void all.then(over, over)
  while (!state.isOver) {
    const [row] = await query<{ waiting: number }>(
      pool,
      `select count(*)::int as waiting from pg_stat_activity
       where datname = current_database() and wait_event_type = 'Lock'`,
    )
    if ((row?.waiting ?? 0) >= count) return
  }
}
