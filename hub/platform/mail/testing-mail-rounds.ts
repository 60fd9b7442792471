import type { Database } from '../postgres/database.ts'
import { loadDueMails } from './mail-outbox.ts'
import type { MailSender } from './mail-sender.ts'

const AT_ONCE = 4

/** Sends what is due without any runner of jobs. */
export interface MailRounds {
  /** Sends all that is due now, a few at once; what is queued meanwhile too. */
  sendDue(): Promise<void>
  /** The same without waiting for it; what is asked for meanwhile comes after it. */
  kick(): void
  /** Waits for what is being sent. */
  stop(): Promise<void>
}

/** Makes rounds of a mail sender. */
export function makeMailRounds(pool: Database, sender: MailSender): MailRounds {
  let round = Promise.resolve()
  const sendDue = async (): Promise<void> => {
    for (;;) {
      const due = await loadDueMails(pool, AT_ONCE)
      if (due.length === 0) return
      await Promise.all(due.map((mailId) => sender.send(mailId)))
    }
  }
  return {
    sendDue,
    kick: () => void (round = round.then(sendDue)),
    stop: () => round,
  }
}
