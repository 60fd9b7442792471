import type { Level } from '#shared/domain/occupancy.ts'
import { column } from '../platform/postgres/array-text.ts'
import type { StoredLeaf } from '../platform/writer/batch.ts'
import type { Queryable } from '../platform/postgres/database.ts'

// What one commit writes, after it has decided. Nothing here reads a clock.

/** A report to be written. */
export interface NewReport {
  spaceId: number
  level: Level
  reportedAtMs: number
  kioskId: number
  mutationId: number
  hash: string
  originKioskId: number
  originMutationId: number
}

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
    text: 'select write_batch($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15,$16,$17,$18,$19)',
    values: [
      writes.universityId,
      writes.clock,
      writes.nowMs,
      column(kiosks, (kiosk) => kiosk.id),
      column(kiosks, (kiosk) => kiosk.lastMutationId),
      column(reports, (report) => report.spaceId),
      column(reports, (report) => report.level),
      column(reports, (report) => report.reportedAtMs),
      column(reports, (report) => report.kioskId),
      column(reports, (report) => report.mutationId),
      column(reports, (report) => report.hash),
      column(reports, (report) => report.originKioskId),
      column(reports, (report) => report.originMutationId),
      column(leaves, (leaf) => leaf.id),
      column(leaves, (leaf) => leaf.level),
      column(leaves, (leaf) => leaf.reportedAtMs),
      column(leaves, (leaf) => leaf.clock),
      column(leaves, (leaf) => leaf.mutationId),
      column(leaves, (leaf) => leaf.kioskId),
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

/** Writes withdrawals, after the reports of the batch. [OCC-2] */
export async function insertWithdrawals(
  client: Queryable,
  commit: { universityId: number; clock: number; nowMs: number },
  withdrawals: readonly NewWithdrawal[],
): Promise<void> {
  await client.query({
    text: `insert into report_withdrawals (university_id, occupancy_report_id, received_at, clock,
        kiosk_id, mutation_id, hash, origin_kiosk_id, origin_mutation_id)
      select $1, r.id, time_of_ms($3), $2, w.kiosk_id, w.mutation_id, w.hash, w.origin_kiosk_id, w.origin_mutation_id
      from unnest($4::bigint[], $5::bigint[], $6::text[], $7::bigint[], $8::bigint[], $9::bigint[], $10::bigint[], $11::text[])
        w (kiosk_id, mutation_id, hash, origin_kiosk_id, origin_mutation_id, report_kiosk_id, report_mutation_id, report_hash)
      join occupancy_reports r on r.origin_kiosk_id = w.report_kiosk_id
        and r.origin_mutation_id = w.report_mutation_id and r.hash = w.report_hash`,
    values: [
      commit.universityId,
      commit.clock,
      commit.nowMs,
      column(withdrawals, (one) => one.kioskId),
      column(withdrawals, (one) => one.mutationId),
      column(withdrawals, (one) => one.hash),
      column(withdrawals, (one) => one.originKioskId),
      column(withdrawals, (one) => one.originMutationId),
      column(withdrawals, (one) => one.report.originKioskId),
      column(withdrawals, (one) => one.report.originMutationId),
      column(withdrawals, (one) => one.report.hash),
    ],
  })
}
