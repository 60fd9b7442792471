import { afterAll, beforeAll, expect, test } from 'vitest'
import { spacesOfKiosks } from '../../spaces/space-feed-rows.ts'
import { makeTestDatabase, type TestDatabase } from '../postgres/testing.ts'
import { makeFeed, makeReadSemaphore, type Feed } from './feed.ts'
import { FULL_FORM } from './row-form.ts'
import { makeInFlight } from '../writer/in-flight.ts'
import { makeTestCampus } from '../../testing/testing-campus.ts'

let database: TestDatabase
let universityId: number

beforeAll(async () => {
  database = await makeTestDatabase('feed')
  universityId = (await makeTestCampus(database.pool)).universityId
})
afterAll(() => database.drop())

/** A feed, and how often it asked the database. */
function counted(maxKeptBytes?: number): { feed: Feed; reads: () => number } {
  const semaphore = makeReadSemaphore()
  let count = 0
  const counting: Pick<typeof semaphore, 'run'> = {
    run: (run) => {
      count += 1
      return semaphore.run(run)
    },
  }
  const parts = {
    pool: database.pool,
    readSemaphore: counting,
    inFlight: makeInFlight(),
    view: { spaces: spacesOfKiosks, collections: [] },
  }
  return { feed: makeFeed(parts, universityId, maxKeptBytes), reads: () => count }
}

test('[SYN-9] what was read once is lent to all who ask the same', async () => {
  const { feed, reads } = counted()
  await Promise.all([feed.read(null, FULL_FORM, 1), feed.read(null, FULL_FORM, 1)])
  await feed.read(0, FULL_FORM, 1)
  await feed.read(null, FULL_FORM, 1)
  expect(reads()).toBe(2)
})

test('[SYN-9] a kiosk that asks from many cursors fills no more memory than there is room for: the oldest answers go', async () => {
  const whole = await counted().feed.read(null, FULL_FORM, 1)
  const { feed, reads } = counted(whole?.frame.byteCount)
  await feed.read(null, FULL_FORM, 1)
  await feed.read(null, FULL_FORM, 1)
  expect(reads()).toBe(1)
  await feed.read(0, FULL_FORM, 1)
  await feed.read(null, FULL_FORM, 1)
  expect(reads()).toBe(3)
})
