import { makeCheck } from '../wire/parse.ts'
import { canonicalTag, carriedEquipment, TEXT_FIELDS, type TextField } from './space-texts.ts'
import { faultOfNote, faultOfText, normaliseName } from './space-tree.ts'
import {
  MAX_DETAIL_LENGTH,
  MAX_LOCATION_LENGTH,
  MAX_NOTE_LENGTH,
  MAX_SPACE_NAME_LENGTH,
  MAX_TEXT_LANGUAGES,
  SpaceText,
  type SpaceDetails,
  type SpaceTexts,
  type TextPatch,
  type TextsPatch,
} from './space.ts'
import { Locale } from './university.ts'

/** Why texts are refused: where, what sort of fault, and what was found. */
export interface TextFault {
  tag: string
  /** Null: the language itself. */
  field: TextField | null
  /** Of one thing of a list of equipment; null: of the whole field. */
  index: number | null
  why: 'name' | 'value'
  detail: string
}

const WHOLE = { field: null, index: null, why: 'value' } as const

const checkText = makeCheck(SpaceText)
const checkTag = makeCheck(Locale)

const MAX_LENGTHS = {
  name: MAX_SPACE_NAME_LENGTH,
  location: MAX_LOCATION_LENGTH,
  equipment: MAX_DETAIL_LENGTH,
  price: MAX_DETAIL_LENGTH,
  note: MAX_NOTE_LENGTH,
}

/** A patch as it is stored: tags in one spelling, texts normalised, empty ones as null. */
export function normaliseTexts(patch: TextsPatch): TextsPatch {
  const fieldOf = (value: TextPatch[TextField]): TextPatch[TextField] => {
    if (typeof value === 'string') return normaliseName(value) || null
    if (!Array.isArray(value)) return value
    return value.length === 0 ? null : value.map(normaliseName)
  }
  return Object.fromEntries(
    Object.entries(patch).map(([tag, text]) => [
      canonicalTag(tag),
      text &&
        Object.fromEntries(
          Object.entries(text)
            .filter(([, value]) => value !== undefined)
            .map(([field, value]) => [field, fieldOf(value)]),
        ),
    ]),
  )
}

/**
 * What is wrong with texts by themselves, the same as with the main texts; null when nothing is. Whether they fit a space says
 * `faultOfFit`. [TXT-1] [TRE-2]
 */
export function faultOfTexts(patch: TextsPatch): TextFault | null {
  const named = new Set<string>()
  for (const [tag, text] of Object.entries(patch)) {
    // Which of the two is meant, nobody can say: "sl" and "SL" are one language.
    if (named.has(canonicalTag(tag))) return { tag, ...WHOLE, detail: 'this language is named twice' }
    named.add(canonicalTag(tag))
    if (!checkTag(tag).ok) return { tag, ...WHOLE, detail: 'it is not a language tag such as sl' }
    for (const field of TEXT_FIELDS) {
      const fault = faultOfField(field, text?.[field])
      if (fault !== null) return { tag, field, ...fault }
    }
  }
  return null
}

function faultOfField(
  field: TextField,
  value: TextPatch[TextField],
): Pick<TextFault, 'index' | 'why' | 'detail'> | null {
  const texts = typeof value === 'string' ? [value] : (value ?? [])
  for (const [index, text] of texts.entries()) {
    const faultIn = field === 'note' ? faultOfNote : faultOfText
    const detail = faultIn(text, MAX_LENGTHS[field])
    const why = field === 'name' ? 'name' : 'value'
    if (detail !== null) return { index: Array.isArray(value) ? index : null, why, detail }
  }
  const [stored] = Object.values(normaliseTexts({ en: { [field]: value } }))
  const left = Object.fromEntries(Object.entries(stored ?? {}).filter(([, one]) => one !== null))
  const checked = checkText(left)
  return checked.ok ? null : { index: null, why: 'value', detail: checked.refusal.reason }
}

/**
 * Texts after a change of them and of the main texts. A language's list of equipment follows the main one where that was only
 * put in another order or shortened; where it got another word and the language nothing with it, its list goes. [TXT-3] [TXT-4]
 */
export function textsAfter(
  before: { details: SpaceDetails; texts?: SpaceTexts | undefined },
  details: SpaceDetails,
  patch: TextsPatch = {},
): SpaceTexts {
  const after: SpaceTexts = {}
  const wanted = normaliseTexts(patch)
  for (const tag of new Set([...Object.keys(before.texts ?? {}), ...Object.keys(wanted)])) {
    const said = wanted[tag]
    if (said === null) continue
    const old = before.texts?.[tag] ?? {}
    const equipment = carriedEquipment(old.equipment, before.details.equipment ?? [], details.equipment ?? [])
    const whole = Object.entries({ ...old, equipment, ...said }).filter(
      ([, text]) => text !== undefined && text !== null,
    )
    if (whole.length > 0) after[tag] = Object.fromEntries(whole)
  }
  return after
}

/** Why texts do not fit the space that they are of; null when they do. [TXT-1] [TXT-3] */
export function faultOfFit(texts: SpaceTexts, { equipment = [] }: SpaceDetails): TextFault | null {
  const languages = Object.entries(texts)
  for (const [tag, { equipment: words }] of languages)
    if (words !== undefined && words.length !== equipment.length)
      return {
        tag,
        ...WHOLE,
        field: 'equipment',
        detail: `it lists ${words.length} and the main list ${equipment.length}: list the same number, in the same order`,
      }
  const [tag = ''] = languages[MAX_TEXT_LANGUAGES] ?? []
  return languages.length <= MAX_TEXT_LANGUAGES
    ? null
    : { tag, ...WHOLE, detail: `at most ${MAX_TEXT_LANGUAGES} languages are allowed` }
}

/** Only what differs between texts, before and after; a text that is not there is null. For the log. [TXT-6] */
export function textsDifference(
  before: SpaceTexts,
  after: SpaceTexts,
): { before: TextsPatch; after: TextsPatch; names: `${TextField}:${string}`[] } {
  const [old, young]: [TextsPatch, TextsPatch] = [{}, {}]
  const names: `${TextField}:${string}`[] = []
  for (const tag of [...new Set([...Object.keys(before), ...Object.keys(after)])].toSorted())
    for (const field of TEXT_FIELDS) {
      const [from = null, to = null] = [before[tag]?.[field], after[tag]?.[field]]
      if (JSON.stringify(from) === JSON.stringify(to)) continue
      old[tag] = { ...old[tag], [field]: from }
      young[tag] = { ...young[tag], [field]: to }
      names.push(`${field}:${tag}`)
    }
  return { before: old, after: young, names }
}
