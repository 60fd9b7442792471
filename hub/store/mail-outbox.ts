import type { Mail } from '../identity/mail/mail-facts.ts'
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
