import { expect, test } from 'vitest'
import { linesUntil, paceChanges, pickInstants } from './pacing.ts'

const counts = [
  { atMs: 1_476_250_883_000, localTime: '2016-10-12 13:41:23', taken: [] },
  { atMs: 1_476_252_372_000, localTime: '2016-10-12 14:06:12', taken: [] },
  { atMs: 1_476_372_372_000, localTime: '2016-10-13 23:26:12', taken: [] },
]

test('file time is divided by the speed, and a quiet night takes a minute', () => {
  const changes = [0, 60_000, 60_000, 10 * 3_600_000].map((atMs) => ({ atMs, room: 0, level: 0 as const }))
  expect(paceChanges(changes, 60)).toEqual([0, 1_000, 1_000, 2_000])
  expect(paceChanges(changes, 'max')).toEqual([0, 0, 0, 0])
})

test.each([
  ['1476252372', 2],
  ['2016-10-12T13:41:23+08:00', 1],
  ['2016-10-12 14:06', 2],
  ['2016-10-12', 2],
  ['2016-10-13 00:00:00', 2],
])('until %s there are %i lines', (until, expected) => {
  expect(linesUntil(counts, until)).toHaveLength(expected)
})

test('what is no time is not taken for one', () => {
  expect(linesUntil(counts, 'noon')).toBeNull()
})

test('moments are different, in order, never inside one line of the file, and as many as asked for', () => {
  const changes = [1, 1, 2, 3, 3, 3, 4].map((atMs) => ({ atMs, room: 0, level: 0 as const }))
  expect(pickInstants(changes, 50, () => 0)).toEqual([2, 3, 6, 7])
  expect(pickInstants(changes, 2, (below) => below - 1)).toEqual([2, 3])
})
