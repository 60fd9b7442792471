import { Type } from 'typebox'
import type { Database } from '../postgres/database.ts'
import type { JobKind } from '../jobs/job-kind.ts'
import { loadDueMails } from './mail-outbox.ts'
import type { MailSender } from './mail-sender.ts'

/** Name of the kind; the mail job of release 0.1 has it too, so that neither hub finds the other's late. */
export const MAIL_JOB = 'mail'

const MailPayload = Type.Object({ mailId: Type.Integer({ minimum: 1 }) }, { additionalProperties: false })

/** Mails that are sent at once by one hub: a slow server must hold up few others. */
const MAX_AT_ONCE = 4
/** Mails that have a job at once: more come with the next sweep, the longest waiting first. */
const MAX_JOBS = 200

/**
 * Sends a mail of the outbox, which is the truth: the job carries its number and nothing else. A mail that did not get through
 * is due again by the outbox, and gets its next job from the sweep; the tries here are for a database that went away. [JOB-8]
 */
export function mailJob(pool: Database, sender: MailSender): JobKind<typeof MailPayload> {
  return {
    name: MAIL_JOB,
    schema: MailPayload,
    keyHolds: 'whileUnfinished',
    atOnce: MAX_AT_ONCE,
    retries: 3,
    backOff: { firstS: 10, longestS: 300 },
    // Three times as long as a mail server may keep one waiting.
    timeoutS: 90,
    run: ({ mailId }) => sender.send(mailId),
    sweep: async () => {
      const mailIds = await loadDueMails(pool, MAX_JOBS)
      return mailIds.map((mailId) => ({ key: String(mailId), payload: { mailId } }))
    },
  }
}
