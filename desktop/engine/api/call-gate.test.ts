import { expect, test } from 'vitest'
import { BEAT_EVERY_MS, SILENT_ENGINE_MS } from '#shared/wire/bridge.ts'
import { makeCallGate, DRAIN_MS, TICK_MS, STANDSTILL_MS } from './call-gate.ts'

/** A process whose timers run when a test lets time pass, and not where it stands still. */
function makeWorld() {
  let nowMs = 0
  let waiting: { atMs: number; run: () => void }[] = []
  const gate = makeCallGate({
    elapsedMs: () => nowMs,
    after: (delayMs, run) => {
      const timer = { atMs: nowMs + delayMs, run }
      waiting.push(timer)
      return () => {
        waiting = waiting.filter((one) => one !== timer)
      }
    },
  })
  const runDue = (): void => {
    const due = waiting.filter(({ atMs }) => atMs <= nowMs)
    waiting = waiting.filter(({ atMs }) => atMs > nowMs)
    for (const { run } of due) run()
  }
  const done: string[] = []
  return {
    gate,
    done,
    ask: (call: string) => gate.pass(() => void done.push(call)),
    pass: (ms: number): void => {
      for (let passedMs = 0; passedMs < ms; passedMs += DRAIN_MS) {
        nowMs += DRAIN_MS
        runDue()
      }
    },
    standStill: (ms: number): void => {
      nowMs += ms
    },
    runDue,
    isDue: () => waiting.length > 0,
  }
}

test('[KSK-17] a process that runs does what it is asked at once', () => {
  const { ask, done, pass } = makeWorld()
  for (let second = 0; second < 10; second += 1) {
    pass(TICK_MS)
    ask('tap')
    expect(done).toHaveLength(second + 1)
  }
})

test.each([
  ['is read before any timer runs', false],
  ['is read after the timers', true],
])(
  '[KSK-17] after a standstill of which a page can have given up, a call waits for what is behind it: it %s',
  (_when, timersFirst) => {
    const { ask, done, pass, standStill, runDue } = makeWorld()
    pass(TICK_MS)
    // The shortest: a page that received the last beat just before, and its own five seconds.
    standStill(SILENT_ENGINE_MS - BEAT_EVERY_MS)
    if (timersFirst) runDue()
    ask('tap')
    ask('second tap')
    expect(done).toEqual([])
    pass(DRAIN_MS)
    expect(done).toEqual(['tap', 'second tap'])
    pass(STANDSTILL_MS)
    ask('third tap')
    expect(done).toHaveLength(3)
  },
)

test('[KSK-17] also where the timers that ran first took their time themselves', () => {
  for (const heldMs of [DRAIN_MS * 2, STANDSTILL_MS, STANDSTILL_MS + 1, 60_000]) {
    const { ask, done, standStill, runDue } = makeWorld()
    standStill(60_000)
    runDue()
    standStill(heldMs)
    ask('tap')
    expect([heldMs, done]).toEqual([heldMs, []])
  }
})

test('a gate that ended looks at no clock any more', () => {
  const { gate, isDue } = makeWorld()
  expect(isDue()).toBe(true)
  gate.end()
  expect(isDue()).toBe(false)
})
