import { quoted } from '#shared/domain/space-tree.ts'
import { DEFAULT_SETTINGS, UniversitySettings } from '#shared/domain/university.ts'
import { makeCheck } from '#shared/wire/parse.ts'
import { appendChange } from '../platform/postgres/append-change.ts'
import { updateSettings } from '../universities/universities.ts'
import { commitUnderClock } from '../platform/writer/commit-under-clock.ts'
import { answer, refusal, type AdminCommand } from './answer.ts'
import { pickUniversity, UNIVERSITY_OPTION } from './pick.ts'
import { formatTable } from './table.ts'

type Key = keyof UniversitySettings
const KEYS = Object.keys(DEFAULT_SETTINGS) as Key[]
const checkSettings = makeCheck(UniversitySettings)

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
    const rows = KEYS.map((key) => [key, settings[key], DEFAULT_SETTINGS[key]])
    return answer(formatTable(['setting', 'value', 'usual'], rows), { universityId: id, settings })
  },
}

/** `settings set`. */
export const settingsSet: AdminCommand = {
  name: 'settings set',
  usage: '[--university D] KEY VALUE',
  summary: 'sets one setting of a university; VALUE "default" takes it back',
  help: `  KEY              ${KEYS.join(', ')}`,
  options: UNIVERSITY_OPTION,
  words: [2, 2],
  run: async (world, input) => {
    const [typedKey = '', typedValue = ''] = input.words
    const key = KEYS.find((one) => one === typedKey)
    if (key === undefined)
      return refusal(`There is no setting ${quoted(typedKey)}; there is ${KEYS.join(', ')}.`)
    const university = await pickUniversity(world, input)
    if (!university.ok) return university
    const before = university.value.settings
    const value =
      typedValue === 'default'
        ? DEFAULT_SETTINGS[key]
        : typedValue.trim() === ''
          ? Number.NaN
          : Number(typedValue)
    const checked = checkSettings({ ...before, [key]: value })
    if (!checked.ok) return refusal(`${quoted(typedValue)} does not fit ${key}: ${checked.refusal.reason}.`)
    const { id } = university.value
    if (before[key] === value)
      return answer(`${key} is ${value} already.`, { universityId: id, key, value, before: value })
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
    return answer(`${key} is ${value} now; it was ${before[key]}.`, {
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
