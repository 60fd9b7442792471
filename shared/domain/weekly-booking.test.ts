import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { makeCheck } from '../wire/parse.ts'
import { overlaps } from './booking.ts'
import { makeSeededRandom } from './seeded-random.ts'
import { makeIntlText, zoneOf, ZONES } from './testing-zones.ts'
import { dateInWeek, faultOfDates, occurrenceOn, occurrencesOf, type Occurrence } from './weekly-booking.ts'
import { isEmpty, WeeklyPattern } from './weekly-pattern.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS

/** Thursdays of a term, ten to twelve. */
const TERM: WeeklyPattern = {
  startDate: '2027-02-15',
  endDate: '2027-05-31',
  startMinute: 600,
  endMinute: 720,
  dayOfWeek: 4,
}

function expand(pattern: WeeklyPattern, zone: string): Occurrence[] {
  const decided = occurrencesOf(pattern, zoneOf(zone))
  if (!decided.ok) throw new Error(decided.refusal.why)
  return decided.value
}

function refusalOf(some: Partial<WeeklyPattern>): object | null {
  const decided = occurrencesOf({ ...TERM, ...some }, zoneOf('Europe/Ljubljana'))
  return decided.ok ? null : decided.refusal
}

/** ISO texts of an occurrence on a date: "start/end". */
function textOn(occurrences: readonly Occurrence[], date: string): string | undefined {
  const found = occurrences.find((each) => each.date === date)
  return (
    found && [found.startMs, found.endMs].map((atMs) => new Date(atMs).toISOString().slice(0, 16)).join('/')
  )
}

/** A wall time's moment by what Intl shows, without any calendar library. */
function momentByIntl(
  dayMs: number,
  minute: number,
  show: (atMs: number) => string,
): { atMs: number; is: string } {
  const utcMs = dayMs + minute * MINUTE_MS
  const wanted = new Date(utcMs).toISOString().slice(0, 16).replace('T', ' ')
  const ends = [utcMs - 36 * HOUR_MS, utcMs + 36 * HOUR_MS] as const
  const moments = ends.map((atMs) => utcMs - (Date.parse(`${show(atMs).replace(' ', 'T')}:00Z`) - atMs))
  const shown = [...new Set(moments)]
    .filter((atMs) => show(atMs) === wanted)
    .toSorted((left, right) => left - right)
  if (shown[0] !== undefined) return { atMs: shown[0], is: shown.length === 1 ? 'single' : 'doubled' }
  let [before, after] = ends
  while (after - before > MINUTE_MS) {
    const middle = before + Math.floor((after - before) / 2 / MINUTE_MS) * MINUTE_MS
    if (show(middle) > wanted) after = middle
    else before = middle
  }
  return { atMs: after, is: 'skipped' }
}

/** All dates of a weekly booking, by counting days of UTC and asking Intl. */
function occurrencesByIntl(pattern: WeeklyPattern, zone: string): Occurrence[] {
  const show = makeIntlText(zone)
  const found: Occurrence[] = []
  const lastMs = Date.parse(pattern.endDate)
  for (let dayMs = Date.parse(pattern.startDate); dayMs <= lastMs; dayMs += DAY_MS) {
    if (new Date(dayMs).getUTCDay() !== pattern.dayOfWeek) continue
    const start = momentByIntl(dayMs, pattern.startMinute, show)
    const nextDay = pattern.endMinute > pattern.startMinute ? 0 : 1440
    const end = momentByIntl(dayMs, pattern.endMinute + nextDay, show)
    const date = new Date(dayMs).toISOString().slice(0, 10)
    found.push({
      date,
      startMs: start.atMs,
      endMs: end.atMs,
      startIs: start.is as Occurrence['startIs'],
      endIs: end.is as Occurrence['endIs'],
    })
  }
  return found
}

/** Apia left out a day in 2011, São Paulo had summer time until 2019, and Casablanca winter time over Ramadan until 2026. */
const FIRST_YEAR: Readonly<Record<string, number>> = {
  'Pacific/Apia': 2010,
  'America/Sao_Paulo': 2016,
  'Africa/Casablanca': 2024,
}

describe('dates of a weekly booking', () => {
  it.each(ZONES)(
    '[BOK-43] [BOK-44] in %s are those of Intl for three years, each day of the week',
    (zone) => {
      const random = makeSeededRandom(ZONES.indexOf(zone) + 1)
      const year = FIRST_YEAR[zone] ?? 2026
      for (let dayOfWeek = 0; dayOfWeek < 7; dayOfWeek += 1) {
        // Most changes of clocks are in the first hours of a day.
        const minute = (): number => random.integerBelow(random.withProbability(0.6) ? 240 : 1440)
        const pattern = {
          startDate: `${year}-01-01`,
          endDate: `${year + 2}-12-31`,
          startMinute: minute(),
          endMinute: minute(),
          dayOfWeek,
        }
        expect(expand(pattern, zone), JSON.stringify(pattern)).toEqual(occurrencesByIntl(pattern, zone))
      }
    },
  )

  it('[BOK-43] [BOK-44] at each change of the clocks of those years are those of Intl', () => {
    const seen = { single: 0, skipped: 0, doubled: 0 }
    let emptyCount = 0
    for (const zone of ZONES) {
      const show = makeIntlText(zone)
      const year = FIRST_YEAR[zone] ?? 2026
      const offsetMs = (atMs: number): number => Date.parse(`${show(atMs).replace(' ', 'T')}:00Z`) - atMs
      for (let dayMs = Date.UTC(year, 0, 2); dayMs < Date.UTC(year + 2, 11, 30); dayMs += DAY_MS) {
        if (offsetMs(dayMs) === offsetMs(dayMs + DAY_MS)) continue
        for (const [days, startMinute, endMinute] of [
          [0, 90, 150],
          [0, 125, 140],
          [0, 0, 30],
          [0, 1410, 45],
          [1, 15, 45],
          [1, 130, 600],
          [-1, 1380, 135],
        ] as const) {
          const startDate = new Date(dayMs + days * DAY_MS).toISOString().slice(0, 10)
          const dayOfWeek = new Date(startDate).getUTCDay()
          const pattern = { startDate, endDate: startDate, startMinute, endMinute, dayOfWeek }
          const occurrences = expand(pattern, zone)
          expect(occurrences, `${zone} ${JSON.stringify(pattern)}`).toEqual(occurrencesByIntl(pattern, zone))
          for (const each of occurrences) {
            seen[each.startIs] += 1
            if (isEmpty(each)) emptyCount += 1
          }
        }
      }
    }
    expect(Math.min(seen.single, seen.skipped, seen.doubled)).toBeGreaterThan(20)
    expect(emptyCount).toBeGreaterThan(10)
  })

  it('[BOK-43] stay where they are on the wall when summer time begins and ends', () => {
    const spring = expand(TERM, 'Europe/Ljubljana')
    expect(spring).toHaveLength(15)
    expect(textOn(spring, '2027-03-25')).toBe('2027-03-25T09:00/2027-03-25T11:00')
    expect(textOn(spring, '2027-04-01')).toBe('2027-04-01T08:00/2027-04-01T10:00')
    const autumn = expand({ ...TERM, startDate: '2026-10-01', endDate: '2026-11-30' }, 'Europe/Ljubljana')
    expect(textOn(autumn, '2026-10-22')).toBe('2026-10-22T08:00/2026-10-22T10:00')
    expect(textOn(autumn, '2026-10-29')).toBe('2026-10-29T09:00/2026-10-29T11:00')
  })

  it('[BOK-43] [BOK-44] in the hour that is skipped begin at the jump or are empty, in the doubled one at the first', () => {
    const nights = { startDate: '2027-03-21', endDate: '2027-04-04', dayOfWeek: 0 }
    const long = expand({ ...nights, startMinute: 150, endMinute: 240 }, 'Europe/Ljubljana')
    expect(textOn(long, '2027-03-28')).toBe('2027-03-28T01:00/2027-03-28T02:00')
    expect(long.map(({ startIs }) => startIs)).toEqual(['single', 'skipped', 'single'])
    const within = expand({ ...nights, startMinute: 125, endMinute: 170 }, 'Europe/Ljubljana')
    expect(within.map(isEmpty)).toEqual([false, true, false])
    const doubled = expand(
      { startDate: '2026-10-25', endDate: '2026-10-25', dayOfWeek: 0, startMinute: 150, endMinute: 180 },
      'Europe/Ljubljana',
    )
    // The first 02:30; until 03:00 it is an hour and a half.
    expect(doubled).toEqual([
      {
        date: '2026-10-25',
        startMs: Date.parse('2026-10-25T00:30Z'),
        endMs: Date.parse('2026-10-25T02:00Z'),
        startIs: 'doubled',
        endIs: 'single',
      },
    ])
  })

  it('[BOK-40] that end at or before their start run into the next day', () => {
    const night = { startDate: '2026-11-27', endDate: '2026-12-04', dayOfWeek: 5, startMinute: 1320 }
    const fridays = expand({ ...night, endMinute: 120 }, 'Europe/Ljubljana')
    expect(textOn(fridays, '2026-11-27')).toBe('2026-11-27T21:00/2026-11-28T01:00')
    expect(fridays.map(({ date }) => date)).toEqual(['2026-11-27', '2026-12-04'])
    const days = expand({ ...night, endMinute: 1320 }, 'Europe/Ljubljana')
    expect(days.map(({ startMs, endMs }) => endMs - startMs)).toEqual([DAY_MS, DAY_MS])
  })

  it.each(['Asia/Taipei', 'Pacific/Kiritimati', 'Pacific/Pago_Pago', 'UTC', 'America/New_York'])(
    '[BOK-40] until 31 May are until 31 May in %s, where the university is',
    (zone) => {
      const mondays = expand({ ...TERM, dayOfWeek: 1 }, zone)
      const last = mondays.at(-1)
      expect(last?.date).toBe('2027-05-31')
      expect(zoneOf(zone).localAt(last?.startMs ?? 0)).toEqual({ date: '2027-05-31', day: 1, minute: 600 })
      // The last date counts by its start: a night that starts on 31 May ends on 1 June.
      const nights = expand({ ...TERM, dayOfWeek: 1, startMinute: 1380, endMinute: 60 }, zone)
      expect(zoneOf(zone).localAt(nights.at(-1)?.endMs ?? 0)).toEqual({
        date: '2027-06-01',
        day: 2,
        minute: 60,
      })
    },
  )

  it('[BOK-43] on 29 February are one date among others, and start there only in a leap year', () => {
    const tuesdays = { ...TERM, dayOfWeek: 2, startDate: '2028-02-29', endDate: '2028-03-14' }
    expect(expand(tuesdays, 'Europe/Ljubljana').map(({ date }) => date)).toEqual([
      '2028-02-29',
      '2028-03-07',
      '2028-03-14',
    ])
    expect(refusalOf({ startDate: '2027-02-29' })).toEqual({
      why: 'noSuchDate',
      rule: 'BOK-41',
      field: 'startDate',
    })
    expect(refusalOf({ endDate: '2027-02-29' })).toEqual({
      why: 'noSuchDate',
      rule: 'BOK-41',
      field: 'endDate',
    })
  })

  it('[BOK-43] by half an hour of summer time on Lord Howe are half an hour shorter, or half an hour longer', () => {
    const nights = { startDate: '2026-10-04', endDate: '2026-10-04', dayOfWeek: 0, endMinute: 180 }
    const spring = expand({ ...nights, startMinute: 135 }, 'Australia/Lord_Howe')
    expect(textOn(spring, '2026-10-04')).toBe('2026-10-03T15:30/2026-10-03T16:00')
    const autumn = expand(
      { ...nights, startMinute: 105, startDate: '2026-04-05', endDate: '2026-04-05' },
      'Australia/Lord_Howe',
    )
    expect(autumn.map(({ startIs, startMs, endMs }) => [startIs, (endMs - startMs) / MINUTE_MS])).toEqual([
      ['doubled', 105],
    ])
  })

  it('[BOK-44] on the Friday that Apia left out are empty, and those around it are not', () => {
    const fridays = {
      startDate: '2011-12-23',
      endDate: '2012-01-06',
      dayOfWeek: 5,
      startMinute: 600,
      endMinute: 720,
    }
    expect(expand(fridays, 'Pacific/Apia').map(({ date }) => date)).toEqual([
      '2011-12-23',
      '2011-12-30',
      '2012-01-06',
    ])
    expect(expand(fridays, 'Pacific/Apia').map(isEmpty)).toEqual([false, true, false])
    const thursdays = { ...fridays, dayOfWeek: 4, startMinute: 1320, endMinute: 120 }
    // From Thursday 22:00 until the jump, which is Thursday's midnight.
    expect(textOn(expand(thursdays, 'Pacific/Apia'), '2011-12-29')).toBe('2011-12-30T08:00/2011-12-30T10:00')
  })

  it('[BOK-43] in Casablanca keep their hour over Ramadan', () => {
    const zone = zoneOf('Africa/Casablanca')
    const mondays = expand(
      { ...TERM, startDate: '2025-01-13', endDate: '2025-04-28', dayOfWeek: 1 },
      'Africa/Casablanca',
    )
    const hours = new Set(mondays.map(({ startMs }) => new Date(startMs).getUTCHours()))
    expect(hours).toEqual(new Set([9, 10]))
    expect(mondays.map(({ startMs }) => zone.localAt(startMs).minute)).toEqual(mondays.map(() => 600))
  })

  it('[BOK-41] are refused as a whole where they are none, too many, or too far apart', () => {
    expect(refusalOf({ startDate: '2027-06-01' })).toEqual({ why: 'endsBeforeItStarts', rule: 'BOK-41' })
    expect(refusalOf({ startDate: '2027-05-28' })).toEqual({ why: 'noDates', rule: 'BOK-41' })
    expect(refusalOf({ startDate: '2027-05-27', endDate: '2027-05-27' })).toBeNull()
    expect(refusalOf({ endDate: '2218-10-08' })).toEqual({
      why: 'tooManyDates',
      rule: 'BOK-41',
      count: 10_000,
      most: 200,
    })
    expect(refusalOf({ endDate: '9999-12-31' })).toMatchObject({ why: 'tooManyDates' })
    expect(refusalOf({ endDate: '2030-02-16' })).toEqual({ why: 'tooManyYears', rule: 'BOK-41', most: 3 })
    expect(refusalOf({ endDate: '2030-02-15' })).toBeNull()
    const leap = { startDate: '2028-02-29', dayOfWeek: 2 }
    expect(refusalOf({ ...leap, endDate: '2031-03-01' })).toMatchObject({ why: 'tooManyYears' })
    expect(refusalOf({ ...leap, endDate: '2031-02-28' })).toBeNull()
    expect(refusalOf({ startDate: '0000-01-01', endDate: '0000-01-10' })).toBeNull()
    const atTheEnd = {
      startDate: '9999-12-25',
      endDate: '9999-12-31',
      dayOfWeek: 5,
      startMinute: 1320,
      endMinute: 120,
    }
    expect(refusalOf(atTheEnd)).toEqual({ why: 'noSuchDate', rule: 'BOK-41', field: 'endDate' })
    expect(faultOfDates({ ...TERM, endDate: '2218-10-08' })).toBeNull()
    expect(faultOfDates({ ...TERM, endDate: '2027-02-30' })).toMatchObject({ why: 'noSuchDate' })
  })

  it('[BOK-41] of any pattern that fits its shape are a value or a refusal, in order, apart, and on their day', () => {
    const check = makeCheck(WeeklyPattern)
    const dates = fc.oneof(
      fc
        .integer({ min: Date.UTC(2009, 0), max: Date.UTC(2030, 0) })
        .map((atMs) => new Date(atMs).toISOString().slice(0, 10)),
      fc.stringMatching(/^\d{4}-\d{2}-\d{2}$/),
    )
    const minutes = fc.integer({ min: 0, max: 1439 })
    const patterns = fc.record({
      startDate: dates,
      endDate: dates,
      startMinute: minutes,
      endMinute: minutes,
      dayOfWeek: fc.integer({ min: 0, max: 6 }),
    })
    fc.assert(
      fc.property(patterns, fc.constantFrom(...ZONES), (pattern, name) => {
        expect(check(pattern).ok).toBe(true)
        const decided = occurrencesOf(pattern, zoneOf(name))
        if (!decided.ok) return
        expect(decided.value.length).toBeLessThanOrEqual(200)
        for (const [index, each] of decided.value.entries()) {
          const next = decided.value[index + 1]
          expect(new Date(`${each.date}T00:00Z`).getUTCDay()).toBe(pattern.dayOfWeek)
          expect(each.date >= pattern.startDate && each.date <= pattern.endDate).toBe(true)
          expect(each.endMs).toBeGreaterThanOrEqual(each.startMs)
          if (next !== undefined) expect(next.startMs >= each.endMs && !overlaps(each, next)).toBe(true)
          expect(occurrenceOn(each.date, pattern, zoneOf(name))).toEqual(each)
        }
      }),
    )
    for (const wrong of [
      { ...TERM, startMinute: 1440 },
      { ...TERM, endMinute: -1 },
      { ...TERM, dayOfWeek: 7 },
      { ...TERM, endDate: '2027-5-31' },
      { ...TERM, startDate: '2027-02-15T00:00Z' },
      { ...TERM, startMinute: 0.5 },
      { ...TERM, more: true },
    ])
      expect(check(wrong).ok).toBe(false)
  })

  it('[BOK-51] have a week that begins on Sunday', () => {
    expect(dateInWeek('2027-02-17', 0)).toBe('2027-02-14')
    expect(dateInWeek('2027-02-14', 6)).toBe('2027-02-20')
    expect(dateInWeek('2027-02-18', 4 - 7)).toBe('2027-02-11')
    expect(dateInWeek('2027-01-01', 0)).toBe('2026-12-27')
    expect(dateInWeek('2027-02-29', 0)).toBeNull()
    expect(occurrenceOn('2027-02-29', TERM, zoneOf('UTC'))).toBeNull()
  })
})
