import { DEFAULT_SETTINGS, type UniversitySettings } from '#shared/domain/university.ts'
import { query, type Queryable } from './database.ts'

// What several features ask about a university.

/** All settings of a university, defaults filled in. */
export async function loadSettings(database: Queryable, universityId: number): Promise<UniversitySettings> {
  const [row] = await query<{ settings: Partial<UniversitySettings> }>(
    database,
    'select settings from universities where id = $1',
    [universityId],
  )
  return { ...DEFAULT_SETTINGS, ...row?.settings }
}

/** The moment of the database's clock, ms since 1970, and for how long a report of a university counts as fresh then. */
export async function loadFreshness(
  database: Queryable,
  universityId: number,
): Promise<{ nowMs: number; staleMs: number }> {
  const { staleMs } = await loadSettings(database, universityId)
  const [now] = await query<{ nowMs: number }>(database, 'select ms_of_time(clock_timestamp()) as "nowMs"')
  return { nowMs: now?.nowMs ?? 0, staleMs }
}

/** Changes with every commit that changed facts of a university: its epoch, and the clock of the last of them. */
export async function loadFactsClock(database: Queryable, universityId: number): Promise<string> {
  const found = await database.query<{ at: string }>({
    name: 'load-facts-clock',
    text: "select epoch || ' ' || facts_clock as at from universities where id = $1",
    values: [universityId],
  })
  return found.rows[0]?.at ?? ''
}

/** The IANA zone of a university. */
export async function loadTimezone(database: Queryable, universityId: number): Promise<string> {
  const [row] = await query<{ timezone: string }>(
    database,
    'select timezone from universities where id = $1',
    [universityId],
  )
  return row?.timezone ?? 'UTC'
}

/** The stored hash of a university's diagnostics PIN; null: none. [SYN-22] */
export async function loadPinHash(database: Queryable, universityId: number): Promise<string | null> {
  const [row] = await query<{ hash: string | null }>(
    database,
    'select diagnostics_pin_hash as hash from universities where id = $1',
    [universityId],
  )
  return row?.hash ?? null
}
