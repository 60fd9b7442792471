import { afterAll, beforeAll, expect, test } from 'vitest'
import { query, transaction, type Queryable } from '../postgres/database.ts'
import { makeTestDatabase, type TestDatabase } from '../postgres/testing.ts'
import { FactCache, type FactSet } from './fact-set.ts'
import { Needs } from './loaded-facts.ts'

const MOMENT = { universityId: 1, clock: 2, factsClock: 1, epoch: 'e', nowMs: 0 }

let database: TestDatabase
beforeAll(async () => {
  database = await makeTestDatabase('loaded_facts')
})
afterAll(() => database.drop())

/** A set that is one number, from a statement. */
function numberFrom(
  name: string,
  rank: number,
  read: (client: Queryable) => Promise<{ number: number }[]>,
): FactSet<null, number> {
  return { name, rank, load: async (client) => (await read(client))[0]?.number ?? 0 }
}

const select = (sql: string) => (client: Queryable) =>
  query<{ number: number }>(client, `select ${sql} as number`)

test('[SYN-58] of statements that were sent together the one that failed says why, not those that were refused after it', async () => {
  const roundabout = numberFrom('roundabout', 1, async (client) => {
    try {
      return await select('1 / 0')(client)
    } finally {
      for (let turn = 0; turn < 20; turn += 1) await Promise.resolve()
    }
  })
  const needs = new Needs()
  needs.need(roundabout, null)
  needs.need(numberFrom('straight', 2, select('2')), null)
  const done = transaction(database.pool, 'read committed', (client) =>
    needs.load(client, MOMENT, new FactCache()),
  )
  await expect(done).rejects.toThrow('division by zero')
})

test('a set is read after those that it looks at, and one that it did not name is not there', async () => {
  const first = numberFrom('first', 1, select('20'))
  const second: FactSet<null, number> = {
    name: 'second',
    rank: 2,
    after: [first],
    load: async (client, _moment, _keys, loaded) =>
      ((await select('1')(client))[0]?.number ?? 0) + loaded.of(first),
  }
  const needs = new Needs()
  needs.need(second, null)
  needs.need(first, null)
  const load = (asked: Needs) =>
    transaction(database.pool, 'read committed', (client) => asked.load(client, MOMENT, new FactCache()))
  expect((await load(needs)).of(second)).toBe(21)
  const forgetful = new Needs()
  const unnamed: FactSet<null, number> = {
    ...second,
    after: [],
    load: async (_client, _moment, _keys, loaded) => loaded.of(first),
  }
  forgetful.need(first, null)
  forgetful.need(unnamed, null)
  await expect(load(forgetful)).rejects.toThrow('first')
})
