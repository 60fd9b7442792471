import type { Level } from '#shared/domain/occupancy.ts'
import type { SpaceKind } from '#shared/domain/space.ts'
import { TEXT_FIELDS } from '#shared/domain/space-texts.ts'
import { actKey } from '#shared/i18n/words.ts'
import type { ChangeRow } from '#shared/wire/rest-changes.ts'
import { textKey, textOf } from '../space-input.ts'
import { SPACE_KINDS } from '../../common/limits.ts'
import { textFieldWord, type PortalWords } from '../words.ts'

type Kind = 'space' | 'kiosk' | 'user' | 'group'

/** One fact of an act: what it is about, and its value or what it was and became. */
export interface ChangeFact {
  field: string
  value: string
}

/** What was done, in the reader's words; what has none yet, as the hub calls it. [AUD-10] */
export function actText({ t }: PortalWords, act: Pick<ChangeRow, 'service' | 'subject' | 'log'>): string {
  return wordOf(t, 'act', actKey(act)) ?? `${act.service}: ${act.subject}`
}

/** Who did it: a name where there is one. */
export function actorText({ t }: PortalWords, { actor, actorName, names }: ChangeRow): string {
  if (actorName !== null) return actorName
  const [kind = '', id = ''] = actor.split(' ')
  if (kind === 'user' || kind === 'kiosk') return names[actor] ?? `${t(`log.field.${kind}Id`)} ${id}`
  return wordOf(t, 'actor', actor) ?? actor
}

/** All that an act says, as facts in words; numbers only where nothing else is known. */
export function factsOfChange(words: PortalWords, row: ChangeRow): ChangeFact[] {
  if (row.service === 'log') return searchFacts(words, row)
  const { before, after, from, to, key, ...rest } = assignmentTurned(row)
  const facts = Object.entries(named(row, rest)).flatMap(([field, value]) =>
    changeFactsOf(words, row, field, value),
  )
  if (typeof key === 'string')
    facts.push({ field: fieldText(words, key), value: turned(words, row, key, from, to) })
  else if (from !== undefined || to !== undefined) {
    // A kiosk's new name, and the first and the last of the reports that were lost.
    const field = row.subject === 'lost' ? 'reports' : row.subject === 'rename' ? 'name' : 'value'
    facts.push({ field: fieldText(words, field), value: turned(words, row, field, from, to) })
  }
  return [...facts, ...differences(words, row, before, after)]
}

/** What the log was looked through for; where a page or a table of it began is of use to nobody. */
function searchFacts(words: PortalWords, row: ChangeRow): ChangeFact[] {
  const { before: _before, limit: _limit, ...search } = row.log
  return Object.entries(search).flatMap(([field, value]) => changeFactsOf(words, row, field, value))
}

/** Of a kiosk's new assignment only what is new: its place, its role, or both. */
function assignmentTurned({ service, subject, log }: ChangeRow): ChangeRow['log'] {
  if (service !== 'kiosks' || subject !== 'move') return log
  const { fromSpaceId, toSpaceId, fromRole, role, ...rest } = log
  return {
    ...rest,
    ...(fromSpaceId === toSpaceId ? {} : { fromSpaceId, toSpaceId }),
    ...(fromRole === role
      ? {}
      : fromRole === undefined
        ? { role }
        : { before: { role: fromRole }, after: { role } }),
  }
}

/** The thing that an act was done to stands there once: by its name, and by its number where it has none. */
function named(row: ChangeRow, log: Record<string, unknown>): Record<string, unknown> {
  const { name, ...others } = log
  const own = row.service === 'spaces' ? 'spaceId' : row.service === 'kiosks' ? 'kioskId' : null
  const group = Object.entries(row.names).find(([key]) => key.startsWith('group '))?.[1]
  const groups = group === undefined || 'groupId' in others ? {} : { group }
  if (own === null || typeof name !== 'string') return { ...groups, ...log }
  const { [own]: _id, ...left } = others
  return { [own]: name, ...groups, ...left }
}

function changeFactsOf(words: PortalWords, row: ChangeRow, field: string, value: unknown): ChangeFact[] {
  // Outside the log itself, what was counted are sessions that ended.
  if (field === 'count' && row.service !== 'log') return changeFactsOf(words, row, 'endedSessions', value)
  if (field === 'endedSessions' && value === 0) return []
  if (value === undefined || value === null || value === '' || HIDDEN.has(field)) return []
  if (Array.isArray(value) && value.length === 0) return []
  // The place itself stands there by its name; of what came back with it, how many they are.
  if (field === 'restoredIds' && Array.isArray(value))
    return value.length > 1 ? [{ field: fieldText(words, field), value: String(value.length) }] : []
  return [{ field: fieldText(words, field), value: valueText(words, row, field, value) }]
}

/** Of use to nobody who reads the log here; the table has them. */
const HIDDEN: ReadonlySet<string> = new Set([
  'clock',
  'sessionId',
  'enrolmentId',
  'universityId',
  'publicKey',
  'key',
])

function differences(words: PortalWords, row: ChangeRow, before: unknown, after: unknown): ChangeFact[] {
  if (before === undefined && after === undefined) return []
  if (!isRecord(before) && !isRecord(after)) {
    const field = row.subject === 'level' ? 'level' : 'value'
    return [{ field: fieldText(words, field), value: turned(words, row, field, before, after) }]
  }
  const [old, young] = [flat(before), flat(after)]
  return [...new Set([...Object.keys(old), ...Object.keys(young)])]
    .filter((field) => JSON.stringify(old[field] ?? null) !== JSON.stringify(young[field] ?? null))
    .map((field) => ({
      field: fieldText(words, field),
      value:
        before === undefined
          ? valueText(words, row, field, young[field])
          : turned(words, row, field, old[field], young[field]),
    }))
}

/** Details of a place stand beside its other facts, and so do its texts in other languages. [TXT-6] */
function flat(value: unknown): Record<string, unknown> {
  if (!isRecord(value)) return {}
  const { details, texts, ...rest } = value
  const said = Object.entries(isRecord(texts) ? texts : {}).flatMap(([tag, text]) =>
    TEXT_FIELDS.flatMap((field) =>
      isRecord(text) && field in text ? [[textKey(tag, field), text[field]]] : [],
    ),
  )
  return { ...rest, ...(isRecord(details) ? details : {}), ...Object.fromEntries(said) }
}

function turned(words: PortalWords, row: ChangeRow, field: string, from: unknown, to: unknown): string {
  return `${valueText(words, row, field, from)} → ${valueText(words, row, field, to)}`
}

function fieldText(words: PortalWords, field: string): string {
  const { t } = words
  const text = textOf(field)
  if (text !== null) return textFieldWord(words, text.tag, text.field)
  switch (field) {
    case 'name':
    case 'kind':
    case 'location':
    case 'capacity':
    case 'equipment':
    case 'price':
    case 'note':
      return t(`edit.${field}`)
    case 'quiet':
    case 'sockets':
    case 'wifi':
    case 'stepFree':
      return t(`places.${field}`)
    default:
      return wordOf(t, 'field', field) ?? field
  }
}

const IDS: Readonly<Record<string, Kind>> = {
  spaceId: 'space',
  parentId: 'space',
  kioskId: 'kiosk',
  fromSpaceId: 'space',
  toSpaceId: 'space',
  replacesKioskId: 'kiosk',
  userId: 'user',
  groupId: 'group',
}

/** At most so many names of a list. */
const LISTED = 8

function valueText(words: PortalWords, row: ChangeRow, field: string, value: unknown): string {
  const { t, level, kind, list, pair } = words
  if (field === 'level' && (value === undefined || value === null)) return t('staff.nothingKnown')
  if (value === undefined || value === null || value === '') return t('log.none')
  if (typeof value === 'boolean') return t(value ? 'app.yes' : 'app.no')
  if (typeof value === 'number') {
    if (field === 'level')
      return value === 0 || value === 1 || value === 2 ? level(value satisfies Level) : String(value)
    if (field === 'staleMs') return t('log.minutes', { number: value / 60_000 })
    if (field === 'fromMs') return words.moment(value)
    // The last minute that is still part of it: "to Friday" is until Friday, 23:59.
    if (field === 'toMs') return words.moment(value - 1)
    if (field === 'kioskIdleMs') return t('log.seconds', { number: value / 1000 })
    const of = IDS[field]
    return of === undefined ? String(value) : (row.names[`${of} ${value}`] ?? t('log.number', { id: value }))
  }
  if (typeof value === 'string') {
    if (field === 'kind') return isKind(value) ? kind(value) : value
    if (field === 'service') return wordOf(t, 'service', value) ?? value
    if (field === 'role' || field === 'fromRole') return wordOf(t, 'role', value) ?? value
    if (field === 'permission' && (value === 'admin' || value === 'member')) return t(`groups.${value}`)
    return value
  }
  if (Array.isArray(value)) {
    const shown = value
      .slice(0, LISTED)
      .map((one) => (isRecord(one) ? nameIn(one) : fieldOrText(words, field, one)))
    return list(shown) + (value.length > LISTED ? ` … (${value.length})` : '')
  }
  // What is none of these is not of this version: the table has it whole.
  return isRecord(value)
    ? list(
        Object.entries(value).map(([key, part]) =>
          pair(fieldText(words, key), valueText(words, row, key, part)),
        ),
      )
    : ''
}

function fieldOrText(words: PortalWords, field: string, value: unknown): string {
  return field === 'changed' ? fieldText(words, String(value)) : String(value)
}

function nameIn(value: Record<string, unknown>): string {
  const { name, id } = value
  return typeof name === 'string' ? name : typeof id === 'number' ? String(id) : ''
}

function isKind(text: string): text is SpaceKind {
  return text === 'university' || SPACE_KINDS.some((kind) => kind === text)
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The words for something of the log; null where this version has none. */
function wordOf(
  t: PortalWords['t'],
  family: 'act' | 'field' | 'actor' | 'service' | 'role',
  key: string,
): string | null {
  if (!/^[A-Za-z]+$/.test(key)) return null
  const text: unknown = t(`log.${family}.${key}` as never, { defaultValue: '' })
  return typeof text === 'string' && text !== '' ? text : null
}
