import { expect, test } from 'vitest'
import { noLog } from '../log.ts'
import type { HubClock } from '../ports.ts'
import { startJobs } from './jobs.ts'

/** A clock that a test winds: `wind` lets time pass and runs what is due, each to its end. */
function makeWoundClock(): HubClock & { wind(ms: number): Promise<void>; waiting(): number } {
  let nowMs = 0
  let timers: { at: number; run: () => void }[] = []
  const settle = (): Promise<void> => new Promise((done) => setImmediate(done))
  return {
    elapsedMs: () => nowMs,
    after: (delayMs, run) => {
      const timer = { at: nowMs + delayMs, run }
      timers.push(timer)
      return () => {
        timers = timers.filter((other) => other !== timer)
      }
    },
    databaseNowMs: () => null,
    wind: async (ms) => {
      await settle()
      nowMs += ms
      const due = timers.filter((timer) => timer.at <= nowMs)
      timers = timers.filter((timer) => timer.at > nowMs)
      for (const timer of due) timer.run()
      await settle()
    },
    waiting: () => timers.length,
  }
}

test('a job runs at once and after each interval, and no more when stopped', async () => {
  const clock = makeWoundClock()
  let runs = 0
  const count = async (): Promise<void> => {
    runs += 1
  }
  const jobs = startJobs([{ name: 'count', everyMs: 100, run: count }], clock, noLog)
  await clock.wind(99)
  expect(runs).toBe(1)
  await clock.wind(1)
  expect(runs).toBe(2)
  await jobs.stop()
  await clock.wind(1000)
  expect(runs).toBe(2)
  expect(clock.waiting()).toBe(0)
})

test('a job that fails is tried again, and is late after three intervals without success', async () => {
  const clock = makeWoundClock()
  let isBroken = true
  const run = async (): Promise<void> => {
    if (isBroken) throw new Error('broken')
  }
  const jobs = startJobs([{ name: 'purge', everyMs: 100, run }], clock, noLog)
  for (let round = 0; round < 3; round += 1) await clock.wind(100)
  expect(jobs.late()).toEqual([])
  await clock.wind(100)
  expect(jobs.late()).toEqual(['purge'])
  isBroken = false
  await clock.wind(100)
  expect(jobs.late()).toEqual([])
  await jobs.stop()
})

test('stop waits for what runs, and it runs no more', async () => {
  const clock = makeWoundClock()
  const done = Promise.withResolvers<void>()
  const jobs = startJobs([{ name: 'slow', everyMs: 100, run: () => done.promise }], clock, noLog)
  let isStopped = false
  const stopping = jobs.stop().then(() => {
    isStopped = true
  })
  await clock.wind(0)
  expect(isStopped).toBe(false)
  done.resolve()
  await stopping
  expect(clock.waiting()).toBe(0)
})
