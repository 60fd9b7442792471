import type { Locale } from '#shared/domain/university.ts'
import type { Mail, MailTemplate } from '../identity/mail/mail-facts.ts'
import { query, type Queryable } from './database.ts'

/**
 * Queues a mail in the transaction of the act that it tells of; it is sent after that has been committed. Say `kick()` of
 * the mail desk then, so that nobody waits for the next round. A key that was queued before changes nothing. [IDN-7]
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
  /** This try is this one: the first is 1. */
  tries: number
  /** Whether it has waited for a day: if this try fails, it is the last. */
  isLastTry: boolean
}

/** The first pause after a try, the longest one, and when a mail is given up. */
const FIRST_PAUSE_S = 60
const LONGEST_PAUSE_S = 4 * 3_600
const PATIENCE_S = 24 * 3_600

/**
 * Takes the mail that waits longest, if one is due; another hub takes another one. It is due again after a pause that
 * doubles from try to try: so it is tried again when this hub dies over it. [IDN-7]
 */
export async function claimMail(database: Queryable): Promise<ClaimedMail | null> {
  const [row] = await query<ClaimedMail>(
    database,
    `update mail_outbox set tries = tries + 1,
       next_try_at = clock_timestamp() + least($1 * 2 ^ least(tries, 20), $2) * interval '1 second'
     where id = (select id from mail_outbox where sent_at is null and failed_at is null and next_try_at <= clock_timestamp()
       order by next_try_at limit 1 for update skip locked)
     returning id, key, to_address as "to", template, locale, facts, tries,
       created_at < clock_timestamp() - $3 * interval '1 second' as "isLastTry"`,
    [FIRST_PAUSE_S, LONGEST_PAUSE_S, PATIENCE_S],
  )
  return row ?? null
}

/** The mail was sent, or given up; what it said and to whom is forgotten. [IDN-7] */
export async function updateMailDone(database: Queryable, id: number, isSent: boolean): Promise<void> {
  await query(
    database,
    `update mail_outbox set to_address = null, facts = null, sent_at = case when $2 then clock_timestamp() end,
       failed_at = case when $2 then null else clock_timestamp() end where id = $1`,
    [id, isSent],
  )
}

/** Forgets that a mail was sent or given up, a month later: its key may be used again then. */
export async function dropOldMail(database: Queryable): Promise<void> {
  await query(
    database,
    "delete from mail_outbox where coalesce(sent_at, failed_at) < now() - interval '30 days'",
  )
}
