import { accept } from '#shared/domain/decision.ts'
import { quoted } from '#shared/domain/space-tree.ts'
import { decideUniversity, makeUniversity } from '../universities/make-university.ts'
import { isPublicProvider } from '../universities/university-collisions.ts'
import { loadPeople } from '../accounts/person-rows.ts'
import { hashPin, makePin } from '../kiosks/pin.ts'
import { LANGUAGES } from '../platform/languages.ts'
import { appendChange } from '../platform/postgres/append-change.ts'
import { transaction } from '../platform/postgres/database.ts'
import { loadUniversities, updatePinHash, updateTimezoneAndLocale } from '../universities/university-rows.ts'
import type { AloneCommand } from '../platform/writer/alone-command.ts'
import { commitAloneAndNotify } from '../platform/writer/commit-alone.ts'
import { answer, refusal, usageRefusal, type AdminCommand, type AdminInput } from './answer.ts'
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
    // As at an approval in the portal. [UNI-5]
    const open = checked.value.domains.find(isPublicProvider)
    if (open !== undefined)
      return refusal(
        `${quoted(open)} cannot be a university’s domain: anyone can have an address there. Use the university’s own.`,
      )
    const made = await transaction(world.pool, 'read committed', (client) =>
      makeUniversity(client, checked.value, { actor: 'cli' }),
    )
    if (!made.ok)
      return refusal(
        `The name or domain is already in use by ${made.refusal.map(({ name }) => quoted(name)).join(', ')}. "university list" shows all.`,
      )
    return answer(
      `${checked.value.name} was added. Next: "spaces import FILE" adds its spaces, "kiosk code" its kiosks.`,
      {
        ...made.value,
        ...checked.value,
      },
    )
  },
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

/** `university edit`. [AUD-5] */
export const universityEdit: AdminCommand = {
  name: 'university edit',
  usage: '[--university D] [--timezone Z] [--language L]',
  summary: 'changes the time zone or the language of a university; kiosks follow at once',
  help: `  --timezone Z     IANA name, for example Europe/Ljubljana or Asia/Taipei
  --language L     one of ${LANGUAGES.join(', ')}

Opening hours are local times and move with the time zone.`,
  example: 'university edit --timezone Asia/Taipei',
  options: { ...UNIVERSITY_OPTION, timezone: { type: 'string' }, ...LANGUAGE_OPTION },
  run: async (world, input) => {
    const university = await pickUniversity(world, input)
    if (!university.ok) return university
    const { id, name, domains, timezone, locale } = university.value
    const typed = { timezone: input.text('timezone'), locale: languageOf(input) }
    if (typed.timezone === undefined && typed.locale === undefined)
      return usageRefusal('Add what to change: --timezone or --language.')
    const checked = decideUniversity({
      name: 'Any',
      domains,
      timezone: typed.timezone ?? timezone,
      locale: typed.locale ?? locale,
    })
    if (!checked.ok) return refusal(checked.refusal.sentence)
    const before = { timezone, locale }
    const after = { timezone: checked.value.timezone, locale: checked.value.locale }
    const facts = { universityId: id, ...after, before }
    const text = `the time zone ${after.timezone} and the language ${after.locale}`
    if (after.timezone === timezone && after.locale === locale)
      return answer(`${name} already has ${text}.`, facts)
    await commitAloneAndNotify(world.pool, id, editUniversityCommand, { before, after })
    return answer(`${name} now has ${text}.`, facts)
  },
}

interface ZoneAndLanguage {
  timezone: string
  locale: string
}

/** Changes time zone and language of a university. */
const editUniversityCommand: AloneCommand<
  { before: ZoneAndLanguage; after: ZoneAndLanguage },
  null,
  null,
  void,
  never
> = {
  name: 'edit a university',
  actor: 'staff',
  load: async () => null,
  decide: () => accept(null),
  write: async (client, { universityId }, _value, effects, { before, after }) => {
    effects.step()
    await updateTimezoneAndLocale(client, universityId, after)
    const log = { before, after }
    effects.log.push({ universityId, actor: 'cli', service: 'universities', subject: 'edit', log })
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
