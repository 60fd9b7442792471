import { expect, test } from 'vitest'
import { FIRST_PAINT_TIMEOUT_MS, CHECK_INTERVAL_MS, PAINT_TIMEOUT_MS, watchPage } from './page-watch.ts'

/** A clock whose timers run as time goes by, and that can stand still while the machine sleeps. */
function makeWorld() {
  const clock = { nowMs: 0 }
  const timers: { atMs: number; run: () => void }[] = []
  const restarts: number[] = []
  const watch = watchPage(
    {
      elapsedMs: () => clock.nowMs,
      after: (delayMs, run) => {
        const timer = { atMs: clock.nowMs + delayMs, run }
        timers.push(timer)
        return () => void timers.splice(timers.indexOf(timer), 1)
      },
    },
    () => restarts.push(clock.nowMs),
  )
  const pass = (ms: number): void => {
    const endMs = clock.nowMs + ms
    for (;;) {
      const [next] = timers.toSorted((left, right) => left.atMs - right.atMs)
      if (next === undefined || next.atMs > endMs) break
      timers.splice(timers.indexOf(next), 1)
      clock.nowMs = Math.max(clock.nowMs, next.atMs)
      next.run()
    }
    clock.nowMs = endMs
  }
  return { clock, timers, restarts, watch, pass }
}

test('[SCR-3] a page that paints nothing for 15 s is restarted, once, and again when it does not come back', () => {
  const { restarts, watch, pass } = makeWorld()
  watch.painted(true)
  pass(PAINT_TIMEOUT_MS - CHECK_INTERVAL_MS)
  watch.painted(true)
  pass(PAINT_TIMEOUT_MS - CHECK_INTERVAL_MS)
  expect(restarts).toEqual([])
  pass(2 * CHECK_INTERVAL_MS)
  expect(restarts).toHaveLength(1)
  pass(FIRST_PAINT_TIMEOUT_MS - 2 * CHECK_INTERVAL_MS)
  expect(restarts).toHaveLength(1)
  pass(2 * CHECK_INTERVAL_MS)
  expect(restarts).toHaveLength(2)
  watch.painted(true)
  pass(PAINT_TIMEOUT_MS - CHECK_INTERVAL_MS)
  expect(restarts).toHaveLength(2)
})

test('[SCR-3] [SCR-30] a page that came back is given fifteen seconds again, not a minute', () => {
  const { restarts, watch, pass } = makeWorld()
  for (let hang = 1; hang <= 3; hang += 1) {
    watch.loadStarted()
    pass(CHECK_INTERVAL_MS)
    watch.painted(true)
    pass(PAINT_TIMEOUT_MS - CHECK_INTERVAL_MS)
    expect(restarts).toHaveLength(hang - 1)
    pass(2 * CHECK_INTERVAL_MS)
    expect(restarts).toHaveLength(hang)
  }
})

test('[SCR-3] a page that says it is hidden is left alone until it paints again', () => {
  const { restarts, watch, pass } = makeWorld()
  watch.painted(true)
  watch.painted(false)
  pass(10 * PAINT_TIMEOUT_MS)
  expect(restarts).toEqual([])
  watch.painted(true)
  pass(PAINT_TIMEOUT_MS + CHECK_INTERVAL_MS)
  expect(restarts).toHaveLength(1)
})

test('[SCR-3] time asleep counts for nothing: a machine that wakes finds its page well', () => {
  const { clock, restarts, watch, pass } = makeWorld()
  watch.painted(true)
  pass(PAINT_TIMEOUT_MS - 2 * CHECK_INTERVAL_MS)
  clock.nowMs += 8 * 3_600_000
  pass(CHECK_INTERVAL_MS)
  expect(restarts).toEqual([])
  watch.painted(true)
  pass(PAINT_TIMEOUT_MS - CHECK_INTERVAL_MS)
  expect(restarts).toEqual([])
})

test('[SCR-8] a page that began to load and never painted is restarted after a minute, and each minute', () => {
  const { restarts, watch, pass } = makeWorld()
  watch.painted(false)
  watch.loadStarted()
  pass(FIRST_PAINT_TIMEOUT_MS - CHECK_INTERVAL_MS)
  expect(restarts).toEqual([])
  pass(2 * CHECK_INTERVAL_MS)
  expect(restarts).toHaveLength(1)
  watch.loadStarted()
  pass(FIRST_PAINT_TIMEOUT_MS + CHECK_INTERVAL_MS)
  expect(restarts).toHaveLength(2)
  watch.loadStarted()
  watch.painted(false)
  pass(10 * FIRST_PAINT_TIMEOUT_MS)
  expect(restarts).toHaveLength(2)
})

test('[SCR-8] a page that loads itself again and again without a frame is restarted all the same', () => {
  const { restarts, watch, pass } = makeWorld()
  watch.loadStarted()
  watch.painted(true)
  for (let ms = 0; ms <= FIRST_PAINT_TIMEOUT_MS; ms += PAINT_TIMEOUT_MS - CHECK_INTERVAL_MS) {
    pass(PAINT_TIMEOUT_MS - CHECK_INTERVAL_MS)
    watch.loadStarted()
  }
  expect(restarts).toHaveLength(1)
})

test('[SCR-3] a page that was never begun is not watched, nor one that is gone', () => {
  const { restarts, timers, watch, pass } = makeWorld()
  pass(10 * FIRST_PAINT_TIMEOUT_MS)
  expect(timers).toEqual([])
  watch.painted(true)
  watch.stop()
  pass(10 * FIRST_PAINT_TIMEOUT_MS)
  watch.painted(true)
  watch.loadStarted()
  expect(restarts).toEqual([])
  expect(timers).toEqual([])
})
