import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { query } from '../platform/postgres/database.ts'
import { insertFork } from './fork-rows.ts'
import { makeTestDatabase, type TestDatabase } from '../platform/postgres/testing.ts'
import type { SyncCore } from '../platform/connections/sync-core.ts'
import { loadOccupancy, makeTestCore } from '../testing/testing-campus.ts'
import { insertTestKiosk, openTestSession, type TestKiosk } from '../testing/testing-kiosk.ts'
import { makeTestApp } from '../testing/testing-app.ts'
import { makeTestTenant, SpaceCalls, type SpaceAnswer, type TestTenant } from '../testing/testing-spaces.ts'

let database: TestDatabase
let core: SyncCore
let app: FastifyInstance
let calls: SpaceCalls
let tenant: TestTenant
let kiosk: TestKiosk
let count = 0

beforeAll(async () => {
  database = await makeTestDatabase('people_kiosks')
  core = makeTestCore(database.pool)
  app = await makeTestApp(database.pool, { writer: core.writer })
  calls = new SpaceCalls(app)
})
afterAll(async () => {
  await app.close()
  await core.stop()
  await database.drop()
})
beforeEach(async () => {
  count += 1
  tenant = await makeTestTenant(database.pool, `K${count}`)
  const { universityId, root } = tenant.campus
  kiosk = await insertTestKiosk(database.pool, { universityId, spaceId: root })
})

const mute = (as: TestTenant['student'], id: number, isSilenced: boolean): Promise<SpaceAnswer> =>
  calls.call(as, 'PUT /kiosks/:id/silenced', { params: { id }, body: { isSilenced } })

const level = async (id: number): Promise<number | null | undefined> =>
  (await loadOccupancy(database.pool, id))?.level

test('[ACC-1] kiosks are the super group’s to see and to mute', async () => {
  const { student, chief, campus } = tenant
  expect((await calls.call(student, 'GET /kiosks')).error).toMatchObject({ error: 'notAllowed' })
  expect((await mute(student, kiosk.id, true)).error).toMatchObject({ error: 'notAllowed' })
  const elsewhere = await makeTestTenant(database.pool, `E${count}`)
  expect((await mute(elsewhere.chief, kiosk.id, true)).status).toBe(404)
  expect((await mute(chief, kiosk.id, true)).status).toBe(204)
  expect((await calls.call(chief, 'GET /kiosks')).body).toEqual({
    kiosks: [
      {
        id: kiosk.id,
        name: 'Kiosk',
        role: 'entrance',
        spaceId: campus.root,
        spaceName: 'Library',
        isSilenced: true,
        lastSeenAtMs: null,
      },
    ],
  })
})

test('[CON-4] what a muted kiosk reports is acknowledged and kept, counts nowhere, and holds nothing up; unmuted, it counts again', async () => {
  const { campus, chief } = tenant
  const [room, second] = campus.rooms
  const here = await openTestSession(core, kiosk)
  await here.push(kiosk.report(room, 0))
  await mute(chief, kiosk.id, true)
  const silenced = [kiosk.report(room, 2), kiosk.report(second, 2)]
  expect(await here.push(...silenced)).toMatchObject({ lastMutationId: 3, outcomes: [] })
  expect([await level(room), await level(second)]).toEqual([0, null])
  // The same again, as after a lost ack: counted neither then nor now.
  expect(await here.push(...silenced)).toMatchObject({ lastMutationId: 3, outcomes: [] })
  const undo = await here.push(kiosk.withdraw(room, 2))
  expect(undo.outcomes).toEqual([{ id: 4, why: 'alreadyWithdrawn' }])
  await mute(chief, kiosk.id, false)
  await here.push(kiosk.report(second, 1))
  expect([await level(room), await level(second)]).toEqual([0, 1])
  const kept = await query<{ level: number; isWithdrawn: boolean }>(
    database.pool,
    `select r.level, w.id is not null as "isWithdrawn" from occupancy_reports r
       left join report_withdrawals w on w.occupancy_report_id = r.id where r.kiosk_id = $1 order by r.id`,
    [kiosk.id],
  )
  expect(kept.map((row) => [row.level, row.isWithdrawn])).toEqual([
    [0, false],
    [2, true],
    [2, true],
    [1, false],
  ])
})

test('[CON-4] a muted kiosk withdraws what it reported before, and its forks are muted too', async () => {
  const { campus, chief } = tenant
  const [room] = campus.rooms
  const here = await openTestSession(core, kiosk)
  await here.push(kiosk.report(room, 0), kiosk.report(room, 2))
  await mute(chief, kiosk.id, true)
  await here.push(kiosk.withdraw(room, 2))
  expect(await level(room)).toBe(0)
  const fork = await insertFork(database.pool, { kioskId: kiosk.id, publicKey: 'k', nowMs: 1 })
  const [row] = await query<{ isSilenced: boolean }>(
    database.pool,
    'select silenced_at is not null as "isSilenced" from kiosks where id = $1',
    [fork],
  )
  expect(row?.isSilenced).toBe(true)
})

test('[OCC-1] [OCC-2] reports of kiosks and people are one line: the newest counts, and each undo brings back the one before', async () => {
  const { campus, student } = tenant
  const [room] = campus.rooms
  const here = await openTestSession(core, kiosk)
  await here.push(kiosk.report(room, 0))
  const { report } = await calls.report(student, room, 1)
  await here.push(kiosk.report(room, 2))
  expect(await level(room)).toBe(2)
  await here.push(kiosk.withdraw(room, 2))
  expect(await level(room)).toBe(1)
  // Late and older than the person's: kept, and not the newest.
  await here.push(kiosk.report(room, 2, { ageMs: 3_600_000 }))
  expect(await level(room)).toBe(1)
  const { id } = report
  await calls.call(student, 'POST /reports/:id/withdraw', { params: { id } })
  expect(await level(room)).toBe(0)
})

test('[OCC-12] [SYN-8] a report of a person reaches kiosks from the writer’s memory, as levels alone', async () => {
  const { campus, student } = tenant
  const here = await openTestSession(core, kiosk)
  await here.connection.next('snapshot')
  await calls.report(student, campus.rooms[1], 2)
  const frame = await here.connection.next('changes')
  expect(frame.changes).toEqual({
    rows: [],
    gone: [],
    levels: [[campus.rooms[1], 2, 2, expect.any(Number)]],
  })
})

test('[TRE-6] [OCC-9] a kiosk reports on a leaf that has only spaces off kiosks below it', async () => {
  const { campus, student, chief } = tenant
  const [room] = campus.rooms
  const { space } = await calls.make(student, room, 'Seat')
  const here = await openTestSession(core, kiosk)
  expect((await here.push(kiosk.report(room, 1))).outcomes).toEqual([])
  await calls.letOn(chief, space.id)
  expect((await here.push(kiosk.report(room, 1))).outcomes).toEqual([{ id: 2, why: 'composite' }])
})
