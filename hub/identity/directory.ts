import { randomBytes } from 'node:crypto'
import { ResultCodeError } from 'ldapts'
import { MAX_ADDRESS_LENGTH } from '#shared/domain/account.ts'
import { accept, refuse, type Decision } from '#shared/domain/decision.ts'
import type { HubLog } from '../log.ts'
import type { Database } from '../store/database.ts'
import { loadUniversityDomains, matchDirectoryGroups } from '../store/directory.ts'
import type { DirectorySettings } from './directory-config.ts'
import type { DirectoryDesk, DirectoryEntry, DirectoryQuestion, DirectoryRefusal } from './directory-desk.ts'
import { openLine, type DirectoryLine } from './directory-line.ts'
import { findPerson, loadGidNumbers, type Person } from './directory-person.ts'
import { makeSlots, type Slots } from './directory-slots.ts'
import { isPrintable } from './printable.ts'

/** Sign-ins of one university that may be at its directories at a time: a slow one holds up nobody elsewhere. */
const MAX_AT_ONCE = 16
const PATIENCE_MS = 5_000

type Answer = Decision<DirectoryEntry, DirectoryRefusal>

/** A line on which the person was looked for. */
interface Inquiry {
  settings: DirectorySettings
  line: DirectoryLine
  person: Person | null
}

/** The desk of the directories of the file of LDAP_CONFIG. */
export function makeDirectoryDesk(
  pool: Database,
  directories: readonly DirectorySettings[],
  log: HubLog,
): DirectoryDesk {
  const slots = new Map<number, Slots>()
  const directoriesOf = async (universityId: number): Promise<DirectorySettings[]> => {
    const domains = await loadUniversityDomains(pool, universityId)
    return directories.filter(({ university }) => domains.includes(university))
  }
  const slotsOf = (universityId: number): Slots => {
    const made = slots.get(universityId) ?? makeSlots(MAX_AT_ONCE, PATIENCE_MS)
    slots.set(universityId, made)
    return made
  }
  return {
    has: async (universityId) => (await directoriesOf(universityId)).length > 0,
    signIn: async (question) => {
      if (!isAskable(question)) return refuse('wrong')
      const mine = await directoriesOf(question.universityId)
      const wanted = mine.filter(
        ({ name }) => question.directory === undefined || name === question.directory,
      )
      if (wanted.length === 0) return refuse('wrong')
      const answer = await slotsOf(question.universityId).take(() => ask(wanted, question, log))
      return answer ?? refuse('away')
    },
    matchGroups: matchDirectoryGroups,
  }
}

/**
 * An empty password is refused here: to a directory it means "anonymous", which it grants. So is a name that could be
 * nobody's. [DIR-4]
 */
function isAskable({ username, password }: DirectoryQuestion): boolean {
  return (
    password !== '' &&
    !password.includes('\0') &&
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

/**
 * Looks for the person everywhere, and gives the password only where exactly one was found. A directory that does not
 * answer counts when nobody was found elsewhere. Never rejects. [DIR-5] [DIR-6]
 */
async function ask(
  directories: readonly DirectorySettings[],
  question: DirectoryQuestion,
  log: HubLog,
): Promise<Answer> {
  const inquiries = (
    await Promise.all(directories.map((settings) => inquire(settings, question.username, log)))
  ).filter((inquiry) => inquiry !== null)
  try {
    const found = inquiries.filter(({ person }) => person !== null)
    const [only] = found
    if (found.length === 1 && only !== undefined) return await prove(only, question.password, log)
    if (found.length > 1)
      log.warn('a name is known to several directories', { universityId: question.universityId })
    // An unknown name takes as many questions as a known one, and nobody's password.
    if (inquiries[0] !== undefined) await prove(inquiries[0], randomBytes(12).toString('hex'), log)
    return refuse(found.length === 0 && inquiries.length < directories.length ? 'away' : 'wrong')
  } finally {
    for (const { line } of inquiries) line.end()
  }
}

/** Why a directory could not be asked just now; null when it could. Looks for somebody whom nobody knows. */
export async function findDirectoryFault(settings: DirectorySettings, log: HubLog): Promise<string | null> {
  let line: DirectoryLine | undefined
  try {
    line = await openLine(settings)
    await line.client.bind(settings.service.dn, settings.service.password)
    await findPerson(line.client, settings, randomBytes(12).toString('hex'), log)
    return null
  } catch (error) {
    if (error instanceof ResultCodeError)
      return WORDS.get(error.code) ?? `it answered with the LDAP code ${error.code}`
    return error instanceof Error ? error.message : String(error)
  } finally {
    line?.end()
  }
}

/** Directories often say nothing beside a code. */
const WORDS = new Map([
  [13, 'it wants encryption'],
  [32, 'there is nothing at the base of people'],
  [49, 'it does not take name and password of the service account'],
  [50, 'the service account may not look people up'],
])

/** Looks a name up in one directory; null when that gives no answer. */
async function inquire(settings: DirectorySettings, username: string, log: HubLog): Promise<Inquiry | null> {
  let line: DirectoryLine | undefined
  try {
    line = await openLine(settings)
    await line.client.bind(settings.service.dn, settings.service.password)
    return { settings, line, person: await findPerson(line.client, settings, username, log) }
  } catch (error) {
    line?.end()
    tell(log, settings, error)
    return null
  }
}

/** Answers that mean "not this password": unknown, none, locked, ruled out. Any other is the directory's own trouble. */
const REFUSED = new Set([19, 32, 48, 49, 50, 53])

/** Signs in as the person who was found, and then asks for the groups. Nobody found: as nobody. */
async function prove({ settings, line, person }: Inquiry, password: string, log: HubLog): Promise<Answer> {
  const { client } = line
  try {
    await client.bind(person?.dn ?? `cn=${randomBytes(12).toString('hex')},${settings.people.base}`, password)
  } catch (error) {
    if (error instanceof ResultCodeError && REFUSED.has(error.code)) return refuse('wrong')
    tell(log, settings, error)
    return refuse('away')
  }
  if (person === null) return refuse('wrong')
  try {
    await client.bind(settings.service.dn, settings.service.password)
    return accept({ ...person.entry, gidNumbers: await loadGidNumbers(client, settings, person) })
  } catch (error) {
    tell(log, settings, error)
    return refuse('away')
  }
}

/** A directory's own words may name a person: only the sort of fault is written down. */
function tell(log: HubLog, settings: DirectorySettings, error: unknown): void {
  const { code } = error as { code?: unknown }
  log.warn('a directory gave no answer', { directory: settings.name, errorCode: code ?? 'unknown' })
}
