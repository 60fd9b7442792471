import type { KeyGrade, KioskRole } from '#shared/domain/kiosk.ts'
import type { Locale, UniversitySettings } from '#shared/domain/university.ts'
import { query, type Queryable } from '../postgres/database.ts'
import { rowSet } from '../postgres/row-set.ts'

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
  publicKey: string
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
        k.last_mutation_id as "lastMutationId", k.revoked_at is not null as "isRevoked", k.public_key as "publicKey",
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

const OPENED_SESSIONS = rowSet({
  id: 'bigint',
  session: 'bigint',
  lastMutationId: 'bigint',
  ticketIssued: 'text',
  ticketConfirmed: 'text',
  appVersion: 'text',
  keyGrade: 'text',
})

/** Gives kiosks their new sessions and tickets. [SYN-11] [SYN-12] */
export async function writeSessions(
  client: Queryable,
  epoch: string,
  nowMs: number,
  sessions: readonly OpenedSession[],
): Promise<void> {
  await query(
    client,
    `update kiosks k set session = o.session, last_mutation_id = o.last_mutation_id, ticket_epoch = $1,
        ticket_issued = o.ticket_issued, ticket_confirmed = o.ticket_confirmed,
        app_version = o.app_version, key_grade = o.key_grade, last_seen_at = time_of_ms($2)
     from ${OPENED_SESSIONS.table(3, 'o')} where k.id = o.id`,
    [epoch, nowMs, ...OPENED_SESSIONS.values(sessions)],
  )
}

/** The status that a kiosk last reported. */
export interface KioskStatus {
  id: number
  session: number
  ticket: string
  waitingCount: number
  clockOffsetMs: number
}

const KIOSK_STATUSES = rowSet({
  id: 'bigint',
  session: 'bigint',
  ticket: 'text',
  waitingCount: 'integer',
  clockOffsetMs: 'bigint',
})

/** Writes the status that kiosks reported; a ticket counts as confirmed when it is the one issued. Answers the kiosks whose session is still theirs. [SYN-11] [SYN-12] */
export async function writeKioskStatuses(
  client: Queryable,
  nowMs: number,
  statuses: readonly KioskStatus[],
): Promise<number[]> {
  const rows = await query<{ id: number }>(
    client,
    `update kiosks k set last_seen_at = time_of_ms($1), outbox_depth = s.waiting_count,
        clock_offset_ms = s.clock_offset_ms,
        ticket_confirmed = case when s.ticket = k.ticket_issued then s.ticket else k.ticket_confirmed end
     from ${KIOSK_STATUSES.table(2, 's')}
     where k.id = s.id and k.session = s.session returning k.id`,
    [nowMs, ...KIOSK_STATUSES.values(statuses)],
  )
  return rows.map(({ id }) => id)
}
