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

/** An act as it was written down. */
export interface LoggedChange extends Change {
  id: number
  atMs: number
}

/** The newest acts of a university, newest first; those of no university when the id is null. */
export async function loadChanges(
  database: Queryable,
  universityId: number | null,
  count: number,
): Promise<LoggedChange[]> {
  return query<LoggedChange>(
    database,
    `select id, university_id as "universityId", actor, service, subject, log, ms_of_time(created_at) as "atMs"
     from change_logs where university_id is not distinct from $1 order by id desc limit $2`,
    [universityId, count],
  )
}
