import { loadMissingMigrations } from '../platform/postgres/migrate.ts'
import { loadPrivilegedRole, query } from '../platform/postgres/database.ts'
import type { AdminWorld } from './answer.ts'
import type { Finding } from './finding.ts'
import { formatAge } from './table.ts'

const DAY_MS = 86_400_000
/** Between host and database: a second is a network's doing, more is a clock that nobody sets. */
const CLOCK_WARN_MS = 1000
const CLOCK_FAIL_MS = 60_000

/** Which database it is; that it can be reached and is new enough was seen on opening it. */
export async function checkServer({ pool, foundBy }: AdminWorld): Promise<Finding[]> {
  const [row] = await query<{ version: string; size: string }>(
    pool,
    "select current_setting('server_version') as version, pg_size_pretty(pg_database_size(current_database())) as size",
  )
  const place = {
    DATABASE_URL: 'named by DATABASE_URL',
    hub: 'of the running hub',
    embedded: 'embedded, no hub runs',
  }
  return [
    { what: 'database', state: 'ok', found: `PostgreSQL ${row?.version}, ${row?.size}, ${place[foundBy]}` },
  ]
}

/** Whether the hub has a role in its database that can do no more than own it. [OPS-13] [OPS-15] */
export async function checkRole({ pool }: AdminWorld): Promise<Finding[]> {
  const mighty = await loadPrivilegedRole(pool)
  if (mighty === null)
    return [{ what: 'role', state: 'ok', found: 'the hub’s role owns its database and no more' }]
  return [
    {
      what: 'role',
      state: 'warn',
      found: `DATABASE_URL names ${mighty.role}, which can do more there than own it (${mighty.privileges.join(', ')}), such as read files or run programs`,
      fix: 'Start the hub (npm run hub): it creates a role of its own there that owns the database and can do no more, or says what prevents that.',
    },
  ]
}

/** Whether the schema is this Carrel's. */
export async function checkMigrations({ pool }: AdminWorld): Promise<Finding[]> {
  const [table] = await query<{ exists: boolean }>(
    pool,
    "select to_regclass('schema_migrations') is not null as exists",
  )
  const missing = table?.exists === true ? await loadMissingMigrations(pool) : ['all']
  if (missing.length === 0) return [{ what: 'schema', state: 'ok', found: 'up to date' }]
  return [
    {
      what: 'schema',
      state: 'warn',
      found: `migrations are missing: ${missing.join(', ')}`,
      fix: 'Start the hub (npm run hub): it brings the schema up to date.',
    },
  ]
}

/** Whether a power cut can lose what was acknowledged. [SYN-6] */
export async function checkDurability({ pool }: AdminWorld): Promise<Finding[]> {
  const rows = await query<{ name: string; setting: string }>(
    pool,
    `select name, setting from pg_settings
     where (name in ('fsync', 'full_page_writes') and setting = 'off')
        or (name = 'synchronous_commit' and setting in ('off', 'local'))`,
  )
  if (rows.length === 0) return [{ what: 'durability', state: 'ok', found: 'commits wait for the disk' }]
  return rows.map(({ name, setting }) => ({
    what: 'durability',
    state: name === 'synchronous_commit' && setting === 'local' ? 'warn' : 'fail',
    found: `${name} is ${setting}: a power cut can lose reports that kiosks show as saved`,
    fix: `Set ${name} to on in postgresql.conf, and reload PostgreSQL.`,
  }))
}

/** How far this machine's clock is from the database's. Nothing is ordered by it, but times are shown. [SYN-16] */
export async function checkClock({ pool }: AdminWorld): Promise<Finding[]> {
  await query(pool, 'select 1')
  const before = Date.now()
  const [row] = await query<{ ms: number }>(
    pool,
    'select extract(epoch from clock_timestamp())::float8 * 1000 as ms',
  )
  const after = Date.now()
  const offsetMs = Math.round((row?.ms ?? 0) - (before + after) / 2)
  const found = `the database's clock is ${(Math.abs(offsetMs) / 1000).toFixed(1)} s ${offsetMs < 0 ? 'behind' : 'ahead of'} this machine's`
  const state =
    Math.abs(offsetMs) >= CLOCK_FAIL_MS ? 'fail' : Math.abs(offsetMs) >= CLOCK_WARN_MS ? 'warn' : 'ok'
  if (state === 'ok') return [{ what: 'clock', state, found }]
  return [
    {
      what: 'clock',
      state,
      found,
      fix: 'Have both machines set their clocks by NTP (timedatectl set-ntp true).',
    },
  ]
}

/** Kiosks that are silent, full of waiting taps, or whose clock is off. */
export async function checkKiosks({ pool }: AdminWorld): Promise<Finding[]> {
  const [table] = await query<{ exists: boolean }>(pool, "select to_regclass('kiosks') is not null as exists")
  if (table?.exists !== true) return []
  const [row] = await query<{
    all: number
    silent: string[]
    waiting: string[]
    astray: string[]
    stranded: string[]
  }>(
    pool,
    `select count(*)::int as all,
       coalesce(array_agg(k.id::text || ' ' || k.name) filter (where k.last_seen_at < now() - interval '1 day'), '{}') as silent,
       coalesce(array_agg(k.id::text || ' ' || k.name) filter (where k.outbox_depth > 1000), '{}') as waiting,
       coalesce(array_agg(k.id::text || ' ' || k.name) filter (where abs(k.clock_offset_ms) > 60000), '{}') as astray,
       coalesce(array_agg(k.id::text || ' ' || k.name) filter (where s.is_deleted), '{}') as stranded
     from kiosks k join spaces s on s.id = k.space_id where k.revoked_at is null`,
  )
  if (row === undefined) return []
  const problems: [string[], string, string][] = [
    [
      row.silent,
      'not seen for a day',
      'Check the device and its network. If it is no longer used, switch it off: kiosk switch-off KIOSK.',
    ],
    [
      row.waiting,
      'more than 1,000 reports waiting to send',
      'Check its network: "kiosk list" shows when it was last seen.',
    ],
    [row.astray, 'clock more than a minute off', 'Have the device set its clock by NTP.'],
    [row.stranded, 'its space was deleted', 'Assign it to another one: kiosk move KIOSK --space PATH.'],
  ]
  const findings = problems
    .filter(([names]) => names.length > 0)
    .map(([names, found, fix]): Finding => ({
      what: 'kiosks',
      state: 'warn',
      found: `${found}: ${names.slice(0, 10).join(', ')}${names.length > 10 ? ` and ${names.length - 10} more` : ''}`,
      fix,
    }))
  return findings.length > 0 ? findings : [{ what: 'kiosks', state: 'ok', found: `${row.all} enrolled` }]
}

/** How old the newest backup by this tool is. */
export async function checkLastBackup({ pool }: AdminWorld): Promise<Finding[]> {
  const [table] = await query<{ exists: boolean }>(
    pool,
    "select to_regclass('change_logs') is not null as exists",
  )
  if (table?.exists !== true) return []
  const [row] = await query<{ atMs: number | null; nowMs: number; isNeeded: boolean }>(
    pool,
    `select (extract(epoch from max(created_at)) * 1000)::bigint as "atMs", (extract(epoch from now()) * 1000)::bigint as "nowMs",
       exists (select 1 from universities where created_at < now() - interval '7 days') as "isNeeded"
     from change_logs where service = 'hub' and subject = 'backup'`,
  )
  const atMs = row?.atMs ?? null
  const nowMs = row?.nowMs ?? 0
  const found =
    atMs === null ? 'none written by this tool yet' : `the newest is ${formatAge(nowMs, atMs)} old`
  const isOld = row?.isNeeded === true && (atMs === null || nowMs - atMs > 7 * DAY_MS)
  if (!isOld) return [{ what: 'backup', state: 'ok', found }]
  return [
    {
      what: 'backup',
      state: 'warn',
      found,
      fix: 'Write one: npm run admin -- backup FILE, best every night.',
    },
  ]
}
