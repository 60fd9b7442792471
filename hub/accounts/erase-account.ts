import { accept, refuse, type Decision } from '#shared/domain/decision.ts'
import type { HttpRefusal } from '../platform/http/handle.ts'
import { insertAddressMark } from './address-mark-rows.ts'
import { appendChange, byUser } from '../platform/postgres/append-change.ts'
import { transaction, type Database } from '../platform/postgres/database.ts'
import { eraseAccount, isLastPlatformAdmin, loadStaleAccounts } from './erase-rows.ts'
import { isLastSuperAdmin } from '../groups/super-group.ts'
import { queueMail } from '../platform/mail/mail-outbox.ts'
import { loadAccount, lockAccount } from './user-rows.ts'
import { parseAddress } from '../platform/mail/address.ts'
import type { AccountDependencies } from './account-dependencies.ts'
import type { RequestSource } from './user-sessions.ts'
import { addressHash } from './register.ts'

/** An address whose account was deleted makes no new one for this long: limits cannot be escaped by deleting the account. */
const COOL_DOWN_MS = 24 * 3_600_000

/**
 * Deletes an account: its row is emptied, its reports stay without a name. The last administrator of a super group, or of
 * the platform, stays. [IDN-11]
 */
export async function deleteAccount(
  dependencies: AccountDependencies,
  userId: number,
  from: RequestSource,
): Promise<Decision<null, HttpRefusal>> {
  const decision = await transaction(dependencies.pool, 'read committed', async (client) => {
    const before = await loadAccount(client, userId)
    if (before === null) return refuse({ why: 'signInNeeded' as const })
    const isLast =
      before.universityId === null
        ? await isLastPlatformAdmin(client, userId)
        : await isLastSuperAdmin(client, before.universityId, userId)
    if (isLast) return refuse({ why: 'lastAdmin' as const })
    const account = await lockAccount(client, userId)
    if (account === null) return refuse({ why: 'signInNeeded' as const })
    await eraseAccount(client, userId, account.email)
    const address = account.directory === null ? parseAddress(account.email ?? '') : null
    if (address !== null) {
      await insertAddressMark(client, addressHash(dependencies, address), 'deleted', COOL_DOWN_MS)
      await queueMail(client, {
        key: `deleted ${userId}`,
        to: address.text,
        locale: account.locale,
        template: 'accountDeleted',
        facts: {},
      })
    }
    await appendChange(client, {
      universityId: account.universityId,
      ...byUser(userId, from.address),
      service: 'accounts',
      subject: 'delete',
      log: {},
    })
    return accept(null)
  })
  if (decision.ok) dependencies.kickMail()
  return decision
}

/** Empties accounts that were never confirmed, so that nobody's address is blocked by a registration of somebody else. */
export async function eraseStaleAccounts(pool: Database): Promise<void> {
  for (const { id, email } of await loadStaleAccounts(pool))
    await transaction(pool, 'read committed', (client) => eraseAccount(client, id, email))
}
