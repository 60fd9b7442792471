import { readFileSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { FilterParser } from 'ldapts'
import { Type, type Static } from 'typebox'
import { accept, refuse, type Decision } from '#shared/domain/decision.ts'
import { tellJsonFault } from '#shared/domain/json-fault.ts'
import { findRepeatedKey } from '#shared/domain/repeated-key.ts'
import { printable, quoted, shownPath } from '#shared/domain/space-tree.ts'
import { makeCheck } from '#shared/wire/parse.ts'
import { DEFAULT_RECHECK_MS } from './directories.ts'
import { findSecretFault } from '../platform/secrets/secret-file.ts'

const closed = { additionalProperties: false }
const Attribute = Type.String({ pattern: '^[A-Za-z][A-Za-z0-9-]{0,63}$' })
const EntryName = Type.String({ pattern: '=', maxLength: 1000 })
const FileName = Type.String({ minLength: 1, maxLength: 4096 })
const Filter = Type.String({ pattern: '^\\(.*\\)$', maxLength: 2000 })

/** One directory, as the file of LDAP_CONFIG describes it. */
const DirectoryDescription = Type.Object(
  {
    /** Users are known by this name and their entry's stable id: it must never be changed. */
    name: Type.String({ pattern: '^[a-z0-9][a-z0-9-]{0,39}$' }),
    /** The university that its people belong to, by one of its email domains. */
    university: Type.String({ pattern: '^[^\\s@]+\\.[^\\s@]+$', maxLength: 253 }),
    /** ldaps:// has TLS from the start, ldap:// by StartTLS. */
    url: Type.String({ pattern: '^ldaps?://[^/?#@\\s]+/?$' }),
    /** Certificate (PEM) of a private authority. */
    caFile: Type.Optional(FileName),
    /** Only with ldap://: no TLS at all, so that anybody on the network path can read every password. */
    passwordsTravelUnencrypted: Type.Optional(Type.Literal(true)),
    /** The account that looks people up. Nothing is asked without it. */
    service: Type.Object({ dn: EntryName, passwordFile: FileName }, closed),
    people: Type.Object({ base: EntryName, filter: Filter }, closed),
    attributes: Type.Optional(
      Type.Object(
        {
          id: Type.Optional(Attribute),
          username: Type.Optional(Attribute),
          displayname: Type.Optional(Attribute),
          mail: Type.Optional(Attribute),
          gidNumber: Type.Optional(Attribute),
        },
        closed,
      ),
    ),
    groups: Type.Optional(Type.Object({ base: EntryName, filter: Filter }, closed)),
    /** For a whole sign-in, connecting included. */
    timeoutMs: Type.Optional(Type.Integer({ minimum: 100, maximum: 30_000 })),
    /** After how many minutes it is asked again about somebody who stays signed in. */
    recheckMinutes: Type.Optional(Type.Integer({ minimum: 1, maximum: 1440 })),
  },
  closed,
)
type DirectoryDescription = Static<typeof DirectoryDescription>

const DirectoryFile = Type.Object(
  { directories: Type.Array(DirectoryDescription, { minItems: 1, maxItems: 100 }) },
  closed,
)
const checkFile = makeCheck(DirectoryFile)

/** A directory with all that is needed to connect to it: defaults filled in, files read. */
export interface DirectorySettings {
  name: string
  university: string
  host: string
  port: number
  transport: 'tls' | 'startTls' | 'plain'
  /** PEM; undefined: the authorities that this machine knows. */
  ca: string | undefined
  service: { dn: string; password: string }
  /** `{username}` stands for what was typed, escaped. */
  people: { base: string; filter: string }
  attributes: { id: string; username: string; displayname: string; mail: string; gidNumber: string }
  /** `{username}` and `{dn}` stand for those of the entry, escaped. */
  groups: { base: string; filter: string } | null
  timeoutMs: number
  recheckMs: number
}

const DEFAULT_TIMEOUT_MS = 5_000
const DEFAULT_ATTRIBUTES = {
  id: 'entryUUID',
  username: 'uid',
  displayname: 'displayName',
  mail: 'mail',
  gidNumber: 'gidNumber',
}

/**
 * Reads and checks the file of LDAP_CONFIG and the files that it names, relative to it. Refused with one sentence for
 * each fault; no secret is ever repeated. [DIR-1] [DIR-2]
 */
export function readDirectories(file: string): Decision<DirectorySettings[], string[]> {
  const text = readText(file, WRITABLE_BY_OTHERS)
  if (!text.ok) return refuse([`LDAP_CONFIG: ${text.refusal}`])
  const parsed = parseFile(text.value)
  if (!parsed.ok) return refuse([printable(`LDAP_CONFIG: ${parsed.refusal}`)])
  const faults: string[] = []
  const settings = parsed.value.map((described) => {
    const complain = (fault: string): void =>
      void faults.push(`LDAP_CONFIG: ${quoted(described.name)}: ${fault}`)
    return toSettings(described, dirname(resolve(file)), complain)
  })
  const names = parsed.value.map(({ name }) => name)
  const twin = names.find((name, index) => names.indexOf(name) !== index)
  if (twin !== undefined) faults.push(`LDAP_CONFIG: Two directories are called ${quoted(twin)}. Rename one.`)
  // What the file says stays in its line, and moves nothing on a terminal.
  return faults.length > 0 ? refuse(faults.map(printable)) : accept(settings)
}

function parseFile(text: string): Decision<DirectoryDescription[], string> {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    return refuse(`The file is not valid JSON: ${tellJsonFault(text)}.`)
  }
  const repeated = findRepeatedKey(text)
  if (repeated !== null) return refuse(`${shownPath(repeated)} is there twice. Remove one.`)
  const checked = checkFile(json)
  if (checked.ok) return accept(checked.value.directories)
  return refuse(`${checked.refusal.at || 'It'} ${checked.refusal.reason}.`)
}

function toSettings(
  described: DirectoryDescription,
  folder: string,
  complain: (fault: string) => void,
): DirectorySettings {
  const url = new URL(described.url)
  const isTls = url.protocol === 'ldaps:'
  const isPlain = described.passwordsTravelUnencrypted === true
  if (isTls && isPlain) complain('"passwordsTravelUnencrypted" contradicts ldaps://. Remove it.')
  checkFilter(described.people.filter, ['username'], complain)
  if (described.groups !== undefined) checkFilter(described.groups.filter, ['username', 'dn'], complain)
  const read = (name: string, forbidden: number): string | undefined => {
    const content = readText(resolve(folder, name), forbidden)
    if (!content.ok) complain(content.refusal)
    return content.ok ? content.value : undefined
  }
  // Editors end a file with a line end, which is no part of the password.
  const password = read(described.service.passwordFile, OPEN_TO_OTHERS)?.replace(/\r?\n$/, '')
  if (password === '') complain('The file of the service password is empty. Write the password into it.')
  return {
    name: described.name,
    university: described.university.toLowerCase(),
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? (isTls ? 636 : 389) : Number(url.port),
    transport: isTls ? 'tls' : isPlain ? 'plain' : 'startTls',
    ca: described.caFile === undefined ? undefined : read(described.caFile, WRITABLE_BY_OTHERS),
    service: { dn: described.service.dn, password: password ?? '' },
    people: described.people,
    attributes: { ...DEFAULT_ATTRIBUTES, ...described.attributes },
    groups: described.groups ?? null,
    timeoutMs: described.timeoutMs ?? DEFAULT_TIMEOUT_MS,
    recheckMs:
      described.recheckMinutes === undefined ? DEFAULT_RECHECK_MS : described.recheckMinutes * 60_000,
  }
}

/** A template must be a filter, and ask for the person: without a place for the name everybody would match. */
function checkFilter(filter: string, places: readonly string[], complain: (fault: string) => void): void {
  const filled = places.reduce((text, place) => text.replaceAll(`{${place}}`, 'x'), filter)
  if (filled === filter)
    complain(`The filter ${filter} has no place for {${places.join('} or {')}}. Add one.`)
  if (!isFilter(filled)) complain(`${filter} is not a filter. Write it as LDAP does: RFC 4515.`)
}

function isFilter(text: string): boolean {
  try {
    FilterParser.parseString(text)
  } catch {
    return false
  }
  // The library forgives a bracket that is missing at the end.
  return text.split('(').length === text.split(')').length
}

const OPEN_TO_OTHERS = 0o007
const WRITABLE_BY_OTHERS = 0o002

function readText(file: string, forbiddenMode: number): Decision<string, string> {
  try {
    // Windows keeps no such modes.
    const { mode } = process.platform === 'win32' ? { mode: 0 } : statSync(file)
    if ((mode & forbiddenMode) !== 0)
      return refuse(
        forbiddenMode === OPEN_TO_OTHERS
          ? `${file} has a secret in it, and every user of this machine can open it. Run "chmod o-rwx" on it.`
          : `Every user of this machine can change ${file}. Run "chmod o-w" on it.`,
      )
    const fault = forbiddenMode === OPEN_TO_OTHERS ? findSecretFault(file, { mayGroupRead: true }) : null
    return fault === null ? accept(readFileSync(file, 'utf8')) : refuse(fault)
  } catch (error) {
    return refuse(
      `Cannot read ${file} (${(error as NodeJS.ErrnoException).code ?? 'unknown'}). Check the path and the permissions of the hub’s user.`,
    )
  }
}
