import { randomUUID } from 'node:crypto'
import { accept, refuse, type Decision } from '#shared/domain/decision.ts'
import type { HttpRefusal } from '../platform/http/handle.ts'
import { loadAddressMark } from './address-mark-rows.ts'
import { appendChange, byUser } from '../platform/postgres/append-change.ts'
import { transaction, type Transaction } from '../platform/postgres/database.ts'
import { queueMail } from '../platform/mail/mail-outbox.ts'
import { updateSessionsRevoked } from './user-session-rows.ts'
import { loadAccount, loadLocalAccount, lockAccount, updateEmail, type Account } from './user-rows.ts'
import { dropVerifications, lockVerification } from './verification-rows.ts'
import { parseAddress, type Address } from '../platform/mail/address.ts'
import { countAccountAttempt, refuseLink } from '../platform/http/account-limits.ts'
import type { AccountDependencies } from './account-dependencies.ts'
import { hashLinkToken } from '../platform/secrets/link-tokens.ts'
import { mailAddressLink } from './mail-links.ts'
import { findUnreachable } from '../platform/mail/mail-reach.ts'
import { withMinimumDuration } from '../platform/http/minimum-duration.ts'
import type { RequestSource } from './user-sessions.ts'
import { addressHash, mailAccountExists } from './register.ts'
import { findUniversity } from './sign-in.ts'

const UNIQUE_VIOLATION = '23505'

/**
 * Asks for another address, of the same university: a link goes to the new one, a notice to the old one. An address that is in
 * use gets the mail that says so, and the answer is the same. [IDN-2] [IDN-10]
 */
export async function requestAddressChange(
  dependencies: AccountDependencies,
  userId: number,
  email: string,
  from: RequestSource,
): Promise<Decision<null, HttpRefusal>> {
  const address = parseAddress(email)
  const account = await loadAccount(dependencies.pool, userId)
  if (account === null) return refuse({ why: 'signInNeeded' })
  if (account.directory !== null || account.email === null) return refuse({ why: 'notAllowed' })
  if (address === null || !(await isAddressOfUniversity(dependencies, account, address)))
    return refuse({ why: 'addressRefused', at: '/email' })
  const unreachable = await findUnreachable(dependencies, address)
  if (unreachable !== null) return refuse(unreachable)
  // Counted for the address that gets the mail, and for the person who asks for it.
  for (const asked of [address.key, `user ${userId}`]) {
    const counted = await countAccountAttempt(dependencies, 'resend', asked)
    if (!counted.ok) return counted
  }
  const { email: oldEmail } = account
  await withMinimumDuration(dependencies.minimumAnswerMs, () =>
    transaction(dependencies.pool, 'read committed', async (client) => {
      await lockAccount(client, account.id)
      await mailOldAndNew(client, dependencies, { ...account, email: oldEmail }, address, from)
    }),
  )
  dependencies.kickMail()
  return accept(null)
}

/** Whether an address is another one of the account's own university: nobody changes university by changing their address. */
async function isAddressOfUniversity(
  dependencies: AccountDependencies,
  account: Account,
  address: Address,
): Promise<boolean> {
  if (account.email !== null && parseAddress(account.email)?.key === address.key) return false
  if (account.universityId === null) return true
  const university = await findUniversity(dependencies, address.domain)
  return university?.id === account.universityId
}

async function mailOldAndNew(
  client: Transaction,
  dependencies: AccountDependencies,
  account: Account & { email: string },
  address: Address,
  from: RequestSource,
): Promise<void> {
  const { id, email, locale } = account
  const holder = await loadLocalAccount(client, address.key)
  const mark = await loadAddressMark(client, addressHash(dependencies, address))
  if (holder !== null)
    await mailAccountExists(client, holder, { email: holder.email ?? address.text, locale })
  else if (mark === null)
    await mailAddressLink(client, dependencies.keys, { id, email, locale }, address.text)
  const key = `asked ${randomUUID()}`
  await queueMail(client, { key, to: email, locale, template: 'addressChangeAsked', facts: {} })
  await appendChange(client, {
    universityId: account.universityId,
    ...byUser(id, from.address),
    service: 'accounts',
    subject: 'emailAsked',
    log: {},
  })
}

/**
 * Confirms another address by the token of the link that was mailed there. All sessions end but the one, if any, whose
 * refresh cookie came along. [IDN-6] [IDN-10]
 */
export async function confirmAddressChange(
  dependencies: AccountDependencies,
  token: string,
  keptFamilySessionId: (client: Transaction, userId: number) => Promise<number | null>,
  from: RequestSource,
): Promise<Decision<null, HttpRefusal>> {
  try {
    const decision = await transaction(dependencies.pool, 'read committed', async (client) => {
      const link = await lockVerification(client, 'email', hashLinkToken(token))
      const account = link === null ? null : await lockAccount(client, link.userId)
      const address = parseAddress(link?.newEmail ?? '')
      if (account === null || address === null) return refuse({ why: 'linkRefused' as const })
      await writeAddress(client, account, address, await keptFamilySessionId(client, account.id), from)
      return accept(null)
    })
    if (!decision.ok) return await refuseLink(dependencies, from.address)
    dependencies.kickMail()
    return decision
  } catch (error) {
    // Somebody else confirmed the same address meanwhile.
    if ((error as { code?: string }).code === UNIQUE_VIOLATION) return refuse({ why: 'linkRefused' })
    throw error
  }
}

async function writeAddress(
  client: Transaction,
  account: Account,
  address: Address,
  keptSessionId: number | null,
  from: RequestSource,
): Promise<void> {
  const { id, universityId, email, locale } = account
  await updateEmail(client, id, address.text, address.key)
  await dropVerifications(client, id, 'all')
  const endedCount = await updateSessionsRevoked(client, id, keptSessionId)
  await appendChange(client, {
    universityId,
    ...byUser(id, from.address),
    service: 'accounts',
    subject: 'email',
    log: { endedSessions: endedCount },
  })
  if (email === null) return
  const key = `changed ${randomUUID()}`
  await queueMail(client, { key, to: email, locale, template: 'addressChanged', facts: {} })
}
