import { SUPER_GROUP_NAME } from '#shared/domain/group.ts'
import type { Queryable } from '../platform/postgres/database.ts'
import { insertGroup, lockSuperAdmins } from './group-rows.ts'

/** Makes the super group of a new university, without members, and gives its id. */
export function insertSuperGroup(transaction: Queryable, universityId: number): Promise<number> {
  const group = { name: SUPER_GROUP_NAME, description: null, gidNumber: null, isSuper: true }
  return insertGroup(transaction, universityId, group)
}

/**
 * Whether a university's super group would be left without anybody who can sign in and administrate it, if this user went.
 * Locks the super group to the end of the transaction, so that of two who leave at once one stays; call it before the
 * user's own row is locked. [ACC-3]
 */
export async function isLastSuperAdmin(
  transaction: Queryable,
  universityId: number,
  userId: number,
): Promise<boolean> {
  const admins = await lockSuperAdmins(transaction, universityId)
  return admins.length === 1 && admins[0] === userId
}
