import type { HubLog } from '../log.ts'
import type { HubMetrics } from '../metrics.ts'
import type { Database } from '../postgres/database.ts'
import { claimMail, updateMailGivenUp, updateMailSent, type ClaimedMail } from './mail-outbox.ts'
import type { Post } from './post.ts'
import { writeMail, type WritingDesk } from './write-mail.ts'

/** Letters that are handed over at once: a slow server holds up few others. */
const MAX_AT_ONCE = 4

/** Sends what waits in the outbox. */
export interface MailDesk {
  /** Sends all that is due now; what is queued meanwhile too. Throws when the database is away. */
  sendDue(): Promise<void>
  /** The same, without waiting; a fault is noted, and the next round tries again. */
  kick(): void
  /** Begins no further letter, and waits for those under way. */
  stop(): Promise<void>
}

/** What a desk works with. */
export interface MailDeskParts extends WritingDesk {
  pool: Database
  post: Post
  log: HubLog
  metrics: Pick<HubMetrics, 'mail'>
}

/** Makes the desk of a hub. Several hubs share one outbox: each mail is taken by one of them at a time. [IDN-7] */
export function makeMailDesk(parts: MailDeskParts): MailDesk {
  let isStopped = false
  let isAskedAgain = false
  let round: Promise<void> | null = null
  const sendAll = async (): Promise<void> => {
    while (!isStopped) {
      const mail = await claimMail(parts.pool)
      if (mail === null) return
      await sendOne(parts, mail)
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
      sendDue().catch((error: unknown) => parts.log.warn('mail waits', { err: error }))
    },
    stop: async () => {
      isStopped = true
      await round?.catch(() => undefined)
    },
  }
}

async function sendOne(
  { pool, post, log, metrics, ...desk }: MailDeskParts,
  mail: ClaimedMail,
): Promise<void> {
  const { id, template, tries } = mail
  const answer = await post.send(writeMail(desk, mail))
  if (answer.outcome === 'sent') {
    await updateMailSent(pool, id)
    metrics.mail('sent')
    log.info('a mail was sent', { mailId: id, template })
    return
  }
  const { outcome, ...codes } = answer
  const isGivenUp = outcome === 'never' || mail.isLastTry
  const reason = [outcome === 'never' ? 'refused' : 'a day of tries', codes.errorCode, codes.responseCode]
  if (isGivenUp) await updateMailGivenUp(pool, mail, reason.filter((part) => part !== null).join(' '))
  metrics.mail(isGivenUp ? 'givenUp' : 'later')
  log.warn(isGivenUp ? 'a mail was given up' : 'a mail could not be sent yet', {
    mailId: id,
    template,
    tries,
    ...codes,
  })
}
