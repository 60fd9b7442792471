import type { MailDesk } from './mail-desk.ts'
import type { Job } from '../jobs/jobs.ts'

/** Sends mail whose next try has come; fresh mail is sent at once, without waiting for this. [IDN-7] */
export function mailJob(desk: MailDesk): Job {
  return { name: 'mail', cron: '* * * * *', everyMs: 60_000, run: () => desk.sendDue() }
}
