import { query, type Queryable } from './database.ts'

/** One administrative act. `log` names no secret. */
export interface Change {
  universityId: number | null
  /** "cli", "hub", or "kiosk 17". */
  actor: string
  service: string
  subject: string
  log: Record<string, unknown>
}

/** Writes an act down, in the transaction that does it. */
export async function appendChange(transaction: Queryable, change: Change): Promise<void> {
  await query(
    transaction,
    'insert into change_logs (university_id, actor, service, subject, log) values ($1, $2, $3, $4, $5)',
    [change.universityId, change.actor, change.service, change.subject, JSON.stringify(change.log)],
  )
}
