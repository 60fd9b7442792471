import { appendChange } from '../platform/postgres/append-change.ts'
import type { Transaction } from '../platform/postgres/database.ts'
import { isLastSuperAdmin } from '../groups/super-group.ts'
import { dropObsolete, insertMissing, isLosingSuperAdmin } from './directory-membership-rows.ts'

/**
 * Updates the memberships that come from a directory to the numbers of its groups: what is missing is added as
 * member, what came from the directory and is not there any more is dropped. Memberships that people made stay as they are,
 * and so does the last administrator of the super group [ACC-3]. From an incomplete list memberships are only added.
 * [DIR-7] [DIR-10]
 */
export async function syncDirectoryGroups(
  transaction: Transaction,
  user: { userId: number; universityId: number },
  { gidNumbers, areGroupsWhole }: { gidNumbers: readonly number[]; areGroupsWhole: boolean },
): Promise<void> {
  const { userId, universityId } = user
  const keepsSuper =
    areGroupsWhole &&
    (await isLosingSuperAdmin(transaction, userId, universityId, gidNumbers)) &&
    (await isLastSuperAdmin(transaction, universityId, userId))
  const dropped = areGroupsWhole
    ? await dropObsolete(transaction, userId, universityId, gidNumbers, keepsSuper)
    : []
  const added = await insertMissing(transaction, userId, universityId, gidNumbers)
  const changes = [
    ...dropped.map((groupId) => ({ groupId, subject: 'member remove' })),
    ...added.map((groupId) => ({ groupId, subject: 'member add' })),
  ]
  for (const { groupId, subject } of changes)
    await appendChange(transaction, {
      universityId,
      actor: 'directory',
      groupId,
      service: 'groups',
      subject,
      log: {
        userId,
        [subject === 'member add' ? 'after' : 'before']: { permission: 'member', isFromDirectory: true },
      },
    })
}
