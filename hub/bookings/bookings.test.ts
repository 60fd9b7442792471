import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { joinTestGroup, makeTestPerson, type TestPerson } from '../accounts/testing-people.ts'
import { query } from '../platform/postgres/database.ts'
import { makeTestDatabase, type TestDatabase } from '../platform/postgres/testing.ts'
import { makeTestApp } from '../testing/testing-app.ts'
import { callRoute, type TestAnswer } from '../testing/testing-calls.ts'
import { makeFullUniversity, type FullUniversity } from '../testing/testing-university.ts'

let database: TestDatabase
let app: FastifyInstance
let world: FullUniversity
const universities = { made: 0 }

beforeAll(async () => {
  database = await makeTestDatabase('bookings')
  app = await makeTestApp(database.pool)
})
afterAll(async () => {
  await app.close()
  await database.drop()
})
beforeEach(async () => {
  universities.made += 1
  world = await makeFullUniversity(database.pool, app, `b${universities.made}`)
})

const DAY_MS = 86_400_000
/** Midnight, UTC, some days from now. */
const dayMs = (days: number): number => Math.floor(Date.now() / DAY_MS) * DAY_MS + days * DAY_MS
/** A time of that day, as calls write it: at(3, 13.5) is 13:30. */
const at = (days: number, hours: number): string => new Date(dayMs(days) + hours * 3_600_000).toISOString()

type Parts = { params?: Record<string, unknown>; query?: Record<string, unknown>; body?: unknown }
const call = (as: TestPerson, route: string, parts: Parts = {}): Promise<TestAnswer> =>
  callRoute(app, route, { ...parts, as })

interface Shown {
  id: number
  version: number
  start: string
  end: string
  isPending: boolean
  freesAs: string | null
  canBeRestored: boolean
  endedAs: string | null
}
const bodyOf = (answer: TestAnswer): Shown => answer.body as Shown

const book = (
  [start, end]: [string, string],
  { as = world.student, ...more }: Record<string, unknown> & { as?: TestPerson } = {},
): Promise<TestAnswer> =>
  call(as, 'POST /registrations', {
    body: { classroomId: world.classroomId, groupId: world.group.id, start, end, ...more },
  })
const change = (id: number, version: number, more: object, as = world.student): Promise<TestAnswer> =>
  call(as, 'PATCH /registrations/:id', { params: { id }, body: { version, ...more } })
const end = (id: number, version: number, as = world.student): Promise<TestAnswer> =>
  call(as, 'DELETE /registrations/:id', { params: { id }, query: { version } })
const show = (id: number, as = world.student): Promise<TestAnswer> =>
  call(as, 'GET /registrations/:id', { params: { id } })
const errorOf = ({ status, body }: TestAnswer): unknown[] => {
  const { error, rule } = body as { error?: string; rule?: string }
  return [status, error, rule]
}
const setRoom = (rules: object, more: object = {}): Promise<TestAnswer> =>
  call(world.chief, 'PUT /spaces/:id/classroom', {
    params: { id: world.campus.rooms[1] },
    body: { isValid: true, requirePermission: false, checkIn: 'off', rules, ...more },
  })

/** Overlapping live bookings of any room, by SQL that knows no rule of ours. */
async function overlapsInDatabase(): Promise<number> {
  const [row] = await query<{ count: number }>(
    database.pool,
    `select count(*)::int as count from registrations a join registrations b on a.classroom_id = b.classroom_id and a.id < b.id
       and a.start_time < b.end_time and b.start_time < a.end_time
     where not a.is_deleted and not b.is_deleted and a.ended_as is null and b.ended_as is null`,
  )
  return row?.count ?? -1
}

test('[BOK-1] [10,12) and [12,14) are both taken, 11:59–13 is refused with what is in the way and the rule, and nothing of whom', async () => {
  expect((await book([at(3, 10), at(3, 12)])).status).toBe(201)
  expect((await book([at(3, 12), at(3, 14)])).status).toBe(201)
  const refused = await book([at(3, 11 + 59 / 60), at(3, 13)])
  expect(errorOf(refused)).toEqual([409, 'bookingConflict', 'BOK-1'])
  expect(refused.body).toEqual({
    error: 'bookingConflict',
    message: expect.any(String) as string,
    rule: 'BOK-1',
    inTheWay: [
      { start: at(3, 10), end: at(3, 12) },
      { start: at(3, 12), end: at(3, 14) },
    ],
  })
  expect(await overlapsInDatabase()).toBe(0)
})

test('[BOK-1] [BOK-14] a booking that is moved onto another one is refused and stays as it was', async () => {
  const first = bodyOf(await book([at(3, 13), at(3, 14)]))
  await book([at(3, 14), at(3, 16)])
  expect(errorOf(await change(first.id, first.version, { start: at(3, 14), end: at(3, 16) }))).toEqual([
    409,
    'bookingConflict',
    'BOK-1',
  ])
  expect((await show(first.id)).body).toEqual(first)
  const shorter = await change(first.id, first.version, { start: at(3, 13.5) })
  expect(bodyOf(shorter)).toMatchObject({ id: first.id, version: first.version + 1, start: at(3, 13.5) })
  expect(errorOf(await change(first.id, first.version, { start: at(3, 13) }))).toEqual([
    409,
    'stale',
    undefined,
  ])
})

test('[BOK-1] of fifty calls at once for one slot one has it, and 49 are told of the conflict', async () => {
  const answers = await Promise.all(
    Array.from({ length: 50 }, () => book([at(4, 9), at(4, 10)], { as: world.chief })),
  )
  const statuses = answers.map(({ status }) => status)
  expect(statuses.filter((status) => status === 201)).toHaveLength(1)
  expect(statuses.filter((status) => status === 409)).toHaveLength(49)
  expect(await overlapsInDatabase()).toBe(0)
})

test.each<[string, () => [string, string], unknown[]]>([
  ['ends before it starts', () => [at(3, 12), at(3, 11)], [422, 'spanRefused', 'BOK-2']],
  ['has no length', () => [at(3, 12), at(3, 12)], [422, 'spanRefused', 'BOK-2']],
  ['lasts a year', () => [at(3, 12), at(368, 12)], [422, 'spanRefused', 'BOK-2']],
  ['has seconds', () => [at(3, 12).replace(':00.000', ':30.000'), at(3, 13)], [422, 'spanRefused', 'BOK-2']],
  ['names no day', () => ['2027-02-30T10:00:00Z', '2027-02-30T11:00:00Z'], [422, 'spanRefused', 'BOK-2']],
  ['has no offset', () => ['2027-02-03T10:00:00', '2027-02-03T11:00:00'], [422, 'spanRefused', 'BOK-2']],
  ['is over', () => [at(-2, 12), at(-2, 13)], [422, 'inThePast', 'BOK-3']],
  ['is too short', () => [at(3, 12), at(3, 12 + 1 / 60)], [422, 'tooShort', 'BOK-4']],
  ['is too long', () => [at(3, 12), at(5, 12)], [422, 'tooLong', 'BOK-4']],
  ['ends too far ahead', () => [at(179, 23), at(181, 1)], [422, 'tooLong', 'BOK-4']],
])('[BOK-2] [BOK-3] [BOK-4] what %s is refused, and nothing is written', async (_what, span, expected) => {
  expect(errorOf(await book(span()))).toEqual(expected)
  const [row] = await query<{ count: number }>(
    database.pool,
    "select count(*)::int as count from registrations where classroom_id = $1 and start_time > now() + interval '36 hours'",
    [world.classroomId],
  )
  expect(row?.count).toBe(0)
})

test('[BOK-2] a span up to the end of time is refused, also of a booking that is there, and reads nothing for it', async () => {
  const far = '9999-12-31T23:59:00Z'
  expect(errorOf(await book([at(3, 10), far]))).toEqual([422, 'spanRefused', 'BOK-2'])
  const { id, version } = bodyOf(await book([at(3, 10), at(3, 12)]))
  expect(errorOf(await change(id, version, { end: far }))).toEqual([422, 'spanRefused', 'BOK-2'])
  expect(errorOf(await change(id, version, { start: '0001-01-01T00:00:00Z' }))).toEqual([
    422,
    'spanRefused',
    'BOK-2',
  ])
  expect(bodyOf(await show(id))).toMatchObject({ version, end: at(3, 12) })
})

test('[BOK-4] how far ahead is judged by the end', async () => {
  await setRoom({ aheadDays: 10 })
  expect((await book([at(9, 0), at(9, 1)])).status).toBe(201)
  const far = await book([at(9, 23), at(11, 0)].map(String) as [string, string])
  expect(errorOf(far)).toEqual([422, 'tooLong', 'BOK-4'])
  await setRoom({ aheadDays: 10, longestMinutes: 3_000 })
  expect(errorOf(await book([at(9, 23), at(11, 1)]))).toEqual([409, 'tooFarAhead', 'BOK-4'])
})

test('[BOK-5] [BOK-6] a booking that is cancelled keeps its room for ten seconds, can be restored until then, and then somebody else has it', async () => {
  await setRoom({})
  const { id, version } = bodyOf(await book([at(3, 10), at(3, 12)]))
  const cancelled = bodyOf(await end(id, version))
  expect(cancelled).toMatchObject({ freesAs: 'cancelled', canBeRestored: true, endedAs: null })
  expect(errorOf(await book([at(3, 10), at(3, 11)], { as: world.friend }))).toEqual([
    409,
    'bookingConflict',
    'BOK-1',
  ])
  const restored = bodyOf(await call(world.friend, 'POST /registrations/:id/restore', { params: { id } }))
  expect(restored).toMatchObject({ freesAs: null, canBeRestored: false, version: version + 2 })
  await end(id, restored.version)
  await passTime(id, 11)
  expect(errorOf(await call(world.student, 'POST /registrations/:id/restore', { params: { id } }))).toEqual([
    410,
    'bookingOver',
    'BOK-5',
  ])
  // Nothing ended the row: who needs the span does.
  expect((await book([at(3, 10), at(3, 11)], { as: world.friend })).status).toBe(201)
  expect(bodyOf(await show(id)).endedAs).toBe('cancelled')
  expect(await overlapsInDatabase()).toBe(0)
})

test('[BOK-6] what somebody ended can be restored and nothing else: not changed, approved, checked in to, nor ended again', async () => {
  const over = [410, 'bookingOver', 'BOK-5']
  const booked = bodyOf(await book([at(3, 10), at(3, 12)]))
  const { id, version } = bodyOf(await end(booked.id, booked.version))
  expect(errorOf(await change(id, version, { description: 'Late' }))).toEqual(over)
  expect(errorOf(await change(id, version, { end: at(3, 13) }))).toEqual(over)
  expect(errorOf(await end(id, version))).toEqual(over)
  const current = bodyOf(await show(world.currentId))
  await end(current.id, current.version)
  const there = await call(world.student, 'POST /registrations/:id/check-in', { params: { id: current.id } })
  expect(errorOf(there)).toEqual(over)
  const asked = bodyOf(await show(world.pendingId))
  const cancelled = bodyOf(await end(asked.id, asked.version))
  const decided = { params: { id: asked.id }, body: { version: cancelled.version } }
  expect(errorOf(await call(world.chief, 'POST /registrations/:id/approve', decided))).toEqual(over)
  const restored = await call(world.student, 'POST /registrations/:id/restore', { params: { id: asked.id } })
  expect(bodyOf(restored)).toMatchObject({ isPending: true, freesAs: 'lapsed', canBeRestored: false })
})

test('[BOK-5] [BOK-6] a booking that is on and ended keeps its room for a minute, and was had until then', async () => {
  const current = bodyOf(await show(world.currentId))
  const ended = bodyOf(await end(current.id, current.version))
  expect(ended).toMatchObject({ freesAs: 'ended', end: current.end })
  await passTime(current.id, 61)
  const now = new Date(Math.floor(Date.now() / 60_000) * 60_000)
  const [start, later] = [now.toISOString(), new Date(now.getTime() + 1_800_000).toISOString()]
  expect((await book([start, later], { as: world.friend })).status).toBe(201)
  const row = bodyOf(await show(current.id))
  expect(row.endedAs).toBe('ended')
  expect(Date.parse(row.end)).toBeLessThan(Date.now())
})

test('[BOK-7] a request holds its span, lapses at its start without a job, and is decided by the super group and whom it named', async () => {
  const pending = bodyOf(await show(world.pendingId))
  expect(pending).toMatchObject({ isPending: true, freesAs: 'lapsed' })
  const approve = (as: TestPerson): Promise<TestAnswer> =>
    call(as, 'POST /registrations/:id/approve', {
      params: { id: pending.id },
      body: { version: pending.version },
    })
  expect(errorOf(await approve(world.student))).toEqual([403, 'notAllowed', 'BOK-15'])
  const approver = await makeTestPerson(database.pool, world.campus.universityId, { displayname: 'Approver' })
  const [named] = await query<{ id: number }>(
    database.pool,
    "insert into groups (university_id, name) values ($1, 'Approvers') returning id",
    [world.campus.universityId],
  )
  await joinTestGroup(database.pool, approver, named?.id ?? 0)
  expect((await approve(approver)).status).toBe(404)
  await call(world.chief, 'PUT /spaces/:id/classroom', {
    params: { id: world.campus.rooms[2] },
    body: { isValid: true, requirePermission: true, checkIn: 'off', approverIds: [named?.id] },
  })
  expect(bodyOf(await approve(approver))).toMatchObject({ isPending: false, freesAs: null })
})

test('[BOK-7] an undecided request frees its room at its start', async () => {
  const pending = bodyOf(await show(world.pendingId))
  await passTime(world.pendingId, 8 * 86_400)
  const [room] = await query<{ id: number }>(
    database.pool,
    'select classroom_id as id from registrations where id = $1',
    [world.pendingId],
  )
  const taken = await call(world.chief, 'POST /registrations', {
    body: { classroomId: room?.id, start: pending.start, end: pending.end },
  })
  expect(taken.status).toBe(201)
  expect(bodyOf(await show(world.pendingId)).endedAs).toBe('lapsed')
})

test('[BOK-7] [NTF-1] who decides is told of a request in its commit, and who made it of the decision', async () => {
  interface Told {
    kind: string
    facts: { registrationId?: number }
    text: string | null
  }
  const told = async (as: TestPerson): Promise<Told[]> =>
    ((await call(as, 'GET /notifications')).body as { notices: Told[] }).notices
  const pending = bodyOf(await show(world.pendingId))
  expect((await told(world.chief))[0]).toMatchObject({
    kind: 'requestToApprove',
    facts: { registrationId: pending.id },
  })
  await call(world.chief, 'POST /registrations/:id/reject', {
    params: { id: pending.id },
    body: { version: pending.version, reason: 'The choir has a concert' },
  })
  expect((await told(world.student))[0]).toMatchObject({
    kind: 'rejected',
    facts: { registrationId: pending.id },
    text: 'The choir has a concert',
  })
  const count = (await told(world.student)).length
  const { id, version } = bodyOf(await book([at(3, 10), at(3, 12)]))
  await change(id, version, { start: at(3, 11) })
  expect(await told(world.student)).toHaveLength(count)
  await change(id, version + 1, { start: at(3, 9) }, world.friend)
  expect((await told(world.student))[0]).toMatchObject({ kind: 'moved', facts: { registrationId: id } })
})

test('[BOK-8] a booking to which nobody checks in frees its room after the grace, one to which somebody did stays', async () => {
  const current = bodyOf(await show(world.currentId))
  expect(current.freesAs).toBe('released')
  const checkedIn = bodyOf(
    await call(world.friend, 'POST /registrations/:id/check-in', { params: { id: current.id } }),
  )
  expect(checkedIn).toMatchObject({ freesAs: null, isCheckedIn: true })
})

test('[BOK-9] trust of a room in a group is to book, to ask, or none; a row says it, else whether the room asks for permission', async () => {
  await setRoom({}, { trust: [{ groupId: world.group.id, trust: 'request' }] })
  expect(bodyOf(await book([at(3, 10), at(3, 11)])).isPending).toBe(true)
  await setRoom({}, { trust: [{ groupId: world.group.id, trust: 'none' }] })
  expect(errorOf(await book([at(3, 12), at(3, 13)]))).toEqual([403, 'notTrusted', 'BOK-9'])
  expect(bodyOf(await book([at(3, 12), at(3, 13)], { as: world.chief })).isPending).toBe(false)
})

test('[BOK-9] a room whose settings say something twice, or of a group of nobody here, is refused and stays as it was', async () => {
  const group = { groupId: world.group.id }
  const bad = [
    {
      trust: [
        { ...group, trust: 'book' },
        { ...group, trust: 'none' },
      ],
    },
    {
      trust: [
        { groupId: null, trust: 'book' },
        { groupId: null, trust: 'book' },
      ],
    },
    { trust: [{ groupId: 4_000_000_000, trust: 'book' }] },
    { approverIds: [world.group.id, world.group.id] },
    { rules: { shortestMinutes: 60, longestMinutes: 30 } },
    { rules: { terms: [{ from: '2027-02-30', to: '2027-03-01' }] } },
  ]
  for (const more of bad) expect(errorOf(await setRoom({}, more)).slice(0, 2)).toEqual([422, 'valueRefused'])
  expect(bodyOf(await book([at(3, 10), at(3, 11)])).isPending).toBe(false)
})

test('[BOK-11] three a week are three a week, counted as earlier ones of the same batch left them', async () => {
  await setRoom({ quotas: { group: { week: { count: 3 } } } })
  const monday = nextMonday()
  const answers = await Promise.all(
    [0, 1, 2, 3].map((day) =>
      book([at(monday + day, 10), at(monday + day, 11)], {
        as: day % 2 === 0 ? world.student : world.friend,
      }),
    ),
  )
  expect(answers.map(({ status }) => status).toSorted((left, right) => left - right)).toEqual([
    201, 201, 201, 409,
  ])
  const refused = answers.find(({ status }) => status === 409)
  expect(refused?.body).toMatchObject({
    error: 'quotaReached',
    rule: 'BOK-11',
    quota: { of: 'group', per: 'week', what: 'count', limit: 3 },
  })
})

test('[BOK-12] a room that is not valid takes no bookings, and one that is gone none either', async () => {
  await setRoom({}, { isValid: false })
  expect(errorOf(await book([at(3, 10), at(3, 11)]))).toEqual([409, 'roomNotBookable', 'BOK-12'])
  await query(database.pool, 'update spaces set is_deleted = true where id = $1', [world.campus.rooms[1]])
  await setRoom({})
  expect((await book([at(3, 10), at(3, 11)])).status).toBe(409)
})

test('[BOK-15] a member changes a booking that another one made; who is of no such group is told that there is none', async () => {
  const { id, version } = bodyOf(await book([at(3, 10), at(3, 12)]))
  expect((await change(id, version, { description: 'By a friend' }, world.friend)).status).toBe(200)
  const stranger = await makeTestPerson(database.pool, world.campus.universityId, { displayname: 'Stranger' })
  expect((await show(id, stranger)).status).toBe(404)
  expect((await end(id, version + 1, stranger)).status).toBe(404)
  const list = await call(stranger, 'GET /registrations', { query: { from: at(0, 0), to: at(9, 0) } })
  expect(list.body).toEqual({ registrations: [] })
})

test('[BOK-16] [BOK-17] [BOK-18] personal bookings, descriptions and importance have rules of their own', async () => {
  expect(errorOf(await book([at(3, 10), at(3, 11)], { groupId: null }))).toEqual([
    422,
    'groupNeeded',
    'BOK-16',
  ])
  await setRoom({ isPersonalAllowed: true })
  expect((await book([at(3, 10), at(3, 11)], { groupId: null })).status).toBe(201)
  const text = { description: 'one\r\ntwo' }
  expect(errorOf(await book([at(3, 11), at(3, 12)], text))).toEqual([422, 'valueRefused', 'BOK-17'])
  expect((await book([at(3, 11), at(3, 12)], { description: 'x'.repeat(5_000) })).status).toBe(400)
  expect(errorOf(await book([at(3, 11), at(3, 12)], { importance: 3 }))).toEqual([
    403,
    'notAllowed',
    'BOK-18',
  ])
})

test('[BOK-19] a booking that is moved to another room is another booking there, and the old one has ended', async () => {
  const { id, version } = bodyOf(await book([at(3, 10), at(3, 12)]))
  const other = await call(world.chief, 'PUT /spaces/:id/classroom', {
    params: { id: world.room },
    body: { isValid: true, requirePermission: false, checkIn: 'off' },
  })
  const moved = await change(id, version, other.body as object)
  expect(moved.status).toBe(200)
  expect(bodyOf(moved).id).not.toBe(id)
  expect(bodyOf(await show(id)).endedAs).toBe('moved')
  expect((await book([at(3, 10), at(3, 12)])).status).toBe(201)
})

/** As if so many seconds had passed: a booking frees its span that much earlier. */
async function passTime(id: number, seconds: number): Promise<void> {
  await query(
    database.pool,
    'update registrations set frees_at = frees_at - make_interval(secs => $2) where id = $1',
    [id, seconds],
  )
}

function nextMonday(): number {
  const weekday = new Date(dayMs(0)).getUTCDay()
  return 7 + ((8 - weekday) % 7)
}
