import type { KeyGrade, KioskRole } from '#shared/domain/kiosk.ts'
import type { Locale, UniversitySettings } from '#shared/domain/university.ts'
import { query, type Queryable } from '../postgres/database.ts'

/** Who a kiosk is, as its proof is checked. Never changes for an id. */
export interface KioskIdentity {
  id: number
  universityId: number
  publicKey: string
}

/** The identities of some kiosks. */
export async function loadIdentities(database: Queryable, ids: readonly number[]): Promise<KioskIdentity[]> {
  return query(
    database,
    'select id, university_id as "universityId", public_key as "publicKey" from kiosks where id = any($1)',
    [ids],
  )
}

/** A kiosk with its university, as a session needs it. */
export interface KioskRow {
  id: number
  name: string
  spaceId: number
  role: KioskRole
  settings: Partial<UniversitySettings>
  session: number
  lastMutationId: number
  isRevoked: boolean
  ticketEpoch: string | null
  ticketIssued: string | null
  ticketConfirmed: string | null
  universityId: number
  universityName: string
  timezone: string
  locale: Locale
  universitySettings: Partial<UniversitySettings>
}

/** Kiosks with their universities. */
export async function loadKioskRows(client: Queryable, ids: readonly number[]): Promise<KioskRow[]> {
  return query(
    client,
    `select k.id, k.name, k.space_id as "spaceId", k.role, k.settings, k.session,
        k.last_mutation_id as "lastMutationId", k.revoked_at is not null as "isRevoked",
        k.ticket_epoch as "ticketEpoch", k.ticket_issued as "ticketIssued", k.ticket_confirmed as "ticketConfirmed",
        u.id as "universityId", u.name as "universityName", u.timezone, u.locale, u.settings as "universitySettings"
     from kiosks k join universities u on u.id = k.university_id where k.id = any($1)`,
    [ids],
  )
}

/** What opening a session writes. */
export interface OpenedSession {
  id: number
  session: number
  lastMutationId: number
  ticketIssued: string
  ticketConfirmed: string | null
  appVersion: string
  keyGrade: KeyGrade
}

/** Gives kiosks their new sessions and tickets. [SYN-11] [SYN-12] */
export async function writeSessions(
  client: Queryable,
  epoch: string,
  nowMs: number,
  sessions: readonly OpenedSession[],
): Promise<void> {
  await query(
    client,
    `update kiosks k set session = o.session, last_mutation_id = o."lastMutationId", ticket_epoch = $1,
        ticket_issued = o."ticketIssued", ticket_confirmed = o."ticketConfirmed",
        app_version = o."appVersion", key_grade = o."keyGrade", last_seen_at = time_of_ms($2)
     from jsonb_to_recordset($3::jsonb) o (id bigint, session bigint, "lastMutationId" bigint, "ticketIssued" text,
        "ticketConfirmed" text, "appVersion" text, "keyGrade" text)
     where k.id = o.id`,
    [epoch, nowMs, JSON.stringify(sessions)],
  )
}

/** More spaces and kiosks than anybody makes between two backups. */
const LEAP = 1_000_000

/**
 * Begins a new epoch of one university, under its lock. Numbers that the database gave before it went back, and knows
 * nothing of any more, are leapt over: a kiosk's waiting tap may still name one. [SYN-17]
 */
export async function updateEpoch(client: Queryable, universityId: number, epoch: string): Promise<void> {
  await query(client, 'update universities set epoch = $2 where id = $1', [universityId, epoch])
  for (const table of ['spaces', 'kiosks'])
    await query(
      client,
      'select setval(sequence::regclass, nextval(sequence::regclass) + $2) from pg_get_serial_sequence($1, $3) sequence',
      [table, LEAP, 'id'],
    )
}

/** What a kiosk said of itself last. */
export interface Sighting {
  id: number
  session: number
  ticket: string
  waitingCount: number
  clockOffsetMs: number
}

/** Writes sightings; a ticket counts as confirmed when it is the one issued. Answers the kiosks whose session is still theirs. [SYN-11] [SYN-12] */
export async function writeSightings(
  client: Queryable,
  nowMs: number,
  sightings: readonly Sighting[],
): Promise<number[]> {
  const rows = await query<{ id: number }>(
    client,
    `update kiosks k set last_seen_at = time_of_ms($1), outbox_depth = s."waitingCount",
        clock_offset_ms = s."clockOffsetMs",
        ticket_confirmed = case when s.ticket = k.ticket_issued then s.ticket else k.ticket_confirmed end
     from jsonb_to_recordset($2::jsonb) s (id bigint, session bigint, ticket text, "waitingCount" integer,
        "clockOffsetMs" bigint)
     where k.id = s.id and k.session = s.session returning k.id`,
    [nowMs, JSON.stringify(sightings)],
  )
  return rows.map(({ id }) => id)
}

/** Heads of universities, for the poll. */
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

/** The stored hash of a university's diagnostics PIN; null: none. [SYN-22] */
export async function loadPinHash(database: Queryable, universityId: number): Promise<string | null> {
  const [row] = await query<{ hash: string | null }>(
    database,
    'select diagnostics_pin_hash as hash from universities where id = $1',
    [universityId],
  )
  return row?.hash ?? null
}
