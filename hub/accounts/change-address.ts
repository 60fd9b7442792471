import { randomUUID } from 'node:crypto'
import { accept, refuse, type Decision } from '#shared/domain/decision.ts'
import type { CallRefusal } from '../platform/http/handle.ts'
import { loadAddressMark } from './address-marks.ts'
import { appendChange, byUser } from '../platform/postgres/append-change.ts'
import { transaction, type Transaction } from '../platform/postgres/database.ts'
import { queueMail } from '../platform/mail/mail-outbox.ts'
import { updateSessionsRevoked } from './user-sessions.ts'
import { loadAccount, loadLocalAccount, lockAccount, updateEmail, type Account } from './users.ts'
import { dropVerifications, lockVerification } from './verifications.ts'
import { parseAddress, type Address } from '../platform/mail/address.ts'
import { knockAccount, refuseLink } from '../platform/http/account-limits.ts'
import type { AccountParts } from './identity-parts.ts'
import { hashLinkToken } from '../platform/secrets/link-tokens.ts'
import { mailAddressLink } from './mail-links.ts'
import { findUnreachable } from '../platform/mail/mail-reach.ts'
import { masked } from '../platform/http/minimum-duration.ts'
import type { From } from './people-sessions.ts'
import { addressHash, mailExists } from './register.ts'
import { findUniversity } from './sign-in.ts'

const UNIQUE_VIOLATION = '23505'

/**
 * Asks for another address, of the same university: a link goes to the new one, word to the old one. An address that is in
 * use gets the mail that says so, and the answer is the same. [IDN-2] [IDN-10]
 */
export async function askForAddress(
  parts: AccountParts,
  userId: number,
  email: string,
  from: From,
): Promise<Decision<null, CallRefusal>> {
  const address = parseAddress(email)
  const account = await loadAccount(parts.pool, userId)
  if (account === null) return refuse({ why: 'signInNeeded' })
  if (account.directory !== null || account.email === null) return refuse({ why: 'notAllowed' })
  if (address === null || !(await isOfTheirs(parts, account, address)))
    return refuse({ why: 'addressRefused' })
  const unreachable = await findUnreachable(parts, address)
  if (unreachable !== null) return refuse(unreachable)
  // The address that is written to, and the person who has it written to.
  for (const asked of [address.key, `user ${userId}`]) {
    const opened = await knockAccount(parts, 'resend', asked)
    if (!opened.ok) return opened
  }
  const { email: oldEmail } = account
  await masked(parts.maskMs, () =>
    transaction(parts.pool, 'read committed', async (client) => {
      await lockAccount(client, account.id)
      await mailBoth(client, parts, { ...account, email: oldEmail }, address, from)
    }),
  )
  parts.kickMail()
  return accept(null)
}

/** Nobody moves to another university by another address. */
async function isOfTheirs(parts: AccountParts, account: Account, address: Address): Promise<boolean> {
  if (account.email !== null && parseAddress(account.email)?.key === address.key) return false
  if (account.universityId === null) return true
  const university = await findUniversity(parts, address.domain)
  return university?.id === account.universityId
}

async function mailBoth(
  client: Transaction,
  parts: AccountParts,
  account: Account & { email: string },
  address: Address,
  from: From,
): Promise<void> {
  const { id, email, locale } = account
  const holder = await loadLocalAccount(client, address.key)
  const mark = await loadAddressMark(client, addressHash(parts, address))
  if (holder !== null) await mailExists(client, holder, { email: holder.email ?? address.text, locale })
  else if (mark === null) await mailAddressLink(client, parts.keys, { id, email, locale }, address.text)
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
export async function changeAddress(
  parts: AccountParts,
  token: string,
  keptFamilySessionId: (client: Transaction, userId: number) => Promise<number | null>,
  from: From,
): Promise<Decision<null, CallRefusal>> {
  try {
    const decision = await transaction(parts.pool, 'read committed', async (client) => {
      const link = await lockVerification(client, 'email', hashLinkToken(token))
      const account = link === null ? null : await lockAccount(client, link.userId)
      const address = parseAddress(link?.newEmail ?? '')
      if (account === null || address === null) return refuse({ why: 'linkRefused' as const })
      await putAddress(client, account, address, await keptFamilySessionId(client, account.id), from)
      return accept(null)
    })
    if (!decision.ok) return await refuseLink(parts, from.address)
    parts.kickMail()
    return decision
  } catch (error) {
    // Somebody else confirmed the same address meanwhile.
    if ((error as { code?: string }).code === UNIQUE_VIOLATION) return refuse({ why: 'linkRefused' })
    throw error
  }
}

async function putAddress(
  client: Transaction,
  account: Account,
  address: Address,
  keptSessionId: number | null,
  from: From,
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
