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
import { dropOldKeys } from './platform/writer/call-ledger-rows.ts'
import { fillLedgerPiece } from './platform/writer/fill-ledger-rows.ts'
import type { HubLog } from './platform/log.ts'
import { clearNetworkAddresses } from './audit/change-log-rows.ts'

/** Drops what has expired: codes, links, tickets, sessions, keys, marks, requests, keys of calls and counts of tries; accounts that nobody confirmed. */
export function purgeJob(pool: Database): PeriodicJob {
  return {
    name: 'purge',
    cron: '* * * * *',
    everyMs: 60_000,
    run: async () => {
      const failed: unknown[] = []
      // Each for itself: one that fails, or is cut, holds up no other.
      for (const drop of PURGES) await drop(pool).catch((error: unknown) => failed.push(error))
      if (failed.length > 0) throw new AggregateError(failed, 'what has expired could not all be dropped')
    },
  }
}

const PURGES: readonly ((pool: Database) => Promise<unknown>)[] = [
  dropExpiredEnrolments,
  dropExpiredRateLimits,
  dropExpiredVerifications,
  dropExpiredTickets,
  dropEndedSessions,
  dropExpiredMarks,
  dropRetiredKeys,
  dropOldMail,
  dropOldRequests,
  dropOldKeys,
  eraseStaleAccounts,
]

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

/** Rows of one piece: a few milliseconds, beside everything else. */
const PIECE_ROWS = 1_000
/** Pieces of one run: well within the time that a job may take. */
const PIECES_A_RUN = 500

/** Fills the ledger from what release 0.1 left, in small pieces; ends by itself, and says so once. [SYN-56] */
export function fillLedgerJob(pool: Database, log: HubLog): PeriodicJob {
  return {
    name: 'fill-ledger',
    cron: '* * * * *',
    everyMs: 60_000,
    run: async () => {
      for (let piece = 0; piece < PIECES_A_RUN; piece += 1) {
        const { isDone, isNews, rowCount } = await fillLedgerPiece(pool, PIECE_ROWS)
        if (isDone && isNews) log.info('ledger-filled', 'The ledger has what release 0.1 left.', { rowCount })
        if (isDone) return
      }
    },
  }
}
