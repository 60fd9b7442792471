import { eraseStaleAccounts } from '../identity/erase-account.ts'
import { dropExpiredMarks } from '../store/address-marks.ts'
import type { Database } from '../store/database.ts'
import { dropExpiredEnrolments } from '../store/enrolments.ts'
import { dropOldMail } from '../store/mail-outbox.ts'
import { dropExpiredRateLimits } from '../store/rate-limits.ts'
import { dropEndedSessions, dropExpiredTickets } from '../store/sessions-people.ts'
import { dropRetiredKeys } from '../store/signing-keys.ts'
import { dropOldRequests } from '../store/university-requests.ts'
import { dropExpiredVerifications } from '../store/verifications.ts'
import type { Job } from './jobs.ts'

/** Removes what has run out: codes, links, tickets, sessions, keys, marks, requests and counts of tries; accounts that nobody confirmed. */
export function purgeJob(pool: Database): Job {
  return {
    name: 'purge',
    cron: '* * * * *',
    everyMs: 60_000,
    run: async () => {
      await dropExpiredEnrolments(pool)
      await dropExpiredRateLimits(pool)
      await dropExpiredVerifications(pool)
      await dropExpiredTickets(pool)
      await dropEndedSessions(pool)
      await dropExpiredMarks(pool)
      await dropRetiredKeys(pool)
      await dropOldMail(pool)
      await dropOldRequests(pool)
      await eraseStaleAccounts(pool)
    },
  }
}
