import { accept, refuse, type Decision } from '#shared/domain/decision.ts'
import { quoted } from '#shared/domain/space-tree.ts'
import { decideUniversity, makeUniversity } from '../universities/make-university.ts'
import { isPublicProvider } from '../universities/university-collisions.ts'
import { loadPeople } from '../accounts/person-rows.ts'
import { dropUnusedEnrolments } from '../kiosks/enrolment-rows.ts'
import { hashPin, makePin } from '../kiosks/pin.ts'
import { LANGUAGES } from '../platform/languages.ts'
import { appendChange } from '../platform/postgres/append-change.ts'
import { transaction } from '../platform/postgres/database.ts'
import {
  countAddressesOf,
  loadConflictingUniversities,
  loadUniversities,
  loadUniversityContents,
  updatePinHash,
  updateUniversity,
  updateUniversityRemoved,
  type ConflictingUniversity,
  type UniversityContents,
  type UniversityFacts,
} from '../universities/university-rows.ts'
import { renameUniversitySpace } from '../spaces/university-space.ts'
import type { AloneCommand } from '../platform/writer/alone-command.ts'
import { commitAloneAndNotify } from '../platform/writer/commit-alone.ts'
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
import { pickUniversity, UNIVERSITY_OPTION } from './pick.ts'

/** `--locale` is what the option was called before, and is understood. */
const LANGUAGE_OPTION = { language: { type: 'string' }, locale: { type: 'string' } } as const

function languageOf(input: AdminInput): string | undefined {
  return input.text('language') ?? input.text('locale')
}

/** `university add`. */
export const universityAdd: AdminCommand = {
  name: 'university add',
  aliases: ['university new'],
  usage: '--name N --domain D --timezone Z [--language L]',
  summary: 'creates a university without spaces, and its super group without members',
  help: `  --name N       for example "University of the Marsh"
  --domain D     its email domain, for example marsh.edu; several are separated by commas
  --timezone Z   IANA name, for example Europe/Ljubljana or Asia/Taipei
  --language L   en by default; one of ${LANGUAGES.join(', ')}`,
  example: 'university add --name "University of the Marsh" --domain marsh.edu --timezone Europe/Ljubljana',
  options: {
    name: { type: 'string' },
    domain: { type: 'string' },
    timezone: { type: 'string' },
    ...LANGUAGE_OPTION,
  },
  required: ['name', 'domain', 'timezone'],
  isFirst: true,
  run: async (world, input) => {
    const checked = decideUniversity({
      name: input.text('name') ?? '',
      domains: (input.text('domain') ?? '').split(','),
      timezone: input.text('timezone') ?? '',
      locale: languageOf(input) ?? 'en',
    })
    if (!checked.ok) return refusal(checked.refusal.sentence)
    const open = refusalOfOpenDomain(checked.value.domains)
    if (open !== null) return open
    const made = await transaction(world.pool, 'read committed', (client) =>
      makeUniversity(client, checked.value, { actor: 'cli' }),
    )
    if (!made.ok) return refusal(sentenceOfConflict(made.refusal))
    return answer(
      `${checked.value.name} was added. Next: "spaces import FILE" adds its spaces, "kiosk code" its kiosks.`,
      {
        ...made.value,
        ...checked.value,
      },
    )
  },
}

/** As at an approval in the portal. [UNI-5] */
function refusalOfOpenDomain(domains: readonly string[]): { ok: false; refusal: AdminRefusal } | null {
  const open = domains.find(isPublicProvider)
  return open === undefined
    ? null
    : refusal(
        `${quoted(open)} cannot be a university’s domain: anyone can have an address there. Use the university’s own.`,
      )
}

function sentenceOfConflict(others: readonly ConflictingUniversity[]): string {
  return `The name or domain is already in use by ${others.map(({ name }) => quoted(name)).join(', ')}. "university list" shows all.`
}

/** `university list`. */
export const universityList: AdminCommand = {
  name: 'university list',
  usage: '',
  summary: 'lists all universities',
  example: 'university list',
  options: {},
  run: async (world) => {
    const universities = await loadUniversities(world.pool)
    if (universities.length === 0)
      return answer('There is no university yet. "university add" creates one.', { universities })
    const rows = universities.map((one) => [
      one.id,
      one.name,
      one.domains.join(', '),
      one.timezone,
      one.locale,
      one.spaceCount,
      one.kioskCount,
      one.hasPin ? 'yes' : 'no',
    ])
    const columns = ['id', 'name', 'domains', 'time zone', 'language', 'spaces', 'kiosks', 'PIN']
    return answer({ columns, rows }, { universities })
  },
}

/** `university show`. */
export const universityShow: AdminCommand = {
  name: 'university show',
  usage: '[--university D]',
  summary: 'shows one university',
  example: 'university show --university marsh.edu',
  options: UNIVERSITY_OPTION,
  run: async (world, input) => {
    const university = await pickUniversity(world, input)
    if (!university.ok) return university
    const { id, name, domains, timezone, locale, spaceCount, kioskCount, hasPin } = university.value
    const { totalCount: peopleCount } = await loadPeople(world.pool, id, [], 1)
    const rows: [string, string | number][] = [
      ['name', name],
      ['number', String(id)],
      ['domains', domains.join(', ')],
      ['time zone', timezone],
      ['language', locale],
      ['spaces', String(spaceCount)],
      ['kiosks', String(kioskCount)],
      ['people', String(peopleCount)],
      ['PIN', hasPin ? 'set' : 'none: "university pin" creates one'],
    ]
    return answer({ columns: null, rows }, { ...university.value, peopleCount })
  },
}

/** `university edit`. [AUD-5] [IMP-23] */
export const universityEdit: AdminCommand = {
  name: 'university edit',
  usage: '[--university D] [--name N] [--domain D] [--timezone Z] [--language L]',
  summary:
    'changes the name, the domains, the time zone or the language of a university; kiosks follow at once',
  help: `  --name N         what it is called; its own space too, unless that has another name
  --domain D       all its email domains, separated by commas; the first is the one that lists show
  --timezone Z     IANA name, for example Europe/Ljubljana or Asia/Taipei
  --language L     one of ${LANGUAGES.join(', ')}

Opening hours are local times and move with the time zone. A domain where people have addresses stays.`,
  example: 'university edit --timezone Asia/Taipei',
  options: {
    ...UNIVERSITY_OPTION,
    name: { type: 'string' },
    domain: { type: 'string' },
    timezone: { type: 'string' },
    ...LANGUAGE_OPTION,
  },
  run: async (world, input) => {
    const university = await pickUniversity(world, input)
    if (!university.ok) return university
    const { id, name, domains, timezone, locale } = university.value
    const typed = {
      name: input.text('name'),
      domain: input.text('domain'),
      timezone: input.text('timezone'),
      locale: languageOf(input),
    }
    if (Object.values(typed).every((one) => one === undefined))
      return usageRefusal('Add what to change: --name, --domain, --timezone or --language.')
    const checked = decideUniversity({
      // What it is called already need not fit what names must be today.
      name: typed.name ?? 'Any',
      domains: typed.domain?.split(',') ?? domains,
      timezone: typed.timezone ?? timezone,
      locale: typed.locale ?? locale,
    })
    if (!checked.ok) return refusal(checked.refusal.sentence)
    const before: UniversityFacts = { name, domains, timezone, locale }
    const after: UniversityFacts = { ...checked.value, ...(typed.name === undefined ? { name } : {}) }
    const open = refusalOfOpenDomain(after.domains.filter((domain) => !domains.includes(domain)))
    if (open !== null) return open
    const changed = FACTS.filter((fact) => String(before[fact]) !== String(after[fact]))
    const facts = { universityId: id, ...after, before, changed }
    if (changed.length === 0) {
      const same = FACTS.filter((fact) => typed[TYPED_AS[fact]] !== undefined)
      return answer(`${name} already has ${sentenceOfFacts(after, same)}.`, facts)
    }
    const done = await commitAloneAndNotify(world.pool, id, editUniversityCommand, { before, after })
    if (!done.ok) return refusal(done.refusal)
    return answer(`${name} now has ${sentenceOfFacts(after, changed)}.`, facts)
  },
}

const FACTS = ['name', 'domains', 'timezone', 'locale'] as const satisfies (keyof UniversityFacts)[]
const TYPED_AS = { name: 'name', domains: 'domain', timezone: 'timezone', locale: 'locale' } as const

/** "the name "Marsh" and the domains marsh.edu, marsh.si". */
function sentenceOfFacts(
  { name, domains, timezone, locale }: UniversityFacts,
  facts: readonly (keyof UniversityFacts)[],
): string {
  const said = {
    name: `the name ${quoted(name)}`,
    domains: `the ${domains.length === 1 ? 'domain' : 'domains'} ${domains.join(', ')}`,
    timezone: `the time zone ${timezone}`,
    locale: `the language ${locale}`,
  }
  return new Intl.ListFormat('en').format(facts.map((fact) => said[fact]))
}

interface UniversityEdit {
  before: UniversityFacts
  after: UniversityFacts
}

/** What stands in the way of other names and domains. */
interface EditObstacles {
  others: ConflictingUniversity[]
  addresses: { domain: string; count: number }[]
}

/** Changes name, domains, time zone and language of a university; refused with a sentence. */
const editUniversityCommand: AloneCommand<UniversityEdit, EditObstacles, null, void, string> = {
  name: 'edit a university',
  actor: 'staff',
  load: async (client, { universityId }, { before, after }) => {
    const gone = before.domains.filter((domain) => !after.domains.includes(domain))
    const isCalledSo = before.name === after.name && String(before.domains) === String(after.domains)
    return {
      // It locks the table of universities: not for a time zone.
      others: isCalledSo
        ? []
        : await loadConflictingUniversities(client, after.name, after.domains, universityId),
      addresses: await countAddressesOf(client, universityId, gone),
    }
  },
  decide: (_input, { others, addresses }) => {
    if (others.length > 0) return refuse(sentenceOfConflict(others))
    const [held] = addresses
    return held === undefined
      ? accept(null)
      : refuse(
          `${quoted(held.domain)} stays: ${held.count === 1 ? 'one person has an address' : `${held.count} people have addresses`} there and could no longer sign in. Give them other addresses first ("people edit WHO --mail"), or name it in --domain too.`,
        )
  },
  write: async (client, { universityId, clock }, _value, effects, { before, after }) => {
    effects.step()
    await updateUniversity(client, universityId, after)
    if (before.name !== after.name)
      await renameUniversitySpace(client, { id: universityId, from: before.name, to: after.name, clock })
    const log = { before, after }
    effects.log.push({ universityId, actor: 'cli', service: 'universities', subject: 'edit', log })
  },
}

/** `university remove`. [IMP-16] [IMP-23] */
export const universityRemove: AdminCommand = {
  name: 'university remove',
  aliases: ['university delete'],
  usage: '[--university D] [--yes]',
  summary: 'removes a university without people, spaces, kiosks and groups; its log stays',
  help: `For one that was added by mistake. Nothing is deleted with it: where there is anything in it, what there is is named, and
removed first by its own command. Name and domains are free again; codes for its kiosks stop working.`,
  example: 'university remove --university marsh.edu',
  options: { ...UNIVERSITY_OPTION, ...YES_OPTION },
  run: async (world, input) => {
    const university = await pickUniversity(world, input)
    if (!university.ok) return university
    const { id, name, domains } = university.value
    const there = whatIsIn(name, await loadUniversityContents(world.pool, id))
    if (there !== null) return refusal(there)
    const about = `${name} (${domains.join(', ')}) will be removed. It has no people, spaces, kiosks or groups.`
    const confirmed = await confirm(input, { about, word: name })
    if (!confirmed.ok) return confirmed
    const done = await removeUniversity(world, { id, name, domains })
    if (!done.ok) return done
    return answer(`${name} was removed.`, { universityId: id, name, domains })
  },
}

/** What is in a university, as a sentence of refusal; null where nothing is. */
function whatIsIn(name: string, contents: UniversityContents): string | null {
  const { peopleCount, spaceCount, kioskCount, groupCount, keptRowCount } = contents
  const parts = [
    countOf(peopleCount, 'person', 'people', 'people list'),
    countOf(spaceCount, 'space', 'spaces', 'spaces tree'),
    countOf(kioskCount, 'kiosk', 'kiosks', 'kiosk list'),
    countOf(groupCount, 'group', 'groups', 'groups list'),
    keptRowCount === 0 ? null : `${keptRowCount} imported rows that are kept for later`,
  ].filter((part) => part !== null)
  return parts.length === 0 ? null : `${name} was not removed: it has ${parts.join(', ')}.`
}

function countOf(count: number, one: string, many: string, command: string): string | null {
  return count === 0 ? null : `${count} ${count === 1 ? one : many} ("${command}")`
}

interface RemovedUniversity {
  id: number
  name: string
  domains: string[]
}

async function removeUniversity(
  { pool }: AdminWorld,
  university: RemovedUniversity,
): Promise<Decision<null, AdminRefusal>> {
  const done = await commitAloneAndNotify(pool, university.id, removeUniversityCommand, university)
  return done.ok ? accept(null) : refusal(done.refusal)
}

/** Counted again under the lock: somebody may have added a space since. */
const removeUniversityCommand: AloneCommand<RemovedUniversity, UniversityContents, null, null, string> = {
  name: 'remove a university',
  actor: 'staff',
  load: (client, { universityId }) => loadUniversityContents(client, universityId),
  decide: ({ name }, contents) => {
    const there = whatIsIn(name, contents)
    return there === null ? accept(null) : refuse(there)
  },
  write: async (client, { universityId }, _value, effects, { name, domains }) => {
    await dropUnusedEnrolments(client, universityId)
    await updateUniversityRemoved(client, universityId)
    // Nobody reads its own log any more.
    const log = { universityId, name, domains }
    effects.log.push({ universityId: null, actor: 'cli', service: 'universities', subject: 'remove', log })
    return null
  },
}

/** `university pin`. [SYN-22] [IMP-16] */
export const universityPin: AdminCommand = {
  name: 'university pin',
  usage: '[--university D] [--yes]',
  summary: "creates a new PIN for the kiosks' service page and shows it once",
  example: 'university pin',
  options: { ...UNIVERSITY_OPTION, ...YES_OPTION },
  run: async (world, input) => {
    const university = await pickUniversity(world, input)
    if (!university.ok) return university
    if (university.value.hasPin) {
      const about = `${university.value.name} already has a PIN, which will stop working.`
      const confirmed = await confirm(input, { about, word: null })
      if (!confirmed.ok) return confirmed
    }
    const pin = makePin()
    const hash = await hashPin(pin)
    const { hasPin } = university.value
    const isDone = await transaction(world.pool, 'read committed', async (client) => {
      // Whoever was not asked about a PIN must not replace one that somebody has created meanwhile.
      const isChanged = await updatePinHash(client, university.value.id, hash, hasPin || input.isSet('yes'))
      if (!isChanged) return false
      await appendChange(client, {
        universityId: university.value.id,
        actor: 'cli',
        service: 'universities',
        subject: 'pin',
        log: {},
      })
      return true
    })
    if (!isDone)
      return refusal(
        `Nothing was changed. Someone else has just created a PIN for ${university.value.name}. Use the command again to replace it.`,
      )
    return answer(
      `PIN ${pin}\nIt is shown only once, and opens the service page of every kiosk of ${university.value.name}.`,
      {
        universityId: university.value.id,
        pin,
      },
    )
  },
}
