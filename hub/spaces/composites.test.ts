import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { transaction } from '../platform/postgres/database.ts'
import { makeTestDatabase, type TestDatabase } from '../platform/postgres/testing.ts'
import { insertTestSpace, insertTestUniversity } from '../testing/testing-rows.ts'

let database: TestDatabase
let universityId: number
let library: number
let floor: number
let room: number

beforeAll(async () => {
  database = await makeTestDatabase('tree')
})
afterAll(() => database.drop())
beforeEach(async () => {
  const { pool } = database
  universityId = await insertTestUniversity(pool)
  library = await insertTestSpace(pool, { universityId, name: 'Library' })
  floor = await insertTestSpace(pool, { universityId, parentId: library, name: 'Floor' })
  room = await insertTestSpace(pool, { universityId, parentId: floor, name: 'Room' })
})

const move = (id: number, parentId: number | null): Promise<unknown> =>
  database.pool.query('update spaces set parent_id = $2 where id = $1', [id, parentId])
const setDeleted = (id: number, isDeleted: boolean): Promise<unknown> =>
  database.pool.query('update spaces set is_deleted = $2 where id = $1', [id, isDeleted])

describe('[TRE-1] the database refuses', () => {
  test('a parent of another university', async () => {
    const other = await insertTestUniversity(database.pool, 'Other')
    await expect(
      insertTestSpace(database.pool, { universityId: other, parentId: floor, name: 'Stray' }),
    ).rejects.toMatchObject({ code: '23503' })
  })

  test('a space as its own parent', async () => {
    await expect(move(floor, floor)).rejects.toMatchObject({ code: '23514' })
  })

  test('a move below its own descendant', async () => {
    await expect(move(library, room)).rejects.toMatchObject({ constraint: 'spaces_no_cycle' })
  })

  test('a cycle made of new rows in one statement', async () => {
    const insert = database.pool.query(
      `insert into spaces (id, university_id, parent_id, name, kind, clock, facts_clock) overriding system value
       values (900001, $1, 900002, 'a', 'room', 1, 1), (900002, $1, 900001, 'b', 'room', 1, 1)`,
      [universityId],
    )
    await expect(insert).rejects.toMatchObject({ constraint: 'spaces_no_cycle' })
  })

  test('a cycle through a new row', async () => {
    const insert = transaction(database.pool, 'read committed', async (client) => {
      const fresh = await insertTestSpace(client, { universityId, parentId: room, name: 'Fresh' })
      await client.query('update spaces set parent_id = $2 where id = $1', [library, fresh])
    })
    await expect(insert).rejects.toMatchObject({ constraint: 'spaces_no_cycle' })
  })

  test('a space moved below a cycle made in the same transaction, without walking for ever', async () => {
    const wing = await insertTestSpace(database.pool, { universityId, name: 'Wing' })
    const change = transaction(database.pool, 'read committed', async (client) => {
      await client.query('update spaces set parent_id = $2 where id = $1', [wing, room])
      await client.query('update spaces set parent_id = $2 where id = $1', [library, room])
    })
    await expect(change).rejects.toMatchObject({ constraint: 'spaces_no_cycle' })
  })

  test('two moves at once that close a cycle together: the second waits and is decided after the first', async () => {
    const wing = await insertTestSpace(database.pool, { universityId, name: 'Wing' })
    const done = Promise.withResolvers<void>()
    const decided = Promise.withResolvers<void>()
    const first = transaction(database.pool, 'read committed', async (client) => {
      await client.query('update spaces set parent_id = $2 where id = $1', [library, wing])
      await client.query('set constraints all immediate')
      decided.resolve()
      await done.promise
    })
    await decided.promise
    const second = refusalOf(move(wing, library))
    await waitUntilBlocked()
    done.resolve()
    await first
    expect(await second).toMatchObject({ constraint: 'spaces_no_cycle' })
  })

  test('the deletion of a space with a live child', async () => {
    await expect(setDeleted(floor, true)).rejects.toMatchObject({ constraint: 'spaces_live_parent' })
  })

  test('a live space below a deleted one: new, moved or brought back', async () => {
    const gone = await insertTestSpace(database.pool, { universityId, name: 'Gone', isDeleted: true })
    const refused = { constraint: 'spaces_live_parent' }
    await expect(
      insertTestSpace(database.pool, { universityId, parentId: gone, name: 'New' }),
    ).rejects.toMatchObject(refused)
    await expect(move(room, gone)).rejects.toMatchObject(refused)
    const child = await insertTestSpace(database.pool, {
      universityId,
      parentId: gone,
      name: 'C',
      isDeleted: true,
    })
    await expect(setDeleted(child, false)).rejects.toMatchObject(refused)
  })

  test('a child inserted while its parent is being deleted', async () => {
    const done = Promise.withResolvers<void>()
    const decided = Promise.withResolvers<void>()
    const deletion = transaction(database.pool, 'read committed', async (client) => {
      await client.query('update spaces set is_deleted = true where id = $1', [room])
      await client.query('set constraints all immediate')
      decided.resolve()
      await done.promise
    })
    await decided.promise
    const insert = refusalOf(insertTestSpace(database.pool, { universityId, parentId: room, name: 'Carrel' }))
    await waitUntilBlocked()
    done.resolve()
    await deletion
    expect(await insert).toMatchObject({ constraint: 'spaces_live_parent' })
  })
})

/** What a statement is refused with, listened to at once: it may come before the test has seen why. */
function refusalOf(statement: Promise<unknown>): Promise<unknown> {
  return statement.then(
    () => null,
    (error: unknown) => error,
  )
}

const HANGS = { timeout: 15_000 }

/** Until some transaction waits for another one's lock; without the lock in the trigger none ever would. */
async function waitUntilBlocked(): Promise<void> {
  await vi.waitFor(async () => {
    const waiting = await database.pool.query(
      `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
    )
    if (waiting.rowCount === 0) throw new Error('nobody waits')
  }, HANGS)
}

describe('[TRE-1] the database takes', () => {
  test('a whole branch deleted in any order within one transaction', async () => {
    await transaction(database.pool, 'read committed', async (client) => {
      for (const id of [library, floor, room])
        await client.query('update spaces set is_deleted = true where id = $1', [id])
    })
    const { rows } = await database.pool.query(
      'select 1 from spaces where university_id = $1 and not is_deleted',
      [universityId],
    )
    expect(rows).toHaveLength(0)
  })

  test('what is wrong in the middle of a transaction and right at its end', async () => {
    await transaction(database.pool, 'read committed', async (client) => {
      await client.query('update spaces set parent_id = $2 where id = $1', [library, room])
      await client.query('update spaces set parent_id = null where id = $1', [library])
    })
    const { rows } = await database.pool.query('select parent_id from spaces where id = $1', [library])
    expect(rows).toEqual([{ parent_id: null }])
  })
})
