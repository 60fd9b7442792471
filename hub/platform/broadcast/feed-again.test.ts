import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { spacesOfKiosks } from '../../spaces/space-feed-rows.ts'
import { makeTestCampus } from '../../testing/testing-campus.ts'
import { query } from '../postgres/database.ts'
import { makeTestDatabase, type TestDatabase } from '../postgres/testing.ts'
import { makeInFlight } from '../writer/in-flight.ts'
import { makeFeed, makeReadSemaphore } from './feed.ts'
import { formOfProtocol } from './row-form.ts'

const [BEFORE, NOW] = [formOfProtocol(1), formOfProtocol(2)] as const

let database: TestDatabase
let universityId: number

beforeAll(async () => {
  database = await makeTestDatabase('feed_again')
  universityId = (await makeTestCampus(database.pool)).universityId
})
afterAll(() => database.drop())

/** A feed that counts how often it asked the database, and whose next readings fail, or wait for the test. */
function open() {
  const state = { reads: 0, failing: 0, held: null as Promise<void> | null }
  const feed = makeFeed(
    {
      pool: database.pool,
      readSemaphore: makeReadSemaphore(),
      inFlight: makeInFlight(),
      view: {
        collections: [],
        spaces: async (...args) => {
          state.reads += 1
          await state.held
          if (state.failing === 0) return spacesOfKiosks(...args)
          state.failing -= 1
          throw new Error('the database does not answer')
        },
      },
    },
    universityId,
  )
  return { feed, state }
}

test('[SYN-8] [SYN-67] what was read before a commit is lent to nobody who needs what came with it', async () => {
  const { feed, state } = open()
  await feed.read(null, NOW, 1)
  await feed.read(0, NOW, 1)
  expect(state.reads).toBe(2)
  await feed.read(null, NOW, 2)
  await feed.read(0, NOW, 2)
  expect(state.reads).toBe(4)
  await feed.read(null, NOW, 1)
  await feed.read(0, NOW, 1)
  expect(state.reads).toBe(4)
})

test('[SYN-13] [SYN-67] an answer for the protocol before is lent to nobody of this one, nor the other way round', async () => {
  const { feed, state } = open()
  for (const form of [BEFORE, NOW, BEFORE, NOW]) expect((await feed.read(null, form, 1))?.to).toBe(1)
  for (const form of [BEFORE, NOW, BEFORE, NOW]) await feed.read(0, form, 1)
  expect(state.reads).toBe(4)
})

test('[SYN-67] a reading that failed is an answer to those who waited for it, and is made again for the next', async () => {
  const { feed, state } = open()
  for (let round = 1; round <= 2; round += 1) {
    state.failing = 1
    const waiting = [feed.read(round, NOW, 1), feed.read(round, NOW, 1)]
    for (const result of await Promise.allSettled(waiting)) expect(result.status).toBe('rejected')
    expect((await feed.read(round, NOW, 1))?.epoch).toBeTypeOf('string')
    expect(state.reads).toBe(2 * round)
  }
})

test('[SYN-17] [SYN-67] of an epoch that is over nothing is lent any more', async () => {
  const { feed, state } = open()
  await feed.read(null, NOW, 1)
  feed.reset()
  await feed.read(null, NOW, 1)
  feed.reset()
  await feed.read(null, NOW, 1)
  expect(state.reads).toBe(3)
})

test('[SYN-17] [SYN-67] what was begun in an epoch that ended meanwhile is lent to nobody, and is read again', async () => {
  const { feed, state } = open()
  const held = Promise.withResolvers<void>()
  onTestFinished(() => held.resolve())
  state.held = held.promise
  const before = [feed.read(null, NOW, 1), feed.read(null, NOW, 1)]
  await expect.poll(() => state.reads).toBe(1)
  state.held = null
  await query(database.pool, "update universities set epoch = 'epoch-2' where id = $1", [universityId])
  feed.reset()
  const after = feed.read(null, NOW, 1)
  await expect.poll(() => state.reads).toBe(2)
  await after
  held.resolve()
  const answers = await Promise.all([...before, after])
  answers.push(await feed.read(null, NOW, 1))
  expect(answers.map((answer) => answer?.epoch)).toEqual(['epoch-2', 'epoch-2', 'epoch-2', 'epoch-2'])
  expect(state.reads).toBe(2)
})
