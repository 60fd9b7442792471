import type { Database } from '../store/database.ts'
import { dropExpiredEnrolments } from '../store/enrolments.ts'
import { dropExpiredRateLimits } from '../store/rate-limits.ts'
import type { Job } from './jobs.ts'

/** Removes what has run out: codes that nobody used, and counts of tries. */
export function purgeJob(pool: Database): Job {
  return {
    name: 'purge',
    everyMs: 60_000,
    run: async () => {
      await dropExpiredEnrolments(pool)
      await dropExpiredRateLimits(pool)
    },
  }
}
