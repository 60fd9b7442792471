import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { makeTestPerson, type TestPerson } from '../accounts/testing-people.ts'
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
  database = await makeTestDatabase('find_rooms')
  app = await makeTestApp(database.pool)
})
afterAll(async () => {
  await app.close()
  await database.drop()
})
beforeEach(async () => {
  universities.made += 1
  world = await makeFullUniversity(database.pool, app, `f${universities.made}`)
})

const DAY_MS = 86_400_000
const at = (days: number, hours: number): string =>
  new Date(Math.floor(Date.now() / DAY_MS) * DAY_MS + days * DAY_MS + hours * 3_600_000).toISOString()
const call = (as: TestPerson, route: string, parts: Record<string, unknown> = {}): Promise<TestAnswer> =>
  callRoute(app, route, { ...parts, as })

interface Found {
  rooms: { classroomId: number; why: string | null; isPending: boolean; rule: string | null }[]
}
const free = async (
  from: string,
  to: string,
  more: object = {},
  as = world.student,
): Promise<Found['rooms']> =>
  (
    (await call(as, 'GET /classrooms/free', { query: { from, to, groupId: world.group.id, ...more } }))
      .body as Found
  ).rooms
const book = (classroomId: number, start: string, end: string, as = world.student): Promise<TestAnswer> =>
  call(as, 'POST /registrations', { body: { classroomId, groupId: world.group.id, start, end } })
/** Makes a space a room with so many seats and such things. */
async function room(
  spaceId: number,
  seats: number | null,
  equipment: string[],
  more: object = {},
): Promise<number> {
  await query(database.pool, 'update spaces set capacity = $2, details = $3 where id = $1', [
    spaceId,
    seats,
    JSON.stringify({ equipment }),
  ])
  const made = await call(world.chief, 'PUT /spaces/:id/classroom', {
    params: { id: spaceId },
    body: { isValid: true, requirePermission: false, checkIn: 'off', ...more },
  })
  return (made.body as { classroomId: number }).classroomId
}

test('[BOK-60] rooms that suit come as they can be had, asked for or not, the best fit first', async () => {
  const [first, second, third] = world.campus.rooms
  const big = await room(first, 30, ['Projector'])
  const fits = await room(second, 8, ['Projector', 'Whiteboard'])
  const asks = await room(third, 7, ['projector'], { requirePermission: true })
  expect(
    (await free(at(3, 14), at(3, 15), { people: 6, equipment: 'projector' })).map(
      ({ classroomId }) => classroomId,
    ),
  ).toEqual([fits, big, asks])
  expect((await book(fits, at(3, 14.5), at(3, 16))).status).toBe(201)
  const later = await free(at(3, 14), at(3, 15), { people: 6, equipment: 'projector' })
  expect(later.map(({ classroomId, why, isPending }) => [classroomId, why, isPending])).toEqual([
    [big, null, false],
    [asks, null, true],
    [fits, 'bookingConflict', false],
  ])
  expect((await free(at(3, 14), at(3, 15), { people: 9 })).map(({ classroomId }) => classroomId)).toEqual([
    big,
  ])
  expect(
    (await free(at(3, 14), at(3, 15), { equipment: 'projector, whiteboard' })).map(
      ({ classroomId }) => classroomId,
    ),
  ).toEqual([fits])
})

test('[BOK-60] what is found and an attempt to book agree, also on quotas, hours and trust', async () => {
  const [first, second] = world.campus.rooms
  const rules = { quotas: { group: { day: { count: 1 } } } }
  const rooms = [
    await room(first, 4, [], { rules }),
    await room(second, 4, [], { trust: [{ groupId: world.group.id, trust: 'none' }] }),
  ]
  expect((await book(rooms[0] ?? 0, at(3, 10), at(3, 11))).status).toBe(201)
  for (const [from, to] of [
    [at(3, 12), at(3, 13)],
    [at(4, 12), at(4, 13)],
    [at(4, 12), at(4, 12.05)],
  ] as const)
    for (const found of await free(from, to)) {
      const made = await book(found.classroomId, from, to)
      const { error = null, rule = null, isPending = false } = made.body as Record<string, unknown>
      expect({ why: error, rule, isPending }).toEqual({
        why: found.why,
        rule: found.rule,
        isPending: found.isPending,
      })
    }
})

test('[BOK-61] what is offered instead can be had', async () => {
  const [first, second] = world.campus.rooms
  const wanted = await room(first, 4, [])
  await room(second, 4, [])
  await book(wanted, at(3, 10), at(3, 12))
  await book(wanted, at(3, 13), at(3, 14))
  const { later, elsewhere } = (
    await call(world.student, 'GET /classrooms/:id/alternatives', {
      params: { id: wanted },
      query: { from: at(3, 10), to: at(3, 11), groupId: world.group.id },
    })
  ).body as { later: { start: string; end: string }[]; elsewhere: { classroomId: number }[] }
  expect(later.slice(0, 2)).toEqual([
    { start: at(3, 12), end: at(3, 13) },
    { start: at(3, 14), end: at(3, 15) },
  ])
  expect(elsewhere.length).toBeGreaterThan(0)
  const answers = [
    ...(await Promise.all(later.map(({ start, end }) => book(wanted, start, end)))),
    ...(await Promise.all(elsewhere.map(({ classroomId }) => book(classroomId, at(3, 10), at(3, 11))))),
  ]
  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 201))
})

test('[BOK-62] a timetable shows what is booked and closed, also over midnight, and ids only to those who may see whose it is', async () => {
  const classroomId = await room(world.room, 4, [])
  const made = (await book(classroomId, at(3, 22), at(4, 2))).body as { id: number }
  const table = async (as: TestPerson, days: number): Promise<unknown> =>
    (
      (await call(as, 'GET /timetable', { query: { from: at(days, 0), to: at(days + 1, 0), classroomId } }))
        .body as { rooms: unknown[] }
    ).rooms
  expect(await table(world.friend, 3)).toEqual([
    { classroomId, bookings: [[22 * 60, 240, 0, made.id]], closed: [] },
  ])
  expect(await table(world.student, 4)).toEqual([
    { classroomId, bookings: [[-120, 240, 0, made.id]], closed: [] },
  ])
  const stranger = await makeTestPerson(database.pool, world.campus.universityId, { displayname: 'Stranger' })
  expect(await table(stranger, 3)).toEqual([{ classroomId, bookings: [[22 * 60, 240, 0]], closed: [] }])
})
