/** Where a text stops being JSON, and what is wrong there; both count from 1. */
interface JsonFault {
  line: number
  column: number
  /** In plain words, without anything of the text itself. */
  detail: string
}

/** What is open: where its bracket is. */
interface Open {
  bracket: '{' | '['
  at: number
}

const CLOSES = { '{': '}', '[': ']' } as const

const BLANK = /[ \t\r\n]*/y
// Characters of a text are those from the blank on: no control characters.
const TEXT = /"(?:[ !#-[\]-\uFFFF]|\\(?:["\\/bfnrt]|u[\dA-Fa-f]{4}))*"/y
const TEXT_BEGINNING = /"(?:[ !#-[\]-\uFFFF]|\\(?:["\\/bfnrt]|u[\dA-Fa-f]{4}))*/y
const WORD = /(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[Ee][+-]?\d+)?)(?![\w.+-])/y

/**
 * The first place at which a text breaks the rules of JSON, for whoever wrote it by hand; null where JSON.parse takes it.
 * JSON.parse itself names characters and positions as a parser sees them, and not always. [IMP-20]
 */
export function findJsonFault(text: string): JsonFault | null {
  const found = scan(text)
  if (found === null) return null
  const before = text.slice(0, found.at)
  const lastLine = before.slice(before.lastIndexOf('\n') + 1)
  return {
    line: before.split('\n').length,
    column: [...lastLine].length + 1,
    detail: found.detail,
  }
}

/** The same as one text: "line 3, column 14: a comma is missing before this". */
export function tellJsonFault(text: string): string {
  const fault = findJsonFault(text)
  return fault === null ? 'it is not JSON' : `line ${fault.line}, column ${fault.column}: ${fault.detail}`
}

interface Found {
  at: number
  detail: string
}

function scan(text: string): Found | null {
  const open: Open[] = []
  let at = 0
  const pass = (pattern: RegExp): boolean => {
    pattern.lastIndex = at
    if (!pattern.test(text)) return false
    at = pattern.lastIndex
    return true
  }
  /** What comes next: a value; a name of an object; what follows a value. "first": a bracket may close at once. */
  let next: 'value' | 'firstValue' | 'name' | 'firstName' | 'end' = 'value'
  for (;;) {
    pass(BLANK)
    const innermost = open.at(-1)
    if (at >= text.length) {
      if (next === 'end' && innermost === undefined) return null
      return unfinished(text, innermost)
    }
    const char = text[at] ?? ''
    if (next === 'end') {
      if (innermost === undefined) return { at, detail: 'something follows after the end of the document' }
      if (char === ',') {
        at += 1
        next = innermost.bracket === '{' ? 'name' : 'value'
        continue
      }
    }
    const mayClose = next === 'end' || next === 'firstValue' || next === 'firstName'
    if (mayClose && innermost !== undefined && char === CLOSES[innermost.bracket]) {
      open.pop()
      at += 1
      next = 'end'
      continue
    }
    if (next === 'end') return { at, detail: afterValue(char, innermost, text) }
    if (next === 'name' || next === 'firstName') {
      if (!pass(TEXT)) return noName(text, at)
      pass(BLANK)
      if (text[at] !== ':')
        return at >= text.length
          ? unfinished(text, innermost)
          : { at, detail: 'a colon is missing between the name and its value' }
      at += 1
      next = 'value'
      continue
    }
    if (char === '{' || char === '[') {
      open.push({ bracket: char, at })
      at += 1
      next = char === '{' ? 'firstName' : 'firstValue'
      continue
    }
    if (!pass(char === '"' ? TEXT : WORD)) return noValue(text, at)
    next = 'end'
  }
}

function unfinished(text: string, innermost: Open | undefined): Found {
  if (innermost === undefined)
    return { at: text.length, detail: text.trim() === '' ? 'the file is empty' : 'a value is missing here' }
  return { at: innermost.at, detail: `the bracket ${innermost.bracket} that opens here is never closed` }
}

function afterValue(char: string, innermost: Open | undefined, text: string): string {
  if (char === '}' || char === ']') {
    const { bracket, at } = innermost ?? { bracket: '{', at: 0 }
    const line = text.slice(0, at).split('\n').length
    return `this is ${char}, but the bracket ${bracket} of line ${line} is closed with ${CLOSES[bracket]}`
  }
  return 'a comma is missing before this'
}

function noName(text: string, at: number): Found {
  const char = text[at] ?? ''
  if (char === '"') return brokenText(text, at)
  if (char === '}') return { at, detail: 'the comma before this bracket is one too many' }
  return { at, detail: strangeCharacter(char) ?? 'a name in double quotes is expected here' }
}

function noValue(text: string, at: number): Found {
  const char = text[at] ?? ''
  if (char === '"') return brokenText(text, at)
  if (char === ']' || char === '}') {
    const isAfterComma = /,\s*$/.test(text.slice(0, at))
    return {
      at,
      detail: isAfterComma
        ? 'the comma before this bracket is one too many'
        : 'a value is missing before this',
    }
  }
  if (char === ',') return { at, detail: 'a value is missing before this comma' }
  const strange = strangeCharacter(char)
  if (strange !== null) return { at, detail: strange }
  return {
    at,
    detail: /[\d.+-]/.test(char)
      ? 'this number is not written as JSON has it, such as 12 or -0.5'
      : 'text must be in double quotes; without them only numbers, true, false and null are allowed',
  }
}

/** A text in quotes that is not one: it never ends, or something in it must be written otherwise. */
function brokenText(text: string, start: number): Found {
  TEXT_BEGINNING.lastIndex = start
  TEXT_BEGINNING.test(text)
  const at = TEXT_BEGINNING.lastIndex
  const char = text[at]
  if (char === '\\') return { at, detail: 'a backslash in a text is written twice' }
  if (char === '\t') return { at, detail: 'a tab in a text is written \\t' }
  return char === undefined || char === '\n' || char === '\r'
    ? { at: start, detail: 'the quote that opens here is not closed in this line' }
    : { at, detail: 'this text contains an invisible control character' }
}

function strangeCharacter(char: string): string | null {
  if (char === "'" || /[\u2018-\u201F«»]/.test(char)) return 'text must be in double quotes: "'
  if (char === '/' || char === '#') return 'JSON has no comments'
  return /[\p{Cc}\u00A0\u200B-\u200F\uFEFF]/u.test(char) ? 'there is an invisible character here' : null
}
