import { describe, expect, test } from 'vitest'
import { readCsv } from './read-csv.ts'

const KNOWN = ['path', 'kind', 'capacity', 'name']
const TWO = [
  { path: 'Library', kind: 'library', capacity: '' },
  { path: 'Library/Room 1', kind: 'room', capacity: '6' },
]
const cellsOf = (text: string): unknown => readCsv(text, KNOWN).rows.map(({ cells }) => cells)

describe('[IMP-13] a table of a spreadsheet is read', () => {
  test.each([
    ['with empty rows', 'path;kind;capacity\nLibrary;library;\nLibrary/Room 1;room;6\n;;\n;;\n'],
    [
      'with a line that names the delimiter',
      'sep=;\r\npath;kind;capacity\r\nLibrary;library;\r\nLibrary/Room 1;room;6\r\n',
    ],
    ['with such a line in capitals', 'SEP=;\npath;kind;capacity\nLibrary;library;\nLibrary/Room 1;room;6\n'],
    [
      'with such a line saved as a row',
      '"sep=;";;\npath;kind;capacity\nLibrary;library;\nLibrary/Room 1;room;6\n',
    ],
    ['with blanks behind it', 'sep=; \npath;kind;capacity\nLibrary;library;\nLibrary/Room 1;room;6\n'],
    [
      'with blanks around it, saved as a row',
      '"sep= ;" ;;\npath;kind;capacity\nLibrary;library;\nLibrary/Room 1;room;6\n',
    ],
    ['with empty lines above', '\n\npath;kind;capacity\nLibrary;library;\nLibrary/Room 1;room;6\n'],
    ['with header names in any case', 'Path;KIND;Capacity\nLibrary;library;\nLibrary/Room 1;room;6\n'],
    ['with tabs', 'path\tkind\tcapacity\nLibrary\tlibrary\t\nLibrary/Room 1\troom\t6\n'],
    ['with a byte order mark', '\uFEFFpath,kind,capacity\nLibrary,library,\nLibrary/Room 1,room,6\n'],
    ['with the line ends of an old Mac', 'path,kind,capacity\rLibrary,library,\rLibrary/Room 1,room,6\r'],
    [
      'with empty cells beyond the header',
      'path;kind;capacity\nLibrary;library;;;\nLibrary/Room 1;room;6;\n',
    ],
    [
      'with delimiters at the end of the header',
      'path;kind;capacity;;\nLibrary;library;\nLibrary/Room 1;room;6;;\n',
    ],
  ])('%s', (_, text) => {
    expect(readCsv(text, KNOWN).faults).toEqual([])
    expect(cellsOf(text)).toEqual(TWO)
  })

  test('with another delimiter inside a quoted name of the header', () => {
    const table = readCsv('path;kind;capacity;"note, free, long, wide"\nLibrary;library;;x\n', KNOWN)
    expect(table).toMatchObject({
      header: ['path', 'kind', 'capacity', 'note, free, long, wide'],
      faults: [],
    })
    expect(table.rows[0]?.cells).toMatchObject({ path: 'Library', 'note, free, long, wide': 'x' })
  })

  test.each([
    ['one column, and other delimiters below', 'path\nLibrary; north\n', { path: 'Library; north' }],
    ['as many of each', 'path,kind;old\nLibrary,hall;1\n', { path: 'Library', 'kind;old': 'hall;1' }],
    ['as many tabs', 'path;kind\told\nLibrary;hall\t1\n', { path: 'Library', 'kind\told': 'hall\t1' }],
  ])(
    'where the header does not tell the delimiter, commas come before semicolons, these before tabs: %s',
    (_, text, cells) => {
      expect(readCsv(text, KNOWN)).toMatchObject({ faults: [], rows: [{ cells }] })
    },
  )

  test('with rows of up to 65,536 characters', () => {
    const note = 'x'.repeat(65_000)
    const { rows, faults } = readCsv(`path,note\nA,${note}\nB,y\n`, KNOWN)
    expect([rows.map(({ cells }) => cells['note']?.length), faults]).toEqual([[65_000, 1], []])
  })

  test('with the right numbers of lines after one that breaks inside quotes', () => {
    const { rows } = readCsv('path,kind\r\n"Lib\r\nrary",library\r\n\r\nOther,library\r\n', KNOWN)
    expect(rows.map(({ line, cells }) => [line, cells['path']])).toEqual([
      [3, 'Lib\nrary'],
      [5, 'Other'],
    ])
  })
})

describe('[IMP-13] what is wrong with its shape is named', () => {
  test('a column that stands twice', () => {
    expect(readCsv('path;capacity;Capacity\nLibrary;30;40\n', KNOWN).faults).toEqual([
      { line: 1, detail: 'the column "capacity" appears twice' },
    ])
  })

  test('short and long rows, each by its line, and the others are read', () => {
    const table = readCsv('path,kind,capacity\nA,library\nB,library,\nC,room,1,2\n', KNOWN)
    expect(table.faults).toEqual([
      { line: 2, detail: 'it has 2 cells where the header has 3' },
      { line: 4, detail: 'it has 4 cells where the header has 3' },
    ])
    expect(table.rows.map(({ cells }) => cells['path'])).toEqual(['B'])
  })

  test('quotes, in the words of whoever made the file', () => {
    const open = readCsv('path,kind\nA,library\n"B,room\nC,room\n', KNOWN)
    expect(open.faults).toEqual([
      { line: 3, detail: 'a quote opens in it or below and never closes: nothing after it was read' },
    ])
    expect(open.rows).toHaveLength(1)
    expect(readCsv('path,kind\nA "1",library\n', KNOWN).faults[0]?.detail).toMatch(
      /^a quote appears in the middle/,
    )
    expect(readCsv('path,kind\n"A"1,library\n', KNOWN).faults[0]?.detail).toMatch(/^a quote appears inside/)
    expect(readCsv(`path,kind\n${'A'.repeat(70_000)},library\n`, KNOWN).faults[0]?.detail).toMatch(
      /^it has more than/,
    )
  })

  test('a wrong quote by its line, and every fault and row after it', () => {
    const text = 'sep=,\npath,kind\nA "1",library\n\n"B\nb",room\n"C"1,room\nD\nE,room\n'
    expect(readCsv(text, KNOWN)).toMatchObject({
      rows: [
        { line: 6, cells: { path: 'B\nb' } },
        { line: 9, cells: { path: 'E' } },
      ],
      faults: [
        { line: 3, detail: expect.stringMatching(/^a quote appears in the middle/) },
        { line: 7, detail: expect.stringMatching(/^a quote appears inside/) },
        { line: 8, detail: 'it has 1 cell where the header has 2' },
      ],
    })
  })

  test('wrong quotes in every row of a large table, a hundred of them, and then says that it stopped', () => {
    const { faults } = readCsv(`path,kind\n${'Screen 24",room\n'.repeat(20_000)}`, KNOWN)
    expect(faults).toHaveLength(101)
    expect(faults[99]?.line).toBe(101)
    expect(faults[100]).toEqual({
      line: 101,
      detail: 'quotes are wrong in many rows: nothing after it was read',
    })
  })

  test('nothing of an empty text, which has no column either', () => {
    expect(readCsv('', KNOWN)).toEqual({ header: [], rows: [], faults: [] })
  })
})
