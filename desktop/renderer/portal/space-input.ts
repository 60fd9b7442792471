import {
  childrenByParent,
  getAllDescendants,
  pathToRoot,
  type SpaceDetails,
  type SpaceKind,
  type SpaceText,
  type SpaceTexts,
  type TextsPatch,
} from '#shared/domain/space.ts'
import { carriedEquipment, splitList, TEXT_FIELDS, type TextField } from '#shared/domain/space-texts.ts'
import { decideKind } from '#shared/domain/space-kinds.ts'
import { SPACE_KINDS } from '../common/limits.ts'
import type { PortalSpace } from './portal-spaces.ts'

/** What may be changed of a space, as a form holds it. */
export interface SpaceInput {
  name: string
  kind: SpaceKind
  parentId: number
  location: string | null
  capacity: number | null
  details: SpaceDetails
  /** By language. [TXT-1] */
  texts: SpaceTexts
}

/** A field of it, for a person to choose between two versions. */
export type SpaceField = PlainField | DetailField | TextKey
type PlainField = 'name' | 'kind' | 'parentId' | 'location' | 'capacity'
type DetailField = keyof SpaceDetails
/** A text of a language, as the form names its field and the hub what it refuses. */
export type TextKey = `texts/${string}/${TextField}`

const DETAILS: readonly DetailField[] = ['quiet', 'sockets', 'wifi', 'stepFree', 'equipment', 'price', 'note']
const FIELDS: readonly SpaceField[] = ['name', 'kind', 'parentId', 'location', 'capacity', ...DETAILS]

/** One field's value. */
export type SpaceFieldValue = SpaceInput[PlainField] | SpaceDetails[DetailField] | SpaceText[TextField]

/** The name of a language's field. */
export function textKey(tag: string, field: TextField): TextKey {
  return `texts/${tag}/${field}`
}

/** The language and the field that such a name means; null: it is another field's. */
export function textOf(field: string): { tag: string; field: TextField } | null {
  const [family, tag = '', last] = field.split('/')
  const text = TEXT_FIELDS.find((one) => one === last)
  return family === 'texts' && text !== undefined ? { tag, field: text } : null
}

/** Texts of one language without what was left empty; undefined where all of it was. */
export function filledText(text: SpaceText): SpaceText | undefined {
  const filled = Object.entries(text).filter(([, said]) => said.length > 0)
  return filled.length === 0 ? undefined : Object.fromEntries(filled)
}

/**
 * Kinds that may be chosen for a space below a parent, the one it has already among them; all while no parent is chosen.
 * `isFree`: somebody of the super group. The hub decides by the same table. [TRE-14]
 */
export function kindsBelow(
  spaces: ReadonlyMap<number, PortalSpace>,
  parentId: number | null,
  self: { id: number; kind: SpaceKind; parentId: number | null } | null,
  isFree: boolean,
): SpaceKind[] {
  const path = parentId === null ? [] : pathToRoot(spaces, parentId)
  const above = path.map(({ kind }, index) => (index === path.length - 1 ? 'university' : kind))
  const inIt = self === null ? [] : getAllDescendants(childrenByParent([...spaces.values()]), self.id)
  const below = inIt.map(({ kind }) => kind)
  const isKept = (kind: SpaceKind): boolean => kind === self?.kind && parentId === self.parentId
  const all = [...new Set([...(self === null ? [] : [self.kind]), ...SPACE_KINDS])]
  return all.filter((kind) => isFree || isKept(kind) || decideKind(kind, { above, below }).ok)
}

/** Words between commas: without spaces around them, none empty, none twice. */
export function listOf(text: string): string[] {
  return [...new Set(splitList(text))]
}

/** Yes, no, or not known – which is not the same as no. */
export function flagOf(text: string): boolean | undefined {
  return text === 'yes' ? true : text === 'no' ? false : undefined
}

/** The choice in a form for a value that may be unknown. */
export function flagText(value: boolean | undefined): 'yes' | 'no' | '' {
  return value === undefined ? '' : value ? 'yes' : 'no'
}

/** Details without what is unknown: absent means unknown. */
export function detailsOf(of: { [Field in DetailField]: SpaceDetails[Field] | undefined }): SpaceDetails {
  const isSaid = (value: unknown): boolean =>
    value !== undefined && value !== '' && !(Array.isArray(value) && value.length === 0)
  return Object.fromEntries(Object.entries(of).filter(([, value]) => isSaid(value)))
}

/** The value of a field. */
export function valueOf(input: SpaceInput, field: SpaceField): SpaceFieldValue {
  const text = textOf(field)
  if (text !== null) return input.texts[text.tag]?.[text.field]
  return isDetail(field) ? input.details[field] : input[field as PlainField]
}

/** The same input with one field of another. */
export function withField(input: SpaceInput, field: SpaceField, from: SpaceInput): SpaceInput {
  const text = textOf(field)
  if (text !== null)
    return { ...input, texts: withText(input.texts, text, from.texts[text.tag]?.[text.field]) }
  if (!isDetail(field)) return { ...input, [field]: from[field as PlainField] }
  const { [field]: _old, ...details } = input.details
  return { ...input, details: field in from.details ? { ...details, [field]: from.details[field] } : details }
}

function withText(
  texts: SpaceTexts,
  { tag, field }: { tag: string; field: TextField },
  value: SpaceText[TextField],
): SpaceTexts {
  const { [field]: _old, ...others } = texts[tag] ?? {}
  const text = value === undefined ? others : { ...others, [field]: value }
  const { [tag]: _text, ...rest } = texts
  return Object.keys(text).length === 0 ? rest : { ...rest, [tag]: text }
}

/** A new space as the call wants it. */
export function newSpaceOf({
  texts,
  ...input
}: SpaceInput): Omit<SpaceInput, 'texts'> & { texts?: SpaceTexts } {
  return Object.keys(texts).length === 0 ? input : { ...input, texts }
}

/**
 * What I changed since I opened the form, as the call wants it. A language's list goes along where it was changed, or is in
 * `checked`; any other the hub lets follow the main one. [TXT-3] [TXT-4]
 */
export function changesOf(
  before: SpaceInput,
  after: SpaceInput,
  checked: readonly string[] = [],
): Partial<Omit<SpaceInput, 'texts'>> & { texts?: TextsPatch } {
  const { details, texts: _texts, ...plain } = after
  const changed = Object.entries(plain).filter(
    ([field, value]) => value !== before[field as keyof typeof plain],
  )
  const isDetailed = DETAILS.some((field) => differs(before, after, field))
  const texts: TextsPatch = {}
  for (const { tag, field } of textKeys(before, after)) {
    const isSent =
      differs(before, after, textKey(tag, field)) || (field === 'equipment' && checked.includes(tag))
    if (isSent) texts[tag] = { ...texts[tag], [field]: after.texts[tag]?.[field] ?? null }
  }
  return {
    ...Object.fromEntries(changed),
    ...(isDetailed ? { details } : {}),
    ...(Object.keys(texts).length === 0 ? {} : { texts }),
  }
}

/**
 * Languages whose list of equipment the hub would drop, because the main list got something new and the writer left that list as it
 * was: they have to look at it first. [TXT-3]
 */
export function listsToCheck(before: SpaceInput, after: SpaceInput): string[] {
  const { equipment: old = [] } = before.details
  const { equipment: young = [] } = after.details
  if (young.length === 0) return []
  return Object.keys(after.texts).filter((tag) => {
    const words = after.texts[tag]?.equipment
    if (words === undefined || differs(before, after, textKey(tag, 'equipment'))) return false
    return carriedEquipment(words, old, young) === undefined
  })
}

/** Of languages whose lists were looked at, those that still fit once the versions of two people were joined. [TXT-3] */
export function fittingLists({ details, texts }: SpaceInput, checked: readonly string[]): string[] {
  const count = details.equipment?.length ?? 0
  return checked.filter((tag) => texts[tag]?.equipment?.length === count)
}

/** What a line of things says: the list that stood in it while nobody changed the line, else its words, each once. */
export function listFrom(text: string, shown: string, stood: readonly string[] | undefined): string[] {
  return stood !== undefined && text === shown.trim() ? [...stood] : listOf(text)
}

/** All fields of languages that some inputs have. */
function textKeys(...inputs: readonly SpaceInput[]): { tag: string; field: TextField }[] {
  const tags = new Set(inputs.flatMap(({ texts }) => Object.keys(texts)))
  return [...tags].toSorted().flatMap((tag) => TEXT_FIELDS.map((field) => ({ tag, field })))
}

function fieldsOf(...inputs: readonly SpaceInput[]): SpaceField[] {
  return [...FIELDS, ...textKeys(...inputs).map(({ tag, field }) => textKey(tag, field))]
}

/** Fields that both of us changed since, and not to the same value: for these somebody has to choose. */
export function conflictsOf(before: SpaceInput, mine: SpaceInput, theirs: SpaceInput): SpaceField[] {
  return fieldsOf(before, mine, theirs).filter(
    (field) => differs(before, mine, field) && differs(before, theirs, field) && differs(mine, theirs, field),
  )
}

/** My changes put upon theirs; what only they changed stays theirs. */
export function merged(before: SpaceInput, mine: SpaceInput, theirs: SpaceInput): SpaceInput {
  return fieldsOf(before, mine)
    .filter((field) => differs(before, mine, field))
    .reduce((input, field) => withField(input, field, mine), theirs)
}

function isDetail(field: SpaceField): field is DetailField {
  return DETAILS.some((one) => one === field)
}

function differs(left: SpaceInput, right: SpaceInput, field: SpaceField): boolean {
  return JSON.stringify(valueOf(left, field)) !== JSON.stringify(valueOf(right, field))
}

/**
 * The languages for which a form has fields beside the main texts: all but the university's own, in which those are taken to be, unless
 * something is said in that one too. [TXT-8]
 */
export function otherLanguages<Language extends { locale: string }>(
  all: readonly Language[],
  own: string | null,
  used: readonly { locale: string }[],
): Language[] {
  return all.filter(({ locale }) => locale !== own || used.some((one) => one.locale === own))
}
