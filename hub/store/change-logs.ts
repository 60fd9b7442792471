import { isIP } from 'node:net'
import { query, type Queryable } from './database.ts'

/** One administrative act. `log` names no secret and no e-mail address: it stays for ever. [AUD-1] */
export interface Change {
  universityId: number | null
  /** "cli", "hub", "kiosk 17" or "user 7". */
  actor: string
  /** The person who acted, when it was one. */
  userId?: number | null
  /** The group that it was done to. */
  groupId?: number | null
  /** Address of the network that it came from. What is no such address is left out. */
  address?: string | null
  service: string
  subject: string
  log: Record<string, unknown>
}

/** Who acted, of a person who is signed in: spread it into a change. */
export function changedBy(caller: {
  actor: { userId: number }
  address: string
}): Pick<Change, 'actor' | 'userId' | 'address'> {
  const { userId } = caller.actor
  return { actor: `user ${userId}`, userId, address: caller.address }
}

/** Writes an act down, in the transaction that does it. */
export async function appendChange(transaction: Queryable, change: Change): Promise<void> {
  await query(
    transaction,
    `insert into change_logs (university_id, actor, user_id, group_id, address, service, subject, log)
     values ($1, $2, $3, $4, $5::inet, $6, $7, $8)`,
    [
      change.universityId,
      change.actor,
      change.userId ?? null,
      change.groupId ?? null,
      inetOf(change.address ?? ''),
      change.service,
      change.subject,
      JSON.stringify(change.log),
    ],
  )
}

/** What PostgreSQL takes for an address; a proxy may have handed on anything, and a zone means something on one machine only. */
export function inetOf(address: string): string | null {
  const plain = address.replace(/%.*$/, '')
  return isIP(plain) === 0 ? null : plain
}

/** An act as it was written down. */
export interface LoggedChange {
  id: number
  universityId: number | null
  atMs: number
  actor: string
  service: string
  subject: string
  log: Record<string, unknown>
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
