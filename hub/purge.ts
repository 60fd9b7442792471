import { eraseStaleAccounts } from './accounts/erase-account.ts'
import { dropExpiredMarks } from './accounts/address-marks.ts'
import type { Database } from './platform/postgres/database.ts'
import { dropExpiredEnrolments } from './kiosks/enrolments.ts'
import { dropOldMail } from './platform/mail/mail-outbox.ts'
import { dropExpiredRateLimits } from './platform/http/rate-limits.ts'
import { dropEndedSessions, dropExpiredTickets } from './accounts/user-sessions.ts'
import { dropRetiredKeys } from './platform/secrets/signing-keys.ts'
import { dropOldRequests } from './universities/university-requests.ts'
import { dropExpiredVerifications } from './accounts/verifications.ts'
import type { Job } from './platform/jobs/jobs.ts'

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
