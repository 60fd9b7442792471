import { expect, test } from 'vitest'
import type { HubClock } from '../ports.ts'
import { TimeSlices } from './time-slices.ts'

/** A clock that the test sets; timers run when the test says so. */
function makeClock(): HubClock & { nowMs: number; runTimers(): void } {
  const timers: (() => void)[] = []
  const clock = {
    nowMs: 0,
    elapsedMs: () => clock.nowMs,
    after: (_delayMs: number, run: () => void) => {
      timers.push(run)
      return () => void timers.splice(timers.indexOf(run), 1)
    },
    databaseNowMs: () => null,
    runTimers: () => {
      for (const run of timers.splice(0)) run()
    },
  }
  return clock
}

const HUNDREDS = Array.from({ length: 300 }, (_, index) => index)

test('[SYN-24] a round for many stops now and then, goes on where it was, and reports what it cost without the pauses', () => {
  const clock = makeClock()
  const slices = new TimeSlices<number>(clock)
  const seen: number[] = []
  const costs: number[] = []
  const each = (item: number): void => {
    seen.push(item)
    clock.nowMs += 0.1
  }
  slices.start(HUNDREDS, each, (spentMs) => costs.push(spentMs))
  let sliceCount = 1
  while (slices.isRunning) {
    expect(clock.nowMs).toBeLessThan(sliceCount * 1_000 + 10)
    clock.nowMs = sliceCount * 1_000
    sliceCount += 1
    clock.runTimers()
  }
  expect(sliceCount).toBeGreaterThan(3)
  expect(seen).toEqual(HUNDREDS)
  expect(costs[0]).toBeCloseTo(30)
})

test('[SYN-24] a round is finished at once when asked, and before the next one begins', () => {
  const clock = makeClock()
  const slices = new TimeSlices<number>(clock)
  const seen: string[] = []
  const round = (name: string): void =>
    slices.start(
      HUNDREDS,
      () => {
        clock.nowMs += 1
        seen.push(name)
      },
      () => seen.push(`${name} done`),
    )
  round('first')
  expect(seen.length).toBeLessThan(HUNDREDS.length)
  round('second')
  expect(seen.slice(0, 301)).toEqual([...HUNDREDS.map(() => 'first'), 'first done'])
  slices.finish()
  clock.runTimers()
  expect(seen.slice(301)).toEqual([...HUNDREDS.map(() => 'second'), 'second done'])
})

test('[SYN-17] what is dropped is not sent any more', () => {
  const clock = makeClock()
  const slices = new TimeSlices<number>(clock)
  let count = 0
  slices.start(
    HUNDREDS,
    () => {
      clock.nowMs += 1
      count += 1
    },
    () => expect.unreachable(),
  )
  slices.abandon()
  clock.runTimers()
  slices.finish()
  expect(slices.isRunning).toBe(false)
  expect(count).toBeLessThan(HUNDREDS.length)
})
