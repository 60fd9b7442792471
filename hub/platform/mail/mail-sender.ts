import type { HubLog } from '../log.ts'
import type { HubMetrics } from '../metrics.ts'
import type { Database } from '../postgres/database.ts'
import { isSpoken } from '../languages.ts'
import { claimMail, updateMailGivenUp, updateMailSent, type ClaimedMail } from './mail-outbox.ts'
import type { MailTransport, SendResult } from './mail-transport.ts'
import { writeMail, type MailWriterDependencies } from './write-mail.ts'

/** Sends mails of the outbox. */
export interface MailSender {
  /**
   * Sends a mail if it is due; else does nothing. What does not get through is due again later, or given up. Throws when the
   * database is away.
   */
  send(mailId: number): Promise<void>
}

/** What a mail sender is given. */
export interface MailSenderDependencies extends MailWriterDependencies {
  pool: Database
  transport: MailTransport
  log: HubLog
  metrics: Pick<HubMetrics, 'mail'>
}

/** Makes the mail sender of a hub. Several hubs share one outbox: each mail is taken by one of them at a time. [IDN-7] */
export function makeMailSender(dependencies: MailSenderDependencies): MailSender {
  return {
    send: async (mailId) => {
      const mail = await claimMail(dependencies.pool, mailId)
      if (mail !== null) await sendOne(dependencies, mail)
    },
  }
}

async function sendOne(dependencies: MailSenderDependencies, mail: ClaimedMail): Promise<void> {
  const { pool, log, metrics } = dependencies
  const { id, template, tries } = mail
  if (!isSpoken(mail.locale))
    log.warn('mail-in-other-language', 'An email is written in another language than its reader’s.', {
      mailId: id,
      language: mail.locale,
    })
  const answer = await writeAndSend(dependencies, mail)
  if (answer.outcome === 'sent') {
    await updateMailSent(pool, id)
    metrics.mail('sent')
    log.info('mail-sent', 'An email was sent.', { mailId: id, template })
    return
  }
  const { outcome, ...codes } = answer
  const isGivenUp = outcome === 'never' || mail.isLastTry
  const reason = [outcome === 'never' ? 'refused' : 'a day of tries', codes.errorCode, codes.responseCode]
  if (isGivenUp) await updateMailGivenUp(pool, mail, reason.filter((part) => part !== null).join(' '))
  metrics.mail(isGivenUp ? 'givenUp' : 'later')
  const facts = { mailId: id, template, tries, ...codes }
  if (isGivenUp) log.warn('mail-given-up', 'An email was given up.', facts)
  else log.warn('mail-deferred', 'An email could not be sent yet.', facts)
}

/** A mail that cannot be written, or a transport that throws, is no reason to try for ever. */
async function writeAndSend(
  { transport, log, ...writer }: MailSenderDependencies,
  mail: ClaimedMail,
): Promise<SendResult> {
  try {
    return await transport.send(writeMail(writer, mail))
  } catch (error) {
    log.error('mail-unwritten', 'An email could not be written.', { mailId: mail.id, err: error })
    return { outcome: 'later', errorCode: 'EUNWRITTEN', responseCode: null }
  }
}
