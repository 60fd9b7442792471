import { query, transaction, type Database } from '../postgres/database.ts'

const NAME = 'ledger'

/** How far the ledger is filled from what release 0.1 left. */
export interface LedgerFill {
  isDone: boolean
  /** Rows that were looked at, in all pieces so far. */
  rowCount: number
  /** Something was done by this very piece. */
  isNews: boolean
}

interface State {
  reached: { kioskId?: number; mutationId?: number }
  rowCount: number
  isDone: boolean
}

/**
 * Copies the next piece of the outcomes of release 0.1 into the ledger: what it has already stays. Takes no university's
 * lock, may be stopped at any time, and goes on where it stopped. New outcomes come by a trigger. [SYN-56]
 */
export async function fillLedgerPiece(pool: Database, size: number): Promise<LedgerFill> {
  return transaction(pool, 'read committed', async (client) => {
    await query(client, 'insert into backfills (name) values ($1) on conflict do nothing', [NAME])
    // Two hubs take turns.
    const [state] = await query<State>(
      client,
      `select reached, row_count as "rowCount", done_at is not null as "isDone" from backfills where name = $1 for update`,
      [NAME],
    )
    if (state === undefined || state.isDone)
      return { isDone: true, rowCount: state?.rowCount ?? 0, isNews: false }
    const { kioskId = 0, mutationId = 0 } = state.reached
    const [done] = await query<{ rowCount: number; isDone: boolean }>(
      client,
      `with piece as (
         select * from outcomes where (kiosk_id, mutation_id) > ($2, $3) order by kiosk_id, mutation_id limit $4
       ), made as (
         insert into mutations (university_id, actor_kind, actor_id, id, hash, origin_id, origin_number, outcome, clock, at)
         select university_id, 'kiosk', kiosk_id, mutation_id, hash,
           case when (origin_kiosk_id, origin_mutation_id) <> (kiosk_id, mutation_id) then origin_kiosk_id end,
           case when (origin_kiosk_id, origin_mutation_id) <> (kiosk_id, mutation_id) then origin_mutation_id end,
           why, clock, created_at
         from piece on conflict do nothing
       ), last as (
         select kiosk_id, mutation_id from piece order by kiosk_id desc, mutation_id desc limit 1
       )
       update backfills set row_count = row_count + (select count(*) from piece),
         reached = coalesce((select jsonb_build_object('kioskId', kiosk_id, 'mutationId', mutation_id) from last), reached),
         done_at = case when (select count(*) from piece) < $4 then now() end
       where name = $1 returning row_count as "rowCount", done_at is not null as "isDone"`,
      [NAME, kioskId, mutationId, size],
    )
    return { isDone: done?.isDone ?? false, rowCount: done?.rowCount ?? 0, isNews: true }
  })
}
