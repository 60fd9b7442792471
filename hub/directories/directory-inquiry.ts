import { randomBytes } from 'node:crypto'
import { ResultCodeError } from 'ldapts'
import { accept, refuse, type Decision } from '#shared/domain/decision.ts'
import type { HubLog } from '../platform/log.ts'
import type { DirectorySettings } from './directory-config.ts'
import type {
  DirectoryEntry,
  DirectoryQuestion,
  DirectoryRefusal,
  ProvenBefore,
  Sought,
} from './directory-desk.ts'
import { openLine, type DirectoryLine } from './directory-line.ts'
import {
  findAnyGroups,
  findByMail,
  findByName,
  findKnown,
  loadGroups,
  type Finding,
  type Person,
  type Place,
} from './directory-person.ts'
import type { Shortfall } from './directory-search.ts'

/** A line on which somebody was looked for. */
interface Inquiry {
  line: DirectoryLine
  place: Place
  finding: Finding
}

/**
 * Looks for the person everywhere, and gives the password only where exactly one was found. A directory that does not
 * answer counts when nobody was found elsewhere. Never rejects. [DIR-5] [DIR-6]
 */
export async function askDirectories(
  directories: readonly DirectorySettings[],
  { universityId, sought, password }: DirectoryQuestion,
  log: HubLog,
): Promise<Decision<DirectoryEntry, DirectoryRefusal>> {
  const asked = directories.map((settings) => inquire(settings, log, (place) => find(place, sought)))
  const inquiries = (await Promise.all(asked)).filter((inquiry) => inquiry !== null)
  try {
    const found = inquiries.flatMap(({ line, place, finding }) =>
      finding.kind === 'one' ? [{ line, place, person: finding.person }] : [],
    )
    const own = found.find(({ place }) => place.settings.name === ownDirectory(sought))
    const only = own ?? (found.length === 1 ? found[0] : undefined)
    if (only !== undefined) return await prove(only.place, only.person, password)
    if (found.length > 1) log.warn('a name is known to several directories', { universityId })
    // An unknown name takes as many questions as a known one, and nobody's password.
    if (inquiries[0] !== undefined) await proveNobody(inquiries[0].place)
    const isAnswered =
      inquiries.length === directories.length && !inquiries.some(({ finding }) => finding.kind === 'unclear')
    return refuse(found.length === 0 && !isAnswered ? 'away' : 'wrong')
  } finally {
    for (const { line } of inquiries) line.end()
  }
}

/** Of people who are found under one address in several directories, the one who was proven under it is meant. */
function ownDirectory(sought: Sought): string | undefined {
  return sought.by === 'name' ? sought.directory : sought.known?.directory
}

async function find(place: Place, sought: Sought): Promise<Finding> {
  if (sought.by === 'name') return findByName(place, sought.username)
  if (sought.by === 'id') return findKnown(place, sought.known)
  const byMail = await findByMail(place, sought.mail)
  if (byMail.kind === 'one' || sought.known?.directory !== place.settings.name) return byMail
  return findKnown(place, sought.known)
}

/**
 * Whether somebody who was proven before is still there and may sign in, with their groups as they are now; `unsure` when the
 * directory answered, but not clearly of this one person. Never rejects. [DIR-13]
 */
export async function lookForKnown(
  settings: DirectorySettings,
  known: ProvenBefore,
  log: HubLog,
): Promise<Decision<DirectoryEntry, 'gone' | 'unsure' | 'away'>> {
  const inquiry = await inquire(settings, log, (place) => findKnown(place, known))
  if (inquiry === null) return refuse('away')
  const { line, place, finding } = inquiry
  try {
    if (finding.kind === 'one') return accept(await entryOf(place, finding.person))
    return refuse(finding.kind === 'none' && finding.isGone ? 'gone' : 'unsure')
  } catch (error) {
    tell(place, error)
    return refuse('away')
  } finally {
    line.end()
  }
}

/** Looks somebody up in one directory; null when that gives no answer. */
async function inquire(
  settings: DirectorySettings,
  log: HubLog,
  run: (place: Place) => Promise<Finding>,
): Promise<Inquiry | null> {
  let line: DirectoryLine | undefined
  try {
    line = await openLine(settings)
    const place = { talk: line.talk, settings, log }
    await line.talk.bind(settings.service.dn, settings.service.password)
    return { line, place, finding: await run(place) }
  } catch (error) {
    line?.end()
    tell({ settings, log }, error)
    return null
  }
}

/** Answers that mean "not this password": unknown, none, locked, ruled out. Any other is the directory's own trouble. */
const REFUSED = new Set([19, 32, 48, 49, 50, 53])

/** Signs in as the person who was found, and then asks for the groups. */
async function prove(
  place: Place,
  person: Person,
  password: string,
): Promise<Decision<DirectoryEntry, DirectoryRefusal>> {
  try {
    await place.talk.bind(person.dn, password)
  } catch (error) {
    if (error instanceof ResultCodeError && REFUSED.has(error.code)) return refuse('wrong')
    tell(place, error)
    return refuse('away')
  }
  try {
    await place.talk.bind(place.settings.service.dn, place.settings.service.password)
    return accept(await entryOf(place, person))
  } catch (error) {
    tell(place, error)
    return refuse('away')
  }
}

/** Takes as long as a wrong password of somebody. */
async function proveNobody({ talk, settings }: Place): Promise<void> {
  const nobody = `cn=${randomBytes(12).toString('hex')},${settings.people.base}`
  await talk.bind(nobody, randomBytes(12).toString('hex')).catch(() => undefined)
}

async function entryOf(place: Place, person: Person): Promise<DirectoryEntry> {
  return { ...person.entry, ...(await loadGroups(place, person)) }
}

/** Why a directory could not be asked just now; null when it could. Looks for somebody whom nobody knows. */
export async function findDirectoryFault(settings: DirectorySettings, log: HubLog): Promise<string | null> {
  let line: DirectoryLine | undefined
  try {
    line = await openLine(settings)
    await line.talk.bind(settings.service.dn, settings.service.password)
    await findByName({ talk: line.talk, settings, log }, randomBytes(12).toString('hex'))
    return null
  } catch (error) {
    if (error instanceof ResultCodeError)
      return WORDS.get(error.code) ?? `it answered with the LDAP code ${error.code}`
    return error instanceof Error ? error.message : String(error)
  } finally {
    line?.end()
  }
}

/** Why the groups of a directory cannot all be seen, and how many can; null when they can, or it does not answer. */
export async function findGroupShortfall(
  settings: DirectorySettings,
): Promise<{ why: Shortfall; count: number } | null> {
  let line: DirectoryLine | undefined
  try {
    line = await openLine(settings)
    await line.talk.bind(settings.service.dn, settings.service.password)
    const { entries, shortfall } = await findAnyGroups({ talk: line.talk, settings })
    return shortfall === null || shortfall === 'overfull' ? null : { why: shortfall, count: entries.length }
  } catch {
    return null
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

/** A directory's own words may name a person: only the sort of fault is written down. */
function tell({ settings, log }: Pick<Place, 'settings' | 'log'>, error: unknown): void {
  const { code } = error as { code?: unknown }
  log.warn('a directory gave no answer', { directory: settings.name, errorCode: code ?? 'unknown' })
}
