import { parseNetworkAddress } from '../http/network-address.ts'
import { query, type Queryable } from './database.ts'

/** One administrative act. `log` names no secret and no email address: it stays for ever. [AUD-1] */
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

/** Actor fields of a change by somebody who is signed in. */
export function changedBy(caller: {
  actor: { userId: number }
  address: string
}): Pick<Change, 'actor' | 'userId' | 'address'> {
  return byUser(caller.actor.userId, caller.address)
}

/** Actor fields of a change by a user. */
export function byUser(userId: number, address: string): Pick<Change, 'actor' | 'userId' | 'address'> {
  return { actor: `user ${userId}`, userId, address }
}

/** Appends an act to the log, in the transaction that does it. */
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

/** An address as it is kept; null for what is none. [EDG-3] */
export function inetOf(address: string): string | null {
  return parseNetworkAddress(address)
}
