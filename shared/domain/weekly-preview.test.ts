import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Span } from './booking.ts'
import { zoneOf } from './testing-zones.ts'
import { dateAfter, type OpeningHours } from './week-time.ts'
import { occurrencesOf } from './weekly-booking.ts'
import type { DatedSpan, WeeklyPattern } from './weekly-pattern.ts'
import {
  chooseDates,
  previewDates,
  type LiveBooking,
  type PreviewFacts,
  type Verdict,
} from './weekly-preview.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS
const LJUBLJANA = zoneOf('Europe/Ljubljana')
/** Thursday, 4 March 2027, 09:00 in Ljubljana. */
const NOW_MS = Date.parse('2027-03-04T08:00Z')

/** Thursdays, ten to twelve: 4, 11, 18 and 25 March, 1 April. */
const THURSDAYS: WeeklyPattern = {
  startDate: '2027-03-01',
  endDate: '2027-04-01',
  startMinute: 600,
  endMinute: 720,
  dayOfWeek: 4,
}

function datesOf(some: Partial<WeeklyPattern> = {}, zone = LJUBLJANA) {
  const decided = occurrencesOf({ ...THURSDAYS, ...some }, zone)
  if (!decided.ok) throw new Error(decided.refusal.why)
  return decided.value
}

function factsOf(some: Partial<PreviewFacts<string>> = {}): PreviewFacts<string> {
  return {
    nowMs: NOW_MS,
    zone: LJUBLJANA,
    hours: [],
    live: [],
    longtermId: null,
    bufferMs: 0,
    aheadMs: null,
    quotaOf: () => null,
    ...some,
  }
}

/** A live booking from and to texts such as "2027-03-11T09:00Z". */
function booking(id: number, start: string, end: string, longtermId: number | null = null): LiveBooking {
  return { id, startMs: Date.parse(start), endMs: Date.parse(end), longtermId }
}

/** Verdicts by date: `{ '2027-03-04': 'ok' }`. */
function names(judged: readonly { date: string; verdict: Verdict<unknown> }[]): Record<string, string> {
  return Object.fromEntries(judged.map(({ date, verdict }) => [date, verdict.is]))
}

describe('a preview', () => {
  it('[BOK-45] has one verdict for each date, in order of the dates', () => {
    const dates = datesOf({ endDate: '2027-04-29' })
    const judged = previewDates(
      dates.toReversed(),
      factsOf({
        nowMs: Date.parse('2027-03-04T09:00:00.001Z'),
        live: [booking(7, '2027-03-18T10:30Z', '2027-03-18T11:00Z')],
        hours: [{ weekly: null, closures: [{ date: '2027-03-25', spans: [[0, 660]] }] }],
        aheadMs: 50 * DAY_MS,
        quotaOf: ({ date }) => (date === '2027-04-08' ? 'three a term' : null),
      }),
    )
    expect(judged.map(({ date, verdict }) => [date, verdict])).toEqual([
      ['2027-03-04', { is: 'past', rule: 'BOK-45' }],
      ['2027-03-11', { is: 'ok' }],
      [
        '2027-03-18',
        {
          is: 'conflict',
          rule: 'BOK-46',
          inTheWay: [
            { id: 7, startMs: Date.parse('2027-03-18T10:30Z'), endMs: Date.parse('2027-03-18T11:00Z') },
          ],
        },
      ],
      [
        '2027-03-25',
        {
          is: 'closed',
          rule: 'BOK-47',
          closed: [{ startMs: Date.parse('2027-03-25T10:00Z'), endMs: Date.parse('2027-03-25T11:00Z') }],
        },
      ],
      ['2027-04-01', { is: 'ok' }],
      ['2027-04-08', { is: 'overQuota', rule: 'BOK-48', quota: 'three a term' }],
      ['2027-04-15', { is: 'ok' }],
      ['2027-04-22', { is: 'ok' }],
      [
        '2027-04-29',
        { is: 'tooFarAhead', rule: 'BOK-48', latestEndMs: Date.parse('2027-04-23T09:00:00.001Z') },
      ],
    ])
  })

  it('[BOK-45] takes a date that starts now, and none that started before', () => {
    const [first] = datesOf()
    const startMs = first?.startMs ?? 0
    expect(names(previewDates(datesOf(), factsOf({ nowMs: startMs })))['2027-03-04']).toBe('ok')
    expect(names(previewDates(datesOf(), factsOf({ nowMs: startMs + 1 })))['2027-03-04']).toBe('past')
  })

  it('[BOK-44] says of a date of which the clocks leave nothing that it is empty', () => {
    const nights = datesOf({ dayOfWeek: 0, startMinute: 125, endMinute: 170 })
    expect(names(previewDates(nights, factsOf()))).toMatchObject({
      '2027-03-21': 'ok',
      '2027-03-28': 'empty',
    })
  })

  it('[BOK-46] lets bookings meet, and finds a minute too much', () => {
    const judge = (start: string, end: string, bufferMs = 0): string | undefined =>
      names(previewDates(datesOf(), factsOf({ live: [booking(1, start, end)], bufferMs })))['2027-03-11']
    // The date is 09:00Z to 11:00Z.
    expect(judge('2027-03-11T08:00Z', '2027-03-11T09:00Z')).toBe('ok')
    expect(judge('2027-03-11T08:00Z', '2027-03-11T09:01Z')).toBe('conflict')
    expect(judge('2027-03-11T11:00Z', '2027-03-11T12:00Z')).toBe('ok')
    expect(judge('2027-03-11T10:59Z', '2027-03-11T12:00Z')).toBe('conflict')
    expect(judge('2027-03-01T10:59Z', '2027-03-21T12:00Z')).toBe('conflict')
    expect(judge('2027-03-11T10:00Z', '2027-03-11T10:01Z')).toBe('conflict')
    expect(judge('2027-03-11T08:00Z', '2027-03-11T08:46Z', 15 * MINUTE_MS)).toBe('conflict')
    expect(judge('2027-03-11T08:00Z', '2027-03-11T08:45Z', 15 * MINUTE_MS)).toBe('ok')
    expect(judge('2027-03-11T11:14Z', '2027-03-11T12:00Z', 15 * MINUTE_MS)).toBe('conflict')
    expect(judge('2027-03-11T11:15Z', '2027-03-11T12:00Z', 15 * MINUTE_MS)).toBe('ok')
  })

  it('[BOK-46] names all that is in the way, in order, and nothing of the weekly booking that is changed', () => {
    const live = [
      booking(4, '2027-03-11T10:30Z', '2027-03-11T11:30Z', 8),
      booking(2, '2027-03-11T09:00Z', '2027-03-11T10:00Z', 9),
      booking(9, '2027-03-11T08:30Z', '2027-03-11T09:30Z'),
    ]
    const inTheWay = (longtermId: number | null): number[] =>
      previewDates(datesOf(), factsOf({ live, longtermId })).flatMap(({ verdict }) =>
        verdict.is === 'conflict' ? verdict.inTheWay.map(({ id }) => id) : [],
      )
    expect(inTheWay(null)).toEqual([9, 2, 4])
    expect(inTheWay(9)).toEqual([9, 4])
    expect(inTheWay(8)).toEqual([9, 2])
  })

  it('[BOK-47] is closed unless the room is open from start to end, over midnight too', () => {
    const night = { dayOfWeek: 5, startMinute: 1320, endMinute: 120 }
    const weekly = (...spans: [number, number, number][]): OpeningHours => ({ weekly: spans, closures: [] })
    const judge = (hours: OpeningHours[], some: Partial<WeeklyPattern> = {}): string | undefined =>
      previewDates(datesOf(some), factsOf({ hours })).at(-1)?.verdict.is
    expect(judge([weekly([4, 600, 720])])).toBe('ok')
    expect(judge([weekly([4, 601, 720])])).toBe('closed')
    expect(judge([weekly([4, 600, 719])])).toBe('closed')
    expect(judge([weekly([3, 600, 720])])).toBe('closed')
    expect(judge([weekly([5, 600, 1440], [6, 0, 120])], night)).toBe('ok')
    expect(judge([weekly([5, 600, 1440], [6, 1, 120])], night)).toBe('closed')
    expect(judge([weekly([5, 600, 1440], [6, 0, 119])], night)).toBe('closed')
    expect(judge([weekly([5, 600, 1439], [6, 0, 120])], night)).toBe('closed')
    // Until midnight asks for nothing of the day after.
    expect(judge([weekly([5, 600, 1440])], { ...night, endMinute: 0 })).toBe('ok')
    // A closure of what the room is in, and hours of the nearest that has some.
    const house = {
      weekly: [[4, 0, 1440]] as [number, number, number][],
      closures: [{ date: '2027-04-01', spans: [] }],
    }
    expect(judge([weekly([4, 600, 720]), house])).toBe('closed')
    expect(
      judge([
        { weekly: null, closures: [] },
        { ...house, closures: [] },
      ]),
    ).toBe('ok')
  })

  it('[BOK-47] over a change of the clocks is as the wall clock shows', () => {
    const hours = (weekly: [number, number, number][]): OpeningHours[] => [{ weekly, closures: [] }]
    const verdictOn = (date: string, spans: [number, number, number][], times: [number, number]) =>
      previewDates(
        datesOf({ startDate: date, endDate: date, dayOfWeek: 0, startMinute: times[0], endMinute: times[1] }),
        factsOf({ hours: hours(spans), nowMs: 0 }),
      ).map(({ verdict }) => verdict.is)
    // 2027-03-28: 02:00 becomes 03:00. Closing in the hour that is skipped keeps nobody out.
    expect(verdictOn('2027-03-28', [[0, 60, 150]], [60, 150])).toEqual(['ok'])
    expect(
      verdictOn(
        '2027-03-28',
        [
          [0, 60, 120],
          [0, 180, 240],
        ],
        [60, 240],
      ),
    ).toEqual(['ok'])
    expect(
      verdictOn(
        '2027-03-28',
        [
          [0, 60, 120],
          [0, 181, 240],
        ],
        [60, 240],
      ),
    ).toEqual(['closed'])
    // 2026-10-25: 03:00 becomes 02:00; what opens at 02:30 opens at the first.
    expect(verdictOn('2026-10-25', [[0, 60, 240]], [150, 200])).toEqual(['ok'])
    expect(verdictOn('2026-10-25', [[0, 150, 240]], [150, 200])).toEqual(['ok'])
    expect(verdictOn('2026-10-25', [[0, 60, 150]], [90, 150])).toEqual(['ok'])
    const apia = zoneOf('Pacific/Apia')
    const thursdays = datesOf(
      { startDate: '2011-12-29', endDate: '2011-12-29', startMinute: 1320, endMinute: 120 },
      apia,
    )
    const openUntilMidnight = factsOf({ hours: hours([[4, 600, 1440]]), nowMs: 0, zone: apia })
    expect(names(previewDates(thursdays, openUntilMidnight))).toEqual({ '2011-12-29': 'ok' })
  })

  it('[BOK-48] judges how far ahead by the end', () => {
    const [first] = datesOf()
    const judge = (aheadMs: number): string | undefined =>
      names(previewDates(datesOf(), factsOf({ aheadMs })))['2027-03-04']
    const aheadMs = (first?.endMs ?? 0) - NOW_MS
    expect(judge(aheadMs)).toBe('ok')
    expect(judge(aheadMs - 1)).toBe('tooFarAhead')
  })

  it('[BOK-48] asks for quotas with the free dates before each, and of no date that is not free', () => {
    const asked: [string, string[]][] = []
    const judged = previewDates(
      datesOf(),
      factsOf({
        live: [booking(1, '2027-03-11T09:00Z', '2027-03-11T10:00Z')],
        quotaOf: ({ date }, before) => {
          asked.push([date, before.map((each) => each.date)])
          return before.length >= 2 ? 'two' : null
        },
      }),
    )
    expect(names(judged)).toEqual({
      '2027-03-04': 'ok',
      '2027-03-11': 'conflict',
      '2027-03-18': 'ok',
      '2027-03-25': 'overQuota',
      '2027-04-01': 'overQuota',
    })
    expect(asked).toEqual([
      ['2027-03-04', []],
      ['2027-03-18', ['2027-03-04']],
      ['2027-03-25', ['2027-03-04', '2027-03-18']],
      ['2027-04-01', ['2027-03-04', '2027-03-18']],
    ])
  })

  it('[BOK-45] [BOK-46] of any facts is that of looking at each minute, in whatever order the facts come', () => {
    const minutes = (min: number, max: number) =>
      fc.integer({ min, max }).map((minute) => NOW_MS + minute * MINUTE_MS)
    const spans = fc
      .tuple(minutes(-3 * 1440, 32 * 1440), fc.integer({ min: 1, max: 2_000 }))
      .map(([startMs, length]): Span => ({ startMs, endMs: startMs + length * MINUTE_MS }))
    const live = fc.array(fc.tuple(spans, fc.constantFrom(null, 1, 2)), { maxLength: 30 })
    const patterns = fc.record({
      startMinute: fc.integer({ min: 0, max: 1439 }),
      endMinute: fc.integer({ min: 0, max: 1439 }),
    })
    fc.assert(
      fc.property(live, patterns, fc.nat({ max: 90 }), fc.integer(), (rows, times, buffer, turn) => {
        const bookings = rows.map(([span, longtermId], id) => ({ ...span, id, longtermId }))
        const bufferMs = buffer * MINUTE_MS
        const dates = datesOf(times)
        const judged = previewDates(dates, factsOf({ live: bookings, longtermId: 2, bufferMs }))
        const turned = turn % 2 === 0 ? bookings.toReversed() : bookings
        expect(previewDates(dates.toReversed(), factsOf({ live: turned, longtermId: 2, bufferMs }))).toEqual(
          judged,
        )
        for (const { startMs, endMs, verdict } of judged) {
          if (startMs < NOW_MS) {
            expect(verdict.is).toBe('past')
            continue
          }
          const others = bookings.filter(({ longtermId }) => longtermId !== 2)
          const busy = others.filter((other) =>
            minutesOf({ startMs: startMs - bufferMs, endMs: endMs + bufferMs }).some(
              (at) => other.startMs <= at && at < other.endMs,
            ),
          )
          expect(new Set(verdict.is === 'conflict' ? verdict.inTheWay.map(({ id }) => id) : [])).toEqual(
            new Set(busy.map(({ id }) => id)),
          )
        }
      }),
      { numRuns: 30 },
    )
  })

  function minutesOf({ startMs, endMs }: Span): number[] {
    return Array.from({ length: (endMs - startMs) / MINUTE_MS }, (_, index) => startMs + index * MINUTE_MS)
  }
})

describe('a choice', () => {
  const judged = (...verdicts: Verdict<string>['is'][]) =>
    verdicts.map((is, index) => ({
      date: dateAfter('2027-03-04', 7 * index),
      startMs: index,
      endMs: index + 1,
      verdict: { is } as Verdict<string>,
    }))
  const booked = (decided: ReturnType<typeof chooseDates<DatedSpan, string>>) =>
    decided.ok
      ? [decided.value.book.map(({ date }) => date), decided.value.leaveOut.map(({ date }) => date)]
      : decided.refusal

  it('[BOK-49] of all dates is refused where the room is taken or closed on any', () => {
    expect(booked(chooseDates(judged('ok', 'ok'), 'all'))).toEqual([['2027-03-04', '2027-03-11'], []])
    expect(booked(chooseDates(judged('past', 'ok', 'empty'), 'all'))).toEqual([
      ['2027-03-11'],
      ['2027-03-04', '2027-03-18'],
    ])
    expect(booked(chooseDates(judged('past', 'ok', 'conflict', 'closed'), 'all'))).toEqual({
      why: 'datesRefused',
      rule: 'BOK-49',
      dates: [
        { date: '2027-03-18', is: 'conflict' },
        { date: '2027-03-25', is: 'closed' },
      ],
    })
  })

  it('[BOK-49] of all but the conflicts leaves those out, and nothing that is over a quota or too far ahead', () => {
    expect(booked(chooseDates(judged('ok', 'conflict', 'closed', 'ok'), 'allButConflicts'))).toEqual([
      ['2027-03-04', '2027-03-25'],
      ['2027-03-11', '2027-03-18'],
    ])
    for (const is of ['overQuota', 'tooFarAhead'] as const)
      for (const choice of ['all', 'allButConflicts'] as const)
        expect(booked(chooseDates(judged('ok', 'ok', is), choice))).toEqual({
          why: 'datesRefused',
          rule: 'BOK-49',
          dates: [{ date: '2027-03-18', is }],
        })
  })

  it('[BOK-49] that leaves no date is refused; a change that wants none is not', () => {
    expect(booked(chooseDates(judged('conflict', 'past'), 'allButConflicts'))).toEqual({
      why: 'noDateLeft',
      rule: 'BOK-49',
    })
    expect(booked(chooseDates(judged('past', 'empty'), 'all'))).toEqual({ why: 'noDateLeft', rule: 'BOK-49' })
    expect(booked(chooseDates(judged(), 'all'))).toEqual([[], []])
  })
})
