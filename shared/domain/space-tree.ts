import { Type, type Static } from 'typebox'
import { makeCheck } from '../wire/parse.ts'
import { MAX_NOTE_LENGTH, MAX_SPACE_NAME_LENGTH, SpaceDetails, SpaceKind, type TextsPatch } from './space.ts'
import type { OpeningHours } from './week-time.ts'

/** What a tree says of one space's details: a value, or null for "none"; what is absent stays as it is. */
export type DetailsPatch = { [Key in keyof SpaceDetails]?: Exclude<SpaceDetails[Key], undefined> | null }

/** One space as a tree file wants it. What the file does not say is undefined, and stays as it is. [TRE-4] */
export interface SpaceSpec {
  /** Names from below the university's own space down to this one; the last is its name. */
  path: string[]
  /** Where the file says so: "line 7", or a path in its JSON. */
  at: string
  kind?: SpaceKind
  location?: string | null
  capacity?: number | null
  details?: DetailsPatch
  texts?: TextsPatch
  hours?: OpeningHours
}

/** Why a tree file is not taken. A closed list. [TRE-2] */
export type TreeFaultKind =
  | 'badShape'
  | 'badName'
  | 'badKind'
  | 'badNumber'
  | 'badHours'
  | 'badValue'
  | 'duplicateId'
  | 'duplicatePath'
  | 'missingParent'
  | 'cycle'
  | 'tooDeep'
  | 'tooLarge'
  | 'notConfirmed'

/** One fault: where in the file, what sort, and what was found there. */
export interface TreeFault {
  at: string
  why: TreeFaultKind
  detail: string
}

/** A tree file, read. `ignored`: columns or keys that mean nothing here and were left out. */
export interface ParsedTree {
  /** Parents before children. */
  specs: SpaceSpec[]
  ignored: string[]
}

/** One node of a nested tree file; `seats` is another word for `capacity`. Other keys are ignored, and named. */
export const SpaceTreeNode = Type.Object({
  name: Type.String(),
  kind: Type.Optional(Type.Union([SpaceKind, Type.Null()])),
  location: Type.Optional(Type.Union([Type.String(), Type.Null()])),
  capacity: Type.Optional(Type.Union([Type.Number(), Type.Null()])),
  seats: Type.Optional(Type.Union([Type.Number(), Type.Null()])),
  details: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
  /** By language: name, location, equipment, price, note. */
  texts: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
  /** A text as in a table ("Mon-Fri 08:00-20:00"), an object from days to spans, `{ weekly, closures }`, or null. */
  hours: Type.Optional(Type.Unknown()),
  children: Type.Optional(Type.Array(Type.Unknown())),
})
export type SpaceTreeNode = Static<typeof SpaceTreeNode>

const checkDetails = makeCheck(SpaceDetails)

/**
 * Controls, line and paragraph separators, halves of characters, and what nobody sees – bidi marks, fillers and the blank of
 * Braille among it – but not the joiners that scripts need, nor the selectors that say how a character looks. [TRE-2]
 */
const FORBIDDEN =
  /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\u2800]|(?![\p{Join_Control}\p{Variation_Selector}])[\p{Cf}\p{Default_Ignorable_Code_Point}]/u

/** Allowed, and nothing by themselves. */
const JOINERS = /[\p{Join_Control}\p{Variation_Selector}]/gu

/** Flags of parts of countries, such as England's: a black flag, the part in tag characters, and their end (UTS 51). */
const TAGGED_FLAG = /\u{1F3F4}[\u{E0030}-\u{E0039}\u{E0061}-\u{E007A}]{3,6}\u{E007F}/gu

/** A name as it is stored and compared: Unicode normal form C, spaces trimmed and collapsed. [TRE-3] */
export function normaliseName(text: string): string {
  return text.normalize('NFC').replaceAll(/\s+/gu, ' ').trim()
}

/** A path as people write it: names joined by "/", a "/" inside a name written "\/". Read back by `parsePath`. */
export function pathText(path: readonly string[]): string {
  return path.map((name) => name.replaceAll(/[\\/]/g, (found) => `\\${found}`)).join('/')
}

/**
 * The names of a path text; empty for the university's own space, which a "/" at the beginning means too; one at the end means
 * nothing. Not normalised yet. [IMP-21]
 */
export function parsePath(text: string): string[] {
  if (text.trim() === '' || text.trim() === '/') return []
  const names = ['']
  for (const [token] of text.matchAll(/\\[\\/]|[^]/gu)) {
    if (token === '/') names.push('')
    else
      names.push(
        `${names.pop() ?? ''}${token.length === 2 && token.startsWith('\\') ? token.slice(1) : token}`,
      )
  }
  if (names.length > 1 && names[0] === '') names.shift()
  if (names.length > 1 && names.at(-1) === '') names.pop()
  return names
}

/** What is wrong with a name or another short text; null when nothing is. [TRE-2] */
export function faultOfText(text: string, maxLength: number): string | null {
  const forbidden = FORBIDDEN.exec(text.replaceAll(TAGGED_FLAG, ''))
  if (forbidden !== null) return `it has the invisible character ${codePoint(forbidden[0])}`
  // UTF-16 units: never fewer than the characters that database and schemas count.
  const { length } = normaliseName(text)
  if (length > maxLength) return `it is ${length} characters long; at most ${maxLength} are allowed`
  return null
}

/** What is wrong with a space's name; null when nothing is. [TRE-2] */
export function faultOfName(text: string): string | null {
  if (normaliseName(text.replaceAll(JOINERS, '')) === '') return 'it is empty'
  return faultOfText(text, MAX_SPACE_NAME_LENGTH)
}

/** A text with the characters written out that would garble a terminal. */
export function printable(text: string): string {
  return Array.from(text, (char) => (FORBIDDEN.test(char) ? codePoint(char) : char)).join('')
}

/** A text as a fault names it: printable, in quotes, and not too long. */
export function quoted(text: string): string {
  return text.length > 60 ? `"${printable(text.slice(0, 60))}…"` : `"${printable(text)}"`
}

/** A path as a fault names it: printable, and with no name that is too long. */
export function shownPath(path: readonly string[]): string {
  return printable(pathText(path.map((name) => (name.length > 60 ? `${name.slice(0, 60)}…` : name))))
}

function codePoint(char: string): string {
  return `U+${(char.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`
}

/** The same with a note, which people write in several lines: it is stored as one. [TRE-2] */
export function faultOfNote(text: string, maxLength: number): string | null {
  return faultOfText(normaliseName(text), maxLength)
}

/** What is wrong with details as they were given, and in which of them; null when nothing is. [TRE-2] */
export function faultOfDetails(
  details: Record<string, unknown>,
): { field: keyof SpaceDetails | null; detail: string } | null {
  const checked = checkDetails(
    Object.fromEntries(Object.entries(details).filter(([, item]) => item !== null)),
  )
  if (!checked.ok) {
    const { at, reason } = checked.refusal
    return { field: null, detail: `${at.replace('/', '') || 'details'}: ${reason}` }
  }
  const { price, note, equipment = [] } = checked.value
  const texts = [
    ['price', price],
    ['note', note],
    ...equipment.map((thing) => ['equipment', thing] as const),
  ] as const
  for (const [field, text] of texts) {
    if (text === undefined) continue
    const fault = field === 'note' ? faultOfNote(text, MAX_NOTE_LENGTH) : faultOfText(text, MAX_NOTE_LENGTH)
    if (fault !== null) return { field, detail: `${quoted(text)}: ${fault}` }
  }
  return null
}

/** Existing details with a patch applied; null in the patch removes a field. */
export function mergeDetails(before: SpaceDetails, patch: DetailsPatch | undefined): SpaceDetails {
  const merged = Object.entries({ ...before, ...patch }).filter(
    ([, item]) => item !== null && item !== undefined,
  )
  return Object.fromEntries(merged)
}
