import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeSeededRandom } from '#shared/domain/seeded-random.ts'
import { makeTestDatabase, type TestDatabase } from '../platform/postgres/testing.ts'
import { openHttpTarget } from './fuzz-http-target.ts'

/** How many requests; more with `npm run prove`. */
const REQUESTS = 2_500
/** For what would never end: many times what a request takes where other tests have the cores. */
const HANGS_MS = REQUESTS * 200

let database: TestDatabase

beforeAll(async () => {
  database = await makeTestDatabase('fuzz_http')
})
afterAll(() => database.drop())

test(
  '[API-2] whatever is sent to whichever call, the answer is one of its contract',
  { timeout: HANGS_MS },
  async () => {
    const seed = Number(process.env['CARREL_SEED'] ?? Date.now() % 1_000_000)
    const faults: string[] = []
    const target = await openHttpTarget(database.pool, (sentence) => faults.push(sentence))
    const random = makeSeededRandom(seed)
    for (let sent = 0; sent < REQUESTS && faults.length < 20; sent += 1) await target.send(random)
    await target.close()
    expect(faults, `seed ${seed}`).toEqual([])
    // It came as far as successes and as refusals of the rules, not only as the check of its shape.
    const reached = [...target.statuses].filter(([, statuses]) =>
      [...statuses].some((status) => status < 300),
    )
    expect(reached.length, `seed ${seed}`).toBeGreaterThan(20)
  },
)
