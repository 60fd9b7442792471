import type { ChangeRow } from '#shared/wire/rest-changes.ts'
import { query, type Queryable } from '../platform/postgres/database.ts'

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

/** Forgets from which addresses of the network people acted, signed in and held sessions, where that is so many days ago. [AUD-2] */
export async function forgetAddresses(database: Queryable, days: number): Promise<void> {
  await query(database, "select forget_addresses(now() - $1 * interval '1 day')", [days])
}
