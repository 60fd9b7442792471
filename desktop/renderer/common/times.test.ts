import { describe, expect, it } from 'vitest'
import { ageOf, minuteText, startOfDay } from './times.ts'

const MINUTE_MS = 60_000

describe('ageOf', () => {
  it('[OCC-6] rounds down in the unit that people use, and knows nothing without a time', () => {
    const now = 10_000 * MINUTE_MS
    const ages = [0, 0.99, 1, 59.9, 60, 1_439, 1_440].map((minutes) => ageOf(now - minutes * MINUTE_MS, now))
    expect(ages).toEqual([
      { unit: 'now' },
      { unit: 'now' },
      { unit: 'minutes', count: 1 },
      { unit: 'minutes', count: 59 },
      { unit: 'hours', count: 1 },
      { unit: 'hours', count: 23 },
      { unit: 'days', count: 1 },
    ])
    expect(ageOf(now + MINUTE_MS, now)).toEqual({ unit: 'now' })
    expect(ageOf(now, null)).toEqual({ unit: 'unknown' })
  })
})

describe('startOfDay', () => {
  it('a day begins where its zone says, also when clocks change', () => {
    expect(startOfDay('2026-11-20', 'Europe/Ljubljana')).toBe(Date.UTC(2026, 10, 19, 23))
    expect(startOfDay('2026-03-29', 'Europe/Ljubljana')).toBe(Date.UTC(2026, 2, 28, 23))
    expect(startOfDay('2026-03-30', 'Europe/Ljubljana')).toBe(Date.UTC(2026, 2, 29, 22))
    expect(startOfDay('2026-11-20', 'Asia/Taipei')).toBe(Date.UTC(2026, 10, 19, 16))
    expect(startOfDay('2026-11-20', 'Pacific/Kiritimati')).toBe(Date.UTC(2026, 10, 19, 10))
  })
})

it('a minute of the day is written as clocks show it, and the end of a day as 24:00', () => {
  expect([0, 485, 1_439, 1_440].map(minuteText)).toEqual(['00:00', '08:05', '23:59', '24:00'])
})
