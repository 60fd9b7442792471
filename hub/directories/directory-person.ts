import { PresenceFilter, type Entry, type Filter } from 'ldapts'
import { MAX_ADDRESS_LENGTH, MAX_DISPLAYNAME_LENGTH, MAX_USERNAME_LENGTH } from '#shared/domain/account.ts'
import type { HubLog } from '../platform/log.ts'
import type { DirectorySettings } from './directory-config.ts'
import type { DirectoryEntry } from './directories.ts'
import { DISABLED_MARKS, isDisabled } from './directory-disabled.ts'
import { groupFilter, idFilter, isBinaryId, mailFilter, nameFilter } from './directory-filters.ts'
import { findAll, findFew, type SearchResult, type Shortfall } from './directory-search.ts'
import type { LdapClient } from './ldap-client.ts'
import { isPrintable } from '../platform/printable.ts'

/** Most groups of one person that are asked for. */
const MAX_GROUPS = 1000
const MAX_GID_NUMBER = 4_294_967_295

/** A person that was found in a directory. */
export interface FoundPerson {
  dn: string
  entry: Omit<DirectoryEntry, 'gidNumbers' | 'areGroupsWhole'>
  gidNumbers: number[]
  /** Whether those are all numbers that the entry itself has. */
  areNumbersWhole: boolean
}

/**
 * The result of looking for exactly one person. `several`: more than one, or an entry without a stable id; `unclear`: the
 * directory gave an incomplete answer. `isGone` is false while a part of the answer is on another server. [DIR-5] [DIR-10]
 */
export type LookupResult =
  | { kind: 'one'; person: FoundPerson }
  | { kind: 'none'; isGone: boolean }
  | { kind: 'several' }
  | { kind: 'unclear' }

/** Somebody who signed in before: the name may belong to somebody else by now, the id does not. */
export interface EarlierSignIn {
  directoryId: string
  username: string | null
}

/** The connection and the directory that a look-up uses. */
export interface DirectoryContext {
  client: LdapClient
  settings: DirectorySettings
  log: HubLog
}

/** The one person of that name. [DIR-5] */
export function findByName(context: DirectoryContext, typed: string): Promise<LookupResult> {
  return findOne(context, nameFilter(context.settings, typed), typed)
}

/** The one person who has that address. [DIR-12] */
export function findByMail(context: DirectoryContext, mail: string): Promise<LookupResult> {
  return findOne(context, mailFilter(context.settings, mail), null)
}

/**
 * A person by the stable id. The name is tried first: by it everybody is found who could sign in, and some directories are
 * not to be searched by their ids, where nobody found would not mean that somebody is gone. [DIR-13]
 */
export async function findKnown(
  context: DirectoryContext,
  { directoryId, username }: EarlierSignIn,
): Promise<LookupResult> {
  if (username !== null) {
    const named = await findOne(context, nameFilter(context.settings, username), username)
    if (named.kind === 'one' && named.person.entry.directoryId === directoryId) return named
  }
  const found = await findOne(context, idFilter(context.settings, directoryId), username)
  if (found.kind !== 'one' || found.person.entry.directoryId === directoryId) return found
  return { kind: 'none', isGone: true }
}

async function findOne(
  { client, settings, log }: DirectoryContext,
  filter: Filter,
  typed: string | null,
): Promise<LookupResult> {
  const { people, attributes } = settings
  const { entries, shortfall } = await findFew(client, {
    base: people.base,
    filter,
    attributes: [...Object.values(attributes), ...DISABLED_MARKS],
    binary: [attributes.id],
    timeLimitS: Math.ceil(settings.timeoutMs / 1000),
  })
  const [found, second] = entries
  if (second !== undefined || shortfall === 'sizeLimit') {
    log.warn('directory-name-ambiguous', 'A name belongs to several people in a directory.', {
      directory: settings.name,
    })
    return { kind: 'several' }
  }
  // A person that this server has was found, whatever other servers have.
  if (shortfall !== null && (shortfall !== 'elsewhere' || found === undefined))
    logShortfall(log, settings, 'people', shortfall)
  if (shortfall !== null && shortfall !== 'elsewhere') return { kind: 'unclear' }
  if (found === undefined) return { kind: 'none', isGone: shortfall === null }
  if (isDisabled((mark) => textsOf(found, mark)[0], Date.now())) return { kind: 'none', isGone: true }
  const person = personOf(found, settings, typed)
  if (person !== null) return { kind: 'one', person }
  log.warn('directory-entry-incomplete', 'A person of a directory has no stable id or no username.', {
    directory: settings.name,
  })
  return { kind: 'several' }
}

function personOf(found: Entry, settings: DirectorySettings, typed: string | null): FoundPerson | null {
  const { attributes } = settings
  const directoryId = idOf(found, attributes.id)
  const names = textsOf(found, attributes.username).toSorted()
  const username = names.find((name) => name.toLowerCase() === typed?.trim().toLowerCase()) ?? names[0]
  if (found.dn === '' || directoryId === null || username === undefined) return null
  if (username.length > MAX_USERNAME_LENGTH || !isPrintable(username)) return null
  const email = textsOf(found, attributes.mail)[0] ?? null
  const displayname = textsOf(found, attributes.displayname)[0]?.trim() ?? ''
  return {
    dn: found.dn,
    gidNumbers: gidNumbersOf(found, attributes.gidNumber),
    areNumbersWhole: !keysOf(found, attributes.gidNumber).some(isFirstRange),
    entry: {
      directory: settings.name,
      directoryId,
      username,
      email: email !== null && email.length <= MAX_ADDRESS_LENGTH && isPrintable(email) ? email : null,
      displayname:
        displayname !== '' && displayname.length <= MAX_DISPLAYNAME_LENGTH && isPrintable(displayname)
          ? displayname
          : null,
    },
  }
}

/** Numbers of the groups that a person is in, the own first group included; and whether that is all of them. [DIR-10] */
export async function loadGroups(
  context: DirectoryContext,
  person: FoundPerson,
): Promise<Pick<DirectoryEntry, 'gidNumbers' | 'areGroupsWhole'>> {
  const { settings, log } = context
  const { entries, shortfall } = await findGroups(context, person)
  const first = person.areNumbersWhole ? shortfall : (shortfall ?? 'range')
  const isRanged = entries.some((found) => keysOf(found, settings.attributes.gidNumber).some(isFirstRange))
  const short = isRanged ? (first ?? 'range') : first
  if (short !== null) logShortfall(log, settings, 'groups', short)
  const numbers = entries.flatMap((found) => gidNumbersOf(found, settings.attributes.gidNumber))
  return { gidNumbers: [...new Set([...person.gidNumbers, ...numbers])], areGroupsWhole: short === null }
}

function findGroups(
  { client, settings }: DirectoryContext,
  { dn, entry }: FoundPerson,
): Promise<SearchResult> {
  return searchGroups({ client, settings }, ({ filter }) =>
    groupFilter(filter, { username: entry.username, dn }),
  )
}

/** Groups with a number, whoever is in them. */
export function findAnyGroups(context: Pick<DirectoryContext, 'client' | 'settings'>): Promise<SearchResult> {
  return searchGroups(context, () => new PresenceFilter({ attribute: context.settings.attributes.gidNumber }))
}

async function searchGroups(
  { client, settings }: Pick<DirectoryContext, 'client' | 'settings'>,
  filterOf: (groups: { base: string; filter: string }) => Filter,
): Promise<SearchResult> {
  const { groups, attributes, timeoutMs } = settings
  if (groups === null) return { entries: [], shortfall: null }
  const question = {
    base: groups.base,
    filter: filterOf(groups),
    attributes: [attributes.gidNumber],
    binary: [],
    timeLimitS: Math.ceil(timeoutMs / 1000),
  }
  return findAll(client, question, MAX_GROUPS)
}

function logShortfall(log: HubLog, settings: DirectorySettings, what: string, errorCode: Shortfall): void {
  log.warn('directory-answer-partial', 'A directory answered in part.', {
    directory: settings.name,
    what,
    errorCode,
  })
}

/** Active Directory gives the first of many values as "name;range=0-1499"; the last range ends in an asterisk. */
function isFirstRange(key: string): boolean {
  return /;range=\d+-\d+$/i.test(key)
}

/** Names under which an attribute was given, whatever the case and the options. */
function keysOf(found: Entry, attribute: string): string[] {
  return Object.keys(found).filter(
    (key) => key.replace(/;range=[\d*-]+$/i, '').toLowerCase() === attribute.toLowerCase(),
  )
}

/** Values of an attribute, whatever the case in which the directory writes its name. */
function valuesOf(found: Entry, attribute: string): (string | Buffer)[] {
  return keysOf(found, attribute).flatMap((key) => found[key] ?? [])
}

function textsOf(found: Entry, attribute: string): string[] {
  return valuesOf(found, attribute)
    .map((value) => value.toString())
    .filter((text) => text !== '')
}

function idOf(found: Entry, attribute: string): string | null {
  const [value, second] = valuesOf(found, attribute)
  if (value === undefined || value.length === 0 || second !== undefined) return null
  return isBinaryId(attribute) ? Buffer.from(value as Buffer).toString('hex') : value.toString()
}

function gidNumbersOf(found: Entry, attribute: string): number[] {
  return textsOf(found, attribute)
    .filter((text) => /^\d{1,10}$/.test(text))
    .map(Number)
    .filter((gidNumber) => gidNumber <= MAX_GID_NUMBER)
}
