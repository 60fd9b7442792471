import { expect, test } from 'vitest'
import { makeHubTime } from './hub-time.ts'

const START_MS = 1_800_000_000_000

function makeTestTime() {
  const elapsed = { ms: 5_000 }
  const clock = {
    elapsedMs: () => elapsed.ms,
    after: () => () => undefined,
    databaseNowMs: () => null,
  }
  const time = makeHubTime(clock, 0)
  time.record(START_MS)
  return { time, pass: (ms: number) => void (elapsed.ms += ms) }
}

test('[SYN-45] a hub’s time is not set back by a commit that took two seconds', () => {
  const { time, pass } = makeTestTime()
  pass(10_000)
  time.record(START_MS + 10_000)
  pass(3_000)
  time.record(START_MS + 11_000)
  expect(time.nowMs()).toBeGreaterThanOrEqual(START_MS + 12_998)
  expect(time.nowMs()).toBeLessThanOrEqual(START_MS + 13_000)
})

test('[SYN-45] a hub’s time is not set back by a commit that took eight seconds, nor by a reading that did', () => {
  const { time, pass } = makeTestTime()
  const expectAfter = (ms: number): void => {
    expect(time.nowMs()).toBeGreaterThanOrEqual(START_MS + ms - 10)
    expect(time.nowMs()).toBeLessThanOrEqual(START_MS + ms)
  }
  pass(10_000)
  time.recordReading(START_MS + 10_000, 2)
  pass(8_000)
  time.record(START_MS + 10_000)
  expectAfter(18_000)
  pass(8_000)
  time.recordReading(START_MS + 18_000, 8_000)
  expectAfter(26_000)
})

test('[SYN-45] a hub’s clock that runs faster than the database’s does not run away from it', () => {
  const { time, pass } = makeTestTime()
  for (let second = 1; second <= 86_400; second += 1) {
    pass(1_000.1)
    time.record(START_MS + second * 1_000)
  }
  expect(time.nowMs()).toBe(START_MS + 86_400_000)
})

test('[SYN-45] a database’s clock that was set is followed, either way', () => {
  const { time, pass } = makeTestTime()
  pass(1_000)
  time.recordReading(START_MS + 3_600_000, 2)
  expect(time.nowMs()).toBe(START_MS + 3_600_000)
  pass(1_000)
  time.recordReading(START_MS + 2_000, 8_000)
  expect(time.nowMs()).toBe(START_MS + 2_000)
})
