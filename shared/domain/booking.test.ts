import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  decideBooking,
  DEFAULT_BOOKING_RULES,
  MAX_BOOKING_MINUTES,
  naturalFreeing,
  overlaps,
  rulesOf,
  trustIn,
  type BookableRoom,
  type Booking,
  type BookingFacts,
  type BookingWish,
  type Span,
} from './booking.ts'

const NOW_MS = Date.parse('2026-10-05T08:00:00Z')
const MINUTE_MS = 60_000
const minutes = (from: number, to: number): Span => ({
  startMs: NOW_MS + from * MINUTE_MS,
  endMs: NOW_MS + to * MINUTE_MS,
})

const ROOM: BookableRoom = {
  id: 1,
  spaceId: 11,
  isDeleted: false,
  isValid: true,
  requirePermission: false,
  checkIn: 'off',
  rules: rulesOf([]),
  trust: new Map(),
}
const FACTS: BookingFacts = { nowMs: NOW_MS, room: ROOM, others: [], closedSpans: [], reachedQuota: null }
const BOOKER = { userId: 5, groupId: 7, isStaff: false }
const booking = (span: Span, more: Partial<Booking> = {}): Booking => ({
  id: 3,
  classroomId: 1,
  userId: 6,
  groupId: 8,
  isPending: false,
  freesMs: null,
  freesAs: null,
  freedMs: null,
  ...span,
  ...more,
})
const decide = (span: Span, facts: Partial<BookingFacts> = {}, wish: Partial<BookingWish> = {}): unknown => {
  const decided = decideBooking({ ...span, booker: BOOKER, before: null, ...wish }, { ...FACTS, ...facts })
  return decided.ok ? decided.value : decided.refusal
}

describe('a booking', () => {
  test('[BOK-1] overlaps another one just where they have a minute in common', () => {
    const span = fc
      .tuple(fc.integer({ min: 60, max: 200 }), fc.integer({ min: 5, max: 60 }))
      .map(([from, length]) => minutes(from, from + length))
    fc.assert(
      fc.property(span, span, (one, other) => {
        const shared = Array.from({ length: 320 }, (_, at) => NOW_MS + at * MINUTE_MS).some(
          (atMs) => one.startMs <= atMs && atMs < one.endMs && other.startMs <= atMs && atMs < other.endMs,
        )
        expect(overlaps(one, other)).toBe(shared)
        const decided = decide(one, { others: [booking(other)] })
        expect(decided).toEqual(
          shared ? { why: 'bookingConflict', rule: 'BOK-1', inTheWay: [other] } : { isPending: false },
        )
      }),
    )
  })

  test('[BOK-1] [BOK-10] keeps the buffer of its room on both sides', () => {
    const room = { ...ROOM, rules: rulesOf([{ spaceId: 11, rules: { bufferMinutes: 15 } }]) }
    const others = [booking(minutes(60, 120))]
    expect(decide(minutes(134, 160), { room, others })).toMatchObject({ why: 'bookingConflict' })
    expect(decide(minutes(135, 160), { room, others })).toEqual({ isPending: false })
    expect(decide(minutes(10, 46), { room, others })).toMatchObject({ why: 'bookingConflict' })
  })

  test('[BOK-5] [BOK-6] that frees its span is in the way until that moment, and not from it on', () => {
    const freesMs = NOW_MS + 10_000
    const others = [booking(minutes(60, 120), { freesMs, freesAs: 'cancelled', freedMs: NOW_MS })]
    expect(decide(minutes(60, 90), { others, nowMs: freesMs - 1 })).toMatchObject({ why: 'bookingConflict' })
    expect(decide(minutes(60, 90), { others, nowMs: freesMs })).toEqual({ isPending: false })
  })

  test('[BOK-1] [BOK-7] that waits for approval is in the way like any other', () => {
    expect(
      decide(minutes(60, 90), { others: [booking(minutes(60, 120), { isPending: true })] }),
    ).toMatchObject({
      why: 'bookingConflict',
    })
  })

  test.each([
    ['no length', minutes(60, 60)],
    ['its end before its start', minutes(60, 30)],
    ['seconds', { startMs: NOW_MS + 3_600_500, endMs: NOW_MS + 7_200_000 }],
    ['more than 31 days', minutes(60, 61 + MAX_BOOKING_MINUTES)],
    ['no number as its end', { startMs: NOW_MS + 3_600_000, endMs: Number.NaN }],
  ])('[BOK-2] with %s is none', (_what, span) => {
    expect(decide(span)).toEqual({ why: 'spanRefused', rule: 'BOK-2' })
  })

  test('[BOK-3] may have begun a quarter of an hour ago, not earlier; one that is on keeps its start', () => {
    expect(decide(minutes(-15, 30))).toEqual({ isPending: false })
    expect(decide(minutes(-16, 30))).toEqual({ why: 'inThePast', rule: 'BOK-3' })
    expect(decide(minutes(-120, 60), {}, { before: minutes(-120, 30) })).toEqual({ isPending: false })
    expect(decide(minutes(-120, 0), {}, { before: minutes(-120, 30) })).toEqual({
      why: 'inThePast',
      rule: 'BOK-3',
    })
  })

  test('[BOK-4] is judged by its end, and by the lengths of its room', () => {
    const room = {
      ...ROOM,
      rules: rulesOf([{ spaceId: 11, rules: { aheadDays: 1, shortestMinutes: 30, longestMinutes: 60 } }]),
    }
    expect(decide(minutes(1_410, 1_440), { room })).toEqual({ isPending: false })
    expect(decide(minutes(1_411, 1_441), { room })).toMatchObject({ why: 'tooFarAhead' })
    expect(decide(minutes(10, 39), { room })).toEqual({ why: 'tooShort', rule: 'BOK-4', limitMinutes: 30 })
    expect(decide(minutes(10, 71), { room })).toEqual({ why: 'tooLong', rule: 'BOK-4', limitMinutes: 60 })
  })

  test('[BOK-14] that only gives time back is asked for nothing more', () => {
    const facts = {
      room: { ...ROOM, isValid: false, requirePermission: true },
      closedSpans: [minutes(60, 90)],
      others: [booking(minutes(60, 120))],
    }
    expect(decide(minutes(60, 90), facts, { before: minutes(60, 120) })).toEqual({ isPending: false })
    expect(decide(minutes(60, 121), facts, { before: minutes(60, 120) })).toMatchObject({
      why: 'roomNotBookable',
    })
  })

  test('[BOK-12] [BOK-13] [BOK-11] of a room that is gone, closed or beyond a quota is refused with the rule, of staff only where quotas do not bind', () => {
    const quota = { of: 'person', per: 'day', what: 'count', limit: 1, spaceId: 11 } as const
    expect(decide(minutes(60, 90), { room: { ...ROOM, isDeleted: true } })).toEqual({
      why: 'roomGone',
      rule: 'BOK-12',
    })
    expect(decide(minutes(60, 90), { closedSpans: [minutes(60, 70)] })).toEqual({
      why: 'outsideHours',
      rule: 'BOK-13',
    })
    expect(decide(minutes(60, 90), { reachedQuota: quota })).toEqual({
      why: 'quotaReached',
      rule: 'BOK-11',
      quota,
    })
    const staff = { booker: { ...BOOKER, isStaff: true } }
    expect(decide(minutes(60, 90), { reachedQuota: quota }, staff)).toEqual({ isPending: false })
  })
})

test('[BOK-9] trust is what a row says, else what the room asks of all; the super group books', () => {
  const room = {
    requirePermission: true,
    trust: new Map([
      [7, 'book' as const],
      [null, 'none' as const],
    ]),
  }
  const trusts = [7, 8, null].map((groupId) => trustIn(room, { groupId, isStaff: false }))
  expect(trusts).toEqual(['book', 'request', 'none'])
  expect(trustIn({ ...room, requirePermission: false }, { groupId: 8, isStaff: false })).toBe('book')
  expect(trustIn(room, { groupId: 8, isStaff: true })).toBe('book')
})

test('[BOK-10] [BOK-11] rules come from the nearest space that says them, quotas from all', () => {
  const rules = rulesOf([
    { spaceId: 3, rules: { longestMinutes: 60, quotas: { group: { day: { count: 1 } } } } },
    { spaceId: 2, rules: { longestMinutes: 90, bufferMinutes: 5 } },
    { spaceId: 1, rules: { bufferMinutes: 9, isPersonalAllowed: true, quotas: { person: { atOnce: 1 } } } },
  ])
  expect(rules).toMatchObject({ longestMinutes: 60, bufferMinutes: 5, isPersonalAllowed: true })
  expect(rules.aheadDays).toBe(DEFAULT_BOOKING_RULES.aheadDays)
  expect(rules.quotas.map(({ spaceId, of }) => [spaceId, of])).toEqual([
    [3, 'group'],
    [1, 'person'],
  ])
})

test('[BOK-7] [BOK-8] a request lapses at its start or some days after it was made; a booking without check-in is given up after its grace', () => {
  const made = { madeMs: NOW_MS, pendingDays: 2 }
  const off = { isAsked: false, graceMinutes: 10 }
  const asked = { isAsked: true, graceMinutes: 10 }
  const free = (span: Span, isPending: boolean, checkIn = off): unknown =>
    naturalFreeing({ ...span, isPending }, made, checkIn)
  expect(free(minutes(60, 90), true)).toEqual({ freesMs: NOW_MS + 60 * MINUTE_MS, freesAs: 'lapsed' })
  expect(free(minutes(9_000, 9_060), true)).toEqual({
    freesMs: NOW_MS + 2_880 * MINUTE_MS,
    freesAs: 'lapsed',
  })
  expect(free(minutes(60, 90), false)).toEqual({ freesMs: null, freesAs: null })
  expect(free(minutes(60, 90), false, asked)).toEqual({
    freesMs: NOW_MS + 70 * MINUTE_MS + 10_000,
    freesAs: 'released',
  })
  // Who books a quarter of an hour that has begun has the whole grace.
  expect(free(minutes(-12, 30), false, asked)).toEqual({
    freesMs: NOW_MS + 10 * MINUTE_MS + 10_000,
    freesAs: 'released',
  })
  expect(free(minutes(60, 65), false, asked)).toEqual({ freesMs: null, freesAs: null })
})
