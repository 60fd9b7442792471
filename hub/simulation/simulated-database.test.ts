import { afterAll, expect, test } from 'vitest'
import { makeTestDatabase } from '../platform/postgres/testing.ts'
import { transaction } from '../platform/postgres/database.ts'
import { DatabaseGate, openSimulatedPool, type SimulatedProcess } from './simulated-database.ts'

const database = await makeTestDatabase('simulated')
afterAll(() => database.drop())
await database.pool.query('create table marks (mark int)')

function life(over: Partial<SimulatedProcess> = {}): SimulatedProcess {
  return { isDead: false, diesNow: () => false, breaks: () => null, done: () => undefined, ...over }
}

async function marks(): Promise<number[]> {
  const { rows } = await database.pool.query<{ mark: number }>('select mark from marks order by mark')
  return rows.map((row) => row.mark)
}

test('a process that dies right after COMMIT has committed and never gets the answer', async () => {
  const gate = new DatabaseGate()
  let effects = 0
  const mine = life({ diesNow: () => (effects += 1) === 6 })
  const { pool, kill } = openSimulatedPool(database.url, gate, mine)
  let answered = false
  void transaction(pool, 'read committed', async (client) => {
    await client.query('insert into marks values (1)')
  }).then(() => {
    answered = true
  })
  while (effects < 6) await new Promise((resolve) => setImmediate(resolve))
  kill()
  await gate.whenIdle()
  expect(await marks()).toEqual([1])
  expect(answered).toBe(false)
})

test('a connection that breaks before COMMIT fails and changes nothing, and the pool goes on', async () => {
  const gate = new DatabaseGate()
  let isCut = true
  const { pool } = openSimulatedPool(
    database.url,
    gate,
    life({ breaks: (sql) => (isCut && sql === 'commit' ? 'before' : null) }),
  )
  const write = (): Promise<void> =>
    transaction(pool, 'read committed', async (client) => {
      await client.query('insert into marks values (2)')
    })
  await expect(write()).rejects.toThrow('terminated')
  expect(await marks()).toEqual([1])
  isCut = false
  await write()
  expect(await marks()).toEqual([1, 2])
  await pool.end()
})

test('two transactions of two processes are open one after the other', async () => {
  const gate = new DatabaseGate()
  const open: string[] = []
  const run = async (name: string): Promise<void> => {
    const { pool } = openSimulatedPool(database.url, gate, life())
    await transaction(pool, 'read committed', async (client) => {
      open.push(`${name} in`)
      await client.query('select pg_sleep(0.01)')
      open.push(`${name} out`)
    })
    await pool.end()
  }
  await Promise.all([run('a'), run('b')])
  expect(open).toEqual(['a in', 'a out', 'b in', 'b out'])
})
