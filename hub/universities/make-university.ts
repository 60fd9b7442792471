import { containsAddress } from '#shared/domain/address-in-name.ts'
import { accept, refuse, type Decision } from '#shared/domain/decision.ts'
import { parseZone } from '#shared/domain/local-time.ts'
import { faultOfText, normaliseName, quoted } from '#shared/domain/space-tree.ts'
import type { Locale } from '#shared/domain/university.ts'
import { makeRandomSource } from '../platform/clock.ts'
import { LANGUAGES } from '../platform/languages.ts'
import { appendChange, type Change } from '../platform/postgres/append-change.ts'
import type { Transaction } from '../platform/postgres/database.ts'
import { insertSuperGroup } from '../groups/super-group.ts'
import { insertUniversitySpace } from '../spaces/university-space.ts'
import {
  insertUniversity,
  loadConflictingUniversities,
  type ConflictingUniversity,
} from './university-rows.ts'
import { parseDomain } from '../platform/mail/address.ts'

/** The longest name of a university, in characters: that of its own space. */
const MAX_NAME_LENGTH = 120

/** Clock of a university's first commit, which makes its own space. */
const FIRST_CLOCK = 1

/** Input for a new university, checked. */
export interface UniversityInput {
  name: string
  /** As DNS has them, in lower case. */
  domains: string[]
  timezone: string
  locale: Locale
}

/** What is wrong with an input: for a program, and as one sentence for a person at a terminal. */
export interface UniversityFault {
  why: 'nameRefused' | 'addressInName' | 'valueRefused'
  /** JSON pointer into the input. */
  at: string
  sentence: string
}

/** Checks the input for a new university. [UNI-1] */
export function decideUniversity(typed: {
  name: string
  domains: readonly string[]
  timezone: string
  locale: string
}): Decision<UniversityInput, UniversityFault> {
  const name = normaliseName(typed.name)
  const wrong = name === '' ? 'it is empty' : faultOfText(typed.name, MAX_NAME_LENGTH)
  if (wrong !== null)
    return refuseInput(
      'nameRefused',
      '/name',
      `The name ${quoted(typed.name)} cannot be used: ${wrong}. Choose another one.`,
    )
  // It is mailed from the hub's own address, and shown to everybody. [EDG-10]
  if (containsAddress(name)) {
    const sentence = `The name ${quoted(typed.name)} cannot be used: it looks like a web or email address. Choose another one.`
    return refuseInput('addressInName', '/name', sentence)
  }
  const domains = new Set<string>()
  for (const [index, text] of typed.domains.entries()) {
    const domain = parseDomain(text.trim().replace(/^@/, ''))
    if (domain === null) {
      const sentence = `${quoted(text.trim())} is not an email domain. Write it like example.edu.`
      return refuseInput('valueRefused', `/domains/${index}`, sentence)
    }
    domains.add(domain)
  }
  if (!LANGUAGES.includes(typed.locale)) {
    const sentence = `${quoted(typed.locale)} is not a language of Carrel. Choose one of ${LANGUAGES.join(', ')}.`
    return refuseInput('valueRefused', '/locale', sentence)
  }
  const zone = parseZone(typed.timezone.trim())
  if (!zone.ok) {
    const sentence = `${quoted(typed.timezone.trim())} is not a time zone. Write it like Europe/Ljubljana or Asia/Taipei.`
    return refuseInput('valueRefused', '/timezone', sentence)
  }
  return accept({ name, domains: [...domains], timezone: zone.value.name, locale: typed.locale })
}

function refuseInput(
  why: UniversityFault['why'],
  at: string,
  sentence: string,
): Decision<never, UniversityFault> {
  return refuse({ why, at, sentence })
}

/**
 * Makes a university with its super group and its own space, which everything else hangs on, in the caller's transaction.
 * Refused with those that have its name or one of its domains; two that want one go one after the other. [UNI-4]
 */
export async function makeUniversity(
  client: Transaction,
  input: UniversityInput,
  by: Pick<Change, 'actor' | 'userId' | 'address'>,
): Promise<Decision<{ id: number; spaceId: number; epoch: string }, ConflictingUniversity[]>> {
  const twins = await loadConflictingUniversities(client, input.name, input.domains)
  if (twins.length > 0) return refuse(twins)
  const epoch = makeRandomSource().secret(12)
  const id = await insertUniversity(client, { ...input, epoch, clock: FIRST_CLOCK })
  await insertSuperGroup(client, id)
  // No lock of the university is needed: before this commits nobody knows of it.
  const spaceId = await insertUniversitySpace(client, { id, name: input.name, clock: FIRST_CLOCK })
  await appendChange(client, {
    ...by,
    universityId: id,
    service: 'universities',
    subject: 'add',
    log: { ...input },
  })
  return accept({ id, spaceId, epoch })
}
