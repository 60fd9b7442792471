import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { query } from '../platform/postgres/database.ts'
import { insertPersonReports } from './person-report-rows.ts'
import { makeTestDatabase, type TestDatabase } from '../platform/postgres/testing.ts'
import { makeTestApp } from '../testing/testing-app.ts'
import {
  makeTestTenant,
  SpaceCalls,
  type SpaceAnswer,
  type TestTenant,
  statuses,
} from '../testing/testing-spaces.ts'

let database: TestDatabase
let app: FastifyInstance
let calls: SpaceCalls
let tenant: TestTenant
let count = 0

beforeAll(async () => {
  database = await makeTestDatabase('reports')
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

const KEY = 'a-key-of-sixteen-characters'

async function countRows(): Promise<number> {
  const [row] = await query<{ count: number }>(
    database.pool,
    'select count(*) as count from occupancy_reports where university_id = $1',
    [tenant.campus.universityId],
  )
  return row?.count ?? 0
}

async function heads(): Promise<{ clock: number; facts: number } | undefined> {
  const [row] = await query<{ clock: number; facts: number }>(
    database.pool,
    'select clock, facts_clock as facts from universities where id = $1',
    [tenant.campus.universityId],
  )
  return row
}

const withdraw = (as: TestTenant['student'], id: number): Promise<SpaceAnswer> =>
  calls.call(as, 'POST /reports/:id/withdraw', { params: { id } })

test('[CON-3] the same key counts once and gives the same answer, however often and at once it comes; another tap under it is refused', async () => {
  const { campus, student, other } = tenant
  const [room, second] = campus.rooms
  const hubs = [app, await makeTestApp(database.pool)].map((one) => new SpaceCalls(one))
  const all = await Promise.all([...hubs, ...hubs, ...hubs].map((hub) => hub.report(student, room, 1, KEY)))
  expect(new Set(all.map(({ status }) => status))).toEqual(new Set([201]))
  expect(new Set(all.map(({ body }) => JSON.stringify(body))).size).toBe(1)
  expect(all[0]?.body).toMatchObject({ spaceId: room, spaceName: 'Room 11', level: 1, isWithdrawn: false })
  expect(await countRows()).toBe(1)
  expect((await calls.report(student, room, 2, KEY)).error).toMatchObject({ error: 'keyReused' })
  expect((await calls.report(student, second, 1, KEY)).error).toMatchObject({ error: 'keyReused' })
  expect((await calls.report(other, room, 2, KEY)).status).toBe(201)
  expect(await calls.see(student, room)).toMatchObject({ level: 2 })
})

test('[OCC-12] a report moves the clock by one and no facts: nobody reads the tree again for it', async () => {
  const { campus, student } = tenant
  const before = await heads()
  const { report } = await calls.report(student, campus.rooms[0], 2)
  expect(await heads()).toEqual({ clock: (before?.clock ?? 0) + 1, facts: before?.facts })
  const [stored] = await query<{ at: number; mean: number }>(
    database.pool,
    'select ms_of_time(occupancy_updated_at) as at, occupancy_mean as mean from spaces where id = $1',
    [campus.root],
  )
  expect(stored).toEqual({ at: report.reportedAtMs, mean: 2_000_000 })
})

test('[OCC-8] [OCC-9] a report on a composite is refused with its children, one on no space with nothing', async () => {
  const { campus, student } = tenant
  expect((await calls.report(student, campus.floors[0], 1)).error).toMatchObject({
    error: 'composite',
    spaces: [
      { id: campus.rooms[0], name: 'Room 11' },
      { id: campus.rooms[1], name: 'Room 12' },
    ],
  })
  expect((await calls.report(student, 999_999_999, 1)).status).toBe(404)
  for (const body of [
    { level: 3, key: KEY },
    { level: 1, key: 'short' },
    { level: 1 },
    { level: 1, key: KEY, at: 1 },
  ])
    expect(
      (await calls.call(student, 'POST /spaces/:id/reports', { params: { id: campus.rooms[0] }, body }))
        .status,
    ).toBe(400)
  expect(await countRows()).toBe(0)
})

test('[OCC-2] a report is withdrawn once and for good, by who made it and nobody else, and the one before counts again', async () => {
  const { campus, student, other } = tenant
  const [room] = campus.rooms
  const first = await calls.report(other, room, 0)
  const { report } = await calls.report(student, room, 2)
  const { id } = report
  expect((await withdraw(other, id)).status).toBe(404)
  const twice = [await withdraw(student, id), await withdraw(student, id)]
  for (const answer of twice) expect(answer).toMatchObject({ status: 200, body: { id, isWithdrawn: true } })
  expect(await calls.see(student, room)).toMatchObject({
    level: 0,
    reportedAtMs: first.report.reportedAtMs,
  })
  await withdraw(other, first.report.id)
  expect(await calls.see(student, room)).toMatchObject({ level: null, reportedAtMs: null })
  expect(await calls.see(student, campus.root)).toMatchObject({ level: null })
  const mine = (await calls.call(student, 'GET /me/reports')).body
  expect(mine).toEqual({ reports: [{ ...report, isWithdrawn: true }] })
})

test('[OCC-2] withdrawn from two hubs at once, one row says so', async () => {
  const { campus, student } = tenant
  const { report } = await calls.report(student, campus.rooms[0], 2)
  const hubs = [app, await makeTestApp(database.pool)].map((one) => new SpaceCalls(one))
  const both = await Promise.all(
    hubs.map((hub) =>
      hub.call(student, 'POST /reports/:id/withdraw', {
        params: { id: report.id },
      }),
    ),
  )
  expect(both.map(({ status }) => status)).toEqual([200, 200])
})

test('[CON-2] nobody reports more often within any hour than the university allows, a tap that comes again is no more, and the answer says when', async () => {
  const { campus, student, other } = tenant
  await query(database.pool, 'update universities set settings = $2 where id = $1', [
    campus.universityId,
    JSON.stringify({ reportsPerPersonAndHour: 3 }),
  ])
  const [room, second] = campus.rooms
  await calls.report(student, room, 1, KEY)
  // No two are equal: an equal one right after the other is no report of its own. [OCC-16]
  const taps = [
    [room, 0],
    [room, 2],
    [second, 0],
    [second, 2],
  ] as const
  const more = await Promise.all(taps.map(([id, level]) => calls.report(student, id, level)))
  expect(statuses(more)).toEqual([201, 201, 429, 429])
  const refused = more.find(({ status }) => status === 429)
  expect(refused?.error.error).toBe('tooMany')
  expect(Number(refused?.headers['retry-after'])).toBeGreaterThan(3_500)
  expect(Number(refused?.headers['retry-after'])).toBeLessThanOrEqual(3_600)
  expect((await calls.report(student, room, 1, KEY)).status).toBe(201)
  expect((await calls.report(other, room, 1)).status).toBe(201)
  expect(await countRows()).toBe(4)
})

test('[OCC-16] the same tap of the same person within ten seconds is their report that is there already, and counts against no limit', async () => {
  const { campus, student, other } = tenant
  const [room, second] = campus.rooms
  await query(database.pool, 'update universities set settings = $2 where id = $1', [
    campus.universityId,
    JSON.stringify({ reportsPerPersonAndHour: 3 }),
  ])
  const first = await calls.report(student, room, 0)
  expect(first.body).not.toHaveProperty('isRepeat')
  const again = await Promise.all([0, 0, 0, 0].map((level) => calls.report(student, room, level)))
  for (const { status, body } of again)
    expect([status, body]).toEqual([201, { ...first.report, isRepeat: true }])
  expect(await countRows()).toBe(1)
  // Another level, another place, another person, and what somebody else said meanwhile: each is news.
  expect((await calls.report(other, room, 0)).body).not.toHaveProperty('isRepeat')
  expect((await calls.report(other, room, 2)).body).not.toHaveProperty('isRepeat')
  expect((await calls.report(student, room, 0)).body).not.toHaveProperty('isRepeat')
  expect((await calls.report(student, second, 0)).body).not.toHaveProperty('isRepeat')
  expect((await calls.report(student, room, 1)).status).toBe(429)
  expect(await countRows()).toBe(5)
})

test('[OCC-16] once it was withdrawn, an equal tap is a report again', async () => {
  const { campus, student } = tenant
  const [room] = campus.rooms
  const first = await calls.report(student, room, 0)
  await withdraw(student, first.report.id)
  const second = await calls.report(student, room, 0)
  expect(second.body).not.toHaveProperty('isRepeat')
  expect(second.report.id).not.toBe(first.report.id)
})

test.each([
  [8_000, true],
  [10_000, false],
])('[OCC-16] an equal tap %i ms later: a repeat is %s', async (ageMs, isRepeat) => {
  const { campus, student } = tenant
  const [room] = campus.rooms
  const { universityId } = campus
  const atMs = Date.now() - ageMs
  const { userId } = student
  const times = { reportedAtMs: atMs, receivedAtMs: atMs, clock: 1 }
  const row = { spaceId: room, generation: 0, level: 0 as const, userId, key: KEY, ...times }
  const ids = await insertPersonReports(database.pool, { universityId, clock: 1, nowMs: atMs }, [row])
  const id = ids.get(`${userId} ${KEY}`)
  await query(
    database.pool,
    'update spaces set occupancy = 0, occupancy_updated_at = time_of_ms($2), report_clock = 1 where id = $1',
    [room, atMs],
  )
  const { report } = await calls.report(student, room, 0)
  expect(report.id === id).toBe(isRepeat)
})

test('[OCC-16] who withdraws a report is answered with an earlier one of theirs that counts then, and of nobody else’s', async () => {
  const { campus, student, other } = tenant
  const [room] = campus.rooms
  const first = await calls.report(student, room, 0)
  const second = await calls.report(student, room, 2)
  const { body } = await withdraw(student, second.report.id)
  expect(body).toEqual({ ...second.report, isWithdrawn: true, earlier: first.report })
  expect((await withdraw(student, first.report.id)).body).not.toHaveProperty('earlier')
  await calls.report(other, room, 1)
  const third = await calls.report(student, room, 2)
  expect((await withdraw(student, third.report.id)).body).not.toHaveProperty('earlier')
})

test('[CON-5] the super group’s word is a report like any other that is the newest, whatever clock the one before had', async () => {
  const { campus, student, chief } = tenant
  const [room] = campus.rooms
  const set = (as: TestTenant['student'], level: number | null, id = room) =>
    calls.call(as, 'PUT /spaces/:id/level', { params: { id }, body: { level } })
  expect((await set(student, 1)).error).toMatchObject({ error: 'notAllowed' })
  await calls.report(student, room, 2)
  await query(
    database.pool,
    "update spaces set occupancy_updated_at = occupancy_updated_at + interval '1 minute' where id = $1",
    [room],
  )
  const { reportedAtMs } = await calls.see(student, room)
  expect((await set(chief, 0)).space).toMatchObject({ level: 0, reportedAtMs })
  await calls.report(student, room, 1)
  expect((await set(chief, 2)).space).toMatchObject({ level: 2 })
  expect((await set(chief, 1, campus.floors[0])).error).toMatchObject({ error: 'composite' })
})

test('[CON-5] [OCC-2] set to unknown, nothing that was reported before counts, also when something of it is undone; what comes later does', async () => {
  const { campus, student, chief } = tenant
  const [room] = campus.rooms
  const set = (level: number | null) =>
    calls.call(chief, 'PUT /spaces/:id/level', { params: { id: room }, body: { level } })
  await calls.report(student, room, 0)
  const { report } = await calls.report(student, room, 2)
  expect((await set(null)).space).toMatchObject({ level: null, reportedAtMs: null })
  expect(await calls.see(student, campus.root)).toMatchObject({ level: null })
  await withdraw(student, report.id)
  expect(await calls.see(student, room)).toMatchObject({ level: null })
  const later = await calls.report(student, room, 1)
  expect(await calls.see(student, room)).toMatchObject({ level: 1 })
  await withdraw(student, later.report.id)
  expect(await calls.see(student, room)).toMatchObject({ level: null })
  const log = await query<{ log: object }>(
    database.pool,
    "select log from change_logs where university_id = $1 and subject = 'level'",
    [campus.universityId],
  )
  expect(log).toEqual([{ log: { spaceId: room, name: 'Room 11', before: 2, after: null } }])
})
