import { refuse, type Decision } from '#shared/domain/decision.ts'
import { MAX_ADDRESS_LENGTH } from '#shared/domain/account.ts'
import type { HubLog } from '../platform/log.ts'
import type { Database } from '../platform/postgres/database.ts'
import { loadUniversitiesOfDomains, loadUniversityDomains } from './directory-membership-rows.ts'
import { syncDirectoryGroups } from './directory-memberships.ts'
import type { DirectorySettings } from './directory-config.ts'
import {
  DEFAULT_RECHECK_MS,
  type Directories,
  type DirectoryEntry,
  type DirectorySignIn,
  type DirectoryIdentity,
  type DirectoryLookup,
} from './directories.ts'
import { signInAtDirectories, recheckAtDirectory } from './directory-lookup.ts'
import { makeTimedSemaphore, type TimedSemaphore } from './timed-semaphore.ts'
import { isPrintable } from '../platform/printable.ts'

/** Sign-ins of one university that ask its directories at once: a slow directory must hold up no other university. */
const MAX_AT_ONCE = 16
/** The same for rechecks of people who stay signed in: after a restart of the hub all of them are asked about within a minute. */
const MAX_RECHECKS_AT_ONCE = 8
const WAIT_TIMEOUT_MS = 5_000
/** After a directory gave no answer, no recheck asks it for so long. */
const OUTAGE_PAUSE_MS = 30_000

/** Makes the directories that the file of LDAP_CONFIG describes. */
export function makeDirectories(
  pool: Database,
  directories: readonly DirectorySettings[],
  log: HubLog,
): Directories {
  const signInSemaphoreOf = makeSemaphores(MAX_AT_ONCE)
  const recheckSemaphoreOf = makeSemaphores(MAX_RECHECKS_AT_ONCE)
  const pausedUntilMs = new Map<string, number>()
  const directoriesOf = async (universityId: number): Promise<DirectorySettings[]> => {
    const domains = await loadUniversityDomains(pool, universityId)
    return directories.filter(({ university }) => domains.includes(university))
  }
  const directoryOf = async (universityId: number, wanted: string): Promise<DirectorySettings | undefined> =>
    (await directoriesOf(universityId)).find(({ name }) => name === wanted)
  const recheck = async (
    universityId: number,
    known: DirectoryIdentity,
  ): Promise<Decision<DirectoryEntry, 'gone' | 'away'>> => {
    const settings = await directoryOf(universityId, known.directory)
    const isPaused = (): boolean => (pausedUntilMs.get(known.directory) ?? 0) > performance.now()
    if (settings === undefined || isPaused()) return refuse('away')
    const answer = await recheckSemaphoreOf(universityId).run(async () => {
      if (isPaused()) return refuse('away' as const)
      const looked = await recheckAtDirectory(settings, known, log)
      // Before the next one that waits is let through.
      if (!looked.ok && looked.refusal === 'away')
        pausedUntilMs.set(known.directory, performance.now() + OUTAGE_PAUSE_MS)
      return looked
    })
    if (answer?.ok === true) return answer
    return refuse(answer?.refusal === 'gone' ? 'gone' : 'away')
  }
  return {
    hasDirectory: async (universityId) => (await directoriesOf(universityId)).length > 0,
    universitiesWithDirectory: async () => {
      const domains = directories.map(({ university }) => university)
      return new Set(await loadUniversitiesOfDomains(pool, domains))
    },
    signIn: async (question) => {
      if (!isAskable(question)) return refuse('wrong')
      const wanted = directoriesToAsk(question.lookup, await directoriesOf(question.universityId))
      if (wanted.length === 0) return refuse('wrong')
      const answer = await signInSemaphoreOf(question.universityId).run(() =>
        signInAtDirectories(wanted, question, log),
      )
      return answer ?? refuse('away')
    },
    recheckMs: async (universityId, directory) =>
      (await directoryOf(universityId, directory))?.recheckMs ?? DEFAULT_RECHECK_MS,
    recheck,
    syncGroups: syncDirectoryGroups,
  }
}

/** A semaphore for each university. */
function makeSemaphores(maxCount: number): (universityId: number) => TimedSemaphore {
  const slots = new Map<number, TimedSemaphore>()
  return (universityId) => {
    const made = slots.get(universityId) ?? makeTimedSemaphore(maxCount, WAIT_TIMEOUT_MS)
    slots.set(universityId, made)
    return made
  }
}

/** A name may be known to any directory of its university, and so may an address; somebody who was proven, to one. */
function directoriesToAsk(lookup: DirectoryLookup, mine: readonly DirectorySettings[]): DirectorySettings[] {
  const wanted =
    lookup.by === 'name' ? lookup.directory : lookup.by === 'id' ? lookup.known.directory : undefined
  return mine.filter(({ name }) => wanted === undefined || name === wanted)
}

/**
 * An empty password is refused here: to a directory it means "anonymous", which it grants. So is a name that could be
 * nobody's; addresses were parsed already. [DIR-4]
 */
function isAskable({ lookup, password }: DirectorySignIn): boolean {
  if (password === '' || password.includes('\0')) return false
  if (lookup.by !== 'name') return true
  const { username } = lookup
  return (
    username.trim() !== '' &&
    // Some directories know people by their address as well.
    username.length <= MAX_ADDRESS_LENGTH &&
    isPrintable(username) &&
    isPlainlyWritten(username)
  )
}

/**
 * Directories take "ｔａ２１７" and "ta²17" for ta217. Whoever counts tries by name must not be passed by such spellings,
 * of which one name has thousands. [DIR-4]
 */
function isPlainlyWritten(username: string): boolean {
  return username.normalize('NFKC') === username.normalize('NFC') && !/\s\s/u.test(username)
}
