import { accept, refuse, type Decision } from '#shared/domain/decision.ts'
import type { HttpRefusal, SignedIn } from '../platform/http/handle.ts'
import { appendChange, changedBy } from '../platform/postgres/append-change.ts'
import { transaction } from '../platform/postgres/database.ts'
import { updateConfirmed } from './user-session-rows.ts'
import { loadAccount, type Account } from './user-rows.ts'
import { directoryIdentityOf } from './directory-users.ts'
import {
  countWrongPassword,
  withSlot,
  countAccountAttempt,
  BUSY_RETRY_S,
} from '../platform/http/account-limits.ts'
import type { AccountDependencies } from './account-dependencies.ts'
import { rehashOutdated } from './rehash.ts'

/**
 * Checks the password of somebody signed in again, here or at the directory: for ten minutes sensitive acts are possible.
 * Wrong passwords of others from the same address do not count against it. [IDN-10] [EDG-12]
 */
export async function confirmPassword(
  dependencies: AccountDependencies,
  caller: SignedIn,
  password: string,
): Promise<Decision<null, HttpRefusal>> {
  const { userId } = caller.actor
  const account = await loadAccount(dependencies.pool, userId)
  if (account === null) return refuse({ why: 'signInNeeded' })
  const owner = `user ${userId}`
  const confirm = async (): Promise<Decision<null, HttpRefusal>> => {
    const counted = await countAccountAttempt(dependencies, 'signIn', owner)
    return counted.ok ? verifyAndLog(dependencies, caller, account, password) : counted
  }
  return account.directory === null
    ? withSlot(dependencies.passwordSlots.comparison, owner, confirm)
    : confirm()
}

async function verifyAndLog(
  dependencies: AccountDependencies,
  caller: SignedIn,
  account: Account,
  password: string,
): Promise<Decision<null, HttpRefusal>> {
  const proof = await verifyPassword(dependencies, account, password)
  if (!proof.ok && proof.refusal.why === 'credentialsRefused')
    await countWrongPassword(dependencies, caller.address)
  await transaction(dependencies.pool, 'read committed', async (client) => {
    if (proof.ok) await updateConfirmed(client, caller.sessionId)
    // Confirming again only extends the time. [AUD-5]
    if (proof.ok && caller.isConfirmed) return
    await appendChange(client, {
      ...changedBy(caller),
      universityId: caller.actor.universityId,
      service: 'sessions',
      subject: proof.ok ? 'confirm' : 'failed',
      log: { sessionId: caller.sessionId },
    })
  })
  return proof
}

async function verifyPassword(
  dependencies: AccountDependencies,
  account: Account,
  password: string,
): Promise<Decision<null, HttpRefusal>> {
  const known = directoryIdentityOf(account)
  if (known === null) {
    const stored = account.passwordHash
    const verified = await dependencies.passwords.verify(password, stored)
    if (!verified.ok) return refuse({ why: 'tooMany', retryAfterS: BUSY_RETRY_S })
    if (!verified.value.isRight || stored === null) return refuse({ why: 'credentialsRefused' })
    if (verified.value.isOutdated) await rehashOutdated(dependencies, account.id, password, stored)
    return accept(null)
  }
  if (account.universityId === null) return refuse({ why: 'credentialsRefused' })
  const { universityId } = account
  const answer = await dependencies.directories.signIn({
    universityId,
    lookup: { by: 'id', known },
    password,
  })
  if (!answer.ok) return refuse({ why: answer.refusal === 'away' ? 'directoryAway' : 'credentialsRefused' })
  return accept(null)
}
