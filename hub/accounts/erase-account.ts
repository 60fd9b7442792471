import { accept, refuse, type Decision } from '#shared/domain/decision.ts'
import type { CallRefusal } from '../platform/http/handle.ts'
import { insertAddressMark } from './address-marks.ts'
import { appendChange, byUser } from '../platform/postgres/append-change.ts'
import { transaction, type Database } from '../platform/postgres/database.ts'
import { eraseAccount, isLastPlatformAdmin, loadStaleAccounts } from './erase.ts'
import { isLastSuperAdmin } from '../groups/groups.ts'
import { queueMail } from '../platform/mail/mail-outbox.ts'
import { loadAccount, lockAccount } from './users.ts'
import { parseAddress } from '../platform/mail/address.ts'
import type { AccountParts } from './identity-parts.ts'
import type { From } from './people-sessions.ts'
import { addressHash } from './register.ts'

/** An address whose account was deleted makes no new one for this long: limits are not shaken off by deleting oneself. */
const COOL_DOWN_MS = 24 * 3_600_000

/**
 * Deletes an account: its row is emptied, its reports stay without a name. The last administrator of a super group, or of
 * the platform, stays. [IDN-11]
 */
export async function deleteAccount(
  parts: AccountParts,
  userId: number,
  from: From,
): Promise<Decision<null, CallRefusal>> {
  const decision = await transaction(parts.pool, 'read committed', async (client) => {
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
      await insertAddressMark(client, addressHash(parts, address), 'deleted', COOL_DOWN_MS)
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
  if (decision.ok) parts.kickMail()
  return decision
}

/** Empties accounts that were never confirmed, so that nobody's address is held by somebody else's wish. */
export async function eraseStaleAccounts(pool: Database): Promise<void> {
  for (const { id, email } of await loadStaleAccounts(pool))
    await transaction(pool, 'read committed', (client) => eraseAccount(client, id, email))
}
