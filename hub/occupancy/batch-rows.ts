import type { Level } from '#shared/domain/occupancy.ts'
import type { StoredLeaf } from '../platform/writer/batch.ts'
import type { Queryable } from '../platform/postgres/database.ts'
import { rowSet } from '../platform/postgres/row-set.ts'

// What one commit writes, after it has decided. Nothing here reads a clock.

/** A report to be written. */
export interface NewReport {
  spaceId: number
  /** The generation of its space that it counts in. */
  generation: number
  level: Level
  reportedAtMs: number
  kioskId: number
  mutationId: number
  hash: string
  originKioskId: number
  originMutationId: number
}

const NEW_REPORTS = rowSet({
  spaceId: 'bigint',
  generation: 'integer',
  level: 'smallint',
  reportedAtMs: 'bigint',
  kioskId: 'bigint',
  mutationId: 'bigint',
  hash: 'text',
  originKioskId: 'bigint',
  originMutationId: 'bigint',
})

const NEW_LEAVES = rowSet({
  id: 'bigint',
  level: 'smallint',
  reportedAtMs: 'bigint',
  clock: 'bigint',
  mutationId: 'bigint',
  kioskId: 'bigint',
})

const LAST_MUTATIONS = rowSet({ id: 'bigint', lastMutationId: 'bigint' })

/** All that `write_batch` writes. */
export interface BatchWrites {
  universityId: number
  clock: number
  nowMs: number
  kiosks: readonly { id: number; lastMutationId: number }[]
  reports: readonly NewReport[]
  /** Leaves as they are after the batch, each once. */
  leaves: readonly StoredLeaf[]
}

/** Writes reports, leaves, their ancestors, the kiosks' last ids and the clock. [OCC-12] */
export async function writeBatch(client: Queryable, writes: BatchWrites): Promise<void> {
  const { kiosks, reports, leaves } = writes
  await client.query({
    name: 'write-batch',
    text: `select write_batch($1, $2, $3,
      ${LAST_MUTATIONS.parameters(4)},
      ${NEW_REPORTS.parameters(4 + LAST_MUTATIONS.width)},
      ${NEW_LEAVES.parameters(4 + LAST_MUTATIONS.width + NEW_REPORTS.width)})`,
    values: [
      writes.universityId,
      writes.clock,
      writes.nowMs,
      ...LAST_MUTATIONS.values(kiosks),
      ...NEW_REPORTS.values(reports),
      ...NEW_LEAVES.values(leaves),
    ],
  })
}

/** A withdrawal to be written; its report is named by origin, since it may be of the same batch. */
export interface NewWithdrawal {
  kioskId: number
  mutationId: number
  hash: string
  originKioskId: number
  originMutationId: number
  report: { originKioskId: number; originMutationId: number; hash: string }
}

const NEW_WITHDRAWALS = rowSet({
  kioskId: 'bigint',
  mutationId: 'bigint',
  hash: 'text',
  originKioskId: 'bigint',
  originMutationId: 'bigint',
  reportKioskId: 'bigint',
  reportMutationId: 'bigint',
  reportHash: 'text',
})

/** Writes withdrawals, after the reports of the batch. [OCC-2] */
export async function insertWithdrawals(
  client: Queryable,
  commit: { universityId: number; clock: number; nowMs: number },
  withdrawals: readonly NewWithdrawal[],
): Promise<void> {
  const rows = withdrawals.map(({ report, ...own }) => ({
    ...own,
    reportKioskId: report.originKioskId,
    reportMutationId: report.originMutationId,
    reportHash: report.hash,
  }))
  await client.query({
    text: `insert into report_withdrawals (university_id, occupancy_report_id, received_at, clock,
        kiosk_id, mutation_id, hash, origin_kiosk_id, origin_mutation_id)
      select $1, r.id, time_of_ms($3), $2, w.kiosk_id, w.mutation_id, w.hash, w.origin_kiosk_id, w.origin_mutation_id
      from ${NEW_WITHDRAWALS.table(4, 'w')}
      join occupancy_reports r on r.origin_kiosk_id = w.report_kiosk_id
        and r.origin_mutation_id = w.report_mutation_id and r.hash = w.report_hash`,
    values: [commit.universityId, commit.clock, commit.nowMs, ...NEW_WITHDRAWALS.values(rows)],
  })
}
