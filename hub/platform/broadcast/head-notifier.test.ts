import { expect, test } from 'vitest'
import { noLog } from '../log.ts'
import type { HubClock } from '../ports.ts'
import { closePool, openPool } from '../postgres/database.ts'
import { makeInFlight } from '../writer/in-flight.ts'
import { startHeadNotifier } from './head-notifier.ts'

test('[SYN-27] a poll of the heads that finds no database, or hangs, is late after five of its turns', async () => {
  const pool = openPool('postgresql://carrel@/carrel?host=/nonexistent')
  const state = { nowMs: 0, run: (): void => undefined }
  const clock: HubClock = {
    elapsedMs: () => state.nowMs,
    after: (_delayMs, run) => {
      state.run = run
      return () => undefined
    },
    databaseNowMs: () => null,
  }
  const inFlight = makeInFlight()
  const notifier = startHeadNotifier({
    pool,
    clock,
    log: noLog,
    inFlight,
    listens: false,
    universityIds: () => [],
    notified: () => undefined,
    polled: () => undefined,
    databaseReturned: async () => undefined,
  })
  for (let turn = 1; turn <= 5; turn += 1) {
    state.nowMs = turn * 1_000
    state.run()
    await inFlight.settled()
    expect(notifier.isLate()).toBe(false)
  }
  state.nowMs = 5_001
  expect(notifier.isLate()).toBe(true)
  await notifier.stop()
  await closePool(pool)
})
