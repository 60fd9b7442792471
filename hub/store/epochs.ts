import { randomBytes } from 'node:crypto'
import { query, type Queryable } from './database.ts'

/** A fresh name of one life of the database. */
export function makeEpoch(): string {
  return randomBytes(12).toString('base64url')
}

/** Begins a new epoch of a university; inside a transaction that holds its lock, or before any hub knows of it. [SYN-17] */
export async function updateEpoch(
  transaction: Queryable,
  universityId: number,
  epoch: string,
): Promise<void> {
  await query(transaction, 'update universities set epoch = $2, updated_at = now() where id = $1', [
    universityId,
    epoch,
  ])
}
