import { expect, it } from 'vitest'
import type { OpeningHours } from '#shared/domain/week-time.ts'
import type { SpaceView } from '#shared/wire/bridge.ts'
import { closuresAhead, treeMomentOf, weekAhead, type TreeMoment } from './tree-moment.ts'

const NO_HOURS: OpeningHours = { weekly: null, closures: [] }
/** Monday to Friday, from eight to eight. */
const OFFICE: OpeningHours = { weekly: [1, 2, 3, 4, 5].map((day) => [day, 480, 1200]), closures: [] }

/** A house and a room in it, on Wednesday, 23 December 2026, at noon. */
function momentOf(house: OpeningHours, room: OpeningHours = NO_HOURS): TreeMoment {
  const blank = {
    location: null,
    details: {},
    capacity: null,
    level: null,
    reportedAtMs: null,
    isWaiting: false,
  }
  const space = (id: number, parentId: number | null, hours: OpeningHours): [number, SpaceView] => [
    id,
    { ...blank, id, parentId, hours, name: `Space ${id}`, kind: 'room' },
  ]
  const spaces = new Map([space(1, null, house), space(2, 1, room)])
  return treeMomentOf(spaces, 'Europe/Ljubljana', 7_200_000, Date.UTC(2026, 11, 23, 11))
}

const CHRISTMAS = { date: '2026-12-25', spans: [] }
const NEW_YEARS_EVE: OpeningHours['closures'][number] = { date: '2026-12-31', spans: [[480, 720]] }

it('[HRS-4] the coming week is told day by day from today, with the closures of what the place is in', () => {
  const moment = momentOf({ ...OFFICE, closures: [NEW_YEARS_EVE, CHRISTMAS] })
  expect(weekAhead(moment, 2)?.map(({ date, spans, isClosure }) => [date, spans, isClosure])).toEqual([
    ['2026-12-23', [[480, 1200]], false],
    ['2026-12-24', [[480, 1200]], false],
    ['2026-12-25', [], true],
    ['2026-12-26', [], false],
    ['2026-12-27', [], false],
    ['2026-12-28', [[480, 1200]], false],
    ['2026-12-29', [[480, 1200]], false],
  ])
  expect(closuresAhead(moment, 2)).toEqual([{ date: '2026-12-31', spans: [[480, 720]], isClosure: true }])
})

it('[HRS-4] where no week is known none is claimed, and its closures are told from today on, each once', () => {
  const past = { date: '2026-12-22', spans: [] }
  const moment = momentOf(
    { ...NO_HOURS, closures: [past, CHRISTMAS] },
    { ...NO_HOURS, closures: [CHRISTMAS] },
  )
  expect(weekAhead(moment, 2)).toBeNull()
  expect(closuresAhead(moment, 2).map(({ date, spans }) => [date, spans])).toEqual([['2026-12-25', []]])
  expect(closuresAhead(momentOf(NO_HOURS), 2)).toEqual([])
})
