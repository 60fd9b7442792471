import { column } from '../postgres/array-text.ts'
import type { Queryable } from '../postgres/database.ts'

/** An outcome to be written. */
export interface NewOutcome {
  kioskId: number
  mutationId: number
  hash: string
  originKioskId: number
  originMutationId: number
  /** A refusal, "lost", or "done" for a mutation that was carried over. */
  why: string
}

/** Writes how mutations ended. [SYN-7] */
export async function insertOutcomes(
  client: Queryable,
  commit: { universityId: number; clock: number; nowMs: number },
  outcomes: readonly NewOutcome[],
): Promise<void> {
  await client.query({
    text: `insert into outcomes (kiosk_id, mutation_id, university_id, hash, origin_kiosk_id, origin_mutation_id,
        why, clock, created_at)
      select o.kiosk_id, o.mutation_id, $1, o.hash, o.origin_kiosk_id, o.origin_mutation_id, o.why, $2, time_of_ms($3)
      from unnest($4::bigint[], $5::bigint[], $6::text[], $7::bigint[], $8::bigint[], $9::text[])
        o (kiosk_id, mutation_id, hash, origin_kiosk_id, origin_mutation_id, why)`,
    values: [
      commit.universityId,
      commit.clock,
      commit.nowMs,
      column(outcomes, (one) => one.kioskId),
      column(outcomes, (one) => one.mutationId),
      column(outcomes, (one) => one.hash),
      column(outcomes, (one) => one.originKioskId),
      column(outcomes, (one) => one.originMutationId),
      column(outcomes, (one) => one.why),
    ],
  })
}
