import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { dayOfName, parseDayOfWeek } from './day-of-week.ts'

describe('a day of the week', () => {
  it.each([
    ['MON', 1],
    ['Mon', 1],
    ['mon.', 1],
    ['Monday', 1],
    [' tuesday ', 2],
    ['Tues', 2],
    ['WED', 3],
    ['Thursday', 4],
    ['Thurs.', 4],
    ['4', 4],
    ['Fr', 5],
    ['SA', 6],
    ['su', 0],
    ['0', 0],
    ['7', 0],
    ['6', 6],
  ])('[BOK-42] %j is %i', (text, day) => {
    expect(parseDayOfWeek(text)).toEqual({ ok: true, value: day })
  })

  it.each([
    '',
    ' ',
    's',
    't',
    '8',
    '-1',
    '4.5',
    '04',
    '4..',
    'mo-fr',
    'Mondays',
    'Someday',
    'day',
    '\u0000',
    'x'.repeat(1_000),
  ])('[BOK-42] %j is refused', (text) => {
    expect(parseDayOfWeek(text)).toEqual({ ok: false, refusal: { why: 'unknownDay', rule: 'BOK-42' } })
  })

  it('[BOK-42] any text is a day or refused, and a name alone is never a number', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const parsed = parseDayOfWeek(text)
        if (parsed.ok) expect([0, 1, 2, 3, 4, 5, 6]).toContain(parsed.value)
      }),
    )
    expect(['0', '4', '7'].map(dayOfName)).toEqual([null, null, null])
  })
})
