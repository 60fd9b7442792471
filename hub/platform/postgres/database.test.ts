import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { closePool, openPool, query, requireServer, transaction } from './database.ts'
import { SUPERUSER } from './database-owner.ts'
import { makeTestDatabase, type TestDatabase } from './testing.ts'

let database: TestDatabase

beforeAll(async () => {
  database = await makeTestDatabase('database')
  await database.pool.query('create table counts (id int primary key, count bigint)')
})
afterAll(() => database.drop())

const countOf = async (id: number): Promise<number | undefined> =>
  (await query<{ count: number }>(database.pool, 'select count from counts where id = $1', [id]))[0]?.count

test('whole numbers of 64 bits are numbers, in lists too', async () => {
  const [row] = await query(
    database.pool,
    'select 9007199254740991::bigint as big, array[1, null, 2]::bigint[] as list, count(*) as n from counts',
  )
  expect(row).toEqual({ big: Number.MAX_SAFE_INTEGER, list: [1, null, 2], n: 0 })
})

describe('OPS-15: a pool that is given a role', () => {
  const roleOf = async (role: string): Promise<unknown> => {
    const superuserUrl = database.url.replace(/\/\/[^@]*@/, `//${SUPERUSER}@`)
    const pool = openPool(superuserUrl, { maxConnections: 1, role })
    try {
      return await query(pool, 'select session_user::text as as_who, current_user::text as role')
    } finally {
      await closePool(pool)
    }
  }

  test('is that role from its first statement on', async () => {
    expect(await roleOf('pg_monitor')).toEqual([{ as_who: SUPERUSER, role: 'pg_monitor' }])
  })

  test('runs nothing as the one of its address when it may not become it: every statement fails and says why', async () => {
    await expect(roleOf('no_such_role')).rejects.toThrow('role "no_such_role" does not exist')
  })
})

describe('a transaction', () => {
  test('is kept when its work returns', async () => {
    const answer = await transaction(database.pool, 'read committed', async (client) => {
      await client.query('insert into counts values (1, 10)')
      return 'done'
    })
    expect([answer, await countOf(1)]).toEqual(['done', 10])
  })

  test('leaves nothing when its work throws, and gives its connection back', async () => {
    const pool = openPool(database.url, { maxConnections: 1 })
    const work = transaction(pool, 'read committed', async (client) => {
      await client.query('insert into counts values (2, 10)')
      throw new Error('no')
    })
    await expect(work).rejects.toThrow('no')
    expect(await countOf(2)).toBeUndefined()
    expect(await query(pool, 'select 1 as one')).toEqual([{ one: 1 }])
    await pool.end()
  })

  test('whose connection is cut fails, and the pool goes on', async () => {
    const pool = openPool(database.url, { maxConnections: 1 })
    const work = transaction(pool, 'read committed', async (client) => {
      client.on('error', () => undefined)
      const [backend] = await query<{ pid: number }>(client, 'select pg_backend_pid() as pid')
      await database.pool.query('select pg_terminate_backend($1)', [backend?.pid])
      await client.query('insert into counts values (3, 10)')
    })
    await expect(work).rejects.toThrow(/terminat|not queryable|EPIPE|ECONNRESET/)
    expect(await query(pool, 'select 1 as one')).toEqual([{ one: 1 }])
    await pool.end()
  })

  test('as a snapshot sees one moment and writes nothing', async () => {
    await database.pool.query('insert into counts values (4, 1)')
    await transaction(database.pool, 'snapshot', async (client) => {
      const read = (): Promise<object[]> => query(client, 'select count from counts where id = 4')
      expect(await read()).toEqual([{ count: 1 }])
      await database.pool.query('update counts set count = 2 where id = 4')
      expect(await read()).toEqual([{ count: 1 }])
    })
    const write = transaction(database.pool, 'snapshot', (client) => client.query('delete from counts'))
    await expect(write).rejects.toMatchObject({ code: '25006' })
  })
})

test('an idle connection that breaks is reported, not thrown', async () => {
  const reported = Promise.withResolvers<Error>()
  const pool = openPool(database.url, { maxConnections: 1, onIdleError: reported.resolve })
  const [backend] = await query<{ pid: number }>(pool, 'select pg_backend_pid() as pid')
  await database.pool.query('select pg_terminate_backend($1)', [backend?.pid])
  expect((await reported.promise).message).toContain('terminating connection')
  await pool.end()
})

describe('a server that cannot be used is refused with a sentence', () => {
  test('when it is away', async () => {
    const pool = openPool('postgresql://u:secret-value@127.0.0.1:1/x')
    const error = await requireServer(pool).catch((caught: Error) => caught)
    expect(error).toMatchObject({
      name: 'DatabaseUnusableError',
      message: expect.stringMatching(/Cannot reach the database/),
    })
    expect((error as Error).message).not.toContain('secret-value')
    await pool.end()
  })

  test('when it is too old, or not in UTF-8', async () => {
    const answering = (version: number, encoding: string): Parameters<typeof requireServer>[0] =>
      ({ query: async () => ({ rows: [{ version, encoding }] }) }) as never
    await expect(requireServer(answering(17, 'UTF8'))).rejects.toThrow(
      /is PostgreSQL 17, and Carrel needs 18/,
    )
    await expect(requireServer(answering(18, 'SQL_ASCII'))).rejects.toThrow(/encoded in SQL_ASCII/)
    await expect(requireServer(answering(19, 'UTF8'))).resolves.toBeUndefined()
  })

  test('and a good one is not', async () => {
    await expect(requireServer(database.pool)).resolves.toBeUndefined()
  })
})
