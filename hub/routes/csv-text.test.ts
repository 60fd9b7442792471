import { parse } from 'csv-parse/sync'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { csvLine } from './csv-text.ts'

test('[AUD-4] a cell that a spreadsheet would take for a formula begins with an apostrophe', () => {
  for (const first of ['=', '+', '-', '@', '\t', '\r', '\n'])
    expect(csvLine([`${first}cmd|' /C calc'!A0`])).toBe(`"'${first}cmd|' /C calc'!A0"\r\n`)
  expect(csvLine([-5, 'a=b', null, 'say "hi"'])).toBe('-5,"a=b","","say ""hi"""\r\n')
})

test('[AUD-4] whatever stands in cells is read back, and never begins as a formula', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'grapheme' }), { minLength: 1 }), (cells) => {
      const [read] = parse(csvLine(cells), { record_delimiter: '\r\n' })
      expect(read?.map((cell) => cell.replace(/^'(?=[=+\-@\t\r\n])/, ''))).toEqual(
        cells.map((cell) => cell.replace(/^'(?=[=+\-@\t\r\n])/, '')),
      )
      for (const cell of read ?? []) expect(cell).not.toMatch(/^[=+\-@\t\r\n]/)
    }),
  )
})
