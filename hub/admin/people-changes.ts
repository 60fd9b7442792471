import { randomUUID } from 'node:crypto'
import { accept, type Decision } from '#shared/domain/decision.ts'
import type { Permission } from '#shared/domain/group.ts'
import { decideDisplayname } from '#shared/domain/person-name.ts'
import { quoted } from '#shared/domain/space-tree.ts'
import type { Locale } from '#shared/domain/university.ts'
import { eraseAccount } from '../accounts/erase-rows.ts'
import { updateActive, type ListedPerson } from '../accounts/person-rows.ts'
import { findUniversity } from '../accounts/sign-in.ts'
import { updateSessionsRevoked } from '../accounts/user-session-rows.ts'
import { loadLocalAccount, lockAccount, updateEmail, updateProfile } from '../accounts/user-rows.ts'
import { dropVerifications } from '../accounts/verification-rows.ts'
import { isLastSuperAdmin } from '../groups/super-group.ts'
import { LANGUAGES } from '../platform/languages.ts'
import { parseAddress, type Address } from '../platform/mail/address.ts'
import { queueMail } from '../platform/mail/mail-outbox.ts'
import { needsUtf8 } from '../platform/mail/mail-reach.ts'
import { askMailServer } from '../platform/mail/mail-server.ts'
import { appendChange } from '../platform/postgres/append-change.ts'
import { transaction, type Transaction } from '../platform/postgres/database.ts'
import type { University } from '../universities/university-rows.ts'
import {
  answer,
  refusal,
  usageRefusal,
  type AdminCommand,
  type AdminInput,
  type AdminRefusal,
  type AdminWorld,
} from './answer.ts'
import { confirm, YES_OPTION } from './confirm.ts'
import { nameOf, pickListed, WHO_HELP } from './people.ts'
import { UNIVERSITY_OPTION } from './pick.ts'
import { writeSuperRole } from './super.ts'

const ROLES = ['admin', 'member', 'none'] as const
const UNIQUE_VIOLATION = '23505'

/** What is to be another; what is undefined stays. */
interface PersonEdit {
  displayname?: string | null
  locale?: Locale | null
  address?: Address
  role?: Permission | null
  isActive?: boolean
}

/** `people edit`. [IMP-19] */
export const peopleEdit: AdminCommand = {
  name: 'people edit',
  usage: '[--university D] WHO [--name N] [--mail A] [--role R] [--language L] [--block | --unblock]',
  summary: "changes a person's name, email address, role or language, or blocks the account",
  help: `${WHO_HELP}
  --name N         the name that others see; "" removes it
  --mail A         the email address, for accounts with a password here; it counts as confirmed
  --role R         in the super group, which manages the university: admin, member or none
  --language L     ${LANGUAGES.join(', ')}, or default: the university's
  --block          signs the person out, and they can no longer sign in; --unblock allows it again

With another address the person is signed out everywhere, links sent to the old one stop working, and the old one gets an
email about it. What comes from a directory (username, address) is changed there; a name too, or it returns at the next sign-in.`,
  example: 'people edit ana --name "Ana Novak" --role admin',
  options: {
    ...UNIVERSITY_OPTION,
    ...YES_OPTION,
    name: { type: 'string' },
    mail: { type: 'string' },
    role: { type: 'string' },
    language: { type: 'string' },
    block: { type: 'boolean' },
    unblock: { type: 'boolean' },
  },
  words: [1, 1],
  run: async (world, input) => {
    const picked = await pickListed(world, input)
    if (!picked.ok) return picked
    const { university, person } = picked.value
    const edit = await readEdit(world, input, university, person)
    if (!edit.ok) return edit
    const ending = [
      ...(edit.value.address === undefined ? [] : ['will get another email address']),
      ...(edit.value.isActive === false ? ['will no longer be able to sign in'] : []),
    ]
    if (ending.length > 0) {
      const about = `${quoted(nameOf(person))} ${ending.join(' and ')}, and will be signed out everywhere.`
      const confirmed = await confirm(input, { about, word: null })
      if (!confirmed.ok) return confirmed
    }
    const done = await commitEdit(world, university, person, edit.value)
    if (!done.ok) return done
    const { changed, endedCount } = done.value
    const whose = quoted(nameOf(person))
    const text = [
      changed.length === 0
        ? `Nothing to change for ${whose}.`
        : `Changed for ${whose}: ${changed.join(', ')}.`,
      ...(endedCount === 0 ? [] : [`${endedCount} ${endedCount === 1 ? 'session' : 'sessions'} ended.`]),
      ...(person.directory !== null && changed.includes('name')
        ? [`If directory ${quoted(person.directory)} has a name for them, it returns at the next sign-in.`]
        : []),
    ]
    return answer(text, {
      universityId: university.id,
      userId: person.userId,
      changed,
      endedSessionCount: endedCount,
    })
  },
}

async function readEdit(
  world: AdminWorld,
  input: AdminInput,
  university: University,
  person: ListedPerson,
): Promise<Decision<PersonEdit, AdminRefusal>> {
  const edit: PersonEdit = {}
  const typedName = input.text('name')
  if (typedName !== undefined) {
    const name = decideDisplayname(typedName)
    if (!name.ok)
      return refusal(
        name.refusal === 'addressInName'
          ? `The name ${quoted(typedName)} was not accepted: it looks like a web or email address.`
          : `The name ${quoted(typedName)} was not accepted: at most 80 characters, none of them invisible.`,
      )
    edit.displayname = name.value
  }
  const language = input.text('language')
  if (language !== undefined) {
    if (language !== 'default' && !LANGUAGES.includes(language))
      return refusal(`There is no language ${quoted(language)}; choose ${LANGUAGES.join(', ')} or default.`)
    edit.locale = language === 'default' ? null : language
  }
  const typedRole = input.text('role')
  if (typedRole !== undefined) {
    const role = ROLES.find((one) => one === typedRole)
    if (role === undefined)
      return refusal(`There is no role ${quoted(typedRole)}; choose ${ROLES.join(', ')}.`)
    if (role !== 'none' && !mayManage(person))
      return refusal(`${quoted(nameOf(person))} cannot be ${role}: the email address is not confirmed yet.`)
    edit.role = role === 'none' ? null : role
  }
  if (input.isSet('block') && input.isSet('unblock')) return usageRefusal('Use either --block or --unblock.')
  if (input.isSet('block') || input.isSet('unblock')) edit.isActive = input.isSet('unblock')
  const typedMail = input.text('mail')
  if (typedMail !== undefined) {
    const address = await readAddress(world, university, person, typedMail)
    if (!address.ok) return address
    if (address.value !== null) edit.address = address.value
  }
  return Object.keys(edit).length === 0 && typedMail === undefined
    ? usageRefusal('Add what to change: --name, --mail, --role, --language, --block or --unblock.')
    : accept(edit)
}

/** Whoever registered an address that nobody confirmed may be somebody else. [IMP-3] */
function mayManage({ isVerified, directory, email }: ListedPerson): boolean {
  return isVerified || directory !== null || email === null
}

/** Null: the person has this address already. [IDN-3] [IDN-18] */
async function readAddress(
  { pool, config }: AdminWorld,
  university: University,
  person: ListedPerson,
  typed: string,
): Promise<Decision<Address | null, AdminRefusal>> {
  const who = quoted(nameOf(person))
  if (person.directory !== null)
    return refusal(`The address of ${who} comes from directory ${quoted(person.directory)}: change it there.`)
  if (person.email === null)
    return refusal(
      `${who} was imported and has no address yet. It comes from the directory, once there is one.`,
    )
  const address = parseAddress(typed)
  if (address === null) return refusal(`${quoted(typed)} is not an email address. Check it.`)
  const holder = await findUniversity({ pool }, address.domain)
  if (holder?.id !== university.id)
    return refusal(
      `${quoted(typed)} is not an address of ${university.name}. Its domains are ${university.domains.join(', ')}.`,
    )
  if (address.text === person.email) return accept(null)
  const inUse = await loadLocalAccount(pool, address.key)
  if (inUse !== null && inUse.id !== person.userId)
    return refusal(`${quoted(typed)} is already in use. "people show ${address.text}" shows the account.`)
  if (!needsUtf8(address.text) || config.smtpUrl === null) return accept(address)
  const server = await askMailServer(config.smtpUrl)
  if (!server.ok)
    return refusal(
      `The mail server does not answer (${server.code}), so we cannot know whether it accepts ${quoted(typed)}. Try again later.`,
    )
  return server.takesUtf8
    ? accept(address)
    : refusal(
        `The mail server does not accept ${quoted(typed)}. Use an address with only ASCII characters before the @.`,
      )
}

/** Does all of it or nothing; what is so already is no change. [AUD-1] [AUD-5] */
async function commitEdit(
  { pool }: AdminWorld,
  { id: universityId, name: universityName }: University,
  person: ListedPerson,
  edit: PersonEdit,
): Promise<Decision<{ changed: string[]; endedCount: number }, AdminRefusal>> {
  const { userId } = person
  const { displayname, locale, address, role, isActive } = edit
  try {
    return await transaction(pool, 'read committed', async (client) => {
      const isLosing = (role !== undefined && role !== 'admin') || isActive === false
      if (isLosing && (await isLastSuperAdmin(client, universityId, userId)))
        return refusal(
          `${quoted(nameOf(person))} is the last administrator of ${universityName}. Make someone else an administrator first.`,
        )
      const account = await lockAccount(client, userId)
      if (account === null) return refusal(`${quoted(nameOf(person))} no longer exists.`)
      const changed: string[] = []
      const profile = {
        ...(displayname === undefined || displayname === person.displayname ? {} : { displayname }),
        ...(locale === undefined || locale === person.locale ? {} : { locale }),
      }
      if (await updateProfile(client, userId, profile)) {
        if ('displayname' in profile) changed.push('name')
        if ('locale' in profile) changed.push('language')
        await log(client, universityId, 'profile', { userId, changed: Object.keys(profile) })
      }
      if (role !== undefined && (await writeSuperRole(client, universityId, userId, role)) !== role)
        changed.push('role')
      let endedCount = 0
      if (address !== undefined && address.text !== account.email) {
        await updateEmail(client, userId, address.text, address.key)
        await dropVerifications(client, userId, 'all')
        const endedSessions = await updateSessionsRevoked(client, userId, null)
        endedCount += endedSessions
        changed.push('email address')
        await log(client, universityId, 'email', { userId, endedSessions })
        if (account.email !== null)
          await queueMail(client, {
            key: `changed ${randomUUID()}`,
            to: account.email,
            locale: account.locale,
            template: 'addressChanged',
            facts: {},
          })
      }
      if (isActive !== undefined && isActive !== person.isActive) {
        await updateActive(client, userId, isActive)
        const endedSessions = isActive ? 0 : await updateSessionsRevoked(client, userId, null)
        endedCount += endedSessions
        changed.push(isActive ? 'unblocked' : 'blocked')
        await log(client, universityId, isActive ? 'unblock' : 'block', { userId, endedSessions })
      }
      return accept({ changed, endedCount })
    })
  } catch (error) {
    // Somebody else confirmed the same address meanwhile.
    if ((error as { code?: string }).code === UNIQUE_VIOLATION)
      return refusal(
        `${quoted(address?.text ?? '')} is now in use by another account. Choose another address.`,
      )
    throw error
  }
}

function log(
  client: Transaction,
  universityId: number,
  subject: string,
  facts: Record<string, unknown>,
): Promise<void> {
  return appendChange(client, { universityId, actor: 'cli', service: 'accounts', subject, log: facts })
}

/** `people remove`. [IDN-11] [IMP-16] */
export const peopleRemove: AdminCommand = {
  name: 'people remove',
  aliases: ['people delete', 'people erase'],
  usage: '[--university D] WHO [--yes]',
  summary: 'deletes the account of a person for good; reports stay, without a name',
  help: `${WHO_HELP}

Name, username, address, password, sessions, links and memberships are deleted. This cannot be undone. A person of a
directory gets a new, empty account at the next sign-in: to keep someone out, use "people edit WHO --block".`,
  example: 'people remove ana',
  options: { ...UNIVERSITY_OPTION, ...YES_OPTION },
  words: [1, 1],
  run: async (world, input) => {
    const picked = await pickListed(world, input)
    if (!picked.ok) return picked
    const { university, person } = picked.value
    const { userId } = person
    const name = nameOf(person)
    const confirmed = await confirm(input, {
      about: `The account of ${quoted(name)} at ${university.name} will be deleted for good: name, address, sessions and memberships. Reports stay, without a name.`,
      word: name,
    })
    if (!confirmed.ok) return confirmed
    const done = await transaction(world.pool, 'read committed', async (client) => {
      if (await isLastSuperAdmin(client, university.id, userId))
        return refusal(
          `${quoted(name)} is the last administrator of ${university.name}. Make someone else an administrator first.`,
        )
      const account = await lockAccount(client, userId)
      if (account === null) return refusal(`${quoted(name)} no longer exists.`)
      await eraseAccount(client, userId, account.email)
      const address = account.directory === null ? parseAddress(account.email ?? '') : null
      if (address !== null)
        await queueMail(client, {
          key: `deleted ${userId}`,
          to: address.text,
          locale: account.locale,
          template: 'accountDeleted',
          facts: {},
        })
      await log(client, university.id, 'delete', { userId })
      return accept(null)
    })
    if (!done.ok) return done
    return answer(`The account of ${quoted(name)} was deleted.`, { universityId: university.id, userId })
  },
}
