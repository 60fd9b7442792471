import type { Queryable } from '../postgres/database.ts'

/** A university under the lock: nobody else commits to it until this transaction ends. */
export interface LockedUniversity {
  clock: number
  factsClock: number
  epoch: string
  /** The commit's time, ms since 1970. */
  nowMs: number
}

/** Locks the university's clock: its commits go one after the other. `nowMs` null: the database reads its own clock under the lock. Null: no such university. [SYN-2] */
export async function lockUniversity(
  client: Queryable,
  universityId: number,
  nowMs: number | null,
): Promise<LockedUniversity | null> {
  const result = await client.query<LockedUniversity>({
    name: 'lock-university',
    text: 'select clock, facts_clock as "factsClock", epoch, now_ms as "nowMs" from lock_university($1, time_of_ms($2))',
    values: [universityId, nowMs],
  })
  return result.rows[0] ?? null
}
