import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { query } from '../postgres/database.ts'
import { makeTestDatabase, type TestDatabase } from '../postgres/testing.ts'
import {
  countTry,
  countTryNow,
  countTwoTriesNow,
  dropExpiredRateLimits,
  dropTries,
  readTriesNow,
} from './rate-limits.ts'

let database: TestDatabase

beforeAll(async () => {
  database = await makeTestDatabase('rate_limits')
})
afterAll(() => database.drop())
beforeEach(() => query(database.pool, 'delete from rate_limits'))

const MINUTE_MS = 60_000
/** Lets time pass for all buckets. */
const pass = (seconds: number): Promise<unknown> =>
  query(database.pool, "update rate_limits set resets_at = resets_at - $1 * interval '1 second'", [seconds])

/** The ways in which a try is counted: each gives how many there are, and seconds until they no longer count. */
const WAYS: [string, () => Promise<{ count: number; seconds: number }>][] = [
  ['one bucket', async () => told(await countTryNow(database.pool, 'b', MINUTE_MS))],
  ['the first of two', async () => told((await countTwo())[0])],
  ['the second of two', async () => told((await countTwo())[1])],
]
const countTwo = (mostOfFirst = 100): ReturnType<typeof countTwoTriesNow> =>
  countTwoTriesNow(
    database.pool,
    { name: 'one', limit: { count: mostOfFirst, windowMs: MINUTE_MS } },
    { name: 'two', limit: { count: 100, windowMs: MINUTE_MS } },
  )
const told = (tries?: { count: number; resetsInMs: number }): { count: number; seconds: number } => ({
  count: tries?.count ?? -1,
  seconds: Math.round((tries?.resetsInMs ?? -1) / 1000),
})

describe('[IDN-30] the window of a limit', () => {
  test.each(WAYS)(
    'of %s begins with its first try, and ends then whatever comes in it, again and again',
    async (_what, count) => {
      for (const window of [1, 2, 3]) {
        expect([window, await count()]).toEqual([window, { count: 1, seconds: 60 }])
        await pass(25)
        expect([window, await count()]).toEqual([window, { count: 2, seconds: 35 }])
        await pass(34)
        expect([window, await count()]).toEqual([window, { count: 3, seconds: 1 }])
        await pass(2)
      }
    },
  )

  test('is the same by a moment that the caller names', async () => {
    const at = (nowMs: number): Promise<number> => countTry(database.pool, 'named', MINUTE_MS, nowMs)
    const startMs = Date.UTC(2026, 10, 30)
    expect([await at(startMs), await at(startMs + 30_000), await at(startMs + 59_999)]).toEqual([1, 2, 3])
    expect([await at(startMs + 60_000), await at(startMs + 119_999), await at(startMs + 120_000)]).toEqual([
      1, 2, 1,
    ])
  })

  test('of a second bucket takes nothing once the first is over its limit', async () => {
    expect((await countTwo(1)).map(({ count }) => count)).toEqual([1, 1])
    expect((await countTwo(1)).map(({ count }) => count)).toEqual([2])
    expect((await countTwo(1)).map(({ count }) => count)).toEqual([3])
    expect((await readTriesNow(database.pool, 'two')).count).toBe(1)
  })

  test('gets back a try that is uncounted, while it runs, and never more than were counted', async () => {
    const count = async (): Promise<number> => (await countTryNow(database.pool, 'b', MINUTE_MS)).count
    expect([await count(), await count()]).toEqual([1, 2])
    await dropTries(database.pool, ['b', 'unknown'])
    expect((await readTriesNow(database.pool, 'b')).count).toBe(1)
    await dropTries(database.pool, ['b'])
    await dropTries(database.pool, ['b'])
    expect(await count()).toBe(1)
    await pass(61)
    await dropTries(database.pool, ['b'])
    // What ran out stays as it was until the next try begins anew.
    expect(await query(database.pool, "select count from rate_limits where bucket = 'b'")).toEqual([
      { count: 1 },
    ])
    expect((await readTriesNow(database.pool, 'b')).count).toBe(0)
    expect(await count()).toBe(1)
  })

  test('is forgotten once it has passed, and not before', async () => {
    for (const bucket of ['old', 'young']) {
      await countTryNow(database.pool, bucket, MINUTE_MS)
      if (bucket === 'old') await pass(40)
    }
    await pass(30)
    await dropExpiredRateLimits(database.pool)
    expect(await query(database.pool, 'select bucket from rate_limits')).toEqual([{ bucket: 'young' }])
  })
})
