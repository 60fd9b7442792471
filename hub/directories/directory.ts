import { refuse, type Decision } from '#shared/domain/decision.ts'
import { MAX_ADDRESS_LENGTH } from '#shared/domain/account.ts'
import type { HubLog } from '../platform/log.ts'
import type { Database } from '../platform/postgres/database.ts'
import {
  loadUniversitiesOfDomains,
  loadUniversityDomains,
  matchDirectoryGroups,
} from './directory-memberships.ts'
import type { DirectorySettings } from './directory-config.ts'
import {
  DEFAULT_RECHECK_MS,
  type DirectoryDesk,
  type DirectoryEntry,
  type DirectoryQuestion,
  type ProvenBefore,
  type Sought,
} from './directory-desk.ts'
import { askDirectories, lookForKnown } from './directory-inquiry.ts'
import { makeSlots, type Slots } from './directory-slots.ts'
import { isPrintable } from '../platform/printable.ts'

/** Sign-ins of one university that may be at its directories at a time: a slow one holds up nobody elsewhere. */
const MAX_AT_ONCE = 16
/** The same of those who stay signed in: when a hub comes back, all of them are asked about in a minute. */
const MAX_LOOKS_AT_ONCE = 8
const PATIENCE_MS = 5_000
/** After a directory gave no answer, nobody who stays signed in waits for it for so long. */
const REST_MS = 30_000

/** The desk of the directories of the file of LDAP_CONFIG. */
export function makeDirectoryDesk(
  pool: Database,
  directories: readonly DirectorySettings[],
  log: HubLog,
): DirectoryDesk {
  const signInSlots = makeSlotsOf(MAX_AT_ONCE)
  const lookSlots = makeSlotsOf(MAX_LOOKS_AT_ONCE)
  const restUntilMs = new Map<string, number>()
  const directoriesOf = async (universityId: number): Promise<DirectorySettings[]> => {
    const domains = await loadUniversityDomains(pool, universityId)
    return directories.filter(({ university }) => domains.includes(university))
  }
  const directoryOf = async (universityId: number, wanted: string): Promise<DirectorySettings | undefined> =>
    (await directoriesOf(universityId)).find(({ name }) => name === wanted)
  const look = async (
    universityId: number,
    known: ProvenBefore,
  ): Promise<Decision<DirectoryEntry, 'gone' | 'away'>> => {
    const settings = await directoryOf(universityId, known.directory)
    const isResting = (): boolean => (restUntilMs.get(known.directory) ?? 0) > performance.now()
    if (settings === undefined || isResting()) return refuse('away')
    const answer = await lookSlots(universityId).take(async () => {
      if (isResting()) return refuse('away' as const)
      const looked = await lookForKnown(settings, known, log)
      // Before the next in line takes the slot.
      if (!looked.ok && looked.refusal === 'away')
        restUntilMs.set(known.directory, performance.now() + REST_MS)
      return looked
    })
    if (answer?.ok === true) return answer
    return refuse(answer?.refusal === 'gone' ? 'gone' : 'away')
  }
  return {
    has: async (universityId) => (await directoriesOf(universityId)).length > 0,
    universities: async () => {
      const domains = directories.map(({ university }) => university)
      return new Set(await loadUniversitiesOfDomains(pool, domains))
    },
    signIn: async (question) => {
      if (!isAskable(question)) return refuse('wrong')
      const wanted = wantedOf(question.sought, await directoriesOf(question.universityId))
      if (wanted.length === 0) return refuse('wrong')
      const answer = await signInSlots(question.universityId).take(() =>
        askDirectories(wanted, question, log),
      )
      return answer ?? refuse('away')
    },
    recheckMs: async (universityId, directory) =>
      (await directoryOf(universityId, directory))?.recheckMs ?? DEFAULT_RECHECK_MS,
    look,
    matchGroups: matchDirectoryGroups,
  }
}

/** Slots of each university. */
function makeSlotsOf(maxCount: number): (universityId: number) => Slots {
  const slots = new Map<number, Slots>()
  return (universityId) => {
    const made = slots.get(universityId) ?? makeSlots(maxCount, PATIENCE_MS)
    slots.set(universityId, made)
    return made
  }
}

/** A name may be known to any directory of its university, and so may an address; somebody who was proven, to one. */
function wantedOf(sought: Sought, mine: readonly DirectorySettings[]): DirectorySettings[] {
  const wanted =
    sought.by === 'name' ? sought.directory : sought.by === 'id' ? sought.known.directory : undefined
  return mine.filter(({ name }) => wanted === undefined || name === wanted)
}

/**
 * An empty password is refused here: to a directory it means "anonymous", which it grants. So is a name that could be
 * nobody's; addresses were parsed already. [DIR-4]
 */
function isAskable({ sought, password }: DirectoryQuestion): boolean {
  if (password === '' || password.includes('\0')) return false
  if (sought.by !== 'name') return true
  const { username } = sought
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
