import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  instantOf,
  offsetAt,
  parseDate,
  parseZone,
  weeklyInstants,
  type WallTime,
  type Zone,
} from './local-time.ts'
import { makeIntlText, zoneOf, ZONES } from './testing-zones.ts'
import { dateAfter } from './week-time.ts'

/** Apia left a day out in 2011, São Paulo had summer time until 2019, Cairo has it again since 2023. */
const YEARS = [2011, 2018, 2023, 2026, 2027]

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS

function at(wall: WallTime, zone: Zone): { atMs: number; is: string } {
  const decided = instantOf(wall, zone)
  if (!decided.ok) throw new Error(decided.refusal.why)
  return decided.value
}

function textOf({ date, minute }: WallTime): string {
  const day = minute === 1440 ? dateAfter(date, 1) : date
  const two = (value: number): string => String(value).padStart(2, '0')
  return `${day} ${two(Math.floor((minute % 1440) / 60))}:${two(minute % 60)}`
}

/** Every minute of some days around one, with what Intl shows: the whole truth about what is skipped and doubled there. */
function momentsOf(wall: WallTime, intlText: (atMs: number) => string): { atMs: number; text: string }[] {
  const utcMs = Date.parse(`${wall.date}T00:00:00Z`) + wall.minute * MINUTE_MS
  return Array.from({ length: (2 * 27 * HOUR_MS) / MINUTE_MS }, (_, index) => {
    const atMs = utcMs - 27 * HOUR_MS + index * MINUTE_MS
    return { atMs, text: intlText(atMs) }
  })
}

/** Days on which the clocks of a zone were set in a year, in UTC. */
function changesOf(zone: string, year: number): string[] {
  const parsed = zoneOf(zone)
  const days = Array.from({ length: 366 }, (_, day) => Date.UTC(year, 0, 1) + day * DAY_MS)
  return days
    .filter((dayMs) => offsetAt(dayMs, parsed) !== offsetAt(dayMs + DAY_MS, parsed))
    .map((dayMs) => new Date(dayMs).toISOString().slice(0, 10))
}

const CHANGES = ZONES.flatMap((zone) =>
  YEARS.flatMap((year) => changesOf(zone, year).map((date) => ({ zone, date }))),
)

const minutes = fc.integer({ min: 0, max: 1440 })
const ordinary = fc.record({
  zone: fc.constantFrom(...ZONES),
  date: fc
    .record({ year: fc.constantFrom(...YEARS), day: fc.integer({ min: 0, max: 364 }) })
    .map(({ year, day }) => dateAfter(`${year}-01-01`, day)),
  minute: minutes,
})
const around = fc
  .record({ change: fc.constantFrom(...CHANGES), days: fc.integer({ min: -1, max: 1 }), minute: minutes })
  .map(({ change, days, minute }) => {
    const utcMs = Date.parse(`${change.date}T00:00:00Z`) + days * DAY_MS
    return { zone: change.zone, date: new Date(utcMs).toISOString().slice(0, 10), minute }
  })
const walls = fc.oneof({ weight: 1, arbitrary: ordinary }, { weight: 3, arbitrary: around })

describe('a local time', () => {
  it('[LOC-1] becomes the moment that Intl shows it at, the first of two, and the moment of the jump where it is shown at none', () => {
    expect(CHANGES.length).toBeGreaterThan(100)
    fc.assert(
      fc.property(walls, (wall) => {
        const { atMs, is } = at(wall, zoneOf(wall.zone))
        const moments = momentsOf(wall, makeIntlText(wall.zone))
        const shown = moments.filter(({ text }) => text === textOf(wall))
        if (shown.length === 0) {
          expect(is).toBe('skipped')
          expect(atMs).toBe(moments.find(({ text }) => text > textOf(wall))?.atMs)
        } else {
          expect(is).toBe(shown.length === 1 ? 'single' : 'doubled')
          expect(atMs).toBe(shown[0]?.atMs)
        }
      }),
      { numRuns: 300 },
    )
  })

  it('[LOC-1] and back: what the clocks show at its moment is it again, where it is not skipped', () => {
    fc.assert(
      fc.property(walls, (wall) => {
        const zone = zoneOf(wall.zone)
        const { atMs, is } = at(wall, zone)
        const shown = zone.localAt(atMs)
        if (is === 'skipped') expect(textOf(shown) > textOf(wall)).toBe(true)
        else expect(textOf(shown)).toBe(textOf(wall))
        expect(shown.day).toBe(new Date(`${shown.date}T00:00:00Z`).getUTCDay())
      }),
      { numRuns: 1_000 },
    )
  })

  it('[LOC-2] keeps its order: of two, the later is never the earlier moment', () => {
    const pairs = around.chain((wall) => fc.record({ wall: fc.constant(wall), minute: minutes }))
    fc.assert(
      fc.property(pairs, ({ wall, minute }) => {
        const zone = zoneOf(wall.zone)
        const [first, second] = [wall.minute, minute].toSorted((left, right) => left - right)
        const [from, to] = [first, second].map((one) => at({ date: wall.date, minute: one ?? 0 }, zone).atMs)
        expect(to).toBeGreaterThanOrEqual(from ?? 0)
      }),
      { numRuns: 1_000 },
    )
  })

  it.each([
    ['Europe/Ljubljana', '2027-03-28', 150, '2027-03-28T01:00:00Z', 'skipped'],
    ['Europe/Ljubljana', '2027-03-28', 180, '2027-03-28T01:00:00Z', 'single'],
    ['Europe/Ljubljana', '2026-10-25', 150, '2026-10-25T00:30:00Z', 'doubled'],
    ['Australia/Lord_Howe', '2026-10-04', 135, '2026-10-03T15:30:00Z', 'skipped'],
    ['Antarctica/Troll', '2026-03-29', 61, '2026-03-29T01:00:00Z', 'skipped'],
    ['Africa/Cairo', '2026-04-24', 30, '2026-04-23T22:00:00Z', 'skipped'],
    ['America/Sao_Paulo', '2018-11-04', 0, '2018-11-04T03:00:00Z', 'skipped'],
    ['Pacific/Apia', '2011-12-30', 600, '2011-12-30T10:00:00Z', 'skipped'],
    ['Asia/Kathmandu', '2026-01-01', 345, '2026-01-01T00:00:00Z', 'single'],
    ['Europe/Ljubljana', '2026-11-30', 1440, '2026-11-30T23:00:00Z', 'single'],
  ])('[LOC-1] in %s, %s, minute %i is %s (%s)', (name, date, minute, text, is) => {
    expect(at({ date, minute }, zoneOf(name))).toEqual({ atMs: Date.parse(text), is })
  })

  it('[LOC-4] in a zone that nobody knows, or on a day that no calendar has, is refused as a value', () => {
    for (const name of ['Mars/Olympus', '', 'GMT+5', '+01:00', 'x'.repeat(1_000), '\u0000'])
      expect(parseZone(name)).toEqual({ ok: false, refusal: { why: 'unknownZone' } })
    const zone = zoneOf('Europe/Ljubljana')
    for (const wall of [
      { date: '2026-02-29', minute: 0 },
      { date: '2026-13-01', minute: 0 },
      { date: '2026-2-1', minute: 0 },
      { date: '', minute: 0 },
      { date: '2026-02-01', minute: 1441 },
      { date: '2026-02-01', minute: -1 },
      { date: '2026-02-01', minute: 0.5 },
      { date: '2026-02-01', minute: Number.NaN },
    ]) {
      expect(instantOf(wall, zone)).toEqual({ ok: false, refusal: { why: 'noSuchTime' } })
      expect(weeklyInstants(wall, zone, 2)).toEqual({ ok: false, refusal: { why: 'noSuchTime' } })
    }
    for (const date of ['2026-02-29', '2026-13-01', '2026-2-1', '', '2026-02-28T10:00', ' 2026-02-28'])
      expect(parseDate(date)).toBeNull()
    expect(parseDate('2028-02-29')?.toString()).toBe('2028-02-29')
  })

  it('[LOC-4] any text is a zone or refused, and any pair a moment or refused; every zone of Intl has both', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.double(), (name, date, minute) => {
        const zone = parseZone(name)
        if (zone.ok) instantOf({ date, minute }, zone.value)
      }),
    )
    for (const name of Intl.supportedValuesOf('timeZone'))
      expect(instantOf({ date: '2026-11-30', minute: 600 }, zoneOf(name)).ok).toBe(true)
  })
})

describe('a local time of each week', () => {
  it('[LOC-3] stays the same on the wall over clock changes, and names what is skipped and doubled', () => {
    const zone = zoneOf('Europe/Ljubljana')
    const decided = weeklyInstants({ date: '2027-03-21', minute: 150 }, zone, 3)
    expect(decided).toEqual({
      ok: true,
      value: [
        { date: '2027-03-21', atMs: Date.parse('2027-03-21T01:30:00Z'), is: 'single' },
        { date: '2027-03-28', atMs: Date.parse('2027-03-28T01:00:00Z'), is: 'skipped' },
        { date: '2027-04-04', atMs: Date.parse('2027-04-04T00:30:00Z'), is: 'single' },
      ],
    })
    expect(weeklyInstants({ date: '2027-03-21', minute: 1440 }, zone, 1)).toEqual({
      ok: true,
      value: [{ date: '2027-03-21', atMs: Date.parse('2027-03-21T23:00:00Z'), is: 'single' }],
    })
    expect(weeklyInstants({ date: '2027-03-21', minute: 600 }, zone, 0)).toEqual({ ok: true, value: [] })
  })

  it('[LOC-3] is each date’s own moment: seven days of the calendar apart, and never out of order', () => {
    fc.assert(
      fc.property(walls, fc.integer({ min: 1, max: 60 }), (wall, count) => {
        const zone = zoneOf(wall.zone)
        const decided = weeklyInstants(wall, zone, count)
        if (!decided.ok) throw new Error(decided.refusal.why)
        expect(decided.value).toHaveLength(count)
        for (const [weeks, { date, ...instant }] of decided.value.entries()) {
          expect(date).toBe(dateAfter(wall.date, 7 * weeks))
          expect(instant).toEqual(at({ date, minute: wall.minute }, zone))
        }
        const moments = decided.value.map(({ atMs }) => atMs)
        expect(moments).toEqual(moments.toSorted((left, right) => left - right))
      }),
    )
  })
})
