import { DEFAULT_SETTINGS, type UniversitySettings } from '#shared/domain/university.ts'
import { query, type Queryable } from '../postgres/database.ts'

/** How long a ticket is good, seconds: a page uses it at once. [LIV-1] */
const TICKET_S = 30
/** Tickets of one session that may wait: all its tabs after a restart of the hub. Older ones are deleted. */
const MAX_WAITING = 16

/** Keeps the hash of a ticket for a session, and deletes what has run out. [LIV-1] */
export async function insertLiveTicket(
  database: Queryable,
  ticketHash: string,
  sessionId: number,
): Promise<void> {
  await query(
    database,
    `with forgotten as (
       delete from live_tickets where expires_at <= now() or ticket_hash in (
         select ticket_hash from live_tickets where session_id = $2 order by expires_at desc offset $4)
     )
     insert into live_tickets (ticket_hash, session_id, expires_at) values ($1, $2, now() + $3 * interval '1 second')`,
    [ticketHash, sessionId, TICKET_S, MAX_WAITING - 1],
  )
}

/** Takes a ticket away and gives its session; null when there is none, or not any more. Of two at once one gets it. [LIV-1] */
export async function takeLiveTicket(database: Queryable, ticketHash: string): Promise<number | null> {
  const [row] = await query<{ sessionId: number; isGood: boolean }>(
    database,
    `delete from live_tickets where ticket_hash = $1
     returning session_id as "sessionId", expires_at > now() as "isGood"`,
    [ticketHash],
  )
  return row?.isGood === true ? row.sessionId : null
}

/**
 * How long ago a directory may have confirmed the person of a live connection: a page that is never renewed is bound by
 * it, one that is renewed by the renewal. A day, and the life of an access token. [DIR-15]
 */
const MAX_UNSEEN = '24 hours 30 minutes'

/** What a live socket must know of its person. */
export interface LivePersonRow {
  sessionId: number
  userId: number
  universityId: number
  /** Live spaces that they made, and those that they track. */
  mine: number[]
  tracked: number[]
  /** Of the super group. */
  mayEditAll: boolean
  staleMs: number
  /** The database's time, ms since 1970. */
  nowMs: number
}

/**
 * The people behind some sessions; a session that has ended, or whose person may not sign in any more, or was not seen in
 * their directory for too long, has no row. One statement. [LIV-3] [DIR-15]
 */
export async function loadLivePeople(
  database: Queryable,
  sessionIds: readonly number[],
): Promise<LivePersonRow[]> {
  const rows = await query<Omit<LivePersonRow, 'staleMs'> & { settings: Partial<UniversitySettings> }>(
    database,
    `select s.id as "sessionId", u.id as "userId", v.id as "universityId", v.settings, ms_of_time(clock_timestamp()) as "nowMs",
       array(select id from spaces where created_by_id = u.id and not is_deleted order by id) as mine,
       array(select space_id from users_tracked_spaces where user_id = u.id order by space_id) as tracked,
       exists (select from user_group m join groups g on g.id = m.group_id
         where m.user_id = u.id and g.is_super) as "mayEditAll"
     from sessions s join users u on u.id = s.user_id join universities v on v.id = u.associated_university_id
     where s.id = any($1) and s.revoked_at is null and s.expires_at > now()
       and u.is_active and u.erased_at is null and v.is_approved
       and (u.directory is null or coalesce(u.directory_seen_at, u.created_at) > now() - $2::interval)`,
    [sessionIds, MAX_UNSEEN],
  )
  return rows.map(({ settings, ...row }) => ({
    ...row,
    staleMs: settings.staleMs ?? DEFAULT_SETTINGS.staleMs,
  }))
}
