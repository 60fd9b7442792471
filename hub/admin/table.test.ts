import { expect, test } from 'vitest'
import { formatAge, formatTable } from './table.ts'

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
