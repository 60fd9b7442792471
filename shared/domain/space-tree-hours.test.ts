import { describe, expect, test } from 'vitest'
import { parseHours } from './space-tree-hours.ts'

describe('hours of a file', () => {
  const weekly = (value: unknown) => {
    const hours = parseHours(value)
    return hours.ok ? hours.value.weekly : hours.refusal
  }

  test('[HRS-1] empty is what the parent has', () => {
    expect([weekly(null), weekly(''), weekly({})]).toEqual([null, null, null])
  })

  test('[TRE-2] days in ranges and lists, spans in lists, every midnight there is', () => {
    expect(weekly('Sat-Mon 10:00-12:00')).toEqual([
      [0, 600, 720],
      [1, 600, 720],
      [6, 600, 720],
    ])
    expect(weekly('mon, wednesday 9:00-12:00, 13:00-17:00; Sun closed')).toEqual([
      [1, 540, 720],
      [1, 780, 1020],
      [3, 540, 720],
      [3, 780, 1020],
    ])
    expect(weekly('Fri 20:00-02:00')).toEqual([
      [5, 1200, 1440],
      [6, 0, 120],
    ])
    expect(weekly('Sat 20:00 – 02:00')).toEqual([
      [0, 0, 120],
      [6, 1200, 1440],
    ])
    for (const midnight of ['23:59', '24:00', '00:00'])
      expect(weekly(`Fri 20:00-${midnight}`)).toEqual([[5, 1200, 1440]])
    expect(weekly('24/7')).toHaveLength(7)
    expect(
      weekly({
        Monday: [
          ['08:00', '12:00'],
          ['11:00', '14:00'],
        ],
      }),
    ).toEqual([[1, 480, 840]])
  })

  test('[HRS-2] with closures, as the line carries them', () => {
    const hours = { weekly: [[1, 480, 1200]], closures: [{ date: '2026-12-25', spans: [] }] }
    expect(parseHours(hours)).toEqual({ ok: true, value: hours })
  })

  test.each([
    'often',
    'Mon',
    'Mon 8-20',
    'Mon 25:00-26:00',
    'Mon 08:60-09:00',
    'Mon 08:00-08:00',
    'Mon-Tue-Wed 08:00-09:00',
    'Mon 08:00-09:00-10:00',
    '08:00-20:00',
    'Sun closed',
    7,
    [],
    { Mon: '08:00' },
    { Someday: [] },
    { weekly: [[1, 1200, 480]] },
    { weekly: [[9, 0, 60]] },
    { closures: [{ date: '2026-02-30', spans: [] }] },
    { closures: [{ date: '2026-13-01', spans: [] }] },
    { weekly: [] },
    {
      closures: [
        { date: '2026-12-25', spans: [] },
        { date: '2026-12-25', spans: [[0, 60]] },
      ],
    },
  ])('[TRE-2] %j is refused', (value) => {
    expect(parseHours(value).ok).toBe(false)
  })
})
