import { expect, test } from 'vitest'
import { formatAge, formatTable, renderPrinted } from './table.ts'

test('columns stand below each other, numbers to the right, wide characters in two cells', () => {
  const table = formatTable(
    ['name', 'seats', ''],
    [
      ['總圖書館', 7, 'x'],
      ['Cafe\u0301', 120, ''],
    ],
  )
  expect(table).toBe('name      seats\n總圖書館      7  x\nCafe\u0301        120')
  expect(formatTable(['id', 'name'], [])).toBe('id  name')
})

test('an age is one number and one unit', () => {
  const now = 1_800_000_000_000
  const ages = [0, 119_000, 120_000, 7_199_000, 7_200_000, 172_800_000].map((age) =>
    formatAge(now, now - age),
  )
  expect(ages).toEqual(['0 s', '119 s', '2 min', '120 min', '2 h', '2 d'])
  expect([formatAge(now, null), formatAge(now, now + 5000)]).toEqual(['-', '0 s'])
})

test('[IMP-18] a table that is wider than the terminal is broken inside its widest columns, and nothing of it is lost', () => {
  const rows = [
    [7, 'door 101', 'Library/Floor 1/Room 101', 'the quick brown fox jumps over the lazy dog'],
    [1234, '總圖書館總圖書館總圖書館', '/', ''],
  ]
  const columns = ['id', 'name', 'space', 'words']
  const wide = formatTable(columns, rows)
  expect(formatTable(columns, rows, 200)).toBe(wide)
  const narrow = formatTable(columns, rows, 60)
  expect(narrow.split('\n').every((line) => line.length <= 60)).toBe(true)
  expect(narrow).toContain('   7  door 101')
  for (const word of ['Library/', 'Floor 1/', 'quick', 'jumps', 'lazy dog']) expect(narrow).toContain(word)
  const letters = (text: string): string => text.replaceAll(/\s/g, '').split('').toSorted().join('')
  expect(letters(narrow)).toBe(letters(wide))
  // So narrow that it cannot be: numbers stay whole.
  expect(formatTable(columns, rows, 10)).toContain('1234')
})

test('[IMP-18] what is indented stays so, and what would garble a terminal is written out', () => {
  const [first, second] = formatTable(null, [['    a long name of a room']], 18).split('\n')
  expect([first, second]).toEqual(['    a long name of', '    a room'])
  expect(formatTable(null, [['a\u001b[31mb\nc\u202ed']])).toBe('aU+001B[31mbU+000AcU+202Ed')
  expect(renderPrinted(['x\u001b]0;y', { columns: null, rows: [['1']] }], 80)).toBe('xU+001B]0;y\n1')
})
