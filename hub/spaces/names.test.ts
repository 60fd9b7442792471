import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { eraseAccount } from '../accounts/erase-rows.ts'
import { query, transaction } from '../platform/postgres/database.ts'
import { raceBehind } from '../platform/postgres/testing-race.ts'
import { makeTestDatabase, type TestDatabase } from '../platform/postgres/testing.ts'
import { makeTestApp } from '../testing/testing-app.ts'
import {
  makeTestTenant,
  SpaceCalls,
  statuses,
  type SpaceAnswer,
  type TestTenant,
} from '../testing/testing-spaces.ts'

const NAME = 'Room 103'
const TAKEN = { status: 409, error: { error: 'nameTaken' } }

let database: TestDatabase
let app: FastifyInstance
let calls: SpaceCalls
let tenant: TestTenant
let floor: number
let count = 0

beforeAll(async () => {
  database = await makeTestDatabase('spaces_names')
  app = await makeTestApp(database.pool)
  calls = new SpaceCalls(app)
})
afterAll(async () => {
  await app.close()
  await database.drop()
})
beforeEach(async () => {
  count += 1
  tenant = await makeTestTenant(database.pool, `N${count}`)
  ;[floor] = tenant.campus.floors
})

/** A space that was made, or the test ends. */
async function make(as: TestTenant['student'], name = NAME): Promise<SpaceAnswer['space']> {
  const made = await calls.make(as, floor, name)
  expect(made.status).toBe(201)
  return made.space
}

test('[TRE-13] [TRE-15] a name that somebody hid is free for everybody else, and taken for who hid it', async () => {
  const { student, other, chief } = tenant
  expect((await make(student)).isOnKiosks).toBe(false)
  expect((await make(other)).isOnKiosks).toBe(false)
  expect((await make(chief)).isOnKiosks).toBe(true)
  for (const one of [student, other, chief]) expect(await calls.make(one, floor, NAME)).toMatchObject(TAKEN)
})

test('[TRE-15] a public name is taken for everybody: new, by another name, and by a move', async () => {
  const { campus, student, chief } = tenant
  await make(chief)
  const mine = await make(student, 'Nook')
  expect(await calls.make(student, floor, NAME)).toMatchObject(TAKEN)
  expect(await calls.edit(student, mine, { name: NAME })).toMatchObject(TAKEN)
  const away = (await calls.make(student, campus.floors[1], NAME)).space
  expect(await calls.edit(student, away, { parentId: floor })).toMatchObject(TAKEN)
  const staffs = (await calls.make(chief, campus.floors[1], NAME)).space
  expect(await calls.edit(chief, staffs, { parentId: floor })).toMatchObject(TAKEN)
})

test('[TRE-13] [TRE-15] others’ hidden names are in nobody’s way when they give another name, or move a place', async () => {
  const { campus, student, other, chief } = tenant
  await make(student)
  const theirs = await make(other, 'Nook')
  expect((await calls.edit(other, theirs, { name: NAME })).status).toBe(200)
  const staffs = (await calls.make(chief, campus.floors[1], NAME)).space
  expect((await calls.edit(chief, staffs, { parentId: floor })).status).toBe(200)
  const second = await make(student, 'Corner')
  expect(await calls.edit(student, second, { name: NAME })).toMatchObject(TAKEN)
})

test('[TRE-15] what stands beside a public twin can still be changed, by its maker and by staff', async () => {
  const { student, chief } = tenant
  const mine = await make(student)
  await make(chief)
  const changed = await calls.edit(student, mine, { capacity: 3 })
  expect(changed).toMatchObject({ status: 200, space: { isOnKiosks: false } })
  expect((await calls.edit(chief, changed.space, { name: NAME, capacity: 4 })).status).toBe(200)
})

test('[TRE-15] letting a place on public screens is refused while its name is taken there', async () => {
  const { student, other, chief } = tenant
  const mine = await make(student)
  const theirs = await make(other)
  const staffs = await make(chief)
  expect(await calls.letOn(chief, mine.id)).toMatchObject(TAKEN)
  // Off public screens it is the staff's own, and in nobody's way.
  expect((await calls.letOn(chief, staffs.id, false)).status).toBe(200)
  expect((await calls.letOn(chief, mine.id)).space).toMatchObject({ isOnKiosks: true })
  for (const { id } of [theirs, staffs]) expect(await calls.letOn(chief, id)).toMatchObject(TAKEN)
  // The way out that the sentence names: another name first.
  const renamed = await calls.edit(chief, theirs, { name: 'Room 103 b' })
  expect((await calls.letOn(chief, renamed.space.id)).status).toBe(200)
  // What staff closed for works comes back once nobody else has its name on public screens.
  expect((await calls.letOn(chief, mine.id, false)).status).toBe(200)
  expect((await calls.letOn(chief, staffs.id)).space).toMatchObject({ isOnKiosks: true })
})

test('[TRE-15] [TRE-8] [AUD-5] a place goes off public screens whatever its maker hid there: by staff’s word, and by a change; what is no change leaves it on', async () => {
  const { student, chief } = tenant
  const first = await make(student)
  await calls.remove(student, first)
  const second = await make(student)
  expect((await calls.letOn(chief, second.id)).status).toBe(200)
  expect((await calls.restore(student, first.id)).space).toMatchObject({ isOnKiosks: false })
  expect((await calls.letOn(chief, second.id, false)).space).toMatchObject({ isOnKiosks: false })
  const on = (await calls.letOn(chief, second.id)).space
  expect((await calls.edit(student, on, { name: NAME })).space).toMatchObject({ isOnKiosks: true })
  const changed = await calls.edit(student, on, { capacity: 2 })
  expect(changed).toMatchObject({ status: 200, space: { isOnKiosks: false } })
  // Side by side they can still be changed, and a third is not made.
  expect((await calls.edit(student, changed.space, { capacity: 3 })).status).toBe(200)
  expect(await calls.make(student, floor, NAME)).toMatchObject(TAKEN)
})

test('[TRE-15] staff give a hidden place a name, or move it, whatever else its maker hid there', async () => {
  const { campus, student, chief } = tenant
  await make(student)
  const nook = await make(student, 'Nook')
  expect(await calls.edit(student, nook, { name: NAME })).toMatchObject(TAKEN)
  expect((await calls.edit(chief, nook, { name: NAME })).status).toBe(200)
  const away = (await calls.make(student, campus.floors[1], NAME)).space
  expect(await calls.edit(student, away, { parentId: floor })).toMatchObject(TAKEN)
  expect((await calls.edit(chief, away, { parentId: floor })).status).toBe(200)
})

test('[TRE-10] [TRE-13] [TRE-15] a place comes back beside what others hid, and hidden beside a public one', async () => {
  const { student, other, chief } = tenant
  const staffs = await make(chief)
  await calls.remove(chief, staffs)
  const mine = await make(student)
  await calls.remove(student, mine)
  // A deleted one is in nobody's way.
  const theirs = await make(other)
  expect((await calls.restore(chief, staffs.id)).space).toMatchObject({ isOnKiosks: true })
  expect((await calls.restore(student, mine.id)).space).toMatchObject({ isOnKiosks: false })
  await calls.remove(chief, await calls.see(chief, staffs.id))
  const twin = await make(chief)
  expect(await calls.restore(chief, staffs.id)).toMatchObject(TAKEN)
  await calls.remove(other, theirs)
  expect((await calls.restore(other, theirs.id)).status).toBe(200)
  expect((await calls.see(other, twin.id)).isOnKiosks).toBe(true)
})

test('[TRE-8] [TRE-15] what was public and comes back hidden stands beside the public one of its name, and beside an own hidden one', async () => {
  const { student, chief } = tenant
  const mine = await make(student)
  const on = (await calls.letOn(chief, mine.id)).space
  await calls.remove(student, on)
  const twin = await make(chief)
  expect((await calls.restore(student, mine.id)).space).toMatchObject({ isOnKiosks: false })
  await calls.remove(student, await calls.see(student, mine.id))
  await calls.remove(chief, twin)
  await make(student)
  expect((await calls.restore(student, mine.id)).space).toMatchObject({ isOnKiosks: false })
})

test('[TRE-15] of two who take one name at once, one is given it', async () => {
  const { student, chief } = tenant
  const hubs = [app, await makeTestApp(database.pool)].map((one) => new SpaceCalls(one))
  const block = {
    sql: 'select 1 from universities where id = $1 for update',
    values: [tenant.campus.universityId],
  }
  for (const person of [student, chief]) {
    const name = `${NAME} ${person.userId}`
    const both = await raceBehind(
      database.pool,
      block,
      hubs.map((hub) => () => hub.make(person, floor, name)),
    )
    expect(statuses(both)).toEqual([201, 409])
    expect(both.find(({ status }) => status === 409)?.error).toMatchObject(TAKEN.error)
  }
})

test('[TRE-15] a name that another program takes in between is taken, and no fault of the hub', async () => {
  const { chief } = tenant
  const spare = await make(chief, 'Spare')
  const foreign = await database.pool.connect()
  await foreign.query('begin')
  await foreign.query('update spaces set name = $2 where id = $1', [spare.id, NAME])
  // Not seen by whoever asks whether the name is free: the write then waits for it.
  const asked = calls.make(chief, floor, NAME)
  await expect.poll(waitingCount).toBe(1)
  await foreign.query('commit')
  foreign.release()
  expect(await asked).toMatchObject(TAKEN)
})

/** How many connections wait for a lock. */
async function waitingCount(): Promise<number> {
  const [row] = await query<{ waiting: number }>(
    database.pool,
    `select count(*)::int as waiting from pg_stat_activity
     where datname = current_database() and wait_event_type = 'Lock'`,
  )
  return row?.waiting ?? 0
}

test('[TRE-15] [IDN-11] accounts that go leave their hidden places side by side', async () => {
  const { student, other, chief } = tenant
  const [mine, theirs] = [await make(student), await make(other)]
  for (const { userId } of [student, other])
    await transaction(database.pool, 'read committed', (client) => eraseAccount(client, userId, null))
  const seen = (await calls.tree(chief)).spaces.filter(({ facts }) => facts.name === NAME)
  expect(seen.map(({ id }) => id)).toEqual([mine.id, theirs.id])
  // Places of nobody, too, are in nobody's way.
  await query(database.pool, 'update spaces set created_by_id = null where id = any($1)', [
    [mine.id, theirs.id],
  ])
  expect((await make(chief)).isOnKiosks).toBe(true)
})
