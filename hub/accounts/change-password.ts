import { accept, refuse, type Decision } from '#shared/domain/decision.ts'
import type { HttpRefusal } from '../platform/http/handle.ts'
import { appendChange, byUser } from '../platform/postgres/append-change.ts'
import { transaction, type Transaction } from '../platform/postgres/database.ts'
import { queueMail } from '../platform/mail/mail-outbox.ts'
import { updateSessionsRevoked } from './user-session-rows.ts'
import {
  loadAccount,
  lockAccount,
  lockLocalAccount,
  updatePasswordHash,
  updateVerified,
  type Account,
} from './user-rows.ts'
import { dropVerifications, loadVerification, lockVerification } from './verification-rows.ts'
import { parseAddress } from '../platform/mail/address.ts'
import {
  withSlot,
  countAttempt,
  countAccountAttempt,
  refuseLink,
  BUSY_RETRY_S,
} from '../platform/http/account-limits.ts'
import type { AccountDependencies } from './account-dependencies.ts'
import { hashLinkToken } from '../platform/secrets/link-tokens.ts'
import { mailFinishLink, mailResetLink } from './mail-links.ts'
import { findUnreachable } from '../platform/mail/mail-reach.ts'
import { withMinimumDuration } from '../platform/http/minimum-duration.ts'
import type { RequestSource } from './user-sessions.ts'
import { findPasswordFaults } from './register.ts'

/** Mails a link with which a password is chosen, to an address that has an account; the answer is the same for every one. [IDN-2] */
export async function mailPasswordReset(
  dependencies: AccountDependencies,
  email: string,
  from: RequestSource,
): Promise<Decision<null, HttpRefusal>> {
  const address = parseAddress(email)
  if (address === null) return refuse({ why: 'addressRefused', at: '/email' })
  const unreachable = await findUnreachable(dependencies, address, '/email')
  if (unreachable !== null) return refuse(unreachable)
  const counted = await countAttempt(dependencies, 'forgotten', {
    account: address.key,
    address: from.address,
  })
  if (!counted.ok) return counted
  await withMinimumDuration(dependencies.minimumAnswerMs, () =>
    transaction(dependencies.pool, 'read committed', async (client) => {
      const account = await lockLocalAccount(client, address.key)
      if (account?.maySignIn !== true || account.email === null) return
      const reader = { id: account.id, email: account.email, locale: account.locale }
      if (account.isVerified) await mailResetLink(client, dependencies.keys, reader)
      else await mailFinishLink(client, dependencies.keys, reader, account.universityName ?? '')
    }),
  )
  dependencies.kickMail()
  return accept(null)
}

/** Chooses a password by the token of a mailed link, which proves the address too; ends all sessions. [IDN-6] [IDN-10] */
export async function resetPassword(
  dependencies: AccountDependencies,
  input: { token: string; password: string },
  from: RequestSource,
): Promise<Decision<null, HttpRefusal>> {
  const tokenHash = hashLinkToken(input.token)
  const link = await loadVerification(dependencies.pool, 'reset', tokenHash)
  const account = link === null ? null : await loadAccount(dependencies.pool, link.userId)
  if (account === null) return refuseLink(dependencies, from.address)
  const made = await checkAndHash(dependencies, account, input.password)
  if (!made.ok) return made
  const decision = await transaction(dependencies.pool, 'read committed', async (client) => {
    const locked = await lockVerification(client, 'reset', tokenHash)
    if (locked === null) return refuse({ why: 'linkRefused' as const })
    await updateVerified(client, account.id)
    await writePassword(client, account, made.value, null, from)
    return accept(null)
  })
  if (decision.ok) dependencies.kickMail()
  return decision
}

/** Changes the password of somebody who gave the old one just now; ends all other sessions. [IDN-10] */
export async function changePassword(
  dependencies: AccountDependencies,
  me: { userId: number; sessionId: number },
  password: string,
  from: RequestSource,
): Promise<Decision<null, HttpRefusal>> {
  const account = await loadAccount(dependencies.pool, me.userId)
  if (account === null) return refuse({ why: 'signInNeeded' })
  if (account.directory !== null) return refuse({ why: 'notAllowed' })
  const made = await checkAndHash(dependencies, account, password)
  if (!made.ok) return made
  await transaction(dependencies.pool, 'read committed', async (client) => {
    await lockAccount(client, account.id)
    await writePassword(client, account, made.value, me.sessionId, from)
  })
  dependencies.kickMail()
  return accept(null)
}

async function checkAndHash(
  dependencies: AccountDependencies,
  account: Account,
  password: string,
): Promise<Decision<string, HttpRefusal>> {
  const owner = `user ${account.id}`
  const count = (): Promise<Decision<null, HttpRefusal>> =>
    countAccountAttempt(dependencies, 'password', owner)
  const address = account.email === null ? null : parseAddress(account.email)
  return withSlot(dependencies.passwordSlots.newPassword, owner, async () => {
    const faults = await findPasswordFaults(dependencies, password, address, account.universityName, count)
    if (faults !== null) return refuse(faults)
    const made = await dependencies.passwords.hash(password)
    return made.ok ? made : refuse({ why: 'tooMany', retryAfterS: BUSY_RETRY_S })
  })
}

/** With the password go all links that were mailed, and all sessions but the one that may stay. */
async function writePassword(
  client: Transaction,
  account: Account,
  passwordHash: string,
  keptSessionId: number | null,
  from: RequestSource,
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
