import { nearestName } from '#shared/domain/nearest-name.ts'
import { quoted } from '#shared/domain/space-tree.ts'
import { DEFAULT_SETTINGS, UniversitySettings } from '#shared/domain/university.ts'
import { makeCheck } from '#shared/wire/parse.ts'
import { appendChange } from '../platform/postgres/append-change.ts'
import { updateSettings } from '../universities/university-rows.ts'
import { commitUnderClock } from '../platform/writer/commit-under-clock.ts'
import { answer, refusal, type AdminCommand } from './answer.ts'
import { formatDuration, parseDuration } from './duration.ts'
import { pickUniversity, UNIVERSITY_OPTION } from './pick.ts'
import { formatTable } from './table.ts'

type Key = keyof UniversitySettings
const KEYS = Object.keys(DEFAULT_SETTINGS) as Key[]
const checkSettings = makeCheck(UniversitySettings)

/** What a setting does, for whoever is to choose; `duration`: it is typed and shown with a unit. */
const SETTINGS: Readonly<Record<Key, { kind: 'duration' | 'number'; about: string }>> = {
  staleMs: { kind: 'duration', about: 'after which a report no longer counts' },
  kioskReportsPerSecond: { kind: 'number', about: 'reports a second of one kiosk, on average' },
  kioskIdleMs: {
    kind: 'duration',
    about: 'without a touch, after which a kiosk asks whether somebody is there',
  },
  spacesPerPerson: { kind: 'number', about: 'spaces that one person may have added' },
  reportsPerPersonAndHour: { kind: 'number', about: 'reports of one person within an hour' },
}

function shownValue(key: Key, value: number): string {
  return SETTINGS[key].kind === 'duration' ? formatDuration(value) : String(value)
}

/** NaN for what is no value. */
function typedValueOf(key: Key, typed: string): number {
  if (typed === 'default') return DEFAULT_SETTINGS[key]
  if (SETTINGS[key].kind === 'duration') return parseDuration(typed) ?? Number.NaN
  return typed.trim() === '' ? Number.NaN : Number(typed)
}

/** The bounds of a setting, as its sentence of refusal names them. */
function boundsOf(key: Key): string {
  const schema: unknown = UniversitySettings.properties[key]
  const { minimum, maximum } = schema as { minimum: number; maximum: number }
  return `from ${shownValue(key, minimum)} to ${shownValue(key, maximum)}`
}

/** `settings list`. */
export const settingsList: AdminCommand = {
  name: 'settings list',
  usage: '[--university D]',
  summary: 'shows the settings of a university',
  options: UNIVERSITY_OPTION,
  run: async (world, input) => {
    const university = await pickUniversity(world, input)
    if (!university.ok) return university
    const { id, settings } = university.value
    const rows = KEYS.map((key) => [
      key,
      shownValue(key, settings[key]),
      shownValue(key, DEFAULT_SETTINGS[key]),
      SETTINGS[key].about,
    ])
    return answer(formatTable(['setting', 'value', 'usual', 'what it is'], rows), {
      universityId: id,
      settings,
    })
  },
}

/** `settings set`. */
export const settingsSet: AdminCommand = {
  name: 'settings set',
  usage: '[--university D] KEY VALUE',
  summary: 'sets one setting of a university; VALUE "default" takes it back',
  help: [
    ...KEYS.map((key) => `  ${key.padEnd(24)} ${SETTINGS[key].about}, ${boundsOf(key)}`),
    '',
    'Durations are typed with a unit: 2h, 90s, 15min.',
  ].join('\n'),
  options: UNIVERSITY_OPTION,
  words: [2, 2],
  run: async (world, input) => {
    const [typedKey = '', typedValue = ''] = input.words
    const key = KEYS.find((one) => one === typedKey)
    if (key === undefined) {
      const meant = nearestName(typedKey, KEYS)
      const hint = meant === null ? `there is ${KEYS.join(', ')}.` : `did you mean ${quoted(meant)}?`
      return refusal(`There is no setting ${quoted(typedKey)}; ${hint}`)
    }
    const university = await pickUniversity(world, input)
    if (!university.ok) return university
    const before = university.value.settings
    const value = typedValueOf(key, typedValue)
    const checked = checkSettings({ ...before, [key]: value })
    if (!checked.ok) return refusal(`${quoted(typedValue)} does not fit ${key}: it is ${boundsOf(key)}.`)
    const { id } = university.value
    if (before[key] === value)
      return answer(`${key} is ${shownValue(key, value)} already.`, {
        universityId: id,
        key,
        value,
        before: value,
      })
    await commitUnderClock(world.pool, id, async (client) => {
      await updateSettings(client, id, differing(checked.value))
      await appendChange(client, {
        universityId: id,
        actor: 'cli',
        service: 'settings',
        subject: 'set',
        log: { key, from: before[key], to: value },
      })
    })
    return answer(`${key} is ${shownValue(key, value)} now; it was ${shownValue(key, before[key])}.`, {
      universityId: id,
      key,
      value,
      before: before[key],
    })
  },
}

/** Only what differs is stored: a better default later reaches those who never chose. */
function differing(settings: UniversitySettings): Partial<UniversitySettings> {
  return Object.fromEntries(
    KEYS.filter((key) => settings[key] !== DEFAULT_SETTINGS[key]).map((key) => [key, settings[key]]),
  )
}
