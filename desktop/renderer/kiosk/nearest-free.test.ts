import { describe, expect, it } from 'vitest'
import type { SpaceKind } from '#shared/domain/space.ts'
import type { SpaceView } from '#shared/wire/bridge.ts'
import { nearestFree } from './nearest-free.ts'
import { shownSpaces } from '../common/shown-spaces.ts'
import { treeMomentOf } from '../common/tree-moment.ts'

const NOW_MS = 1_800_000_000_000
const MINUTE_MS = 60_000

interface Planned {
  kind?: SpaceKind
  in?: number
  seats?: number | null
  level?: 0 | 1 | 2
  minutesAgo?: number
  name?: string
}

function space(id: number, planned: Planned): SpaceView {
  const { kind = 'room', seats = null, level, minutesAgo = 5 } = planned
  return {
    id,
    name: planned.name ?? `Space ${id}`,
    parentId: planned.in ?? null,
    kind,
    location: null,
    details: {},
    capacity: seats,
    hours: { weekly: null, closures: [] },
    level: level ?? null,
    reportedAtMs: level === undefined ? null : NOW_MS - minutesAgo * MINUTE_MS,
    isWaiting: false,
  }
}

/** Campus 1, library 2 with floors 3 and 4, library 5 with floor 6; 10 is the full room for six on floor 3. */
const CAMPUS: Record<number, Planned> = {
  1: { kind: 'campus' },
  2: { kind: 'library', in: 1 },
  3: { kind: 'floor', in: 2 },
  4: { kind: 'floor', in: 2 },
  5: { kind: 'library', in: 1 },
  6: { kind: 'floor', in: 5 },
  10: { in: 3, seats: 6, level: 2 },
}

function found(others: Record<number, Planned>, from = 10): number | null {
  const spaces = new Map(
    Object.entries({ ...CAMPUS, ...others }).map(([id, planned]) => [Number(id), space(Number(id), planned)]),
  )
  return nearestFree(treeMomentOf(spaces, 'UTC', 120 * MINUTE_MS, NOW_MS), from)?.id ?? null
}

const CARREL: Planned = { kind: 'carrel', in: 3, seats: 1, level: 0 }

describe('nearestFree', () => {
  it.each<[string, Record<number, Planned>, number | null]>([
    [
      'a room for four on the same floor, not the carrel that is named before it',
      { 11: { ...CARREL, name: 'A carrel' }, 12: { in: 3, seats: 4, level: 0 } },
      12,
    ],
    [
      'a room, not the quiet area with more seats',
      { 11: { kind: 'area', in: 3, seats: 48, level: 0 }, 12: { in: 3, seats: 4, level: 0 } },
      12,
    ],
    [
      'enough seats on another floor before too few on this one',
      { 11: { in: 3, seats: 4, level: 0 }, 12: { in: 4, seats: 8, level: 0 } },
      12,
    ],
    [
      'of those with too few seats the one with most',
      { 11: { in: 3, seats: 2, level: 0 }, 12: { in: 4, seats: 5, level: 0 } },
      12,
    ],
    [
      'of those with enough seats the nearest, however many more another has',
      { 11: { in: 3, seats: 6, level: 0 }, 12: { in: 4, seats: 60, level: 0 } },
      11,
    ],
    [
      'the same building before another one',
      { 11: { in: 6, seats: 6, level: 0 }, 12: { in: 4, seats: 6, level: 0 } },
      12,
    ],
    [
      'as near and as large: what was reported last',
      {
        11: { in: 3, seats: 6, level: 0, minutesAgo: 50 },
        12: { in: 3, seats: 6, level: 0, minutesAgo: 2 },
      },
      12,
    ],
    [
      'all the same: by name as people count, so that every screen says the same',
      {
        11: { in: 3, seats: 6, level: 0, name: 'Room 10' },
        12: { in: 3, seats: 6, level: 0, name: 'Room 9' },
      },
      12,
    ],
    [
      'a known number of seats before an unknown one',
      { 11: { in: 3, level: 0 }, 12: { in: 4, seats: 2, level: 0 } },
      12,
    ],
    ['the carrel where nothing else is free', { 11: CARREL, 12: { in: 3, seats: 4, level: 1 } }, 11],
    [
      '[OCC-6] nothing that is stale, busy or never reported',
      {
        11: { in: 3, seats: 6, level: 0, minutesAgo: 120 },
        12: { in: 3, seats: 6, level: 1 },
        13: { in: 3 },
      },
      null,
    ],
  ])('[OCC-15] points from a full room for six to %s', (_what, others, expected) => {
    expect(found(others)).toBe(expected)
  })

  it('[OCC-15] points from a room whose seats nobody knows to the nearest', () => {
    const others: Record<number, Planned> = {
      20: { in: 4, level: 2 },
      21: { in: 3, seats: 60, level: 0 },
      22: { in: 4, seats: 2, level: 0 },
    }
    expect(found(others, 20)).toBe(22)
  })

  it('[OCC-15] points from a full floor to the nearest leaf, whatever its kind', () => {
    expect(found({ 11: { in: 6, seats: 60, level: 0 }, 12: { ...CARREL, in: 4 } }, 3)).toBe(12)
  })
})

it('[OCC-15] [TXT-2] every screen points to the same place, whatever the places are called in its language', () => {
  const twins = [
    { ...space(11, { in: 3, seats: 6, level: 0, name: 'Alpha' }), texts: { sl: { name: 'Žalna' } } },
    { ...space(12, { in: 3, seats: 6, level: 0, name: 'Beta' }), texts: { sl: { name: 'Alja' } } },
  ]
  const spaces = new Map<number, SpaceView>([
    ...Object.entries(CAMPUS).map(([id, planned]) => [Number(id), space(Number(id), planned)] as const),
    ...twins.map((one) => [one.id, one] as const),
  ])
  const pointsTo = (locale: string): unknown => {
    const moment = treeMomentOf(shownSpaces(spaces, locale), 'UTC', 120 * MINUTE_MS, NOW_MS)
    const { id, name } = nearestFree(moment, 10) ?? {}
    return [id, name]
  }
  expect(pointsTo('en')).toEqual([11, 'Alpha'])
  expect(pointsTo('sl')).toEqual([11, 'Žalna'])
})
