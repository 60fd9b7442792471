import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { overlaps, type Span } from './booking.ts'
import { orderMoves } from './order-moves.ts'
import { zoneOf } from './testing-zones.ts'
import { occurrenceOn, occurrencesOf } from './weekly-booking.ts'
import { planSeriesEdit } from './weekly-edit.ts'
import { isEmpty, type WeeklyPattern } from './weekly-pattern.ts'
import { chooseDates, previewDates } from './weekly-preview.ts'
import type { Series, SeriesEdit, SeriesInstance, SeriesPlan } from './weekly-series.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const LJUBLJANA = zoneOf('Europe/Ljubljana')
/** Friday, 12 March 2027, noon in Ljubljana. */
const NOW_MS = Date.parse('2027-03-12T11:00Z')

/** Thursdays, ten to twelve: 4, 11, 18 and 25 March, 1 and 8 April; two of them are over. */
const THURSDAYS: WeeklyPattern = {
  startDate: '2027-03-01',
  endDate: '2027-04-08',
  startMinute: 600,
  endMinute: 720,
  dayOfWeek: 4,
}

/** The weekly booking with a registration on each date, numbered from 1, but for those that `without` names. */
function seriesOf(some: Partial<WeeklyPattern> = {}, without: readonly string[] = []): Series {
  const pattern = { ...THURSDAYS, ...some }
  const decided = occurrencesOf(pattern, LJUBLJANA)
  if (!decided.ok) throw new Error(decided.refusal.why)
  const instances = decided.value.map(({ date, startMs, endMs }, index) => ({
    id: index + 1,
    date,
    startMs,
    endMs,
    isException: false,
  }))
  return {
    pattern,
    instances: instances.filter((each) => !without.includes(each.date) && each.startMs < each.endMs),
  }
}

/** The same with some of its registrations changed by themselves. */
function withExceptions(series: Series, spans: Readonly<Record<number, [string, string]>>): Series {
  return {
    ...series,
    instances: series.instances.map((each) => {
      const [start, end] = spans[each.id] ?? []
      if (start === undefined || end === undefined) return each
      return { ...each, startMs: Date.parse(start), endMs: Date.parse(end), isException: true }
    }),
  }
}

function decide(series: Series, edit: SeriesEdit, some: { nowMs?: number; leaveOut?: string[] } = {}) {
  const leaveOut = new Set(some.leaveOut)
  return planSeriesEdit(series, edit, { zone: LJUBLJANA, nowMs: some.nowMs ?? NOW_MS, leaveOut })
}

function planFor(
  series: Series,
  edit: SeriesEdit,
  some: { nowMs?: number; leaveOut?: string[] } = {},
): SeriesPlan {
  const decided = decide(series, edit, some)
  if (!decided.ok) throw new Error(decided.refusal.why)
  return decided.value
}

function all(to: Partial<WeeklyPattern>, exceptions: 'keep' | 'replace' = 'keep'): SeriesEdit {
  return { kind: 'all', to: { ...THURSDAYS, ...to }, exceptions }
}

function following(from: string, to: Partial<WeeklyPattern>): SeriesEdit {
  const { endDate, startMinute, endMinute, dayOfWeek } = { ...THURSDAYS, ...to }
  return { kind: 'following', from, to: { endDate, startMinute, endMinute, dayOfWeek }, exceptions: 'keep' }
}

/** What a plan moves, as local dates and minutes: "3 2027-03-18 780". */
function movesOf({ move }: SeriesPlan): string[] {
  return move.map(({ id, date, startMs }) => `${id} ${date} ${LJUBLJANA.localAt(startMs).minute}`)
}

/** Carries a plan out row by row, and looks after each row whether two overlap. */
function carryOut({ instances }: Series, plan: SeriesPlan): Map<number, Span> {
  const rows = new Map<number, Span>(instances.map((each) => [each.id, each]))
  const put = (id: number, span: Span): void => {
    for (const [otherId, other] of rows)
      if (otherId !== id && overlaps(other, span)) throw new Error(`${id} meets ${otherId}`)
    rows.set(id, span)
  }
  for (const id of plan.drop) if (!rows.delete(id)) throw new Error(`${id} was dropped already`)
  for (const { id, startMs, endMs } of plan.move) {
    if (!rows.has(id)) throw new Error(`${id} is moved, and not there`)
    put(id, { startMs, endMs })
  }
  for (const [index, { startMs, endMs }] of plan.add.entries()) put(1_000_000 + index, { startMs, endMs })
  return rows
}

describe('a change of all dates', () => {
  it('[BOK-50] moves those to come, and nothing that began', () => {
    const plan = planFor(seriesOf(), all({ startMinute: 660, endMinute: 780 }))
    expect(plan).toMatchObject({ drop: [], add: [], stay: [], empty: [], split: null })
    expect(movesOf(plan)).toEqual([
      '3 2027-03-18 660',
      '4 2027-03-25 660',
      '5 2027-04-01 660',
      '6 2027-04-08 660',
    ])
    expect(plan.pattern).toEqual({ ...THURSDAYS, startMinute: 660, endMinute: 780 })
    const running = { nowMs: Date.parse('2027-03-18T09:00:00.001Z') }
    expect(
      planFor(seriesOf(), all({ startMinute: 660, endMinute: 780 }), running).move.map(({ id }) => id),
    ).toEqual([4, 5, 6])
    const before = { nowMs: Date.parse('2027-03-18T09:00Z') }
    expect(
      planFor(seriesOf(), all({ startMinute: 660, endMinute: 780 }), before).move.map(({ id }) => id),
    ).toEqual([3, 4, 5, 6])
  })

  it('[BOK-50] touches nothing whose span stays the same', () => {
    expect(planFor(seriesOf(), all({}))).toMatchObject({ drop: [], move: [], add: [], stay: [] })
    const shorter = planFor(seriesOf(), all({ endDate: '2027-03-31' }))
    expect(shorter).toMatchObject({ drop: [5, 6], move: [], add: [], stay: [] })
    const longer = planFor(seriesOf(), all({ endDate: '2027-04-22' }))
    expect(longer).toMatchObject({ drop: [], move: [], stay: [] })
    expect(longer.add.map(({ date }) => date)).toEqual(['2027-04-15', '2027-04-22'])
    const later = planFor(seriesOf(), all({ startDate: '2027-03-19' }))
    expect(later).toMatchObject({ drop: [3], move: [], add: [] })
  })

  it('[BOK-50] adds nothing in the past, and names what would be moved there', () => {
    const earlier = planFor(seriesOf(), all({ startDate: '2027-02-01' }))
    expect(earlier).toMatchObject({ drop: [], move: [], add: [], stay: [], empty: [] })
    const now = { nowMs: Date.parse('2027-03-18T08:00Z') }
    const plan = planFor(seriesOf(), all({ startMinute: 480, endMinute: 600 }), now)
    expect(plan.stay).toEqual([{ date: '2027-03-18', id: 3, why: 'past' }])
    expect(plan.move.map(({ id }) => id)).toEqual([4, 5, 6])
  })

  it('[BOK-51] to another day keeps each date in its week', () => {
    const plan = planFor(seriesOf(), all({ dayOfWeek: 1 }))
    expect(movesOf(plan)).toEqual([
      '3 2027-03-15 600',
      '4 2027-03-22 600',
      '5 2027-03-29 600',
      '6 2027-04-05 600',
    ])
    const sundays = planFor(seriesOf(), all({ dayOfWeek: 0 }))
    expect(sundays.move.map(({ date }) => date)).toEqual([
      '2027-03-14',
      '2027-03-21',
      '2027-03-28',
      '2027-04-04',
    ])
    // Saturday, 10 April, is after the last date.
    const saturdays = planFor(seriesOf(), all({ dayOfWeek: 6 }))
    expect(saturdays.drop).toEqual([6])
    expect(saturdays.move.map(({ date }) => date)).toEqual(['2027-03-20', '2027-03-27', '2027-04-03'])
    // The week in which it took place already gets no second date, though this Friday night is to come.
    const fridays = planFor(seriesOf(), all({ dayOfWeek: 5, startMinute: 1200, endMinute: 1320 }))
    expect(fridays.add).toEqual([])
  })

  it('[BOK-52] keeps what somebody changed by itself, and names it, unless it says otherwise', () => {
    const series = withExceptions(seriesOf(), { 4: ['2027-03-26T13:00Z', '2027-03-26T14:00Z'] })
    const kept = planFor(series, all({ startMinute: 660, endMinute: 780 }))
    expect(kept.move.map(({ id }) => id)).toEqual([3, 5, 6])
    expect(kept.stay).toEqual([{ date: '2027-03-25', id: 4, why: 'exception' }])
    const replaced = planFor(series, all({ startMinute: 660, endMinute: 780 }, 'replace'))
    expect(movesOf(replaced)).toContain('4 2027-03-25 660')
    expect(replaced.stay).toEqual([])
    // With nothing else changed, it becomes like the others again.
    expect(movesOf(planFor(series, all({}, 'replace')))).toEqual(['4 2027-03-25 600'])
    expect(planFor(series, all({ endDate: '2027-03-24' })).drop).toEqual([4, 5, 6])
    // What became what all become is no exception any more.
    const same = planFor(series, all({ dayOfWeek: 5, startMinute: 840, endMinute: 900 }))
    expect(same.stay).toEqual([])
    expect(same.move.map(({ id }) => id)).toEqual([3, 5])
  })

  it('[BOK-52] keeps a second one in a week, where only one can be like the others', () => {
    const series = seriesOf()
    const [, , third] = series.instances
    const second = { id: 7, date: '2027-03-19', isException: false }
    const hour = { startMs: Date.parse('2027-03-19T13:00Z'), endMs: Date.parse('2027-03-19T14:00Z') }
    const doubled = { ...series, instances: [{ ...second, ...hour }, ...series.instances] }
    const plan = planFor(doubled, all({ startMinute: 660, endMinute: 780 }, 'replace'))
    expect(plan.move.map(({ id }) => id)).toEqual([third?.id, 4, 5, 6])
    expect(plan.stay).toEqual([{ date: '2027-03-19', id: 7, why: 'exception' }])
  })

  it('[BOK-54] leaves out what was left out, and adds what only was empty', () => {
    const series = seriesOf({}, ['2027-03-25'])
    const plan = planFor(series, all({ startMinute: 660, endMinute: 780 }))
    expect(plan.add).toEqual([])
    expect(plan.stay).toEqual([{ date: '2027-03-25', id: null, why: 'leftOut' }])
    const nights = { dayOfWeek: 0, startMinute: 125, endMinute: 170 }
    const sundays = seriesOf(nights)
    expect(sundays.instances.map(({ date }) => date)).not.toContain('2027-03-28')
    const toDay = planFor(sundays, all({ dayOfWeek: 0 }))
    expect(toDay.add.map(({ date }) => date)).toEqual(['2027-03-28'])
    expect(toDay.stay).toEqual([])
  })

  it('[BOK-44] [BOK-56] drops a date of which the clocks leave nothing, and names it', () => {
    const series = seriesOf({ dayOfWeek: 0 })
    const plan = planFor(series, all({ dayOfWeek: 0, startMinute: 125, endMinute: 170 }))
    expect(plan.empty).toEqual(['2027-03-28'])
    expect(plan.drop).toEqual(
      series.instances.filter(({ date }) => date === '2027-03-28').map(({ id }) => id),
    )
    const gap = planFor(
      seriesOf({ dayOfWeek: 0 }, ['2027-03-28']),
      all({ dayOfWeek: 0, startMinute: 125, endMinute: 170 }),
    )
    expect(gap).toMatchObject({ empty: ['2027-03-28'], drop: [] })
  })

  it('[BOK-56] leaves what the maker leaves out as it was', () => {
    const longer = { startMinute: 660, endMinute: 780, endDate: '2027-04-15' }
    const plan = planFor(seriesOf(), all(longer), { leaveOut: ['2027-03-25', '2027-04-15'] })
    expect(plan.move.map(({ id }) => id)).toEqual([3, 5, 6])
    expect(plan.add).toEqual([])
    expect(plan.stay).toEqual([
      { date: '2027-03-25', id: 4, why: 'choice' },
      { date: '2027-04-15', id: null, why: 'choice' },
    ])
  })

  it('[BOK-55] [BOK-56] puts nothing where one of its own stays, and so on from one to the next', () => {
    // The fourth was moved to Tuesday, 6 April, which is where the sixth would go.
    const series = withExceptions(seriesOf(), { 4: ['2027-04-06T08:00Z', '2027-04-06T10:00Z'] })
    const plan = planFor(series, all({ dayOfWeek: 2 }))
    expect(plan.move.map(({ id }) => id)).toEqual([3, 5])
    expect(plan.stay).toEqual([
      { date: '2027-03-25', id: 4, why: 'exception' },
      { date: '2027-04-08', id: 6, why: 'ownSeries' },
    ])
    // From Saturday nights to Sundays: where one stays on its Saturday night, the next cannot have that Sunday, and so on.
    const nights = seriesOf({ dayOfWeek: 6, startMinute: 1200, endMinute: 1140, endDate: '2027-04-10' })
    const edit: SeriesEdit = {
      kind: 'all',
      to: { ...nights.pattern, dayOfWeek: 0, startMinute: 60, endMinute: 0 },
      exceptions: 'keep',
    }
    const before = { nowMs: Date.parse('2027-03-01T00:00Z') }
    const moved = planFor(nights, edit, before)
    expect([moved.drop, moved.move.map(({ id }) => id), moved.stay]).toEqual([[1], [2, 3, 4, 5, 6], []])
    const stopped = planFor(nights, edit, { ...before, leaveOut: ['2027-03-21'] })
    expect(stopped.move.map(({ id }) => id)).toEqual([2, 3])
    expect(stopped.stay.map(({ id, why }) => [id, why])).toEqual([
      [4, 'choice'],
      [5, 'ownSeries'],
      [6, 'ownSeries'],
    ])
  })

  it('[BOK-41] to what is no weekly booking is refused', () => {
    expect(decide(seriesOf(), all({ endDate: '2227-01-01' }))).toMatchObject({
      ok: false,
      refusal: { why: 'tooManyDates' },
    })
    expect(decide(seriesOf(), all({ endDate: '2027-02-29' }))).toMatchObject({
      ok: false,
      refusal: { why: 'noSuchDate' },
    })
  })
})

describe('a change of one date and those after it', () => {
  it('[BOK-51] makes a weekly booking of its own, and the one before ends a week earlier', () => {
    const plan = planFor(seriesOf(), following('2027-03-25', { startMinute: 660, endMinute: 780 }))
    expect(movesOf(plan)).toEqual(['4 2027-03-25 660', '5 2027-04-01 660', '6 2027-04-08 660'])
    expect(plan.pattern).toEqual({ ...THURSDAYS, startDate: '2027-03-25', startMinute: 660, endMinute: 780 })
    expect(plan.split).toEqual({ before: { ...THURSDAYS, endDate: '2027-03-18' }, goOver: [4, 5, 6] })
  })

  it('[BOK-51] takes untouched dates and exceptions over, and begins in the week of the first', () => {
    const series = withExceptions(seriesOf(), { 5: ['2027-04-02T13:00Z', '2027-04-02T14:00Z'] })
    const shorter = planFor(series, following('2027-03-25', { endDate: '2027-04-07' }))
    expect(shorter).toMatchObject({ drop: [6], move: [], split: { goOver: [4, 5] } })
    const mondays = planFor(series, following('2027-03-25', { dayOfWeek: 1 }))
    expect(mondays.pattern?.startDate).toBe('2027-03-22')
    expect(mondays.move.map(({ id, date }) => [id, date])).toEqual([
      [4, '2027-03-22'],
      [6, '2027-04-05'],
    ])
    expect(mondays.stay).toEqual([{ date: '2027-04-01', id: 5, why: 'exception' }])
  })

  it('[BOK-51] from the first on is a change of all of it', () => {
    const to = { startMinute: 660, endMinute: 780 }
    const before = { nowMs: Date.parse('2027-03-01T00:00Z') }
    const plan = planFor(seriesOf(), following('2027-03-04', to), before)
    expect(plan.split).toBeNull()
    expect(plan.move.map(({ id }) => id)).toEqual([1, 2, 3, 4, 5, 6])
  })

  it('[BOK-51] is refused from a date that began, or is none of its dates', () => {
    expect(decide(seriesOf(), following('2027-03-11', {}))).toEqual({
      ok: false,
      refusal: { why: 'past', rule: 'BOK-50' },
    })
    for (const from of ['2027-03-24', '2027-04-15', '2027-02-25', '2027-02-30', ''])
      expect(decide(seriesOf(), following(from, {}))).toEqual({
        ok: false,
        refusal: { why: 'notInSeries', rule: 'BOK-51' },
      })
    expect(decide(seriesOf(), following('2027-03-25', { endDate: '2027-03-01' }))).toMatchObject({
      ok: false,
      refusal: { why: 'endsBeforeItStarts' },
    })
  })
})

describe('an end', () => {
  it('[BOK-53] keeps what began and what is up to the last date, and drops the rest', () => {
    const series = withExceptions(seriesOf(), {
      4: ['2027-04-09T13:00Z', '2027-04-09T14:00Z'],
      5: ['2027-03-17T13:00Z', '2027-03-17T14:00Z'],
    })
    const plan = planFor(series, { kind: 'end', lastDate: '2027-03-31' })
    // The fourth is of 25 March, wherever it was moved; the fifth is of 1 April.
    expect(plan).toMatchObject({
      drop: [5, 6],
      move: [],
      add: [],
      pattern: { ...THURSDAYS, endDate: '2027-03-31' },
    })
    expect(planFor(series, { kind: 'end', lastDate: '2027-04-08' })).toMatchObject({
      drop: [],
      pattern: THURSDAYS,
    })
    expect(planFor(series, { kind: 'end', lastDate: '2029-04-08' })).toMatchObject({
      drop: [],
      pattern: THURSDAYS,
    })
  })

  it('[BOK-53] in the past drops what is to come, and is no earlier than what took place', () => {
    const plan = planFor(seriesOf(), { kind: 'end', lastDate: '2027-02-01' })
    expect(plan).toMatchObject({ drop: [3, 4, 5, 6], pattern: { ...THURSDAYS, endDate: '2027-03-11' } })
  })

  it('[BOK-53] before anything began leaves nothing', () => {
    const before = { nowMs: Date.parse('2027-02-01T00:00Z') }
    for (const lastDate of ['2027-02-01', '2027-03-02'])
      expect(planFor(seriesOf(), { kind: 'end', lastDate }, before)).toMatchObject({
        drop: [1, 2, 3, 4, 5, 6],
        pattern: null,
      })
    expect(decide(seriesOf(), { kind: 'end', lastDate: '2027-02-29' })).toEqual({
      ok: false,
      refusal: { why: 'noSuchDate', rule: 'BOK-41', field: 'endDate' },
    })
  })
})

describe('one date', () => {
  const to = (start: string, end: string): Span => ({ startMs: Date.parse(start), endMs: Date.parse(end) })

  it('[BOK-57] gets another span, or none', () => {
    const plan = planFor(seriesOf(), { kind: 'one', id: 4, to: to('2027-03-26T13:00Z', '2027-03-26T14:00Z') })
    expect(plan.move).toEqual([
      { id: 4, date: '2027-03-25', ...to('2027-03-26T13:00Z', '2027-03-26T14:00Z') },
    ])
    expect(plan).toMatchObject({ drop: [], add: [], pattern: THURSDAYS })
    expect(planFor(seriesOf(), { kind: 'one', id: 4, to: null })).toMatchObject({ drop: [4], move: [] })
    const same = seriesOf().instances.find(({ id }) => id === 4)
    expect(planFor(seriesOf(), { kind: 'one', id: 4, to: same ?? null })).toMatchObject({
      drop: [],
      move: [],
    })
    // Onto itself, half an hour later.
    expect(
      planFor(seriesOf(), { kind: 'one', id: 4, to: to('2027-03-25T09:30Z', '2027-03-25T11:30Z') }).move,
    ).toHaveLength(1)
  })

  it('[BOK-57] is refused where it began, is not there, or would be nothing, past or upon another', () => {
    const refusal = (id: number, span: Span | null) => {
      const decided = decide(seriesOf(), { kind: 'one', id, to: span })
      return decided.ok ? null : decided.refusal
    }
    expect(refusal(9, null)).toEqual({ why: 'unknownInstance', rule: 'BOK-57' })
    expect(refusal(2, null)).toEqual({ why: 'past', rule: 'BOK-50' })
    expect(refusal(3, to('2027-03-12T10:59Z', '2027-03-12T14:00Z'))).toEqual({ why: 'past', rule: 'BOK-50' })
    expect(refusal(3, to('2027-03-19T10:00Z', '2027-03-19T10:00Z'))).toEqual({
      why: 'endsBeforeItStarts',
      rule: 'BOK-57',
    })
    expect(refusal(3, to('2027-03-25T10:59Z', '2027-03-25T12:00Z'))).toEqual({
      why: 'ownSeries',
      rule: 'BOK-55',
      inTheWay: [4],
    })
    expect(refusal(3, to('2027-03-25T11:00Z', '2027-03-25T12:00Z'))).toBeNull()
  })

  it('[BOK-54] that was left out or cancelled is added back', () => {
    const series = seriesOf({}, ['2027-03-25', '2027-03-11'])
    const occurrence = occurrenceOn('2027-03-25', THURSDAYS, LJUBLJANA)
    expect(planFor(series, { kind: 'addBack', date: '2027-03-25' })).toMatchObject({
      drop: [],
      move: [],
      add: [{ date: '2027-03-25', startMs: occurrence?.startMs, endMs: occurrence?.endMs }],
    })
    const refusal = (date: string, some = series) => {
      const decided = decide(some, { kind: 'addBack', date })
      return decided.ok ? null : decided.refusal
    }
    expect(refusal('2027-03-18')).toEqual({ why: 'alreadyThere', rule: 'BOK-54' })
    expect(refusal('2027-03-11')).toEqual({ why: 'past', rule: 'BOK-50' })
    for (const date of ['2027-03-26', '2027-04-15', '2027-02-25', '2027-02-30', ''])
      expect(refusal(date)).toEqual({ why: 'notInSeries', rule: 'BOK-54' })
    const nights = seriesOf({ dayOfWeek: 0, startMinute: 125, endMinute: 170 })
    expect(refusal('2027-03-28', nights)).toEqual({ why: 'empty', rule: 'BOK-44' })
    // Another date was moved there meanwhile.
    const moved = withExceptions(series, { 3: ['2027-03-25T10:00Z', '2027-03-25T12:00Z'] })
    expect(refusal('2027-03-25', moved)).toEqual({ why: 'ownSeries', rule: 'BOK-55', inTheWay: [3] })
  })
})

describe('a plan', () => {
  it('[BOK-55] moves none upon one that is still to be moved, and drops what would have to change places', () => {
    const wasAt = new Map([1, 2, 3].map((id) => [id, { startMs: 10 * id, endMs: 10 * id + 10 }]))
    const move = (id: number, startMs: number) => ({ id, date: '', startMs, endMs: startMs + 10 })
    const later = orderMoves([move(1, 15), move(2, 25), move(3, 35)], wasAt)
    expect([later.move.map(({ id }) => id), later.inCircle]).toEqual([[3, 2, 1], []])
    const earlier = orderMoves([move(3, 25), move(2, 15), move(1, 5)], wasAt)
    expect([earlier.move.map(({ id }) => id), earlier.inCircle]).toEqual([[1, 2, 3], []])
    const swapped = orderMoves([move(1, 20), move(2, 10)], wasAt)
    expect([swapped.move.map(({ id }) => id), swapped.inCircle.map(({ id }) => id)]).toEqual([[2], [1]])
  })

  it('[BOK-55] drops and adds exceptions that would have to change places', () => {
    const series = withExceptions(seriesOf(), {
      4: ['2027-04-01T08:00Z', '2027-04-01T10:00Z'],
      5: ['2027-03-25T09:00Z', '2027-03-25T11:00Z'],
    })
    const plan = planFor(series, all({}, 'replace'))
    expect([plan.drop, plan.move.map(({ id }) => id), plan.add.map(({ date }) => date)]).toEqual([
      [5],
      [4],
      ['2027-04-01'],
    ])
    expect(carryOut(series, plan).size).toBe(6)
  })

  it('[BOK-46] [BOK-49] is judged beside the bookings of others, and made again without those that the maker leaves out', () => {
    const series = seriesOf()
    const edit = all({ startMinute: 660, endMinute: 780 })
    const plan = planFor(series, edit)
    const live = [
      ...series.instances.map((each) => ({ ...each, longtermId: 5 })),
      {
        id: 99,
        startMs: Date.parse('2027-03-25T11:00Z'),
        endMs: Date.parse('2027-03-25T12:00Z'),
        longtermId: null,
      },
    ]
    const judged = previewDates([...plan.move, ...plan.add], {
      nowMs: NOW_MS,
      zone: LJUBLJANA,
      hours: [],
      live,
      longtermId: 5,
      bufferMs: 0,
      aheadMs: null,
      quotaOf: () => null,
    })
    const chosen = chooseDates(judged, 'allButConflicts')
    if (!chosen.ok) throw new Error(chosen.refusal.why)
    const leaveOut = chosen.value.leaveOut.map(({ date }) => date)
    expect(leaveOut).toEqual(['2027-03-25'])
    const again = planFor(series, edit, { leaveOut })
    expect(again.move.map(({ id }) => id)).toEqual([3, 5, 6])
    expect(again.stay).toEqual([{ date: '2027-03-25', id: 4, why: 'choice' }])
  })

  const patterns = fc.record({
    startDate: fc.constantFrom('2027-02-20', '2027-03-01', '2027-03-20'),
    endDate: fc.constantFrom('2027-03-29', '2027-04-12', '2027-05-31'),
    startMinute: fc.integer({ min: 0, max: 95 }).map((quarter) => 15 * quarter),
    endMinute: fc.integer({ min: 0, max: 95 }).map((quarter) => 15 * quarter),
    dayOfWeek: fc.integer({ min: 0, max: 6 }),
  })
  const worlds = fc.record({
    pattern: patterns,
    to: patterns,
    exceptions: fc.constantFrom('keep' as const, 'replace' as const),
    // Of each date: left out, moved by so many hours, or as it is.
    fates: fc.array(
      fc.option(fc.oneof(fc.constant('out' as const), fc.integer({ min: -400, max: 400 })), { freq: 2 }),
      {
        minLength: 16,
        maxLength: 16,
      },
    ),
    from: fc.nat({ max: 14 }),
    leaveOut: fc.array(fc.nat({ max: 14 }), { maxLength: 3 }),
    nowMs: fc.integer({ min: -30, max: 40 }).map((days) => NOW_MS + days * DAY_MS),
  })

  /** A weekly booking of which some dates were left out or moved, as far as they fit. */
  function seriesFor(pattern: WeeklyPattern, fates: readonly (number | 'out' | null)[]): Series {
    const series = seriesOf(pattern)
    const instances: SeriesInstance[] = series.instances.filter((_, index) => fates[index] !== 'out')
    for (const [index, each] of instances.entries()) {
      const hours = fates[each.id - 1]
      if (typeof hours !== 'number') continue
      const { startMs, endMs } = each
      const moved = {
        ...each,
        startMs: startMs + hours * HOUR_MS,
        endMs: endMs + hours * HOUR_MS,
        isException: true,
      }
      if (instances.every((other) => other.id === each.id || !overlaps(other, moved)))
        instances[index] = moved
    }
    return { ...series, instances }
  }

  it('[BOK-50] [BOK-55] [BOK-56] of any change collides at no step, touches nothing that began, and accounts for every date', () => {
    fc.assert(
      fc.property(
        worlds,
        fc.constantFrom('all' as const, 'following' as const, 'end' as const),
        (world, kind) => {
          const { pattern, to, exceptions, nowMs } = world
          const series = seriesFor(pattern, world.fates)
          const dates = occurrencesOf(pattern, LJUBLJANA)
          const wanted = occurrencesOf(to, LJUBLJANA)
          if (!dates.ok || !wanted.ok) throw new Error('the patterns of this test have dates')
          const from = dates.value[world.from % dates.value.length]?.date ?? ''
          const leaveOut = world.leaveOut.map((index) => wanted.value[index]?.date ?? '')
          const edit: SeriesEdit =
            kind === 'end'
              ? { kind, lastDate: from }
              : kind === 'all'
                ? { kind, to, exceptions }
                : { kind: 'following', from, to, exceptions }
          const decided = decide(series, edit, { nowMs, leaveOut })
          if (!decided.ok) return
          const plan = decided.value
          const after = carryOut(series, plan)

          const byId = new Map(series.instances.map((each) => [each.id, each]))
          for (const id of plan.drop) expect(byId.get(id)?.startMs).toBeGreaterThanOrEqual(nowMs)
          for (const { id, startMs, endMs } of plan.move) {
            const was = byId.get(id)
            expect(was?.startMs).toBeGreaterThanOrEqual(nowMs)
            expect(startMs === was?.startMs && endMs === was.endMs).toBe(false)
          }
          for (const span of [...plan.move, ...plan.add]) {
            expect(isEmpty(span)).toBe(false)
            expect(span.startMs).toBeGreaterThanOrEqual(nowMs)
            expect(leaveOut).not.toContain(span.date)
          }
          const touched = new Set([...plan.drop, ...plan.move.map(({ id }) => id)])
          expect(touched.size).toBe(plan.drop.length + plan.move.length)
          for (const { id } of plan.stay) expect(id !== null && touched.has(id)).toBe(false)
          if (kind !== 'all') return
          // What is wanted and to come is there, unless it is named.
          const named = [...plan.stay.map(({ date }) => weekOf(date)), ...plan.empty.map(weekOf)]
          const took = series.instances
            .filter(({ startMs }) => startMs < nowMs)
            .map(({ date }) => weekOf(date))
          const there = [...after.values()].map(({ startMs, endMs }) => `${startMs} ${endMs}`)
          for (const { date, startMs, endMs } of wanted.value)
            if (startMs >= nowMs && ![...named, ...took].includes(weekOf(date)))
              expect(there).toContain(`${startMs} ${endMs}`)
        },
      ),
      { numRuns: 600 },
    )
  })

  /** The number of a date's week, Sunday first. */
  function weekOf(date: string): number {
    return Math.floor((Date.parse(date) / DAY_MS + 4) / 7)
  }
})
