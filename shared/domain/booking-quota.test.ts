import { describe, expect, test } from 'vitest'
import type { Quota, SpaceQuota } from './booking.ts'
import { findReachedQuota, quotaPeriods, type CountedBooking } from './booking-quota.ts'
import { parseZone, type Zone } from './local-time.ts'

const HOUR_MS = 3_600_000
const ROOM = 3
const BUILDING = 2
const CAMPUS = 1
/** Rooms 3 and 4 are in the building, 5 is not. */
const isWithin = (spaceId: number, ancestorId: number): boolean =>
  spaceId === ancestorId ||
  ancestorId === CAMPUS ||
  (ancestorId === BUILDING && (spaceId === 3 || spaceId === 4))

function zoneOf(name: string): Zone {
  const zone = parseZone(name)
  if (!zone.ok) throw new Error(`no zone ${name}`)
  return zone.value
}
const ZONE = zoneOf('Europe/Ljubljana')

/** A booking from a local hour of a date on, an hour long. */
function at(date: string, hour: number, more: Partial<CountedBooking> = {}): CountedBooking {
  const startMs = Date.parse(`${date}T00:00:00+02:00`) + hour * HOUR_MS
  return { id: 9, startMs, endMs: startMs + HOUR_MS, userId: 5, groupId: 7, spaceId: ROOM, ...more }
}

const ask = (
  quota: Quota,
  counted: CountedBooking[],
  {
    wish = at('2026-10-07', 10),
    of = 'group',
    spaceId = BUILDING,
    terms = [] as { from: string; to: string }[],
  } = {},
): unknown =>
  findReachedQuota({
    wish: { startMs: wish.startMs, endMs: wish.endMs, userId: 5, groupId: 7 },
    periods: quotaPeriods(wish.startMs, ZONE, terms),
    quotas: [{ spaceId, of: of as SpaceQuota['of'], quota }],
    counted,
    isWithin,
  })

describe('a quota', () => {
  test('[BOK-11] counts what begins in the same day, week from Monday, and term', () => {
    const before = [at('2026-10-04', 10), at('2026-10-05', 10), at('2026-10-06', 23)]
    expect(ask({ week: { count: 3 } }, before)).toBeNull()
    expect(ask({ week: { count: 2 } }, before)).toEqual({
      of: 'group',
      spaceId: BUILDING,
      per: 'week',
      what: 'count',
      limit: 2,
    })
    expect(ask({ day: { count: 1 } }, before)).toBeNull()
    expect(ask({ day: { count: 1 } }, [...before, at('2026-10-07', 8)])).toMatchObject({
      per: 'day',
      limit: 1,
    })
    const terms = [
      { from: '2026-10-01', to: '2026-10-06' },
      { from: '2026-10-07', to: '2027-01-20' },
    ]
    expect(ask({ term: { count: 1 } }, before, { terms })).toBeNull()
    expect(ask({ term: { count: 1 } }, [at('2027-01-20', 22)], { terms })).toMatchObject({ per: 'term' })
    expect(ask({ term: { count: 0 } }, before)).toBeNull()
  })

  test('[BOK-11] counts minutes, of the wish too', () => {
    const before = [at('2026-10-05', 10), at('2026-10-06', 10)]
    expect(ask({ week: { minutes: 180 } }, before)).toBeNull()
    expect(ask({ week: { minutes: 179 } }, before)).toMatchObject({ what: 'minutes', limit: 179 })
  })

  test('[BOK-11] counts the rooms in its space, by person or by group', () => {
    const others = [at('2026-10-07', 8, { spaceId: 4 }), at('2026-10-07', 9, { spaceId: 5 })]
    expect(ask({ day: { count: 2 } }, others)).toBeNull()
    expect(ask({ day: { count: 2 } }, others, { spaceId: CAMPUS })).toMatchObject({ spaceId: CAMPUS })
    const byOthers = [at('2026-10-07', 8, { userId: 6 }), at('2026-10-07', 9, { groupId: 8 })]
    expect(ask({ day: { count: 1 } }, byOthers)).toMatchObject({ of: 'group' })
    expect(ask({ day: { count: 2 } }, byOthers, { of: 'person' })).toBeNull()
    expect(ask({ day: { count: 1 } }, byOthers, { of: 'person' })).toMatchObject({ of: 'person' })
  })

  test('[BOK-11] of rooms at once counts those that share a moment, not those that follow each other', () => {
    const row = [at('2026-10-07', 9), at('2026-10-07', 11)]
    expect(ask({ atOnce: 1 }, row)).toBeNull()
    expect(ask({ atOnce: 1 }, [...row, at('2026-10-07', 10.5)])).toMatchObject({ per: 'atOnce', limit: 1 })
    expect(ask({ atOnce: 2 }, [at('2026-10-07', 9.5), at('2026-10-07', 10.5)])).toBeNull()
  })
})

test('[BOK-11] [HRS-3] a week has the hours that the clocks give it', () => {
  const { week, day } = quotaPeriods(Date.parse('2026-10-25T12:00:00+01:00'), ZONE, [])
  expect((week.endMs - week.startMs) / HOUR_MS).toBe(169)
  expect((day.endMs - day.startMs) / HOUR_MS).toBe(25)
  const spring = quotaPeriods(Date.parse('2027-03-28T12:00:00+02:00'), ZONE, []).week
  expect((spring.endMs - spring.startMs) / HOUR_MS).toBe(167)
})
