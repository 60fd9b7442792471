import type { Client, Entry } from 'ldapts'
import { MAX_ADDRESS_LENGTH, MAX_DISPLAYNAME_LENGTH, MAX_USERNAME_LENGTH } from '#shared/domain/account.ts'
import type { HubLog } from '../log.ts'
import type { DirectorySettings } from './directory-config.ts'
import type { DirectoryEntry } from './directory-desk.ts'
import { isPrintable } from './printable.ts'

/** Most groups of one person that are asked for. */
const MAX_GROUPS = 1000
/** Attributes that are bytes and no text, kept as hexadecimal digits. */
const BINARY_IDS = new Set(['objectguid', 'objectsid'])
const MAX_GID_NUMBER = 4_294_967_295

/** A person as a directory has them. */
export interface Person {
  dn: string
  entry: Omit<DirectoryEntry, 'gidNumbers'>
  gidNumbers: number[]
}

/** The one person of that name; null when nobody, or more than one, is found. [DIR-5] */
export async function findPerson(
  client: Client,
  settings: DirectorySettings,
  typed: string,
  log: HubLog,
): Promise<Person | null> {
  const { people, attributes } = settings
  const { searchEntries } = await client.search(people.base, {
    scope: 'sub',
    filter: fill(people.filter, { username: typed }),
    attributes: Object.values(attributes),
    explicitBufferAttributes: [attributes.id],
    sizeLimit: 2,
    timeLimit: Math.ceil(settings.timeoutMs / 1000),
  })
  const [found, second] = searchEntries
  if (second !== undefined) log.warn('a name is several people in a directory', { directory: settings.name })
  if (found === undefined || second !== undefined) return null
  const person = personOf(found, settings, typed)
  if (person === null)
    log.warn('a person of a directory has no stable id or user name', { directory: settings.name })
  return person
}

function personOf(found: Entry, settings: DirectorySettings, typed: string): Person | null {
  const { attributes } = settings
  const directoryId = idOf(found, attributes.id)
  const names = textsOf(found, attributes.username).toSorted()
  const username = names.find((name) => name.toLowerCase() === typed.trim().toLowerCase()) ?? names[0]
  if (found.dn === '' || directoryId === null || username === undefined) return null
  if (username.length > MAX_USERNAME_LENGTH || !isPrintable(username)) return null
  const email = textsOf(found, attributes.mail)[0] ?? null
  const displayname = textsOf(found, attributes.displayname)[0]?.trim() ?? ''
  return {
    dn: found.dn,
    gidNumbers: gidNumbersOf(found, attributes.gidNumber),
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

/** Numbers of the groups that a person is in, the own first group included. */
export async function loadGidNumbers(
  client: Client,
  settings: DirectorySettings,
  person: Person,
): Promise<number[]> {
  const { groups, attributes } = settings
  const own = person.gidNumbers
  if (groups === null) return own
  const { searchEntries } = await client.search(groups.base, {
    scope: 'sub',
    filter: fill(groups.filter, { username: person.entry.username, dn: person.dn }),
    attributes: [attributes.gidNumber],
    sizeLimit: MAX_GROUPS,
    timeLimit: Math.ceil(settings.timeoutMs / 1000),
  })
  return [
    ...new Set([...own, ...searchEntries.flatMap((found) => gidNumbersOf(found, attributes.gidNumber))]),
  ]
}

/**
 * A filter with its places filled. Only what means something in a filter is escaped (RFC 4515): the library reads
 * escaped bytes beyond ASCII as characters of their own. [DIR-4]
 */
function fill(template: string, values: Readonly<Record<string, string>>): string {
  return template.replaceAll(/\{(\w+)\}/g, (place, name: string) =>
    (values[name] ?? place).replaceAll(/[\0()*\\]/g, escapeChar),
  )
}

function escapeChar(char: string): string {
  return `\\${char.charCodeAt(0).toString(16).padStart(2, '0')}`
}

/** Values of an attribute, whatever the case in which the directory writes its name. */
function valuesOf(found: Entry, attribute: string): (string | Buffer)[] {
  const key = Object.keys(found).find((name) => name.toLowerCase() === attribute.toLowerCase())
  const value = key === undefined ? [] : (found[key] ?? [])
  return Array.isArray(value) ? value : [value]
}

function textsOf(found: Entry, attribute: string): string[] {
  return valuesOf(found, attribute)
    .map((value) => value.toString())
    .filter((text) => text !== '')
}

function idOf(found: Entry, attribute: string): string | null {
  const [value, second] = valuesOf(found, attribute)
  if (value === undefined || value.length === 0 || second !== undefined) return null
  const isBinary = BINARY_IDS.has(attribute.toLowerCase())
  return isBinary ? Buffer.from(value as Buffer).toString('hex') : value.toString()
}

function gidNumbersOf(found: Entry, attribute: string): number[] {
  return textsOf(found, attribute)
    .filter((text) => /^\d{1,10}$/.test(text))
    .map(Number)
    .filter((gidNumber) => gidNumber <= MAX_GID_NUMBER)
}
