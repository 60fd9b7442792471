import { parse } from 'csv-parse/sync'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { csvLine } from './csv-text.ts'

const TRIGGER = '[=+\\-@＝＋－＠]'

/** Cells as a spreadsheet reads them that splits lines at something else than we do: it minds no quote inside a cell. */
function splitElsewhere(line: string): string[] {
  return line.split(/[;,\t\r\n]/).map((piece) => piece.replace(/^[\s"]+/, ''))
}

/** What was in a cell: without the apostrophes that disarm it. */
function plain(cell: string): string {
  return cell
    .replace(/^'('*)(?=[\t\r\n])/, '$1')
    .replaceAll(new RegExp(`(^|[;,\\t\\r\\n])((?:[^\\S\\t\\r\\n]|")*)'('*)(?=${TRIGGER})`, 'g'), '$1$2$3')
}

// What is likely to go wrong, more often than at random.
const hostile = fc
  .array(fc.oneof(fc.constantFrom(...';,\t\r\n "\'=+-@＝x'), fc.string({ unit: 'grapheme', maxLength: 3 })))
  .map((parts) => parts.join(''))

test('[AUD-4] a cell that a spreadsheet would take for a formula begins with an apostrophe', () => {
  for (const first of ['=', '+', '-', '@', '＝', '\t', '\r', '\n'])
    expect(csvLine([`${first}cmd|' /C calc'!A0`])).toBe(`"'${first}cmd|' /C calc'!A0"\r\n`)
  expect(csvLine([-5, 'a=b', null, 'say "hi"'])).toBe('-5,"a=b","","say ""hi"""\r\n')
})

test('[AUD-8] a formula behind a separator is disarmed too, whatever the spreadsheet splits lines at', () => {
  for (const separator of [';', ',', '\t', '\r', '\n', '\r\n', '; ', ';"', ';\u00a0'])
    expect(csvLine([`x${separator}=cmd|' /C calc'!A0;y`])).toBe(
      `"x${separator.replace('"', '""')}'=cmd|' /C calc'!A0;y"\r\n`,
    )
  expect(csvLine(['Monday - Friday; 08:00-20:00, a=b'])).toBe('"Monday - Friday; 08:00-20:00, a=b"\r\n')
})

test('[AUD-8] whatever stands in cells: no spreadsheet finds a formula, and the text can be had back', () => {
  fc.assert(
    fc.property(fc.array(hostile, { minLength: 1 }), (cells) => {
      const line = csvLine(cells)
      for (const piece of splitElsewhere(line)) expect(piece).not.toMatch(new RegExp(`^${TRIGGER}`))
      const [read] = parse(line, { record_delimiter: '\r\n' })
      for (const cell of read ?? []) expect(cell).not.toMatch(/^[=+\-@\t\r\n]/)
      expect(read?.map(plain)).toEqual(cells)
    }),
  )
})
