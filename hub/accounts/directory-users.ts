import { accept, refuse, type Decision } from '#shared/domain/decision.ts'
import { appendChange } from '../platform/postgres/append-change.ts'
import { transaction, type Transaction } from '../platform/postgres/database.ts'
import {
  loadDirectoryUser,
  lockDirectoryUser,
  upsertDirectoryAccount,
  type DirectoryUser,
} from './directory-user-rows.ts'
import { updateSessionsRevoked } from './user-session-rows.ts'
import type { Account } from './user-rows.ts'
import { parseAddress } from '../platform/mail/address.ts'
import type { DirectoryEntry, DirectoryIdentity } from '../directories/directories.ts'
import type { AccountDependencies } from './account-dependencies.ts'

/** For so long a session can be renewed while the directory of its person gives no answer. [DIR-15] */
export const MAX_OUTAGE_MS = 24 * 3_600_000

/** How a directory identifies the person of an account; null for a local account. */
export function directoryIdentityOf({ directory, directoryId, username }: Account): DirectoryIdentity | null {
  return directory === null || directoryId === null ? null : { directory, directoryId, username }
}

/** Makes or updates the account of a directory's entry, with name, address and groups; gives its id, or why it may not sign in. */
export async function commitDirectoryEntry(
  dependencies: AccountDependencies,
  universityId: number,
  entry: DirectoryEntry,
): Promise<Decision<number, 'blocked' | 'wrong'>> {
  return transaction(dependencies.pool, 'read committed', (client) =>
    writeEntry(client, dependencies, universityId, entry),
  )
}

async function writeEntry(
  client: Transaction,
  dependencies: AccountDependencies,
  universityId: number,
  entry: DirectoryEntry,
): Promise<Decision<number, 'blocked' | 'wrong'>> {
  const address = entry.email === null ? null : parseAddress(entry.email)
  const account = await upsertDirectoryAccount(client, universityId, {
    ...entry,
    email: address?.text ?? null,
    emailKey: address?.key ?? null,
  })
  if (!account.maySignIn) return refuse(account.isBlocked ? 'blocked' : 'wrong')
  if (account.isNew)
    await appendChange(client, {
      universityId,
      actor: 'directory',
      service: 'accounts',
      subject: 'add',
      log: { userId: account.id, directory: entry.directory },
    })
  await dependencies.directories.syncGroups(client, { userId: account.id, universityId }, entry)
  return accept(account.id)
}

/**
 * Before a session is renewed: asks the directory of its person again when its last answer is old, outside of any transaction.
 * Somebody who is gone or disabled there loses all sessions; a directory without an answer is tolerated for a day, then the
 * renewal is refused and no session ended. Local accounts are accepted. [DIR-13] [DIR-14] [DIR-15]
 */
export async function recheckDirectoryUser(
  dependencies: AccountDependencies,
  family: string,
): Promise<Decision<null, 'signInNeeded' | 'directoryAway'>> {
  const person = await loadDirectoryUser(dependencies.pool, family)
  if (person === null) return accept(null)
  const { universityId, directory } = person
  const recheckMs = await dependencies.directories.recheckMs(universityId, directory)
  // Negative when the clock was set back since: then the age is unknown.
  if (person.ageMs >= 0 && person.ageMs < recheckMs) return accept(null)
  const answer = await dependencies.directories.recheck(universityId, person)
  if (answer.ok) return commitSeen(dependencies, person, answer.value)
  if (answer.refusal === 'gone') return commitGone(dependencies, person)
  return person.ageMs < MAX_OUTAGE_MS ? accept(null) : refuse('directoryAway')
}

async function commitSeen(
  dependencies: AccountDependencies,
  { userId, universityId, directoryId }: DirectoryUser,
  entry: DirectoryEntry,
): Promise<Decision<null, 'signInNeeded'>> {
  return transaction(dependencies.pool, 'read committed', async (client) => {
    // An account that was erased meanwhile is not made anew.
    const locked = await lockDirectoryUser(client, userId)
    if (locked?.directoryId !== directoryId) return refuse('signInNeeded')
    await writeEntry(client, dependencies, universityId, entry)
    return accept(null)
  })
}

async function commitGone(
  dependencies: AccountDependencies,
  { userId, universityId, directory, seenAt }: DirectoryUser,
): Promise<Decision<null, 'signInNeeded'>> {
  return transaction(dependencies.pool, 'read committed', async (client) => {
    const locked = await lockDirectoryUser(client, userId)
    // Another hub, or a sign-in, has a newer answer of the directory.
    if (locked !== null && locked.seenAt !== seenAt) return accept(null)
    const endedSessions = await updateSessionsRevoked(client, userId, null)
    if (endedSessions > 0)
      await appendChange(client, {
        universityId,
        actor: 'directory',
        service: 'sessions',
        subject: 'gone',
        log: { userId, directory, endedSessions },
      })
    return refuse('signInNeeded')
  })
}
