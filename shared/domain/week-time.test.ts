import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  dateAfter,
  makeLocalClock,
  openness,
  spansOfDay,
  type LocalTime,
  type OpeningHours,
  type WeekSpan,
} from './week-time.ts'

const LJUBLJANA = 'Europe/Ljubljana'
const TAIPEI = 'Asia/Taipei'
const HOUR_MS = 3_600_000
/** 2026-11-16 00:00 in UTC, a Monday. */
const MONDAY_MS = 1_794_787_200_000

const unknown: OpeningHours = { weekly: null, closures: [] }
const weekdays: OpeningHours = { weekly: [1, 2, 3, 4, 5].map((day) => [day, 480, 1200]), closures: [] }

/** A clock that shows one local time, whatever it is asked. */
function standing(date: string, day: number, minute: number): () => LocalTime {
  return () => ({ date, day, minute })
}

function opens(chain: readonly OpeningHours[], date: string, day: number, minute: number) {
  return openness(chain, standing(date, day, minute), 0)
}

describe('hours of a chain of spaces', () => {
  test('[HRS-1] nobody has hours: always open, and no closing time is claimed', () => {
    expect(spansOfDay([unknown, unknown], { date: '2026-11-16', day: 1 })).toBeNull()
    expect(opens([unknown], '2026-11-16', 1, 300)).toEqual({ isOpen: true, changes: null })
    expect(opens([], '2026-11-16', 1, 300)).toEqual({ isOpen: true, changes: null })
  })

  test('[HRS-1] the nearest weekly hours hold, also when they say closed all week', () => {
    const never: OpeningHours = { weekly: [], closures: [] }
    expect(spansOfDay([unknown, weekdays, never], { date: '2026-11-16', day: 1 })).toEqual([[480, 1200]])
    expect(spansOfDay([never, weekdays], { date: '2026-11-16', day: 1 })).toEqual([])
    expect(opens([never, weekdays], '2026-11-16', 1, 600)).toEqual({ isOpen: false, changes: null })
  })

  test('[HRS-2] a closure of an ancestor holds below it, on its date only', () => {
    const house: OpeningHours = { weekly: weekdays.weekly, closures: [{ date: '2026-11-16', spans: [] }] }
    const room: OpeningHours = { weekly: [[1, 0, 1440]], closures: [] }
    expect(spansOfDay([room, house], { date: '2026-11-16', day: 1 })).toEqual([])
    expect(spansOfDay([room, house], { date: '2026-11-23', day: 1 })).toEqual([[0, 1440]])
  })

  test('[HRS-2] a short day is open only where its spans and the week agree', () => {
    const short: OpeningHours = {
      weekly: weekdays.weekly,
      closures: [
        {
          date: '2026-11-16',
          spans: [
            [0, 540],
            [1140, 1440],
          ],
        },
      ],
    }
    expect(spansOfDay([short], { date: '2026-11-16', day: 1 })).toEqual([
      [480, 540],
      [1140, 1200],
    ])
    expect(opens([short], '2026-11-16', 1, 500).changes).toMatchObject({ minute: 540, isToday: true })
    expect(opens([short], '2026-11-16', 1, 600)).toMatchObject({ isOpen: false, changes: { minute: 1140 } })
  })

  test('[HRS-2] two closures on one date hold both', () => {
    const closure = (from: number, to: number): OpeningHours => ({
      weekly: null,
      closures: [{ date: '2026-11-16', spans: [[from, to]] }],
    })
    expect(spansOfDay([closure(0, 700), closure(600, 1440)], { date: '2026-11-16', day: 1 })).toEqual([
      [600, 700],
    ])
  })

  test('[HRS-2] without weekly hours a closed day ends at midnight, and ends the day before it', () => {
    const holiday: OpeningHours = { weekly: null, closures: [{ date: '2026-11-18', spans: [] }] }
    expect(opens([holiday], '2026-11-18', 3, 600)).toEqual({
      isOpen: false,
      changes: { date: '2026-11-19', day: 4, minute: 0, isToday: false },
    })
    expect(opens([holiday], '2026-11-16', 1, 600)).toEqual({
      isOpen: true,
      changes: { date: '2026-11-17', day: 2, minute: 1440, isToday: false },
    })
  })
})

describe('until when', () => {
  test('[HRS-3] the first minute of a span is open and its last minute is closed', () => {
    expect(opens([weekdays], '2026-11-16', 1, 479).isOpen).toBe(false)
    expect(opens([weekdays], '2026-11-16', 1, 480).isOpen).toBe(true)
    expect(opens([weekdays], '2026-11-16', 1, 1199).isOpen).toBe(true)
    expect(opens([weekdays], '2026-11-16', 1, 1200).isOpen).toBe(false)
  })

  test('[HRS-3] after Friday’s closing it opens on Monday', () => {
    expect(opens([weekdays], '2026-11-20', 5, 1300)).toEqual({
      isOpen: false,
      changes: { date: '2026-11-23', day: 1, minute: 480, isToday: false },
    })
  })

  test('[HRS-3] a span that ends at midnight closes at 24:00 of its own day', () => {
    const late: OpeningHours = { weekly: [[1, 600, 1440]], closures: [] }
    expect(opens([late], '2026-11-16', 1, 700).changes).toEqual({
      date: '2026-11-16',
      day: 1,
      minute: 1440,
      isToday: true,
    })
  })

  test('[HRS-3] spans that meet at midnight are one', () => {
    const night: OpeningHours = {
      weekly: [
        [5, 600, 1440],
        [6, 0, 120],
      ],
      closures: [],
    }
    expect(opens([night], '2026-11-20', 5, 1400)).toEqual({
      isOpen: true,
      changes: { date: '2026-11-21', day: 6, minute: 120, isToday: false },
    })
    expect(opens([night], '2026-11-21', 6, 0)).toMatchObject({
      isOpen: true,
      changes: { minute: 120, isToday: true },
    })
  })

  test('[HRS-3] open day and night closes never, unless a closure is near', () => {
    const always: OpeningHours = { weekly: [0, 1, 2, 3, 4, 5, 6].map((day) => [day, 0, 1440]), closures: [] }
    expect(opens([always], '2026-11-16', 1, 700)).toEqual({ isOpen: true, changes: null })
    const holiday = { weekly: null, closures: [{ date: '2026-11-18', spans: [] }] }
    expect(opens([always, holiday], '2026-11-16', 1, 700).changes).toMatchObject({
      date: '2026-11-17',
      minute: 1440,
    })
  })

  test('[HRS-3] a space that opens once a week is found a week ahead, when today’s hour has passed', () => {
    const once: OpeningHours = { weekly: [[1, 600, 660]], closures: [] }
    expect(opens([once], '2026-11-16', 1, 700).changes).toMatchObject({ date: '2026-11-23', minute: 600 })
  })

  test('[HRS-3] touching and overlapping spans of one day are one', () => {
    const lunch: OpeningHours = {
      weekly: [
        [1, 700, 900],
        [1, 480, 720],
        [1, 900, 960],
      ],
      closures: [],
    }
    expect(spansOfDay([lunch], { date: '2026-11-16', day: 1 })).toEqual([[480, 960]])
    expect(opens([lunch], '2026-11-16', 1, 500).changes).toMatchObject({ minute: 960 })
  })
})

describe('local time', () => {
  test('[HRS-3] clocks of both cities', () => {
    expect(makeLocalClock(LJUBLJANA)(MONDAY_MS)).toEqual({ date: '2026-11-16', day: 1, minute: 60 })
    expect(makeLocalClock(TAIPEI)(MONDAY_MS)).toEqual({ date: '2026-11-16', day: 1, minute: 480 })
    expect(makeLocalClock(TAIPEI)(MONDAY_MS + 16 * HOUR_MS)).toEqual({
      date: '2026-11-17',
      day: 2,
      minute: 0,
    })
  })

  test('[HRS-3] a zone that does not exist is not taken for another', () => {
    expect(() => makeLocalClock('Europe/Lubliana')).toThrow(RangeError)
  })

  test('[HRS-3] a night that is 25 hours long: no day is looked at twice', () => {
    // 2026-10-25, Ljubljana: 03:00 becomes 02:00. 00:30 summer time is 22:30 UTC of the 24th; 24 hours on it is still the 25th.
    const atMs = 1_792_881_000_000
    const clock = makeLocalClock(LJUBLJANA)
    expect(clock(atMs)).toEqual({ date: '2026-10-25', day: 0, minute: 30 })
    expect(clock(atMs + 24 * HOUR_MS).date).toBe('2026-10-25')
    expect(openness([weekdays], clock, atMs)).toEqual({
      isOpen: false,
      changes: { date: '2026-10-26', day: 1, minute: 480, isToday: false },
    })
  })

  test('[HRS-3] a night that is 23 hours long: no day is skipped', () => {
    // 2026-03-29, Ljubljana: 02:00 becomes 03:00. 23:30 of the 28th is 22:30 UTC; 24 hours on it is the 30th.
    const atMs = 1_774_737_000_000
    const clock = makeLocalClock(LJUBLJANA)
    expect(clock(atMs)).toEqual({ date: '2026-03-28', day: 6, minute: 1410 })
    expect(clock(atMs + 24 * HOUR_MS).date).toBe('2026-03-30')
    const sunday: OpeningHours = { weekly: [[0, 600, 720]], closures: [] }
    expect(openness([sunday], clock, atMs)).toEqual({
      isOpen: false,
      changes: { date: '2026-03-29', day: 0, minute: 600, isToday: false },
    })
  })

  test('[HRS-3] the hour that comes twice is open both times, the hour that is skipped never', () => {
    const small: OpeningHours = { weekly: [[0, 120, 180]], closures: [] }
    const clock = makeLocalClock(LJUBLJANA)
    // 2026-10-25 at 00:30 UTC and 01:30 UTC: 02:30 twice. 2026-03-29 at 01:00 UTC: 03:00, an hour after 01:59.
    expect(openness([small], clock, 1_792_888_200_000).isOpen).toBe(true)
    expect(openness([small], clock, 1_792_888_200_000 + HOUR_MS).isOpen).toBe(true)
    expect(openness([small], clock, 1_774_746_000_000 - 60_000).isOpen).toBe(false)
    expect(openness([small], clock, 1_774_746_000_000).isOpen).toBe(false)
  })

  test('[HRS-3] dates go on over months, leap days and years', () => {
    expect(dateAfter('2026-11-30', 1)).toBe('2026-12-01')
    expect(dateAfter('2026-03-01', -1)).toBe('2026-02-28')
    expect(dateAfter('2027-01-02', -33)).toBe('2026-11-30')
    expect(dateAfter('2026-12-07', -6)).toBe('2026-12-01')
    expect(dateAfter('2026-12-31', 8)).toBe('2027-01-08')
    expect(dateAfter('2028-02-28', 1)).toBe('2028-02-29')
    expect(dateAfter('2100-02-28', 1)).toBe('2100-03-01')
    expect(dateAfter('2000-02-28', 2)).toBe('2000-03-01')
  })
})

describe('any hours', () => {
  const span = fc
    .tuple(
      fc.integer({ min: 0, max: 6 }),
      fc.integer({ min: 0, max: 1439 }),
      fc.integer({ min: 1, max: 1440 }),
    )
    .filter(([, from, to]) => from < to)
  const week = fc.option(fc.array(span, { maxLength: 12 }))
  const closures = fc.array(
    fc.record({
      date: fc.integer({ min: -9, max: 9 }).map((ahead) => dateAfter('2026-03-20', ahead + 9)),
      spans: fc.array(
        span.map(([, from, to]): [number, number] => [from, to]),
        { maxLength: 3 },
      ),
    }),
    { maxLength: 3 },
  )
  const chains = fc.array(fc.record({ weekly: week, closures }), { maxLength: 3 })

  test('[HRS-3] the next change is the first minute at which walking the clock sees one', () => {
    const clock = makeLocalClock(LJUBLJANA)
    // A window of 20 days with the change to summer time in its middle, walked minute by minute for two days.
    fc.assert(
      fc.property(chains, fc.integer({ min: 0, max: 20 * 1440 }), (chain, minute) => {
        const startMs = 1_773_961_200_000 + minute * 60_000
        const claimed = openness(chain, clock, startMs)
        fc.pre(!isSkipped(claimed.changes))
        const seen = firstSeen(chain, clock, startMs, claimed.isOpen)
        expect(claimed.changes ?? {}).toMatchObject(seen ?? {})
      }),
      { numRuns: 40 },
    )
  })

  /** Whether a chain is open at a local time, said in the plainest way. */
  function openAt(chain: readonly OpeningHours[], local: LocalTime): boolean {
    const weekly: WeekSpan[] | null = chain.find((hours) => hours.weekly !== null)?.weekly ?? null
    const within = (from: number, to: number): boolean => from <= local.minute && local.minute < to
    const byWeek = weekly === null || weekly.some(([day, from, to]) => day === local.day && within(from, to))
    const today = chain.flatMap((hours) => hours.closures).filter((closure) => closure.date === local.date)
    return byWeek && today.every((closure) => closure.spans.some(([from, to]) => within(from, to)))
  }

  /** The next change that walking the clock for two days sees, as it is claimed; null when there is none. */
  function firstSeen(
    chain: readonly OpeningHours[],
    clock: (atMs: number) => LocalTime,
    startMs: number,
    isOpen: boolean,
  ): { date: string; minute: number } | null {
    let before = clock(startMs)
    for (let ahead = 1; ahead <= 2 * 1440; ahead += 1) {
      const { date, day, minute } = clock(startMs + ahead * 60_000)
      if (openAt(chain, { date, day, minute }) !== isOpen)
        return minute === 0 && isOpen ? { date: before.date, minute: 1440 } : { date, minute }
      before = { date, day, minute }
    }
    return null
  }

  /** Whether a change is claimed for the hour that the clocks skip, which walking them never sees. */
  function isSkipped(claimed: { date: string; minute: number } | null): boolean {
    return claimed?.date === '2026-03-29' && claimed.minute >= 120 && claimed.minute < 180
  }
})
