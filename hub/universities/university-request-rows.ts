import type { Locale } from '#shared/domain/university.ts'
import { query, type Queryable } from '../platform/postgres/database.ts'

/** A request for a university that waits for a decision. */
export interface UniversityRequest {
  id: number
  name: string
  domains: string[]
  timezone: string
  locale: Locale
  contact: string
  isContactConfirmed: boolean
  requestedAtMs: number
}

/** How many requests wait, from everywhere and from one address. */
export interface RequestCounts {
  all: number
  fromAddress: number
  /** When the next one of that address runs out by itself; null: it waits for a decision. */
  resetsInMs: number | null
}

const REQUESTS = `select id, name, email_domains as domains, timezone, locale, contact,
    confirmed_at is not null as "isContactConfirmed", ms_of_time(created_at) as "requestedAtMs"
  from university_requests`

/** Neither decided nor expired. [UNI-2] */
const WAITING = 'decided_at is null and (confirmed_at is not null or expires_at > now())'

/** Counts the requests that wait, and locks them against a further one to the end of the transaction. [UNI-1] */
export async function lockRequestCounts(transaction: Queryable, askedFrom: string): Promise<RequestCounts> {
  await query(transaction, 'lock table university_requests in share row exclusive mode')
  const [row] = await query<RequestCounts>(
    transaction,
    `select count(*)::int as all, count(*) filter (where asked_from = $1)::int as "fromAddress",
       (extract(epoch from min(expires_at) filter (where asked_from = $1 and confirmed_at is null) - now()) * 1000)::float8
         as "resetsInMs"
     from university_requests where ${WAITING}`,
    [askedFrom],
  )
  return row ?? { all: 0, fromAddress: 0, resetsInMs: null }
}

/** Inserts a request that expires after `forMs` unless its contact is confirmed; gives its id. */
export async function insertRequest(
  transaction: Queryable,
  input: Pick<UniversityRequest, 'name' | 'domains' | 'timezone' | 'locale' | 'contact'> & {
    /** Keyed hash of the network's address. */
    askedFrom: string
    tokenHash: string
    forMs: number
  },
): Promise<number> {
  const [row] = await query<{ id: number }>(
    transaction,
    `insert into university_requests (name, email_domains, timezone, locale, contact, asked_from, token_hash, expires_at)
     values ($1, $2, $3, $4, $5, $6, $7, now() + $8 * interval '1 millisecond') returning id`,
    [
      input.name,
      input.domains,
      input.timezone,
      input.locale,
      input.contact,
      input.askedFrom,
      input.tokenHash,
      input.forMs,
    ],
  )
  if (row === undefined) throw new Error('an insert gave no row')
  return row.id
}

/** Confirms the contact of the request that has this token, once; null when there is none that waits for it. [UNI-2] */
export async function confirmRequest(transaction: Queryable, tokenHash: string): Promise<number | null> {
  const [row] = await query<{ id: number }>(
    transaction,
    `update university_requests set confirmed_at = now()
     where token_hash = $1 and confirmed_at is null and decided_at is null and expires_at > now() returning id`,
    [tokenHash],
  )
  return row?.id ?? null
}

/** Requests that wait, oldest first. */
export async function loadRequests(database: Queryable): Promise<UniversityRequest[]> {
  return query<UniversityRequest>(database, `${REQUESTS} where ${WAITING} order by id`)
}

/** One that waits, locked to the end of the transaction; null when there is none with that id. */
export async function lockRequest(transaction: Queryable, id: number): Promise<UniversityRequest | null> {
  const rows = await query<UniversityRequest>(
    transaction,
    `${REQUESTS} where id = $1 and ${WAITING} for update`,
    [id],
  )
  return rows[0] ?? null
}

/** Marks a request as decided; a university is what it became. */
export async function decideRequest(
  transaction: Queryable,
  id: number,
  universityId: number | null,
): Promise<void> {
  await query(
    transaction,
    'update university_requests set decided_at = now(), university_id = $2 where id = $1',
    [id, universityId],
  )
}

/** How long a decided request is kept, with the address of its contact. */
const DECIDED_DAYS = 90

/** Forgets requests that ran out unconfirmed, and those that were decided long ago. */
export async function dropOldRequests(database: Queryable): Promise<void> {
  await query(
    database,
    `delete from university_requests where decided_at < now() - $1 * interval '1 day'
       or (decided_at is null and confirmed_at is null and expires_at <= now())`,
    [DECIDED_DAYS],
  )
}
