import type { Locale } from '#shared/domain/university.ts'
import type { Mail, MailTemplate } from './mail-facts.ts'
import { query, type Queryable } from '../postgres/database.ts'

/**
 * Queues a mail in the transaction of the act that it is about; it is sent after that has been committed. Call `kickMail`
 * then, so that nobody waits for the next sweep. A key that was queued before changes nothing. [IDN-7]
 */
export async function queueMail(transaction: Queryable, mail: Mail): Promise<void> {
  await query(
    transaction,
    `insert into mail_outbox (key, to_address, template, locale, facts) values ($1, $2, $3, $4, $5)
     on conflict (key) do nothing`,
    [mail.key, mail.to, mail.template, mail.locale, JSON.stringify(mail.facts)],
  )
}

/** A mail that was taken out of the outbox to be sent. */
export interface ClaimedMail {
  id: number
  key: string
  to: string
  template: MailTemplate
  locale: Locale
  facts: unknown
  /** Number of this try, from 1. */
  tries: number
  /** Whether it has waited for a day: if this try fails, it is the last. */
  isLastTry: boolean
}

/** The first pause after a try, the longest one, and when a mail is given up. */
const FIRST_PAUSE_S = 60
const LONGEST_PAUSE_S = 4 * 3_600
const GIVE_UP_AFTER_S = 24 * 3_600

/** Numbers of mails that are due, the longest waiting first. [IDN-7] */
export async function loadDueMails(database: Queryable, limit: number): Promise<number[]> {
  const rows = await query<{ id: number }>(
    database,
    `select id from mail_outbox where sent_at is null and failed_at is null and next_try_at <= clock_timestamp()
     order by next_try_at, id limit $1`,
    [limit],
  )
  return rows.map(({ id }) => id)
}

/**
 * Takes a mail to send it, if it is due and nobody else took it. It is due again after a pause that doubles from try to try:
 * so it is tried again when this hub crashes meanwhile. [IDN-7]
 */
export async function claimMail(database: Queryable, mailId: number): Promise<ClaimedMail | null> {
  const [row] = await query<ClaimedMail>(
    database,
    `update mail_outbox set tries = tries + 1,
       next_try_at = clock_timestamp() + least($1 * 2 ^ least(tries, 20), $2) * interval '1 second'
     where id = $4 and sent_at is null and failed_at is null and next_try_at <= clock_timestamp()
     returning id, key, to_address as "to", template, locale, facts, tries,
       created_at < clock_timestamp() - $3 * interval '1 second' as "isLastTry"`,
    [FIRST_PAUSE_S, LONGEST_PAUSE_S, GIVE_UP_AFTER_S, mailId],
  )
  return row ?? null
}

/** Marks a mail as sent, and clears its facts and address. [IDN-7] */
export async function updateMailSent(database: Queryable, id: number): Promise<void> {
  await query(
    database,
    'update mail_outbox set to_address = null, facts = null, sent_at = clock_timestamp() where id = $1',
    [id],
  )
}

/** An address as staff may see it: its first letter and its domain. [IDN-21] */
export function maskAddress(address: string): string {
  const [first = ''] = address
  return `${first}…${address.slice(address.lastIndexOf('@'))}`
}

/**
 * Marks a mail as given up, and clears its facts and address but for what staff must know: whose university it was of
 * (the reader's, else the one that has the domain), why, and enough of the address to know it by. [IDN-7] [IDN-21]
 */
export async function updateMailGivenUp(
  database: Queryable,
  { id, to }: Pick<ClaimedMail, 'id' | 'to'>,
  reason: string,
): Promise<void> {
  await query(
    database,
    `update mail_outbox set to_address = null, facts = null, failed_at = clock_timestamp(), failure = $2, masked_to = $3,
       university_id = coalesce(
         (select u.associated_university_id from users u where u.email = $4 and u.directory is null),
         (select v.id from universities v where $5 = any(v.email_domains) order by v.id limit 1))
     where id = $1`,
    [id, reason.slice(0, 80), maskAddress(to), to, to.slice(to.lastIndexOf('@') + 1)],
  )
}

/** A mail that did not get through: given up, or tried without success so far. */
export interface StuckMail {
  id: number
  template: MailTemplate
  universityName: string | null
  maskedTo: string
  tries: number
  failure: string | null
  createdAtMs: number
  /** Null: it still waits, until `nextTryAtMs`. */
  failedAtMs: number | null
  nextTryAtMs: number
}

/** Mails that were given up within the last month, and those that were tried without success; newest first. [IDN-21] */
export async function loadStuckMail(database: Queryable, limit = 200): Promise<StuckMail[]> {
  const rows = await query<Omit<StuckMail, 'maskedTo'> & { to: string | null; maskedTo: string | null }>(
    database,
    `select m.id, m.template, v.name as "universityName", m.to_address as "to", m.masked_to as "maskedTo", m.tries, m.failure,
       ms_of_time(m.created_at) as "createdAtMs", ms_of_time(m.failed_at) as "failedAtMs",
       ms_of_time(m.next_try_at) as "nextTryAtMs"
     from mail_outbox m left join universities v on v.id = m.university_id
     where m.failed_at is not null or (m.sent_at is null and m.tries > 0) order by m.id desc limit $1`,
    [limit],
  )
  return rows.map(({ to, maskedTo, ...mail }) => ({
    ...mail,
    maskedTo: maskedTo ?? (to === null ? '' : maskAddress(to)),
  }))
}

/** Makes all mail due that waits after a failed attempt; answers how many that is. [IDN-21] */
export async function updateMailDueNow(transaction: Queryable): Promise<number> {
  const rows = await query(
    transaction,
    `update mail_outbox set next_try_at = clock_timestamp()
     where sent_at is null and failed_at is null and tries > 0 and next_try_at > clock_timestamp() returning 1`,
  )
  return rows.length
}

/** How many mails were given up within a week, and how many have waited for more than an hour. */
export async function countStuckMail(database: Queryable): Promise<{ givenUp: number; waiting: number }> {
  const [row] = await query<{ givenUp: number; waiting: number }>(
    database,
    `select count(*) filter (where failed_at > now() - interval '7 days')::int as "givenUp",
       count(*) filter (where sent_at is null and failed_at is null and created_at < now() - interval '1 hour')::int as waiting
     from mail_outbox`,
  )
  return row ?? { givenUp: 0, waiting: 0 }
}

/** Forgets that a mail was sent or given up, a month later: its key may be used again then. */
export async function dropOldMail(database: Queryable): Promise<void> {
  await query(
    database,
    "delete from mail_outbox where coalesce(sent_at, failed_at) < now() - interval '30 days'",
  )
}
