import { query, type Database } from '../platform/postgres/database.ts'
import type { Job } from '../platform/jobs/jobs.ts'

/** How long it is remembered from which address of the network somebody acted. [AUD-2] */
export const ADDRESS_DAYS = 90

/** Forgets addresses of the network after their term: in the log of acts, of sessions and of last sign-ins. [AUD-2] */
export function forgetAddressesJob(pool: Database): Job {
  return {
    name: 'forget-addresses',
    cron: '17 * * * *',
    everyMs: 3_600_000,
    run: async () => {
      await query(pool, "select forget_addresses(now() - $1 * interval '1 day')", [ADDRESS_DAYS])
    },
  }
}
