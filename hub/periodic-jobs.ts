import { eraseStaleAccounts } from './accounts/erase-account.ts'
import { dropExpiredMarks } from './accounts/address-mark-rows.ts'
import type { Database } from './platform/postgres/database.ts'
import { dropExpiredEnrolments } from './kiosks/enrolment-rows.ts'
import { dropOldMail } from './platform/mail/mail-outbox.ts'
import { dropExpiredRateLimits } from './platform/http/rate-limits.ts'
import { dropEndedSessions, dropExpiredTickets } from './accounts/user-session-rows.ts'
import { dropRetiredKeys } from './platform/secrets/signing-keys.ts'
import { dropOldRequests } from './universities/university-request-rows.ts'
import { dropExpiredVerifications } from './accounts/verification-rows.ts'
import type { PeriodicJob } from './platform/jobs/jobs.ts'
import { clearNetworkAddresses } from './audit/change-log-rows.ts'

/** Drops what has expired: codes, links, tickets, sessions, keys, marks, requests and counts of tries; accounts that nobody confirmed. */
export function purgeJob(pool: Database): PeriodicJob {
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

/** How long it is remembered from which address of the network somebody acted. [AUD-2] */
export const ADDRESS_DAYS = 90

/** Clears addresses of the network after their term: in the log of acts, of sessions and of last sign-ins. [AUD-2] */
export function clearAddressesJob(pool: Database): PeriodicJob {
  return {
    name: 'forget-addresses',
    cron: '17 * * * *',
    everyMs: 3_600_000,
    run: () => clearNetworkAddresses(pool, ADDRESS_DAYS),
  }
}
