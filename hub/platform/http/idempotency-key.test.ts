import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { ROUTES } from '#shared/wire/rest.ts'
import type { Contract } from '#shared/wire/contract.ts'
import { makeTestApp } from '../../testing/testing-app.ts'
import { callRoute, type TestAnswer } from '../../testing/testing-calls.ts'
import { makeTestTenant, type TestTenant } from '../../testing/testing-spaces.ts'
import { testSpan } from '../../testing/testing-university.ts'
import { query } from '../postgres/database.ts'
import { makeTestDatabase, type TestDatabase } from '../postgres/testing.ts'

let database: TestDatabase
let app: FastifyInstance
let tenant: TestTenant
let count = 0

beforeAll(async () => {
  database = await makeTestDatabase('idempotency')
  app = await makeTestApp(database.pool)
})
afterAll(async () => {
  await app.close()
  await database.drop()
})
beforeEach(async () => {
  count += 1
  tenant = await makeTestTenant(database.pool, `K${count}`)
})

const KEY = 'a-key-of-sixteen-characters'

/** A call under a key, as somebody, at one of two hubs. */
function call(
  as: TestTenant['student'],
  route: string,
  input: { params?: Record<string, unknown>; query?: Record<string, unknown>; body?: unknown } = {},
  { key = KEY, hub = app }: { key?: string; hub?: FastifyInstance } = {},
): Promise<TestAnswer> {
  return callRoute(hub, route, { ...input, as: { headers: { ...as.headers, 'idempotency-key': key } } })
}

const shown = ({ status, body }: TestAnswer): unknown => ({ status, body })

async function counts(): Promise<{ spaces: number; acts: number; head: number } | undefined> {
  const [row] = await query<{ spaces: number; acts: number; head: number }>(
    database.pool,
    `select (select count(*)::int from spaces where university_id = u.id) as spaces, u.clock as head,
       (select count(*)::int from change_logs where university_id = u.id) as acts from universities u where id = $1`,
    [tenant.campus.universityId],
  )
  return row
}

test('[SYN-51] a call that comes again under its key is done once and answered alike; another one under it is refused with 422', async () => {
  const { campus, chief, student } = tenant
  const body = { name: 'Nook', kind: 'carrel', parentId: campus.floors[0] }
  const first = await call(chief, 'POST /spaces', { body })
  expect(first.status).toBe(201)
  const after = await counts()
  expect(shown(await call(chief, 'POST /spaces', { body }))).toEqual(shown(first))
  expect(await counts()).toEqual(after)
  expect(await call(chief, 'POST /spaces', { body: { ...body, name: 'Other' } })).toMatchObject({
    status: 422,
    body: { error: 'keyReused' },
  })
  const space = (first.body as { id: number }).id
  expect(await call(chief, 'PUT /spaces/:id/tracked', { params: { id: space } })).toMatchObject({
    status: 422,
  })
  // Somebody else's keys are their own.
  expect(
    (await call(student, 'POST /spaces', { body: { ...body, name: 'Mine', parentId: campus.floors[1] } }))
      .status,
  ).toBe(201)
})

test('[SYN-51] every change that the lane commits takes a key, and says so in its contract', async () => {
  const { campus, chief, student } = tenant
  const [room] = campus.rooms
  const done = new Map<string, TestAnswer>()
  const twice = async (
    as: TestTenant['student'],
    route: string,
    input: Parameters<typeof call>[2],
  ): Promise<TestAnswer> => {
    const key = `${route.replaceAll(/[^A-Za-z]/g, '-')}-key-of-sixteen`
    const first = await call(as, route, input, { key })
    const after = await counts()
    expect([route, shown(await call(as, route, input, { key }))]).toEqual([route, shown(first)])
    expect([route, await counts()]).toEqual([route, after])
    expect([route, first.status < 300 ? 'done' : first.body]).toEqual([route, 'done'])
    done.set(route, first)
    return first
  }
  const made = await twice(chief, 'POST /spaces', {
    body: { name: 'Nook', kind: 'carrel', parentId: campus.floors[0] },
  })
  const { id, version } = made.body as { id: number; version: number }
  const params = { id }
  await twice(chief, 'PATCH /spaces/:id', { params, body: { version, name: 'Corner' } })
  await twice(chief, 'PUT /spaces/:id/on-kiosks', { params, body: { isOnKiosks: false } })
  await twice(chief, 'PUT /spaces/:id/tracked', { params })
  await twice(chief, 'DELETE /spaces/:id/tracked', { params })
  await twice(chief, 'PUT /spaces/:id/level', { params, body: { level: 1 } })
  const [row] = await query<{ version: number }>(database.pool, 'select version from spaces where id = $1', [
    id,
  ])
  await twice(chief, 'DELETE /spaces/:id', { params, query: { version: row?.version } })
  await twice(chief, 'POST /spaces/:id/restore', { params })
  const report = await twice(student, 'POST /spaces/:id/reports', {
    params: { id: room },
    body: { level: 2, key: 'another-key-of-sixteen' },
  })
  await twice(student, 'POST /reports/:id/withdraw', { params: { id: (report.body as { id: number }).id } })
  const [kiosk] = await query<{ id: number }>(
    database.pool,
    `insert into kiosks (university_id, space_id, role, name, public_key, key_grade)
     values ($1, $2, 'door', 'd', 'k', 'file') returning id`,
    [campus.universityId, room],
  )
  await twice(chief, 'PUT /kiosks/:id/silenced', { params: { id: kiosk?.id }, body: { isSilenced: true } })
  await bookings(twice)
  await twice(chief, 'POST /notices', { body: { to: 'all', text: 'Come and see' } })
  const inbox = await call(student, 'GET /notifications')
  const noticeId = (inbox.body as { notices: { id: number }[] }).notices[0]?.id
  await twice(student, 'POST /notifications/read', { body: { upTo: noticeId } })
  await twice(student, 'POST /notifications/:id/archive', { params: { id: noticeId } })
  await twice(student, 'POST /notifications/:id/restore', { params: { id: noticeId } })
  const keyed = Object.entries<Contract>(ROUTES).flatMap(([name, { takesKey }]) =>
    takesKey === true ? [name] : [],
  )
  expect([...done.keys()].toSorted()).toEqual(keyed.toSorted())
})

type Twice = (
  as: TestTenant['student'],
  route: string,
  input: Parameters<typeof call>[2],
) => Promise<TestAnswer>

/** Every change of a booking, twice each. */
async function bookings(twice: Twice): Promise<void> {
  const { campus, chief, student } = tenant
  const room = await twice(chief, 'PUT /spaces/:id/classroom', {
    params: { id: campus.rooms[1] },
    body: { isValid: true, requirePermission: true, checkIn: 'person', rules: { isPersonalAllowed: true } },
  })
  const { classroomId } = room.body as { classroomId: number }
  const asked = await twice(student, 'POST /registrations', { body: { classroomId, ...testSpan(1) } })
  const params = { id: (asked.body as { id: number }).id }
  await twice(chief, 'POST /registrations/:id/approve', { params, body: { version: 1 } })
  await twice(student, 'PATCH /registrations/:id', { params, body: { version: 2, description: 'Later' } })
  await twice(student, 'DELETE /registrations/:id', { params, query: { version: 3 } })
  await twice(student, 'POST /registrations/:id/restore', { params })
  const further = async (as: TestTenant['student'], days: number): Promise<{ id: number }> => {
    const key = `booking-for-day-${days}-of-all`
    const made = await call(as, 'POST /registrations', { body: { classroomId, ...testSpan(days) } }, { key })
    return { id: (made.body as { id: number }).id }
  }
  const rejected = await further(student, 2)
  await twice(chief, 'POST /registrations/:id/reject', { params: rejected, body: { version: 1 } })
  await twice(chief, 'POST /registrations/:id/check-in', { params: await further(chief, 0) })
}

test('[SYN-52] calls under one key at once, at two hubs, are done once, and all get its answer', async () => {
  const { campus, chief } = tenant
  const other = await makeTestApp(database.pool)
  try {
    const body = { name: 'Nook', kind: 'carrel', parentId: campus.floors[0] }
    const hubs = [app, other, app, other, app, other]
    const before = await counts()
    const answers = await Promise.all(hubs.map((hub) => call(chief, 'POST /spaces', { body }, { hub })))
    expect(new Set(answers.map((answer) => JSON.stringify(shown(answer)))).size).toBe(1)
    expect(answers[0]?.status).toBe(201)
    expect((await counts())?.spaces).toBe((before?.spaces ?? 0) + 1)
    const [{ id } = { id: 0 }] = answers.map(({ body: made }) => made as { id: number })
    const tracked = await Promise.all(
      hubs.map((hub) => call(chief, 'PUT /spaces/:id/tracked', { params: { id } }, { hub, key: `${KEY}-2` })),
    )
    expect(new Set(tracked.map(({ status }) => status))).toEqual(new Set([204]))
  } finally {
    await other.close()
  }
})

test('[SYN-53] a refusal is the last word on its key, unless it says to come again', async () => {
  const { campus, student } = tenant
  const [room] = campus.rooms
  const report = (spaceId: number, key: string): Promise<TestAnswer> =>
    call(student, 'POST /spaces/:id/reports', { params: { id: spaceId }, body: { level: 1, key } }, { key })
  const composite = await report(campus.floors[0], KEY)
  expect(composite).toMatchObject({ status: 409, body: { error: 'composite' } })
  await query(database.pool, `update spaces set is_deleted = true where parent_id = $1`, [campus.floors[0]])
  await query(database.pool, 'update universities set facts_clock = facts_clock + 1, clock = clock + 1')
  expect(shown(await report(campus.floors[0], KEY))).toEqual(shown(composite))
  expect((await report(campus.floors[0], `${KEY}-2`)).body).toMatchObject({ level: 1 })
  // Under a key in the body alone, as release 0.1 took it, what was refused may be asked for again, and elsewhere.
  const bare = (spaceId: number): Promise<TestAnswer> =>
    callRoute(app, 'POST /spaces/:id/reports', {
      params: { id: spaceId },
      body: { level: 2, key: `${KEY}-bare` },
      as: { headers: { ...student.headers } },
    })
  expect(await bare(campus.floors[1])).toMatchObject({ status: 409 })
  expect(await bare(campus.rooms[2])).toMatchObject({ status: 201 })
  expect(await bare(campus.floors[1])).toMatchObject({ status: 422 })
  // The hub is asked to come again, and the same key is good then.
  await query(
    database.pool,
    `update universities set settings = settings || '{"reportsPerPersonAndHour": 1}', facts_clock = facts_clock + 1, clock = clock + 1`,
  )
  await query(database.pool, 'update spaces set is_deleted = false')
  expect(await report(room, `${KEY}-3`)).toMatchObject({ status: 429 })
  await query(
    database.pool,
    `update universities set settings = settings || '{"reportsPerPersonAndHour": 60}', facts_clock = facts_clock + 1, clock = clock + 1`,
  )
  expect(await report(room, `${KEY}-3`)).toMatchObject({ status: 201 })
})

/** Keys of earlier calls of somebody, as many as are kept of calls that may be forgotten. */
async function insertThousandKeys({ userId }: TestTenant['student']): Promise<void> {
  await query(
    database.pool,
    `insert into mutations (university_id, actor_kind, actor_id, key, kind, hash, outcome, clock, at)
     select $1, 'person', $2, 'key-of-an-earlier-call-' || i, 'x', 'x', 'done', 1, now() from generate_series(1, 1000) i`,
    [tenant.campus.universityId, userId],
  )
}

async function keysOf({ userId }: TestTenant['student']): Promise<string[]> {
  const rows = await query<{ key: string }>(
    database.pool,
    `select key from mutations where actor_id = $1 and key not like 'key-of-an-earlier-call-%' order by key`,
    [userId],
  )
  return rows.map(({ key }) => key)
}

test('[SYN-53] of one person a thousand keys are remembered: beyond that, answers that may be forgotten are given and forgotten', async () => {
  const { campus, chief, student } = tenant
  await insertThousandKeys(student)
  await insertThousandKeys(chief)
  const missing = { params: { id: 999_999_999 } }
  expect(await call(student, 'PUT /spaces/:id/tracked', missing)).toMatchObject({ status: 404 })
  const room = { params: { id: campus.rooms[0] } }
  // Doing these again changes nothing more, or they changed nothing.
  expect(await call(student, 'DELETE /spaces/:id/tracked', room, { key: `${KEY}-1` })).toMatchObject({
    status: 204,
  })
  expect(await call(student, 'PUT /spaces/:id/tracked', room, { key: `${KEY}-2` })).toMatchObject({
    status: 204,
  })
  // In a commit of its own.
  const body = { name: 'No parent', kind: 'carrel', parentId: 999_999_999 }
  expect((await call(chief, 'POST /spaces', { body }, { key: `${KEY}-3` })).status).toBe(404)
  expect([await keysOf(student), await keysOf(chief)]).toEqual([[], []])
  const made = { ...body, name: 'Nook', parentId: campus.floors[0] }
  expect((await call(chief, 'POST /spaces', { body: made }, { key: `${KEY}-4` })).status).toBe(201)
  expect(await keysOf(chief)).toEqual([`${KEY}-4`])
})

test('[SYN-53] of calls without a key the ledger keeps nothing where they changed nothing, or may be done again', async () => {
  const { campus, student } = tenant
  const as = { headers: student.headers }
  const params = { id: campus.rooms[0] }
  const route = (name: string, input: object = {}): Promise<TestAnswer> =>
    callRoute(app, name, { params, as, ...input })
  expect((await route('DELETE /spaces/:id/tracked')).status).toBe(204)
  expect((await route('PUT /spaces/:id/tracked')).status).toBe(204)
  expect((await route('PUT /spaces/:id/tracked')).status).toBe(204)
  const report = await route('POST /spaces/:id/reports', { body: { level: 1, key: KEY } })
  const { id } = report.body as { id: number }
  expect((await route('POST /reports/:id/withdraw', { params: { id } })).status).toBe(200)
  expect((await route('POST /reports/:id/withdraw', { params: { id } })).status).toBe(200)
  expect(await keysOf(student)).toEqual([KEY])
})

test('[SYN-51] a key that is none is refused, and whoever signed out gets no answer of before', async () => {
  const { campus, student } = tenant
  const input = { params: { id: campus.rooms[0] } }
  expect(await call(student, 'PUT /spaces/:id/tracked', input, { key: 'short' })).toMatchObject({
    status: 400,
  })
  expect(await call(student, 'PUT /spaces/:id/tracked', input, { key: `hub:${KEY}` })).toMatchObject({
    status: 400,
  })
  expect((await call(student, 'PUT /spaces/:id/tracked', input)).status).toBe(204)
  await query(database.pool, 'update sessions set revoked_at = now() where id = $1', [student.sessionId])
  expect((await call(student, 'PUT /spaces/:id/tracked', input)).status).toBe(401)
})
