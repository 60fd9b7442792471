import { expect, test } from 'vitest'
import { formatDuration, parseDuration } from './duration.ts'

test('[IMP-15] durations are typed with a unit, and shown in the longest that fits', () => {
  expect(['2h', '90 s', '15min', '1.5h', '7d', '250ms', '7200000'].map(parseDuration)).toEqual([
    7_200_000, 90_000, 900_000, 5_400_000, 604_800_000, 250, 7_200_000,
  ])
  expect(['2h30min', '2h 30 min', '1d 12h', '1min30s'].map(parseDuration)).toEqual([
    9_000_000, 9_000_000, 129_600_000, 90_000,
  ])
  expect(['30min2h', '2h2h'].map(parseDuration)).toEqual([null, null])
  expect(['', 'two hours', '-1h', '2 weeks', '1e3', '1h30'].map(parseDuration)).toEqual(Array(6).fill(null))
  expect([7_200_000, 90_000, 75_000, 86_400_000, 1_500, 0].map(formatDuration)).toEqual([
    '2 h',
    '90 s',
    '75 s',
    '1 d',
    '1500 ms',
    '0 ms',
  ])
})
