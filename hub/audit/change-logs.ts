import type { ChangeRow } from '#shared/wire/rest-changes.ts'
import { parseNetworkAddress } from '../platform/http/network-address.ts'
import { query, type Queryable } from '../platform/postgres/database.ts'

/** One administrative act. `log` names no secret and no e-mail address: it stays for ever. [AUD-1] */
export interface Change {
  universityId: number | null
  /** "cli", "hub", "kiosk 17" or "user 7". */
  actor: string
  /** The person who acted, when it was one. */
  userId?: number | null
  /** The group that it was done to. */
  groupId?: number | null
  /** Address of the network that it came from. What is no such address is left out. */
  address?: string | null
  service: string
  subject: string
  log: Record<string, unknown>
}

/** Who acted, of a person who is signed in: spread it into a change. */
export function changedBy(caller: {
  actor: { userId: number }
  address: string
}): Pick<Change, 'actor' | 'userId' | 'address'> {
  return byUser(caller.actor.userId, caller.address)
}

/** That a user acted, and from where. */
export function byUser(userId: number, address: string): Pick<Change, 'actor' | 'userId' | 'address'> {
  return { actor: `user ${userId}`, userId, address }
}

/** Writes an act down, in the transaction that does it. */
export async function appendChange(transaction: Queryable, change: Change): Promise<void> {
  await query(
    transaction,
    `insert into change_logs (university_id, actor, user_id, group_id, address, service, subject, log)
     values ($1, $2, $3, $4, $5::inet, $6, $7, $8)`,
    [
      change.universityId,
      change.actor,
      change.userId ?? null,
      change.groupId ?? null,
      inetOf(change.address ?? ''),
      change.service,
      change.subject,
      JSON.stringify(change.log),
    ],
  )
}

/** An address as it is kept; null for what is none. [EDG-3] */
export function inetOf(address: string): string | null {
  return parseNetworkAddress(address)
}

/** An act as it was written down. */
export interface LoggedChange {
  id: number
  universityId: number | null
  atMs: number
  actor: string
  service: string
  subject: string
  log: Record<string, unknown>
}

/** The newest acts of a university, newest first; those of no university when the id is null. */
export async function loadChanges(
  database: Queryable,
  universityId: number | null,
  count: number,
): Promise<LoggedChange[]> {
  return query<LoggedChange>(
    database,
    `select id, university_id as "universityId", actor, service, subject, log, ms_of_time(created_at) as "atMs"
     from change_logs where university_id is not distinct from $1 order by id desc limit $2`,
    [universityId, count],
  )
}

/** Which acts are asked for; times are ms since 1970, from the first to before the last. */
export interface ChangeFilter {
  service?: string
  subject?: string
  userId?: number
  fromMs?: number
  toMs?: number
}

/** The last act of a page of so many, when there are more behind it; else null. [AUD-7] */
export async function loadPageEnd(
  database: Queryable,
  universityId: number,
  filter: ChangeFilter,
  page: { before: number | null; count: number },
): Promise<number | null> {
  const [last, next] = await query<{ id: number }>(
    database,
    `select c.id from change_logs c where ${CHOSEN} order by c.id desc limit 2 offset $8`,
    [...chosenBy(universityId, filter, page.before), page.count - 1],
  )
  return last === undefined || next === undefined ? null : last.id
}

/** An id beyond all acts that are there: those that come from now on are not before it. [AUD-7] */
export async function loadBeyondNewest(database: Queryable): Promise<number> {
  const [row] = await query<{ id: number }>(
    database,
    'select coalesce(max(id), 0) + 1 as id from change_logs',
  )
  return row?.id ?? 1
}

const CHOSEN = `c.university_id = $1 and ($2::bigint is null or c.id < $2)
       and ($3::text is null or c.service = $3) and ($4::text is null or c.subject = $4)
       and ($5::bigint is null or c.user_id = $5)
       and ($6::bigint is null or c.created_at >= time_of_ms($6)) and ($7::bigint is null or c.created_at < time_of_ms($7))`

function chosenBy(universityId: number, filter: ChangeFilter, before: number | null): unknown[] {
  const { service = null, subject = null, userId = null, fromMs = null, toMs = null } = filter
  return [universityId, before, service, subject, userId, fromMs, toMs]
}

/**
 * Acts of a university, newest first: those before an id, so many at most. Names are those of its own people. [AUD-3]
 */
export async function loadChangePage(
  database: Queryable,
  universityId: number,
  filter: ChangeFilter,
  page: { before: number | null; count: number },
): Promise<ChangeRow[]> {
  return query<ChangeRow>(
    database,
    `select c.id, ms_of_time(c.created_at) as "atMs", c.actor, coalesce(u.displayname, u.username, u.email) as "actorName",
       c.service, c.subject, host(c.address) as address, c.log
     from change_logs c left join users u on u.id = c.user_id and u.associated_university_id = c.university_id
     where ${CHOSEN} order by c.id desc limit $8`,
    [...chosenBy(universityId, filter, page.before), page.count],
  )
}
