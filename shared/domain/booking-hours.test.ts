import fc from 'fast-check'
import { expect, test } from 'vitest'
import { closedWithin } from './booking-hours.ts'
import { parseZone, type Zone } from './local-time.ts'
import { openness, type OpeningHours } from './week-time.ts'

function zoneOf(name: string): Zone {
  const zone = parseZone(name)
  if (!zone.ok) throw new Error(`no zone ${name}`)
  return zone.value
}

const HOUR_MS = 3_600_000
const LJUBLJANA = zoneOf('Europe/Ljubljana')
const always = (weekly: OpeningHours['weekly'], closures: OpeningHours['closures'] = []): OpeningHours => ({
  weekly,
  closures,
})
const EVERY_DAY = always([0, 1, 2, 3, 4, 5, 6].map((day) => [day, 8 * 60, 20 * 60]))

test('[BOK-13] a span within the hours is closed nowhere, one that begins before them or ends after them is', () => {
  const day = Date.parse('2026-10-05T00:00:00+02:00')
  const at = (from: number, to: number) => ({ startMs: day + from * HOUR_MS, endMs: day + to * HOUR_MS })
  expect(closedWithin([EVERY_DAY], LJUBLJANA, at(8, 20))).toEqual([])
  expect(closedWithin([EVERY_DAY], LJUBLJANA, at(7, 9))).toEqual([at(7, 8)])
  expect(closedWithin([EVERY_DAY], LJUBLJANA, at(19, 33))).toEqual([at(20, 32)])
  expect(closedWithin([], LJUBLJANA, at(0, 48))).toEqual([])
})

test('[BOK-13] [HRS-2] a closure of what the room is in closes it', () => {
  const closed = always(null, [{ date: '2026-10-05', spans: [] }])
  const day = Date.parse('2026-10-05T00:00:00+02:00')
  const span = { startMs: day + 9 * HOUR_MS, endMs: day + 10 * HOUR_MS }
  expect(closedWithin([EVERY_DAY, closed], LJUBLJANA, span)).toEqual([span])
})

test('[BOK-13] [HRS-3] what is closed is what is not open at any minute, in zones whose clocks jump, skip a day or go by half hours', () => {
  const zones = [
    'Europe/Ljubljana',
    'Asia/Taipei',
    'Australia/Lord_Howe',
    'Pacific/Apia',
    'America/St_Johns',
  ].map(zoneOf)
  const spans = fc.array(
    fc.tuple(
      fc.integer({ min: 0, max: 6 }),
      fc.integer({ min: 0, max: 1_439 }),
      fc.integer({ min: 1, max: 1_440 }),
    ),
    { maxLength: 9 },
  )
  const wish = fc.record({
    zone: fc.constantFrom(...zones),
    // Around jumps of the clocks, and the day that Apia left out.
    from: fc.constantFrom('2026-03-29', '2026-10-25', '2026-04-05', '2011-12-30', '2026-07-01'),
    minutes: fc.integer({ min: 0, max: 2_000 }),
    length: fc.integer({ min: 1, max: 3_000 }),
    weekly: fc.option(spans),
  })
  fc.assert(
    fc.property(wish, ({ zone, from, minutes, length, weekly }) => {
      const chain = [always(weekly?.filter(([, start, end]) => start < end) ?? null)]
      const startMs = Date.parse(`${from}T00:00:00Z`) - 12 * HOUR_MS + minutes * 60_000
      const span = { startMs, endMs: startMs + length * 60_000 }
      const closed = closedWithin(chain, zone, span)
      for (let atMs = span.startMs; atMs < span.endMs; atMs += 17 * 60_000) {
        const isClosed = closed.some((one) => one.startMs <= atMs && atMs < one.endMs)
        expect(isClosed).toBe(!openness(chain, zone.localAt, atMs).isOpen)
      }
    }),
    { numRuns: 60 },
  )
})
