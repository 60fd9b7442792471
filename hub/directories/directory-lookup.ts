import { randomBytes } from 'node:crypto'
import { ResultCodeError } from 'ldapts'
import { accept, refuse, type Decision } from '#shared/domain/decision.ts'
import type { HubLog } from '../platform/log.ts'
import type { DirectorySettings } from './directory-config.ts'
import type {
  DirectoryEntry,
  DirectorySignIn,
  DirectoryRefusal,
  DirectoryIdentity,
  DirectoryLookup,
} from './directories.ts'
import { connectDirectory, type DirectoryConnection } from './directory-connection.ts'
import {
  findAnyGroups,
  findByMail,
  findByName,
  findKnown,
  loadGroups,
  type LookupResult,
  type FoundPerson,
  type DirectoryContext,
} from './directory-person.ts'
import type { Shortfall } from './directory-search.ts'

/** An open connection on which somebody was looked up, with the result. */
interface OpenLookup {
  connection: DirectoryConnection
  context: DirectoryContext
  result: LookupResult
}

/**
 * Looks the person up in all directories, and sends the password only where exactly one was found. A directory that does not
 * answer makes it `away` when nobody was found elsewhere. Never rejects. [DIR-5] [DIR-6]
 */
export async function signInAtDirectories(
  directories: readonly DirectorySettings[],
  { universityId, lookup, password }: DirectorySignIn,
  log: HubLog,
): Promise<Decision<DirectoryEntry, DirectoryRefusal>> {
  const asked = directories.map((settings) =>
    openLookup(settings, log, (context) => findPerson(context, lookup)),
  )
  const inquiries = (await Promise.all(asked)).filter((inquiry) => inquiry !== null)
  try {
    const found = inquiries.flatMap(({ connection, context, result }) =>
      result.kind === 'one' ? [{ connection, context, person: result.person }] : [],
    )
    const own = found.find(({ context }) => context.settings.name === ownDirectory(lookup))
    const only = own ?? (found.length === 1 ? found[0] : undefined)
    if (only !== undefined) return await verifyPassword(only.context, only.person, password)
    if (found.length > 1)
      log.warn('directory-name-shared', 'A name is known to several directories of a university.', {
        universityId,
      })
    // An unknown name takes as many requests as a known one.
    if (inquiries[0] !== undefined) await verifyNobody(inquiries[0].context)
    const isAnswered =
      inquiries.length === directories.length && !inquiries.some(({ result }) => result.kind === 'unclear')
    return refuse(found.length === 0 && !isAnswered ? 'away' : 'wrong')
  } finally {
    for (const { connection } of inquiries) connection.end()
  }
}

/** Of people with one address in several directories, the one who signed in with it before is meant. */
function ownDirectory(lookup: DirectoryLookup): string | undefined {
  return lookup.by === 'name' ? lookup.directory : lookup.known?.directory
}

async function findPerson(context: DirectoryContext, lookup: DirectoryLookup): Promise<LookupResult> {
  if (lookup.by === 'name') return findByName(context, lookup.username)
  if (lookup.by === 'id') return findKnown(context, lookup.known)
  const byMail = await findByMail(context, lookup.mail)
  if (byMail.kind === 'one' || lookup.known?.directory !== context.settings.name) return byMail
  return findKnown(context, lookup.known)
}

/**
 * Checks whether somebody who signed in before is still there and may sign in, and reads their groups; `unsure` when the
 * directory answered, but not clearly about this one person. Never rejects. [DIR-13]
 */
export async function recheckAtDirectory(
  settings: DirectorySettings,
  known: DirectoryIdentity,
  log: HubLog,
): Promise<Decision<DirectoryEntry, 'gone' | 'unsure' | 'away'>> {
  const inquiry = await openLookup(settings, log, (context) => findKnown(context, known))
  if (inquiry === null) return refuse('away')
  const { connection, context, result } = inquiry
  try {
    if (result.kind === 'one') return accept(await entryOf(context, result.person))
    return refuse(result.kind === 'none' && result.isGone ? 'gone' : 'unsure')
  } catch (error) {
    logFailure(context, error)
    return refuse('away')
  } finally {
    connection.end()
  }
}

/** Connects to one directory and looks somebody up; null when it gives no answer. */
async function openLookup(
  settings: DirectorySettings,
  log: HubLog,
  run: (context: DirectoryContext) => Promise<LookupResult>,
): Promise<OpenLookup | null> {
  let connection: DirectoryConnection | undefined
  try {
    connection = await connectDirectory(settings)
    const context = { client: connection.client, settings, log }
    await connection.client.bind(settings.service.dn, settings.service.password)
    return { connection, context, result: await run(context) }
  } catch (error) {
    connection?.end()
    logFailure({ settings, log }, error)
    return null
  }
}

/** Result codes that mean "not this password": unknown, none, locked, forbidden. Any other is a failure of the directory. */
const REFUSED = new Set([19, 32, 48, 49, 50, 53])

/** Signs in as the person who was found, and then asks for the groups. */
async function verifyPassword(
  context: DirectoryContext,
  person: FoundPerson,
  password: string,
): Promise<Decision<DirectoryEntry, DirectoryRefusal>> {
  try {
    await context.client.bind(person.dn, password)
  } catch (error) {
    if (error instanceof ResultCodeError && REFUSED.has(error.code)) return refuse('wrong')
    logFailure(context, error)
    return refuse('away')
  }
  try {
    await context.client.bind(context.settings.service.dn, context.settings.service.password)
    return accept(await entryOf(context, person))
  } catch (error) {
    logFailure(context, error)
    return refuse('away')
  }
}

/** Takes as long as verifying a wrong password. */
async function verifyNobody({ client, settings }: DirectoryContext): Promise<void> {
  const nobody = `cn=${randomBytes(12).toString('hex')},${settings.people.base}`
  await client.bind(nobody, randomBytes(12).toString('hex')).catch(() => undefined)
}

async function entryOf(context: DirectoryContext, person: FoundPerson): Promise<DirectoryEntry> {
  return { ...person.entry, ...(await loadGroups(context, person)) }
}

/** Why a directory cannot be asked, as a sentence; null when it can. Looks up a random name. */
export async function findDirectoryFault(settings: DirectorySettings, log: HubLog): Promise<string | null> {
  let connection: DirectoryConnection | undefined
  try {
    connection = await connectDirectory(settings)
    await connection.client.bind(settings.service.dn, settings.service.password)
    await findByName({ client: connection.client, settings, log }, randomBytes(12).toString('hex'))
    return null
  } catch (error) {
    if (error instanceof ResultCodeError)
      return FAULT_TEXTS.get(error.code) ?? `it answered with the LDAP code ${error.code}`
    return error instanceof Error ? error.message : String(error)
  } finally {
    connection?.end()
  }
}

/** Why the groups of a directory cannot all be seen, and how many can; null when they can, or it does not answer. */
export async function findGroupShortfall(
  settings: DirectorySettings,
): Promise<{ why: Shortfall; count: number } | null> {
  let connection: DirectoryConnection | undefined
  try {
    connection = await connectDirectory(settings)
    await connection.client.bind(settings.service.dn, settings.service.password)
    const { entries, shortfall } = await findAnyGroups({ client: connection.client, settings })
    return shortfall === null || shortfall === 'overfull' ? null : { why: shortfall, count: entries.length }
  } catch {
    return null
  } finally {
    connection?.end()
  }
}

/** Sentences for result codes, beside which directories often send no text. */
const FAULT_TEXTS = new Map([
  [13, 'it requires encryption'],
  [32, 'there is nothing at the base of people'],
  [49, 'it did not accept the name and password of the service account'],
  [50, 'the service account is not allowed to look people up'],
])

/** Logs only the kind of failure: a directory's own text may name a person. */
function logFailure({ settings, log }: Pick<DirectoryContext, 'settings' | 'log'>, error: unknown): void {
  const { code } = error as { code?: unknown }
  log.warn('directory-failed', 'A directory gave no answer.', {
    directory: settings.name,
    errorCode: code ?? 'unknown',
  })
}
