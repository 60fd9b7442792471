import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseOldWeekly, type OldWeekly } from './old-weekly.ts'
import { zoneOf } from './testing-zones.ts'

const ROW: OldWeekly = {
  start_date: '2025-02-17',
  end_date: '2025-06-20',
  start_time: '2025-02-17T10:00:00.000Z',
  end_time: '2025-02-17T12:00:00.000Z',
  day_of_week: 'MON',
}

function parse(some: Partial<OldWeekly>, zone = 'Asia/Taipei') {
  const parsed = parseOldWeekly({ ...ROW, ...some }, zoneOf(zone))
  return parsed.ok ? parsed.value : parsed.refusal
}

function timesOf(start_time: string, end_time: string, zone = 'Asia/Taipei') {
  const parsed = parseOldWeekly({ ...ROW, start_time, end_time }, zoneOf(zone))
  return parsed.ok ? [parsed.value.startMinute, parsed.value.endMinute] : parsed.refusal
}

describe('a weekly booking of an earlier system', () => {
  it('[BOK-58] has the times that the wall clock showed at its moments', () => {
    expect(parse({})).toEqual({
      startDate: '2025-02-17',
      endDate: '2025-06-20',
      startMinute: 1080,
      endMinute: 1200,
      dayOfWeek: 1,
    })
    expect(timesOf('2025-02-17T10:00:00.000Z', '2025-02-17T12:00:00.000Z', 'Europe/Ljubljana')).toEqual([
      660, 780,
    ])
    // The date of the moment counts only for what the clock showed: summer time in July, whatever the dates of the booking.
    expect(timesOf('2024-07-01T10:00:00Z', '2024-07-01T12:00:00Z', 'Europe/Ljubljana')).toEqual([720, 840])
    expect(timesOf('2025-02-17 10:00:00+08:00', '2025-02-17T04:00Z')).toEqual([600, 720])
  })

  it('[BOK-58] has its times of day as they stand', () => {
    expect(parse({ start_time: '14:00:00', end_time: '16:00', day_of_week: '4' })).toMatchObject({
      startMinute: 840,
      endMinute: 960,
      dayOfWeek: 4,
    })
    expect(timesOf('00:00', '23:59:59')).toEqual([0, 0])
    expect(timesOf('08:00:30', '09:00:01')).toEqual([480, 541])
    expect(timesOf('2025-02-17T00:00:30Z', '2025-02-17T01:00:01Z', 'UTC')).toEqual([0, 61])
    expect(timesOf('22:00', '02:00')).toEqual([1320, 120])
    expect(timesOf('10:00', '2025-02-17T04:00:00Z')).toEqual([600, 720])
  })

  it('[BOK-58] without length is refused, and a day long is not', () => {
    const refused = { why: 'noLength', rule: 'BOK-58' }
    expect(timesOf('10:00', '10:00')).toEqual(refused)
    expect(timesOf('2025-02-17T10:00:00Z', '2025-02-17T10:00:00Z')).toEqual(refused)
    expect(timesOf('2025-02-17T10:00:00Z', '2025-02-18T10:00:00Z')).toEqual([1080, 1080])
    expect(timesOf('2025-03-29T23:00:00Z', '2025-03-30T22:00:00Z', 'Europe/Ljubljana')).toEqual([0, 0])
  })

  it('[BOK-58] with what is no time, no date or no day is refused', () => {
    for (const text of [
      '',
      '24:00',
      '25:00',
      '8:00',
      '10:60',
      'noon',
      '2025-02-30T10:00Z',
      '2025-02-17T10:00',
      '10:00+08',
    ])
      for (const field of ['start_time', 'end_time'] as const)
        expect(parse({ [field]: text })).toEqual({ why: 'noSuchTime', rule: 'BOK-58', field })
    expect(parse({ day_of_week: 'Payday' })).toEqual({ why: 'unknownDay', rule: 'BOK-42' })
    expect(parse({ end_date: '2025-02-29' })).toEqual({ why: 'noSuchDate', rule: 'BOK-41', field: 'endDate' })
    expect(parse({ end_date: '2025-02-16' })).toEqual({ why: 'endsBeforeItStarts', rule: 'BOK-41' })
    expect(parse({ start_date: '2025-02-18', end_date: '2025-02-23' })).toEqual({
      why: 'noDates',
      rule: 'BOK-41',
    })
  })

  it('[BOK-58] may have more dates than a new one', () => {
    expect(parse({ start_date: '2015-02-17' })).toMatchObject({ startDate: '2015-02-17' })
    expect(parse({ end_date: '9999-12-31' })).toMatchObject({ endDate: '9999-12-31' })
  })

  it('[BOK-58] of any texts is a value or a refusal', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string(), { minLength: 5, maxLength: 5 }),
        ([one = '', two = '', three = '', four = '', five = '']) => {
          parse({ start_date: one, end_date: two, start_time: three, end_time: four, day_of_week: five })
          expect(typeof parse({ start_time: three, end_time: four })).toBe('object')
        },
      ),
    )
  })
})
