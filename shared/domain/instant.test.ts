import { expect, test } from 'vitest'
import { parseInstant } from './instant.ts'

test('[BOK-2] a moment needs a date that there is, a time of it and an offset', () => {
  expect(parseInstant('2026-10-05T14:00:00+02:00')).toBe(Date.parse('2026-10-05T12:00:00Z'))
  expect(parseInstant('2026-10-05T14:00Z')).toBe(Date.parse('2026-10-05T14:00:00Z'))
  expect(parseInstant('2028-02-29T00:00:00.000Z')).toBe(Date.parse('2028-02-29T00:00:00Z'))
  const none = [
    '2026-10-05T14:00:00',
    '2026-02-29T10:00:00Z',
    '2026-02-30T10:00:00Z',
    '2026-13-01T10:00:00Z',
    '2026-10-05T24:00:00Z',
    '2026-10-05T10:60:00Z',
    '2026-10-05 10:00:00Z',
    '2026-10-05T10:00:00+99:00',
    '2026-10-05',
    '1760000000000',
    '',
  ]
  expect(none.map(parseInstant)).toEqual(none.map(() => null))
})
