import fc from 'fast-check'
import { expect, test } from 'vitest'
import { makeZonedText, zoneOrUtc } from './zoned-time.ts'

test('[AUD-4] a local time says how far it is from UTC, also in the hour that comes twice', () => {
  const text = makeZonedText(zoneOrUtc('Europe/Ljubljana'))
  expect(text(Date.UTC(2026, 9, 25, 0, 30))).toBe('2026-10-25T02:30:00+02:00')
  expect(text(Date.UTC(2026, 9, 25, 1, 30))).toBe('2026-10-25T02:30:00+01:00')
  expect(makeZonedText(zoneOrUtc('Asia/Kathmandu'))(Date.UTC(2026, 0, 1))).toBe('2026-01-01T05:45:00+05:45')
  expect(makeZonedText(zoneOrUtc('America/St_Johns'))(Date.UTC(2026, 0, 1))).toBe('2025-12-31T20:30:00-03:30')
  expect(makeZonedText(zoneOrUtc('UTC'))(1_500)).toBe('1970-01-01T00:00:01+00:00')
})

test('[AUD-4] a local time is the moment that it was made from, to the second', () => {
  const zones = fc.constantFrom(
    'Europe/Ljubljana',
    'Asia/Taipei',
    'Australia/Lord_Howe',
    'America/St_Johns',
    'UTC',
  )
  const moments = fc.integer({ min: Date.UTC(2000, 0), max: Date.UTC(2100, 0) })
  fc.assert(
    fc.property(zones, fc.array(moments, { minLength: 1 }), (zone, times) => {
      const text = makeZonedText(zoneOrUtc(zone))
      for (const atMs of times) expect(Date.parse(text(atMs))).toBe(atMs - (atMs % 1000))
    }),
  )
})
