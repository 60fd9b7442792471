import { accept, refuse, type Decision } from '#shared/domain/decision.ts'
import { appendChange } from '../platform/postgres/append-change.ts'
import { transaction, type Transaction } from '../platform/postgres/database.ts'
import {
  loadSeenPerson,
  lockSeenPerson,
  upsertDirectoryAccount,
  type SeenPerson,
} from './directory-accounts.ts'
import { updateSessionsRevoked } from './user-sessions.ts'
import type { Account } from './users.ts'
import { parseAddress } from '../platform/mail/address.ts'
import type { DirectoryEntry, ProvenBefore } from '../directories/directory-desk.ts'
import type { AccountParts } from './identity-parts.ts'

/** For so long a session goes on while the directory of its person gives no answer. [DIR-15] */
export const MAX_AWAY_MS = 24 * 3_600_000

/** What a directory is asked by about somebody who was proven before; null for an account of this hub's own. */
export function provenBefore({ directory, directoryId, username }: Account): ProvenBefore | null {
  return directory === null || directoryId === null ? null : { directory, directoryId, username }
}

/** The first sign-in makes the account; each proof brings name, address and groups in step with the directory. */
export async function commitEntry(
  parts: AccountParts,
  universityId: number,
  entry: DirectoryEntry,
): Promise<number | null> {
  return transaction(parts.pool, 'read committed', (client) => writeEntry(client, parts, universityId, entry))
}

async function writeEntry(
  client: Transaction,
  parts: AccountParts,
  universityId: number,
  entry: DirectoryEntry,
): Promise<number | null> {
  const address = entry.email === null ? null : parseAddress(entry.email)
  const account = await upsertDirectoryAccount(client, universityId, {
    ...entry,
    email: address?.text ?? null,
    emailKey: address?.key ?? null,
  })
  if (!account.mayEnter) return null
  if (account.isNew)
    await appendChange(client, {
      universityId,
      actor: 'directory',
      service: 'accounts',
      subject: 'add',
      log: { userId: account.id, directory: entry.directory },
    })
  await parts.directories.matchGroups(client, { userId: account.id, universityId }, entry)
  return account.id
}

/**
 * Before a session goes on: asks the directory of its person again when its last word is old, outside of any transaction.
 * Gone or disabled ends all their sessions; no answer is put up with for a day and then refused, and ends nothing. Whoever is
 * no directory's is let through. [DIR-13] [DIR-14] [DIR-15]
 */
export async function proveAgain(
  parts: AccountParts,
  family: string,
): Promise<Decision<null, 'signInNeeded' | 'directoryAway'>> {
  const person = await loadSeenPerson(parts.pool, family)
  if (person === null) return accept(null)
  const { universityId, directory } = person
  const recheckMs = await parts.directories.recheckMs(universityId, directory)
  // Of a time that is still to come it is when the clock was set back since: then nobody knows how old it is.
  if (person.ageMs >= 0 && person.ageMs < recheckMs) return accept(null)
  const answer = await parts.directories.look(universityId, person)
  if (answer.ok) return commitSeen(parts, person, answer.value)
  if (answer.refusal === 'gone') return commitGone(parts, person)
  return person.ageMs < MAX_AWAY_MS ? accept(null) : refuse('directoryAway')
}

async function commitSeen(
  parts: AccountParts,
  { userId, universityId, directoryId }: SeenPerson,
  entry: DirectoryEntry,
): Promise<Decision<null, 'signInNeeded'>> {
  return transaction(parts.pool, 'read committed', async (client) => {
    // An account that was erased meanwhile is not made anew.
    const locked = await lockSeenPerson(client, userId)
    if (locked?.directoryId !== directoryId) return refuse('signInNeeded')
    await writeEntry(client, parts, universityId, entry)
    return accept(null)
  })
}

async function commitGone(
  parts: AccountParts,
  { userId, universityId, directory, seenAt }: SeenPerson,
): Promise<Decision<null, 'signInNeeded'>> {
  return transaction(parts.pool, 'read committed', async (client) => {
    const locked = await lockSeenPerson(client, userId)
    // Another hub, or a sign-in, has had a newer word of the directory.
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
