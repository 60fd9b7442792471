import { expect, test } from 'vitest'
import type { Connection, HubClock } from '../ports.ts'
import { MAX_PAUSE_MS, Throttle } from './throttle.ts'

/** A connection that counts how often it was paused and resumed, and time that passes when the test says so. */
function makeWorld() {
  const state = { nowMs: 0, isPaused: false, pauses: 0 }
  let timers: { atMs: number; run: () => void }[] = []
  const clock: HubClock = {
    elapsedMs: () => state.nowMs,
    after: (delayMs, run) => {
      const timer = { atMs: state.nowMs + delayMs, run }
      timers.push(timer)
      return () => {
        timers = timers.filter((one) => one !== timer)
      }
    },
    databaseNowMs: () => null,
  }
  const connection = {
    pause: () => {
      state.isPaused = true
      state.pauses += 1
    },
    resume: () => {
      state.isPaused = false
    },
  } as unknown as Connection
  const pass = (ms: number): void => {
    state.nowMs += ms
    const due = timers.filter(({ atMs }) => atMs <= state.nowMs)
    timers = timers.filter(({ atMs }) => atMs > state.nowMs)
    for (const { run } of due) run()
  }
  return { state, throttle: new Throttle(clock, connection), pass }
}

const PER_SECOND = 2
/** Ten seconds' worth. */
const BURST = 20

test('[CON-1] a debt is paid by one pause of a second at most, however large it was, each time', () => {
  const { state, throttle, pass } = makeWorld()
  for (let round = 0; round < 3; round += 1) {
    throttle.record(500, PER_SECOND)
    expect(state.isPaused).toBe(true)
    pass(MAX_PAUSE_MS - 1)
    expect(state.isPaused).toBe(true)
    pass(1)
    expect(state.isPaused).toBe(false)
    // What was over is forgotten: one more than its rate costs half a second.
    throttle.record(1, PER_SECOND)
    pass(499)
    expect(state.isPaused).toBe(true)
    pass(1)
    expect(state.isPaused).toBe(false)
  }
})

test('[CON-1] who keeps to the rate is never paused, and a quiet day saves up ten seconds’ worth and no more', () => {
  const { state, throttle, pass } = makeWorld()
  for (let second = 0; second < 60; second += 1) {
    throttle.record(PER_SECOND, PER_SECOND)
    pass(1_000)
  }
  expect(state.pauses).toBe(0)
  for (let day = 0; day < 2; day += 1) {
    pass(86_400_000)
    throttle.record(BURST, PER_SECOND)
    expect(state.isPaused).toBe(false)
    throttle.record(1, PER_SECOND)
    expect(state.isPaused).toBe(true)
    pass(500)
  }
  expect(state.pauses).toBe(2)
})

test('[CON-1] a connection that ends while it rests is read again, so that it sees the other end close', () => {
  const { state, throttle, pass } = makeWorld()
  throttle.record(BURST + 1, PER_SECOND)
  expect(state.isPaused).toBe(true)
  throttle.stop()
  expect(state.isPaused).toBe(false)
  pass(10_000)
  expect(state.pauses).toBe(1)
})
