import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { makeTestDatabase, type TestDatabase } from '../platform/postgres/testing.ts'
import { makeTestApp } from '../testing/testing-app.ts'
import { makeTestTenant, SpaceCalls, type TestTenant } from '../testing/testing-spaces.ts'

let database: TestDatabase
let app: FastifyInstance
let calls: SpaceCalls
let tenant: TestTenant
let count = 0

const REFUSED = { status: 422, error: { error: 'valueRefused', at: '/kind' } }

beforeAll(async () => {
  database = await makeTestDatabase('spaces_kinds')
  app = await makeTestApp(database.pool)
  calls = new SpaceCalls(app)
})
afterAll(async () => {
  await app.close()
  await database.drop()
})
beforeEach(async () => {
  count += 1
  tenant = await makeTestTenant(database.pool, `K${count}`)
})

test('[TRE-14] a student makes no library in a room, nor by way of a place of another kind; a seat is welcome', async () => {
  const { campus, student } = tenant
  const [room] = campus.rooms
  expect(await calls.make(student, room, 'My library', { kind: 'library' })).toMatchObject(REFUSED)
  expect(await calls.make(student, room, 'My floor', { kind: 'floor' })).toMatchObject(REFUSED)
  expect(await calls.make(student, campus.root, 'My university', { kind: 'university' })).toMatchObject(
    REFUSED,
  )
  const thing = await calls.make(student, room, 'Thing', { kind: 'other' })
  expect(thing.status).toBe(201)
  expect(await calls.make(student, thing.space.id, 'My library', { kind: 'library' })).toMatchObject(REFUSED)
  expect((await calls.make(student, room, 'Seat')).status).toBe(201)
  expect((await calls.make(student, campus.root, 'Shed library', { kind: 'library' })).status).toBe(201)
})

test('[TRE-14] nor by changing a kind, by moving, or by bringing back; whatever else one changes is no matter', async () => {
  const { campus, student } = tenant
  const [room] = campus.rooms
  const { space: library } = await calls.make(student, campus.root, 'Shed library', { kind: 'library' })
  const { space: hall } = await calls.make(student, library.id, 'Hall', { kind: 'floor' })
  expect(await calls.edit(student, library, { kind: 'room' })).toMatchObject(REFUSED)
  expect(await calls.edit(student, library, { kind: 'other', parentId: room })).toMatchObject(REFUSED)
  expect(await calls.edit(student, hall, { parentId: room })).toMatchObject(REFUSED)
  expect((await calls.remove(student, hall)).status).toBe(200)
  const shrunk = await calls.edit(student, library, { kind: 'room' })
  expect(shrunk.status).toBe(200)
  expect(await calls.restore(student, hall.id)).toMatchObject(REFUSED)
  expect((await calls.edit(student, shrunk.space, { kind: 'building' })).status).toBe(200)
  expect((await calls.restore(student, hall.id)).status).toBe(200)
})

test('[TRE-13] [TRE-14] what others hid in a place keeps its maker from no kind, no move and no bringing back; what was let on does', async () => {
  const { campus, student, other, chief } = tenant
  const [room] = campus.rooms
  const { space: library } = await calls.make(student, campus.root, 'Shed library', { kind: 'library' })
  const { space: hall } = await calls.make(other, library.id, 'Hidden hall', { kind: 'floor' })
  await calls.letOn(chief, hall.id)
  expect(await calls.edit(student, library, { kind: 'room' })).toMatchObject(REFUSED)
  await calls.letOn(chief, hall.id, false)
  const shrunk = await calls.edit(student, library, { kind: 'room' })
  expect(shrunk.status).toBe(200)
  const moved = await calls.edit(student, shrunk.space, { parentId: room })
  expect(moved.status).toBe(200)
  expect((await calls.remove(student, moved.space)).status).toBe(200)
  expect((await calls.restore(student, library.id)).status).toBe(200)
  expect((await calls.see(other, hall.id)).facts).toMatchObject({ kind: 'floor', parentId: library.id })
})

test('[TRE-14] the super group is freer, but for a second university; what it made so can be renamed by who made it', async () => {
  const { campus, student, chief } = tenant
  const [room] = campus.rooms
  expect((await calls.make(chief, room, 'Branch', { kind: 'library' })).status).toBe(201)
  expect(await calls.make(chief, room, 'Second', { kind: 'university' })).toMatchObject(REFUSED)
  const { space } = await calls.make(student, campus.root, 'Corner', { kind: 'area' })
  const odd = (await calls.edit(chief, space, { kind: 'building', parentId: room })).space
  expect(odd).toMatchObject({ facts: { kind: 'building', parentId: room } })
  const renamed = await calls.edit(student, odd, { name: 'Quiet corner', kind: 'building' })
  expect(renamed.space).toMatchObject({ facts: { name: 'Quiet corner', kind: 'building' } })
  expect(await calls.edit(student, renamed.space, { kind: 'library' })).toMatchObject(REFUSED)
  const root = await calls.see(chief, campus.root)
  expect((await calls.edit(chief, root, { kind: 'university', name: 'Renamed' })).status).toBe(200)
})
