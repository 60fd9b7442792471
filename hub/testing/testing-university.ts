import type { FastifyInstance } from 'fastify'
import type { Group } from '#shared/domain/group.ts'
import type { PeopleSpace } from '#shared/wire/rest-spaces.ts'
import type { RouteName } from '#shared/wire/rest.ts'
import { joinTestGroup, makeTestPerson, type TestPerson } from '../accounts/testing-people.ts'
import { query, type Database } from '../platform/postgres/database.ts'
import { makeTestCampus, type TestCampus } from './testing-campus.ts'
import { makeTestIdentity } from './testing-app.ts'
import { callRoute, type TestAnswer } from './testing-calls.ts'

/** The password of everybody here. */
export const TEST_PASSWORD = 'marsh lantern quietly'

/** A university with something of everything, made through the hub's own calls. All its words begin with its mark. */
export interface FullUniversity {
  mark: string
  campus: TestCampus
  /** Its email domain. */
  domain: string
  /** Administrator of the super group. */
  chief: TestPerson
  /** Administrator of the group, maker of the spaces, author of the report. */
  student: TestPerson
  /** Member of the group. */
  friend: TestPerson
  friendName: string
  superId: number
  group: Group
  room: number
  own: PeopleSpace
  /** A space of the student that was deleted. */
  goneId: number
  reportId: number
  kioskId: number
  /** A room that can be booked, where people check in by their own word. */
  classroomId: number
  /** A booking of the group there, tomorrow. */
  bookingId: number
  /** A booking of the group there that is on. */
  currentId: number
  /** A request of the group for another room. */
  pendingId: number
  /** A notice that the student and the friend were told. */
  noticeId: number
}

/** Makes one in a test database. */
export async function makeFullUniversity(
  pool: Database,
  app: FastifyInstance,
  mark: string,
): Promise<FullUniversity> {
  const label = `U${campusNumber()}`
  const domain = `${label.toLowerCase()}.example`
  const campus = await makeTestCampus(pool, label)
  const { universityId } = campus
  // Before anybody keeps the tree in memory.
  await query(pool, "update spaces set name = $2 || ' ' || name where university_id = $1", [
    universityId,
    mark,
  ])
  const person = async (name: string): Promise<TestPerson> => {
    const facts = { displayname: `${mark} ${name}`, username: `${mark}-${name}` }
    const made = await makeTestPerson(pool, universityId, {
      ...facts,
      email: `${mark}-${name}@${domain}`.toLowerCase(),
    })
    await giveTestPassword(pool, made)
    return made
  }
  const [chief, student, friend] = [await person('chief'), await person('student'), await person('friend')]
  const superId = await joinTestGroup(pool, chief, 'super', 'admin')
  const call = async (as: TestPerson, route: RouteName, input: CallParts): Promise<unknown> => {
    const answer = await callRoute(app, route, { ...input, as })
    if (answer.status >= 300) throw new Error(`${route}: ${JSON.stringify(answer.body)}`)
    return answer.body
  }
  const group = (await call(chief, 'POST /groups', { body: { name: `${mark} chess` } })) as Group
  await joinTestGroup(pool, student, group.id, 'admin')
  await joinTestGroup(pool, friend, group.id)
  const make = (name: string): Promise<unknown> =>
    call(student, 'POST /spaces', {
      body: { name: `${mark} ${name}`, kind: 'carrel', parentId: campus.floors[0] },
    })
  const own = (await make('own')) as PeopleSpace
  const gone = (await make('gone')) as PeopleSpace
  await call(student, 'DELETE /spaces/:id', { params: { id: gone.id }, query: { version: gone.version } })
  const room = campus.rooms[0]
  await call(student, 'PUT /spaces/:id/tracked', { params: { id: room } })
  const report = (await call(student, 'POST /spaces/:id/reports', {
    params: { id: room },
    body: { level: 1, key: `${mark}-0123456789abcdef` },
  })) as { id: number }
  await call(chief, 'POST /notices', { body: { to: { groupId: group.id }, text: `${mark} notice` } })
  const told = (await call(student, 'GET /notifications', {})) as { notices: { id: number }[] }
  const noticeId = told.notices[0]?.id ?? 0
  const kioskId = await insertTestKiosk(pool, universityId, room, `${mark} door`)
  const rows = { goneId: gone.id, reportId: report.id, kioskId, noticeId, friendName: `${mark}-friend` }
  const bookable = async (spaceId: number, requirePermission: boolean): Promise<number> => {
    const body = { isValid: true, requirePermission, checkIn: 'person' }
    const params = { id: spaceId }
    const made = await call(chief, 'PUT /spaces/:id/classroom', { params, body })
    return (made as { classroomId: number }).classroomId
  }
  const book = async (classroomId: number, days: number): Promise<number> => {
    const body = { classroomId, groupId: group.id, description: `${mark} meeting`, ...testSpan(days) }
    return ((await call(student, 'POST /registrations', { body })) as { id: number }).id
  }
  const classroomId = await bookable(campus.rooms[1], false)
  const bookings = {
    classroomId,
    bookingId: await book(classroomId, 1),
    currentId: await book(classroomId, 0),
    pendingId: await book(await bookable(campus.rooms[2], true), 1),
  }
  return { mark, campus, domain, chief, student, friend, superId, group, room, own, ...rows, ...bookings }
}

/** An hour from this minute on, so many days from now, as calls write it. */
export function testSpan(days: number): { start: string; end: string } {
  const startMs = Math.floor(Date.now() / 60_000) * 60_000 + days * 86_400_000
  return { start: new Date(startMs).toISOString(), end: new Date(startMs + 3_600_000).toISOString() }
}

type CallParts = { params?: Record<string, unknown>; query?: Record<string, unknown>; body?: unknown }

const numbers = { next: 0 }
function campusNumber(): number {
  numbers.next += 1
  return numbers.next
}

/** Gives somebody TEST_PASSWORD, hashed as cheaply as tests do. */
export async function giveTestPassword(pool: Database, { userId }: TestPerson): Promise<void> {
  const hashed = await makeTestIdentity().passwords.hash(TEST_PASSWORD)
  await query(pool, 'update users set password_hash = $2 where id = $1', [
    userId,
    hashed.ok ? hashed.value : null,
  ])
}

async function insertTestKiosk(
  pool: Database,
  universityId: number,
  spaceId: number,
  name: string,
): Promise<number> {
  const [row] = await query<{ id: number }>(
    pool,
    `insert into kiosks (university_id, space_id, role, name, public_key, key_grade, app_version)
     values ($1, $2, 'door', $3, $3, 'file', 'test') returning id`,
    [universityId, spaceId, name],
  )
  return row?.id ?? 0
}

/** Everything that is stored of a university: all rows that belong to it or to its people, by table. */
export async function loadAllOf(pool: Database, universityId: number): Promise<Record<string, unknown>> {
  const columns = await query<{ table: string; names: string[] }>(
    pool,
    `select table_name as table, array_agg(column_name::text) as names from information_schema.columns
     where table_schema = 'public' group by 1 order by 1`,
  )
  const all: Record<string, unknown> = {}
  for (const { table, names } of columns) {
    const mine = conditionOf(table, names)
    if (mine === null) continue
    const rows = await query<{ row: unknown }>(
      pool,
      `select to_jsonb(t) as row from ${table} t where ${mine} order by to_jsonb(t)::text`,
      [universityId],
    )
    all[table] = rows.map(({ row }) => row)
  }
  return all
}

function conditionOf(table: string, columns: readonly string[]): string | null {
  if (table === 'universities') return 'id = $1'
  if (table === 'users') return 'associated_university_id = $1'
  if (columns.includes('university_id')) return 'university_id = $1'
  if (columns.includes('user_id'))
    return 'user_id in (select id from users where associated_university_id = $1)'
  return null
}

/** An answer as one text, headers included. */
export function wholeText({ body, headers }: TestAnswer): string {
  return JSON.stringify([body, headers])
}
