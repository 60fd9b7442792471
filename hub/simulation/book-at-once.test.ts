import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeTestDatabase, type TestDatabase } from '../platform/postgres/testing.ts'
import { bookAtOnce } from './book-at-once.ts'

/** More with `npm run prove`. */
const ATTEMPTS = 2_000

let database: TestDatabase

beforeAll(async () => {
  database = await makeTestDatabase('book_at_once')
})
afterAll(() => database.drop())

test(
  '[BOK-1] whatever 64 clients try at two hubs, no two bookings overlap, who was told yes has it, and who was told no was told why',
  { timeout: ATTEMPTS * 200 },
  async () => {
    const seed = Number(process.env['CARREL_SEED'] ?? Date.now() % 1_000_000)
    const { answers, faults } = await bookAtOnce(database.pool, { attempts: ATTEMPTS, seed })
    expect(faults, `seed ${seed}`).toEqual([])
    // It came as far as each kind of answer that is meant, often.
    for (const answer of ['201', '200', '409 bookingConflict'])
      expect(answers.get(answer) ?? 0, `seed ${seed}: ${answer}`).toBeGreaterThan(100)
  },
)
