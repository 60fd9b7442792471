import fc from 'fast-check'
import { expect, test } from 'vitest'
import { findJsonFault, tellJsonFault } from './json-fault.ts'

test.each([
  ['', 'line 1, column 1: the file is empty'],
  ['{\n  "a": 1\n  "b": 2\n}', 'line 3, column 3: a comma is missing before this'],
  ['{"a": 1,}', 'line 1, column 9: the comma before this bracket is one too many'],
  ['[1,\n]', 'line 2, column 1: the comma before this bracket is one too many'],
  ['{"a" 1}', 'line 1, column 6: a colon is missing between the name and its value'],
  ['{a: 1}', 'line 1, column 2: a name in double quotes is expected here'],
  ["{'a': 1}", 'line 1, column 2: text must be in double quotes: "'],
  ['{“a”: 1}', 'line 1, column 2: text must be in double quotes: "'],
  [
    '{"a": yes}',
    'line 1, column 7: text must be in double quotes; without them only numbers, true, false and null are allowed',
  ],
  ['{"a": 01}', 'line 1, column 7: this number is not written as JSON has it, such as 12 or -0.5'],
  ['{"name":', 'line 1, column 1: the bracket { that opens here is never closed'],
  ['[\n  {"a": 1]\n]', 'line 2, column 10: this is ], but the bracket { of line 2 is closed with }'],
  ['["C:\\new\\data"]', 'line 1, column 9: a backslash in a text is written twice'],
  ['["a\n"]', 'line 1, column 2: the quote that opens here is not closed in this line'],
  ['["a\tb"]', 'line 1, column 4: a tab in a text is written \\t'],
  ['[1, // one\n2]', 'line 1, column 5: JSON has no comments'],
  ['[1] [2]', 'line 1, column 5: something follows after the end of the document'],
  ['[1,,2]', 'line 1, column 4: a value is missing before this comma'],
  [
    '["café", 圖]',
    'line 1, column 10: text must be in double quotes; without them only numbers, true, false and null are allowed',
  ],
  ['\u00A0[]', 'line 1, column 1: there is an invisible character here'],
])('[IMP-20] %j: where it is not JSON, in plain words', (text, sentence) => {
  expect(() => void JSON.parse(text)).toThrow(SyntaxError)
  expect(tellJsonFault(text)).toBe(sentence)
})

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

test('[IMP-20] a fault is found exactly where JSON.parse takes no text', () => {
  const damaged = fc
    .tuple(
      fc.json({ maxDepth: 4 }),
      fc.nat(),
      fc.nat({ max: 3 }),
      fc.constantFrom('', ',', '"', '}', '[', '\\', '\n', '\t', '0', '-', 'e', '\u00E9', ':', '/'),
    )
    .map(([text, at, length, piece]) => {
      const start = at % (text.length + 1)
      return text.slice(0, start) + piece + text.slice(start + length)
    })
  fc.assert(
    fc.property(damaged, (text) => {
      expect(findJsonFault(text) === null).toBe(isJson(text))
    }),
    { numRuns: 3000 },
  )
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom(...'{}[],:"\\ 01.-+eEtruefalsn\n\u0000'), maxLength: 12 }),
      (text) => {
        expect(findJsonFault(text) === null).toBe(isJson(text))
      },
    ),
    { numRuns: 3000 },
  )
})
