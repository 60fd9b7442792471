import { accept, refuse, type Decision } from '#shared/domain/decision.ts'
import type { HttpRefusal } from '../platform/http/handle.ts'
import { appendChange, byUser } from '../platform/postgres/append-change.ts'
import { transaction } from '../platform/postgres/database.ts'
import { lockAccount, updateVerified } from './user-rows.ts'
import { lockVerification, updateVerificationUsed } from './verification-rows.ts'
import { refuseLink } from '../platform/http/account-limits.ts'
import type { AccountDependencies } from './account-dependencies.ts'
import { hashLinkToken } from '../platform/secrets/link-tokens.ts'
import type { RequestSource } from './user-sessions.ts'

/** Confirms an address by the token of the link that was mailed there: once, and for a day; gives the address. [IDN-6] */
export async function verifyAddress(
  dependencies: AccountDependencies,
  token: string,
  from: RequestSource,
): Promise<Decision<{ email: string | null }, HttpRefusal>> {
  const tokenHash = hashLinkToken(token)
  const done = await transaction(dependencies.pool, 'read committed', async (client) => {
    const link = await lockVerification(client, 'verify', tokenHash)
    const account = link === null ? null : await lockAccount(client, link.userId)
    if (link === null || account === null) return refuse('linkRefused')
    await updateVerificationUsed(client, link.id)
    await updateVerified(client, account.id)
    await appendChange(client, {
      universityId: account.universityId,
      ...byUser(account.id, from.address),
      service: 'accounts',
      subject: 'verify',
      log: {},
    })
    return accept({ email: account.email })
  })
  return done.ok ? done : refuseLink(dependencies, from.address)
}
