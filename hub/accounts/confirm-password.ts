import { accept, refuse, type Decision } from '#shared/domain/decision.ts'
import type { CallRefusal, SignedIn } from '../platform/http/handle.ts'
import { appendChange, changedBy } from '../platform/postgres/append-change.ts'
import { transaction } from '../platform/postgres/database.ts'
import { updateConfirmed } from './user-sessions.ts'
import { loadAccount, type Account } from './users.ts'
import { provenBefore } from './directory-proof.ts'
import { countGuess, inPlace, knockAccount, BUSY_RETRY_S } from '../platform/http/account-limits.ts'
import type { AccountParts } from './identity-parts.ts'
import { rehash } from './rehash.ts'

/**
 * Gives the password again, here or at the directory: for ten minutes sensitive acts are possible. Whoever is signed in is not
 * kept from it by what others guess at from the same address. [IDN-10] [EDG-12]
 */
export async function confirmPassword(
  parts: AccountParts,
  caller: SignedIn,
  password: string,
): Promise<Decision<null, CallRefusal>> {
  const { userId } = caller.actor
  const account = await loadAccount(parts.pool, userId)
  if (account === null) return refuse({ why: 'signInNeeded' })
  const owner = `user ${userId}`
  const confirm = async (): Promise<Decision<null, CallRefusal>> => {
    const opened = await knockAccount(parts, 'signIn', owner)
    return opened.ok ? proveAndNote(parts, caller, account, password) : opened
  }
  return account.directory === null ? inPlace(parts.places.shown, owner, confirm) : confirm()
}

async function proveAndNote(
  parts: AccountParts,
  caller: SignedIn,
  account: Account,
  password: string,
): Promise<Decision<null, CallRefusal>> {
  const proof = await prove(parts, account, password)
  if (!proof.ok && proof.refusal.why === 'credentialsRefused') await countGuess(parts, caller.address)
  await transaction(parts.pool, 'read committed', async (client) => {
    if (proof.ok) await updateConfirmed(client, caller.sessionId)
    // Who is confirmed already has more time, and nothing else changed. [AUD-5]
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

async function prove(
  parts: AccountParts,
  account: Account,
  password: string,
): Promise<Decision<null, CallRefusal>> {
  const known = provenBefore(account)
  if (known === null) {
    const stored = account.passwordHash
    const verified = await parts.passwords.verify(password, stored)
    if (!verified.ok) return refuse({ why: 'tooMany', retryAfterS: BUSY_RETRY_S })
    if (!verified.value.isRight || stored === null) return refuse({ why: 'credentialsRefused' })
    if (verified.value.isOutdated) await rehash(parts, account.id, password, stored)
    return accept(null)
  }
  if (account.universityId === null) return refuse({ why: 'credentialsRefused' })
  const { universityId } = account
  const answer = await parts.directories.signIn({ universityId, sought: { by: 'id', known }, password })
  if (!answer.ok) return refuse({ why: answer.refusal === 'away' ? 'directoryAway' : 'credentialsRefused' })
  return accept(null)
}
