import { expect, test } from 'vitest'
import { noLog, type HubLog } from '../log.ts'
import type { HubClock } from '../ports.ts'
import { closePool, openPool, type Database } from '../postgres/database.ts'
import { makeTestDatabase } from '../postgres/testing.ts'
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

test('[SYN-45] a poll says how long ago the time that it read may have been', async () => {
  const database = await makeTestDatabase('round_trips')
  const state = { nowMs: 0, run: (): void => undefined }
  const pool = {
    options: database.pool.options,
    query: async (text: string, values: unknown[]) => {
      state.nowMs += 3_000
      const result = await database.pool.query(text, values)
      state.nowMs += 4_000
      return result
    },
  } as unknown as Database
  const clock: HubClock = {
    elapsedMs: () => state.nowMs,
    after: (_delayMs, run) => {
      state.run = run
      return () => undefined
    },
    databaseNowMs: () => null,
  }
  const inFlight = makeInFlight()
  const roundTrips: number[] = []
  const notifier = startHeadNotifier({
    pool,
    clock,
    log: noLog,
    inFlight,
    listens: false,
    universityIds: () => [],
    notified: () => undefined,
    polled: (_heads, _nowMs, roundTripMs) => void roundTrips.push(roundTripMs),
    databaseReturned: async () => undefined,
  })
  for (let turn = 1; turn <= 2; turn += 1) {
    state.run()
    await inFlight.settled()
  }
  expect(roundTrips).toEqual([7_000, 7_000])
  await notifier.stop()
  await database.drop()
})

test('[OPS-22] a database that is away is told of once in each outage, and each time that it is back what must follow follows once', async () => {
  const database = await makeTestDatabase('outages')
  const state = { isAway: false, run: (): void => undefined }
  const pool = {
    options: database.pool.options,
    query: async (text: string, values: unknown[]) => {
      if (state.isAway) throw new Error('away')
      return database.pool.query(text, values)
    },
  } as unknown as Database
  const clock: HubClock = {
    elapsedMs: () => 0,
    after: (_delayMs, run) => {
      state.run = run
      return () => undefined
    },
    databaseNowMs: () => null,
  }
  const inFlight = makeInFlight()
  const happened: string[] = []
  const warn: HubLog['warn'] = (code) => void happened.push(code)
  const notifier = startHeadNotifier({
    pool,
    clock,
    log: { ...noLog, warn },
    inFlight,
    listens: false,
    universityIds: () => [],
    notified: () => undefined,
    polled: () => void happened.push('polled'),
    databaseReturned: async () => {
      if (state.isAway) throw new Error('away')
      happened.push('returned')
    },
  })
  const poll = async (isAway: boolean): Promise<void> => {
    state.isAway = isAway
    state.run()
    await inFlight.settled()
  }
  for (const isAway of [false, true, true, false, false, true, true, false]) await poll(isAway)
  expect(happened).toEqual([
    'polled',
    'database-away',
    'returned',
    'polled',
    'polled',
    'database-away',
    'returned',
    'polled',
  ])
  await notifier.stop()
  await database.drop()
})
