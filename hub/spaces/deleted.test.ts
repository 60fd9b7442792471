import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { query } from '../platform/postgres/database.ts'
import { makeTestDatabase, type TestDatabase } from '../platform/postgres/testing.ts'
import { makeTestApp } from '../testing/testing-app.ts'
import { makeTestTenant, SpaceCalls, type TestTenant } from '../testing/testing-spaces.ts'

let database: TestDatabase
let app: FastifyInstance
let calls: SpaceCalls
let tenant: TestTenant
let count = 0

beforeAll(async () => {
  database = await makeTestDatabase('spaces_deleted')
  app = await makeTestApp(database.pool)
  calls = new SpaceCalls(app)
})
afterAll(async () => {
  await app.close()
  await database.drop()
})
beforeEach(async () => {
  count += 1
  tenant = await makeTestTenant(database.pool, `S${count}`)
})

interface Deleted {
  spaces: {
    id: number
    name: string
    parentName: string | null
    within: string[]
    deletedAtMs: number
    version: number
  }[]
}

const deletedSeenBy = async (as: TestTenant['student']): Promise<Deleted['spaces']> =>
  ((await calls.call(as, 'GET /spaces/deleted')).body as Deleted).spaces

test('[TRE-10] deleting a parent names its children; said again, all go together and come back together', async () => {
  const { campus, student, chief } = tenant
  const nook = (await calls.make(student, campus.floors[0], 'Nook')).space
  const seat = (await calls.make(student, nook.id, 'Seat')).space
  const lamp = (await calls.make(student, seat.id, 'Lamp')).space
  const old = (await calls.make(student, nook.id, 'Old seat')).space
  await calls.remove(student, old)
  expect((await calls.remove(student, nook)).error).toMatchObject({
    error: 'hasChildren',
    spaces: [{ id: seat.id, name: 'Seat' }],
  })
  const gone = await calls.remove(student, nook, true)
  expect(gone.body).toEqual({
    deleted: [
      { id: nook.id, name: 'Nook' },
      { id: seat.id, name: 'Seat' },
      { id: lamp.id, name: 'Lamp' },
    ],
    strandedKiosks: [],
  })
  for (const answer of [
    await calls.remove(student, nook),
    await calls.edit(student, nook, { name: 'X' }),
    await calls.report(student, seat.id, 1),
    await calls.letOn(chief, nook.id),
    await calls.make(student, nook.id, 'Below'),
    await calls.restore(student, seat.id),
  ])
    expect(answer).toMatchObject({ status: 410, error: { error: 'spaceDeleted' } })
  expect(await deletedSeenBy(student)).toEqual([
    {
      id: nook.id,
      name: 'Nook',
      parentName: 'Floor 1',
      within: ['Floor 1'],
      deletedAtMs: expect.any(Number),
      version: 2,
    },
  ])
  const agoMs = Date.now() - ((await deletedSeenBy(student))[0]?.deletedAtMs ?? 0)
  expect(Math.abs(agoMs)).toBeLessThan(60_000)
  expect(await deletedSeenBy(tenant.other)).toEqual([])
  expect(await deletedSeenBy(chief)).toHaveLength(1)
  expect((await calls.restore(student, nook.id)).space).toMatchObject({ id: nook.id, version: 3 })
  const ids = (await calls.tree(student)).spaces.map(({ id }) => id)
  expect(ids).toEqual(expect.arrayContaining([nook.id, seat.id, lamp.id]))
  expect(ids).not.toContain(old.id)
  expect((await calls.restore(student, nook.id)).status).toBe(200)
  expect((await calls.restore(student, old.id)).status).toBe(200)
})

test('[TRE-10] [TRE-15] a name that was taken meanwhile refuses the restore of what comes back public, and of nothing hidden', async () => {
  const { campus, student, chief } = tenant
  for (const [person, status] of [
    [chief, 409],
    [student, 200],
  ] as const) {
    const name = `Nook ${status}`
    const first = (await calls.make(person, campus.root, name)).space
    await calls.remove(person, first)
    await calls.make(person, campus.root, name)
    const restored = await calls.restore(person, first.id)
    expect(restored.status).toBe(status)
    if (status === 409) expect(restored.error).toMatchObject({ error: 'nameTaken' })
  }
})

test('[TRE-10] who may not delete everything below a space deletes none of it', async () => {
  const { campus, student, other, chief } = tenant
  const nook = (await calls.make(student, campus.root, 'Nook')).space
  const theirs = (await calls.make(other, nook.id, 'Seat')).space
  await calls.letOn(chief, theirs.id)
  expect((await calls.remove(student, nook)).error).toMatchObject({ error: 'hasChildren' })
  expect((await calls.remove(other, nook, true)).error).toMatchObject({ error: 'notAllowed' })
  expect((await calls.remove(student, nook, true)).error).toMatchObject({ error: 'notAllowed' })
  expect((await calls.see(student, theirs.id)).id).toBe(theirs.id)
  expect((await calls.remove(chief, nook, true)).status).toBe(200)
  expect((await calls.restore(other, nook.id)).error).toMatchObject({ error: 'notAllowed' })
})

test('[TRE-13] what others hid in somebody’s place is not shown to them, keeps nobody from deleting the place, and comes back with it', async () => {
  const { campus, student, other, chief } = tenant
  const nook = (await calls.make(student, campus.root, 'Nook')).space
  const hidden = (await calls.make(other, nook.id, 'Hidden')).space
  const lamp = (await calls.make(other, hidden.id, 'Hidden lamp')).space
  // Put on kiosks by itself it is on no public screen yet, for what it is in is not.
  expect((await calls.letOn(chief, lamp.id)).status).toBe(200)
  expect((await calls.remove(chief, nook)).error).toMatchObject({
    error: 'hasChildren',
    spaces: [{ id: hidden.id, name: 'Hidden' }],
  })
  const gone = await calls.remove(student, nook)
  expect(gone.status).toBe(200)
  expect(gone.body).toEqual({ deleted: [{ id: nook.id, name: 'Nook' }], strandedKiosks: [] })
  expect((await calls.tree(other)).spaces.map(({ id }) => id)).not.toContain(hidden.id)
  expect((await calls.restore(student, nook.id)).status).toBe(200)
  const back = [await calls.see(other, hidden.id), await calls.see(other, lamp.id)]
  expect(back.map(({ isOnKiosks, isMine }) => [isOnKiosks, isMine])).toEqual([
    [false, true],
    [true, true],
  ])
})

test('[TRE-13] [TRE-10] what somebody has themselves below what another hid is named before it goes with the place', async () => {
  const { campus, student, other } = tenant
  const nook = (await calls.make(student, campus.root, 'Nook')).space
  const hidden = (await calls.make(other, nook.id, 'Hidden')).space
  const mine = (await calls.make(student, hidden.id, 'Mine')).space
  expect((await calls.remove(student, nook)).error).toMatchObject({
    error: 'hasChildren',
    spaces: [{ id: mine.id, name: 'Mine' }],
  })
  expect((await calls.remove(student, nook, true)).body).toMatchObject({
    deleted: [{ name: 'Nook' }, { name: 'Mine' }],
  })
})

test('[TRE-8] [TRE-10] what its maker restores is off kiosks, also when the super group had let it', async () => {
  const { campus, student, chief } = tenant
  const { space } = await calls.make(student, campus.root, 'Nook')
  const on = (await calls.letOn(chief, space.id)).space
  await calls.remove(chief, on)
  expect((await calls.restore(student, space.id)).space).toMatchObject({ isOnKiosks: false })
})

test('[TRE-10] kiosks that stand at what is deleted are named to those who may see kiosks', async () => {
  const { campus, student, chief } = tenant
  const { space } = await calls.make(student, campus.root, 'Nook')
  const [kiosk] = await query<{ id: number }>(
    database.pool,
    `insert into kiosks (university_id, space_id, role, name, public_key, key_grade)
     values ($1, $2, 'door', 'Door of the nook', 'k', 'file') returning id`,
    [campus.universityId, space.id],
  )
  const removed = await calls.remove(student, space)
  expect(removed.body).toMatchObject({ strandedKiosks: [] })
  const back = (await calls.restore(chief, space.id)).space
  expect((await calls.remove(chief, back)).body).toMatchObject({
    strandedKiosks: [{ id: kiosk?.id, name: 'Door of the nook' }],
  })
})

test('[OCC-11] [TRE-10] a space comes back with its reports, and its parent is a composite again', async () => {
  const { campus, chief } = tenant
  const [room] = campus.rooms
  const desk = (await calls.make(chief, room, 'Desk')).space
  await calls.report(chief, desk.id, 2)
  await calls.remove(chief, desk)
  expect(await calls.see(chief, room)).toMatchObject({ level: null })
  await calls.report(chief, room, 0)
  await calls.restore(chief, desk.id)
  expect(await calls.see(chief, desk.id)).toMatchObject({ level: 2 })
  expect((await calls.report(chief, room, 1)).error).toMatchObject({ error: 'composite' })
})
