import { accept, type Decision } from '#shared/domain/decision.ts'
import { nearestName } from '#shared/domain/nearest-name.ts'
import { quoted } from '#shared/domain/space-tree.ts'
import { DEFAULT_SETTINGS, UniversitySettings } from '#shared/domain/university.ts'
import { makeCheck } from '#shared/wire/parse.ts'
import { loadSettings } from '../platform/postgres/university-facts.ts'
import { updateSettings, type University } from '../universities/university-rows.ts'
import type { AloneCommand } from '../platform/writer/alone-command.ts'
import { commitAloneAndNotify } from '../platform/writer/commit-alone.ts'
import {
  answer,
  refusal,
  type AdminAnswer,
  type AdminCommand,
  type AdminInput,
  type AdminRefusal,
  type AdminWorld,
} from './answer.ts'
import { formatDuration, parseDuration } from './duration.ts'
import { pickUniversity, UNIVERSITY_OPTION } from './pick.ts'
import type { Table } from './table.ts'

type Key = keyof UniversitySettings
const KEYS = Object.keys(DEFAULT_SETTINGS) as Key[]
const checkSettings = makeCheck(UniversitySettings)

/** What a setting does, for whoever is to choose; `duration`: it is typed and shown with a unit. */
const SETTINGS: Readonly<Record<Key, { kind: 'duration' | 'number'; about: string }>> = {
  staleMs: { kind: 'duration', about: 'how long a report counts' },
  kioskReportsPerSecond: { kind: 'number', about: 'reports per second from one kiosk, on average' },
  kioskIdleMs: {
    kind: 'duration',
    about: 'how long a kiosk waits without a touch before "Still there?"',
  },
  spacesPerPerson: { kind: 'number', about: 'spaces that one person can add' },
  reportsPerPersonAndHour: { kind: 'number', about: 'reports from one person per hour' },
}

const KEYS_HELP = KEYS.map((key) => `  ${key.padEnd(24)} ${SETTINGS[key].about}, ${boundsOf(key)}`).join('\n')

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

/** A number alone would be ms, which hardly anybody means. */
function howToWrite(key: Key): string {
  return SETTINGS[key].kind === 'duration' ? ', written with its unit, such as 90min or 2h30min' : ''
}

/** What is looked through for a part of a setting; durations are looked for as times. */
function searchedText(key: Key): string {
  const { kind, about } = SETTINGS[key]
  return `${key} ${about} ${kind === 'duration' ? 'time duration' : 'number limit'}`.toLowerCase()
}

function tableOf(keys: readonly Key[], settings: UniversitySettings): Table {
  return {
    columns: ['setting', 'value', 'default', 'what it is'],
    rows: keys.map((key) => [
      key,
      shownValue(key, settings[key]),
      shownValue(key, DEFAULT_SETTINGS[key]),
      SETTINGS[key].about,
    ]),
  }
}

/** The setting that the first word names. */
function pickKey(input: AdminInput): Decision<Key, AdminRefusal> {
  const typed = input.words[0] ?? ''
  const key = KEYS.find((one) => one === typed)
  if (key !== undefined) return accept(key)
  const meant = nearestName(typed, KEYS)
  const hint = meant === null ? `choose one of ${KEYS.join(', ')}.` : `did you mean ${quoted(meant)}?`
  return refusal(`There is no setting ${quoted(typed)}; ${hint}`)
}

/** `settings list`. */
export const settingsList: AdminCommand = {
  name: 'settings list',
  usage: '[--university D]',
  summary: 'lists the settings of a university',
  example: 'settings list',
  options: UNIVERSITY_OPTION,
  run: async (world, input) => {
    const university = await pickUniversity(world, input)
    if (!university.ok) return university
    const { id, settings } = university.value
    return answer(tableOf(KEYS, settings), { universityId: id, settings })
  },
}

/** `settings find`. */
export const settingsFind: AdminCommand = {
  name: 'settings find',
  aliases: ['settings search'],
  usage: '[--university D] TEXT',
  summary: 'finds settings by a part of their name or of what they do',
  example: 'settings find report',
  options: UNIVERSITY_OPTION,
  words: [1, 20],
  run: async (world, input) => {
    const university = await pickUniversity(world, input)
    if (!university.ok) return university
    const { id, settings } = university.value
    const text = input.words.join(' ')
    const words = text.toLowerCase().split(/\s+/)
    const found = KEYS.filter((key) => words.every((word) => searchedText(key).includes(word)))
    const facts = { universityId: id, settings: Object.fromEntries(found.map((key) => [key, settings[key]])) }
    return found.length === 0
      ? answer(`No setting matches ${quoted(text)}. "settings list" shows all.`, facts)
      : answer(tableOf(found, settings), facts)
  },
}

/** `settings show`. */
export const settingsShow: AdminCommand = {
  name: 'settings show',
  usage: '[--university D] KEY',
  summary: 'shows one setting: its value, default and bounds',
  help: KEYS_HELP,
  example: 'settings show staleMs',
  options: UNIVERSITY_OPTION,
  words: [1, 1],
  run: async (world, input) => {
    const key = pickKey(input)
    if (!key.ok) return key
    const university = await pickUniversity(world, input)
    if (!university.ok) return university
    const { id, name, settings } = university.value
    const value = settings[key.value]
    const rows: [string, string][] = [
      ['setting', key.value],
      ['university', name],
      ['value', shownValue(key.value, value)],
      ['default', shownValue(key.value, DEFAULT_SETTINGS[key.value])],
      ['bounds', boundsOf(key.value)],
      ['what it is', SETTINGS[key.value].about],
    ]
    return answer(
      { columns: null, rows },
      { universityId: id, key: key.value, value, default: DEFAULT_SETTINGS[key.value] },
    )
  },
}

/** `settings set`. */
export const settingsSet: AdminCommand = {
  name: 'settings set',
  aliases: ['settings edit', 'settings add'],
  usage: '[--university D] KEY VALUE',
  summary: 'changes one setting of a university',
  help: `${KEYS_HELP}

Type durations with a unit: 2h, 90s, 15min, 2h30min. The value "default" has the same effect as "settings unset".`,
  example: 'settings set staleMs 90min',
  options: UNIVERSITY_OPTION,
  words: [2, 2],
  run: async (world, input) => {
    const key = pickKey(input)
    if (!key.ok) return key
    const typed = input.words[1] ?? ''
    const university = await pickUniversity(world, input)
    if (!university.ok) return university
    const value = typedValueOf(key.value, typed)
    const checked = checkSettings({ ...university.value.settings, [key.value]: value })
    if (!checked.ok)
      return refusal(
        `${quoted(typed)} was not accepted for ${key.value}: it must be ${boundsOf(key.value)}${howToWrite(key.value)}.`,
      )
    return commitSetting(world, university.value, key.value, checked.value[key.value])
  },
}

/** `settings unset`. */
export const settingsUnset: AdminCommand = {
  name: 'settings unset',
  aliases: ['settings remove', 'settings delete'],
  usage: '[--university D] KEY',
  summary: 'returns one setting of a university to its default',
  help: KEYS_HELP,
  example: 'settings unset staleMs',
  options: UNIVERSITY_OPTION,
  words: [1, 1],
  run: async (world, input) => {
    const key = pickKey(input)
    if (!key.ok) return key
    const university = await pickUniversity(world, input)
    if (!university.ok) return university
    return commitSetting(world, university.value, key.value, DEFAULT_SETTINGS[key.value])
  },
}

/** What is so already is no change. [AUD-5] */
async function commitSetting(
  world: AdminWorld,
  { id: universityId }: University,
  key: Key,
  value: UniversitySettings[Key],
): Promise<Decision<AdminAnswer, AdminRefusal>> {
  const done = await commitAloneAndNotify(world.pool, universityId, settingCommand, { key, value })
  if (!done.ok) return done
  const before = done.value
  const facts = { universityId, key, value, before }
  return before === value
    ? answer(`${key} is already ${shownValue(key, value)}.`, facts)
    : answer(`${key} is ${shownValue(key, value)} now; it was ${shownValue(key, before)}.`, facts)
}

/** A setting and its new value. */
export interface SettingInput {
  key: Key
  value: UniversitySettings[Key]
}

/** Changes one setting, whatever others are meanwhile; gives what it was. */
export const settingCommand: AloneCommand<
  SettingInput,
  UniversitySettings,
  UniversitySettings,
  UniversitySettings[Key],
  never
> = {
  name: 'change a setting',
  actor: 'staff',
  load: (client, { universityId }) => loadSettings(client, universityId),
  decide: (_input, before) => accept(before),
  write: async (client, { universityId }, before, effects, { key, value }) => {
    if (before[key] === value) return value
    effects.step()
    await updateSettings(client, universityId, differing({ ...before, [key]: value }))
    const log = { key, from: before[key], to: value }
    effects.log.push({ universityId, actor: 'cli', service: 'settings', subject: 'set', log })
    return before[key]
  },
}

/** Only what differs is stored: a better default later reaches those who never chose. */
function differing(settings: UniversitySettings): Partial<UniversitySettings> {
  return Object.fromEntries(
    KEYS.filter((key) => settings[key] !== DEFAULT_SETTINGS[key]).map((key) => [key, settings[key]]),
  )
}
