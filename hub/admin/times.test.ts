import { expect, test } from 'vitest'
import { makeTimes } from './times.ts'

test('[IMP-17] times are those of the place, on both sides of a change of the clocks, and an unknown zone is UTC', () => {
  const times = makeTimes('Europe/Ljubljana')
  const at = (text: string): number => Date.parse(text)
  expect([
    times.zone,
    times.minute(at('2026-10-25T00:59:59Z')),
    times.second(at('2026-10-25T01:00:00Z')),
  ]).toEqual(['Europe/Ljubljana', '2026-10-25 02:59', '2026-10-25 02:00:00'])
  expect(makeTimes('Asia/Taipei').minute(at('2026-12-31T16:00:00Z'))).toBe('2027-01-01 00:00')
  expect(makeTimes('Mars/North').zone).toBe('UTC')
  expect(makeTimes(null).zone).toBe(new Intl.DateTimeFormat().resolvedOptions().timeZone)
})
