import { isIP } from 'node:net'
import { decideGroupDescription, decideGroupName } from '#shared/domain/group-name.ts'
import { MAX_USERNAME_LENGTH } from '#shared/domain/account.ts'
import { accept, refuse, type Decision } from '#shared/domain/decision.ts'
import { parseDisplayname } from '#shared/domain/person-name.ts'
import { faultOfName, faultOfText, normaliseName, quoted } from '#shared/domain/space-tree.ts'
import { isPrintable } from '../platform/printable.ts'

/** Reads one cell of a table; the refusal says what was expected instead. */
export type Cell<Value> = (text: string) => Decision<Value, string>

const NOTHING = new Set(['', 'NULL', '\\N'])

/** Nothing may be there: an empty cell, NULL or \N. */
export function optional<Value>(cell: Cell<Value>): Cell<Value | null> {
  return (text) => (NOTHING.has(text.trim()) ? accept(null) : cell(text))
}

/** A whole number. */
export function wholeNumber(least: number, most: number): Cell<number> {
  return (text) => {
    const number = /^-?\d{1,16}$/.test(text.trim()) ? Number(text) : Number.NaN
    return number >= least && number <= most
      ? accept(number)
      : refuse(`a whole number from ${least} to ${most} is expected`)
  }
}

/** The id of a row in the system before. */
export const oldId = wholeNumber(1, Number.MAX_SAFE_INTEGER)

/** Yes or no, in the spellings of databases. */
export const yesOrNo: Cell<boolean> = (text) => {
  const word = text.trim().toLowerCase()
  if (['1', 't', 'true', 'yes'].includes(word)) return accept(true)
  if (['0', 'f', 'false', 'no'].includes(word)) return accept(false)
  return refuse('true or false is expected')
}

/** A text of several lines at most so long. */
export function prose(maxLength: number): Cell<string> {
  return (text) => {
    const plain = text.normalize('NFC').trim()
    if (plain.length > maxLength) return refuse(`at most ${maxLength} characters are expected`)
    return /[^\P{Cc}\t\r\n]|\p{Cs}/u.test(plain) ? refuse('it has invisible characters') : accept(plain)
  }
}

/** One of some words. */
export function oneOf<Word extends string>(...words: readonly Word[]): Cell<Word> {
  return (text) => {
    const found = words.find((word) => word === text.trim().toLowerCase())
    return found === undefined ? refuse(`${words.join(' or ')} is expected`) : accept(found)
  }
}

const INSTANT =
  /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d)(?::(\d\d)(?:\.(\d{1,3})\d*)?)?(?: ?(Z|UTC|[+-]\d\d(?::?\d\d)?))?$/i

/** A moment, as ISO 8601 in UTC; without a zone it is taken for UTC, as such systems store it. */
export const instant: Cell<string> = (text) => {
  const [, day = '', minute = '', second = '00', fraction = '0', zone = 'Z'] = INSTANT.exec(text.trim()) ?? []
  const offset = /^(Z|UTC)$/i.test(zone)
    ? 'Z'
    : zone.replace(/^(...):?(\d\d)?$/, (_, hours: string, minutes = '00') => `${hours}:${minutes}`)
  const time = isDay(day)
    ? Date.parse(`${day}T${minute}:${second}.${fraction.padEnd(3, '0')}${offset}`)
    : Number.NaN
  return Number.isNaN(time)
    ? refuse('a time such as 2025-09-01 08:00:00+00 is expected')
    : accept(new Date(time).toISOString())
}

/** A date, as it stands. */
export const day: Cell<string> = (text) =>
  isDay(text.trim()) ? accept(text.trim()) : refuse('a date such as 2025-09-01 is expected')

function isDay(text: string): boolean {
  if (!/^\d{4}-\d\d-\d\d$/.test(text)) return false
  const date = new Date(`${text}T00:00:00Z`)
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text)
}

/** A time of day as it stands, or a moment of which only that counts. */
export const timeOfDay: Cell<string> = (text) => {
  if (/^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?$/.test(text.trim())) return accept(text.trim())
  const moment = instant(text)
  return moment.ok ? moment : refuse('a time of day such as 08:00:00 is expected')
}

/** An address of the network. */
export const networkAddress: Cell<string> = (text) =>
  isIP(text.trim()) === 0 ? refuse('an address such as 192.0.2.7 is expected') : accept(text.trim())

/** A username as a directory has it. */
export const userName: Cell<string> = (text) => {
  const name = text.normalize('NFC').trim()
  return name !== '' && name.length <= MAX_USERNAME_LENGTH && isPrintable(name)
    ? accept(name)
    : refuse(`a username of at most ${MAX_USERNAME_LENGTH} visible characters is expected`)
}

/** What somebody is called. */
export const displayName: Cell<string | null> = (text) => {
  const name = parseDisplayname(text)
  return name.ok ? name : refuse('a name of at most 80 visible characters is expected')
}

/** A group's name. */
export const groupName: Cell<string> = (text) => {
  const name = decideGroupName(text)
  return name.ok ? name : refuse('a name of 1 to 80 visible characters is expected')
}

/** A group's description. */
export const groupDescription: Cell<string | null> = (text) => {
  const description = decideGroupDescription(text)
  return description.ok ? description : refuse('at most 500 visible characters are expected')
}

/** A room's name. */
export const roomName: Cell<string> = (text) => {
  const wrong = faultOfName(text)
  return wrong === null ? accept(normaliseName(text)) : refuse(`the name ${quoted(text)}: ${wrong}`)
}

/** The number or name of a floor. */
export const floorName: Cell<string> = (text) => {
  const wrong = faultOfText(text, 40)
  return wrong === null ? accept(normaliseName(text)) : refuse(`the floor ${quoted(text)}: ${wrong}`)
}

/** JSON of a room's equipment: a list of words, or an object whose keys are there unless false, null or 0. */
export const equipment: Cell<string[]> = (text) => {
  const expected = 'JSON such as ["projector"] or {"projector": true} is expected, at most 20 words'
  try {
    const json = JSON.parse(text) as unknown
    const words = Array.isArray(json)
      ? json
      : Object.entries(json as Record<string, unknown>).flatMap(([word, count]) =>
          [false, null, 0].includes(count as null) ? [] : [word],
        )
    const isRight = words.length <= 20 && words.every((word) => typeof word === 'string' && isWord(word))
    return isRight ? accept((words as string[]).map(normaliseName)) : refuse(expected)
  } catch {
    return refuse(expected)
  }
}

function isWord(text: string): boolean {
  return normaliseName(text) !== '' && faultOfText(text, 80) === null
}
