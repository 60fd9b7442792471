import { accept, refuse, type Decision } from './decision.ts'

const DAY_NAMES = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday']

/** The fewest letters by which days of the week differ: "Su", "Sa". */
const MIN_LETTERS = 2

/** The day of an English name in any case, or of its first letters, two at least: 0 Sunday … 6 Saturday; null for any other text. [BOK-42] */
export function dayOfName(name: string): number | null {
  const letters = name.toLowerCase()
  if (letters.length < MIN_LETTERS) return null
  const day = DAY_NAMES.findIndex((each) => each.startsWith(letters))
  return day === -1 ? null : day
}

/**
 * The day of the week as other systems write it, 0 Sunday … 6 Saturday: a name as in `dayOfName` ("MON", "Thursday", "Fri."), or
 * a number, in which both 0 and 7 are Sunday. Anything else is refused. [BOK-42]
 */
export function parseDayOfWeek(text: string): Decision<number, { why: 'unknownDay'; rule: 'BOK-42' }> {
  const plain = text.trim().replace(/\.$/, '')
  const day = /^[0-7]$/.test(plain) ? Number(plain) % 7 : dayOfName(plain)
  return day === null ? refuse({ why: 'unknownDay', rule: 'BOK-42' }) : accept(day)
}
