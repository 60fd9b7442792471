import type { HubLog } from '../log.ts'
import type { HubMetrics } from '../metrics.ts'
import type { Database } from '../postgres/database.ts'
import { isSpoken } from '../languages.ts'
import { claimMail, updateMailGivenUp, updateMailSent, type ClaimedMail } from './mail-outbox.ts'
import type { MailTransport } from './mail-transport.ts'
import { writeMail, type MailWriterDependencies } from './write-mail.ts'

/** Mails that are sent at once: a slow server must hold up few others. */
const MAX_AT_ONCE = 4

/** Sends what waits in the outbox. */
export interface MailSender {
  /** Sends all that is due now; what is queued meanwhile too. Throws when the database is away. */
  sendDue(): Promise<void>
  /** The same, without waiting; an error is logged, and the next round tries again. */
  kick(): void
  /** Begins no further mail, and waits for those being sent. */
  stop(): Promise<void>
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
  let isStopped = false
  let isAskedAgain = false
  let round: Promise<void> | null = null
  const sendAll = async (): Promise<void> => {
    while (!isStopped) {
      const mail = await claimMail(dependencies.pool)
      if (mail === null) return
      await sendOne(dependencies, mail)
    }
  }
  const run = async (): Promise<void> => {
    do {
      isAskedAgain = false
      const ends = await Promise.allSettled(Array.from({ length: MAX_AT_ONCE }, sendAll))
      const fault = ends.find((end) => end.status === 'rejected')
      if (fault !== undefined) throw fault.reason
    } while (isAskedAgain && !isStopped)
  }
  const sendDue = async (): Promise<void> => {
    isAskedAgain = true
    round ??= run().finally(() => (round = null))
    return round
  }
  return {
    sendDue,
    kick: () => {
      if (isStopped) return
      sendDue().catch((error: unknown) =>
        dependencies.log.warn('mail-round-failed', 'Emails could not be read from the outbox.', {
          err: error,
        }),
      )
    },
    stop: async () => {
      isStopped = true
      await round?.catch(() => undefined)
    },
  }
}

async function sendOne(
  { pool, transport, log, metrics, ...writer }: MailSenderDependencies,
  mail: ClaimedMail,
): Promise<void> {
  const { id, template, tries } = mail
  if (!isSpoken(mail.locale))
    log.warn('mail-in-other-language', 'An email is written in another language than its reader’s.', {
      mailId: id,
      language: mail.locale,
    })
  const answer = await transport.send(writeMail(writer, mail))
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
