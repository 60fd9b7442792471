import { randomBytes } from 'node:crypto'

/** A fresh name of one life of the database. */
export function makeEpoch(): string {
  return randomBytes(12).toString('base64url')
}
