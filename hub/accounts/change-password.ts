import { accept, refuse, type Decision } from '#shared/domain/decision.ts'
import type { CallRefusal } from '../platform/http/handle.ts'
import { appendChange, byUser } from '../platform/postgres/append-change.ts'
import { transaction, type Transaction } from '../platform/postgres/database.ts'
import { queueMail } from '../platform/mail/mail-outbox.ts'
import { updateSessionsRevoked } from './user-sessions.ts'
import {
  loadAccount,
  lockAccount,
  lockLocalAccount,
  updatePasswordHash,
  updateVerified,
  type Account,
} from './users.ts'
import { dropVerifications, loadVerification, lockVerification } from './verifications.ts'
import { parseAddress } from '../platform/mail/address.ts'
import { inPlace, knock, knockAccount, refuseLink, BUSY_RETRY_S } from '../platform/http/account-limits.ts'
import type { AccountParts } from './identity-parts.ts'
import { hashLinkToken } from '../platform/secrets/link-tokens.ts'
import { mailFinishLink, mailResetLink } from './mail-links.ts'
import { findUnreachable } from '../platform/mail/mail-reach.ts'
import { masked } from '../platform/http/minimum-duration.ts'
import type { From } from './people-sessions.ts'
import { findFaults } from './register.ts'

/** Mails a link with which a password is chosen, to an address that has an account; the answer is the same for every one. [IDN-2] */
export async function forgotten(
  parts: AccountParts,
  email: string,
  from: From,
): Promise<Decision<null, CallRefusal>> {
  const address = parseAddress(email)
  if (address === null) return refuse({ why: 'addressRefused' })
  const unreachable = await findUnreachable(parts, address)
  if (unreachable !== null) return refuse(unreachable)
  const opened = await knock(parts, 'forgotten', { account: address.key, address: from.address })
  if (!opened.ok) return opened
  await masked(parts.maskMs, () =>
    transaction(parts.pool, 'read committed', async (client) => {
      const account = await lockLocalAccount(client, address.key)
      if (account?.mayEnter !== true || account.email === null) return
      const reader = { id: account.id, email: account.email, locale: account.locale }
      if (account.isVerified) await mailResetLink(client, parts.keys, reader)
      else await mailFinishLink(client, parts.keys, reader, account.universityName ?? '')
    }),
  )
  parts.kickMail()
  return accept(null)
}

/** Chooses a password by the token of a mailed link, which proves the address too; ends all sessions. [IDN-6] [IDN-10] */
export async function resetPassword(
  parts: AccountParts,
  wish: { token: string; password: string },
  from: From,
): Promise<Decision<null, CallRefusal>> {
  const tokenHash = hashLinkToken(wish.token)
  const link = await loadVerification(parts.pool, 'reset', tokenHash)
  const account = link === null ? null : await loadAccount(parts.pool, link.userId)
  if (account === null) return refuseLink(parts, from.address)
  const made = await makeHash(parts, account, wish.password)
  if (!made.ok) return made
  const decision = await transaction(parts.pool, 'read committed', async (client) => {
    const locked = await lockVerification(client, 'reset', tokenHash)
    if (locked === null) return refuse({ why: 'linkRefused' as const })
    await updateVerified(client, account.id)
    await putPassword(client, account, made.value, null, from)
    return accept(null)
  })
  if (decision.ok) parts.kickMail()
  return decision
}

/** Changes the password of somebody who gave the old one just now; ends all other sessions. [IDN-10] */
export async function changePassword(
  parts: AccountParts,
  me: { userId: number; sessionId: number },
  password: string,
  from: From,
): Promise<Decision<null, CallRefusal>> {
  const account = await loadAccount(parts.pool, me.userId)
  if (account === null) return refuse({ why: 'signInNeeded' })
  if (account.directory !== null) return refuse({ why: 'notAllowed' })
  const made = await makeHash(parts, account, password)
  if (!made.ok) return made
  await transaction(parts.pool, 'read committed', async (client) => {
    await lockAccount(client, account.id)
    await putPassword(client, account, made.value, me.sessionId, from)
  })
  parts.kickMail()
  return accept(null)
}

async function makeHash(
  parts: AccountParts,
  account: Account,
  password: string,
): Promise<Decision<string, CallRefusal>> {
  const owner = `user ${account.id}`
  const count = (): Promise<Decision<null, CallRefusal>> => knockAccount(parts, 'password', owner)
  const address = account.email === null ? null : parseAddress(account.email)
  return inPlace(parts.places.chosen, owner, async () => {
    const faults = await findFaults(parts, password, address, account.universityName, count)
    if (faults !== null) return refuse(faults)
    const made = await parts.passwords.hash(password)
    return made.ok ? made : refuse({ why: 'tooMany', retryAfterS: BUSY_RETRY_S })
  })
}

/** With the password go all links that were mailed, and all sessions but the one that may stay. */
async function putPassword(
  client: Transaction,
  account: Account,
  passwordHash: string,
  keptSessionId: number | null,
  from: From,
): Promise<void> {
  await updatePasswordHash(client, account.id, passwordHash)
  await dropVerifications(client, account.id, 'all')
  const endedCount = await updateSessionsRevoked(client, account.id, keptSessionId)
  await appendChange(client, {
    universityId: account.universityId,
    ...byUser(account.id, from.address),
    service: 'accounts',
    subject: keptSessionId === null ? 'reset' : 'password',
    log: { endedSessions: endedCount },
  })
  if (account.email === null || !account.isVerified) return
  await queueMail(client, {
    key: `password ${account.id} ${passwordHash.slice(-16)}`,
    to: account.email,
    locale: account.locale,
    template: 'passwordChanged',
    facts: {},
  })
}
