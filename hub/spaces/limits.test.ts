import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { MAX_TREE_SPACES } from '#shared/domain/space.ts'
import { query, transaction } from '../platform/postgres/database.ts'
import { raceBehind } from '../platform/postgres/testing-race.ts'
import { makeTestDatabase, type TestDatabase } from '../platform/postgres/testing.ts'
import { makeTestApp } from '../testing/testing-app.ts'
import { makeTestTenant, SpaceCalls, type TestTenant, statuses } from '../testing/testing-spaces.ts'

let database: TestDatabase
let app: FastifyInstance
let calls: SpaceCalls
let tenant: TestTenant
let count = 0

beforeAll(async () => {
  database = await makeTestDatabase('spaces_limits')
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

test('[TRE-12] nobody makes more live spaces than the university allows, however many at once', async () => {
  const { campus, student } = tenant
  await query(database.pool, 'update universities set settings = $2 where id = $1', [
    campus.universityId,
    JSON.stringify({ spacesPerPerson: 3 }),
  ])
  const first = (await calls.make(student, campus.root, 'One')).space
  const many = await Promise.all(
    ['Two', 'Three', 'Four', 'Five'].map((name) => calls.make(student, campus.root, name)),
  )
  expect(statuses(many)).toEqual([201, 201, 409, 409])
  expect(many.find(({ status }) => status === 409)?.error).toMatchObject({ error: 'quotaReached' })
  await calls.remove(student, first)
  expect((await calls.make(student, campus.root, 'Six')).status).toBe(201)
  expect((await calls.restore(student, first.id)).error).toMatchObject({ error: 'quotaReached' })
})

/** Puts so many into a university at one stroke, public or hidden by somebody. */
async function fill(spaceCount: number, hiddenById: number | null): Promise<void> {
  await query(
    database.pool,
    `insert into spaces (university_id, parent_id, name, kind, clock, facts_clock, on_kiosks, created_by_id)
       select $1, $2, 'F' || i, 'carrel', 1, 1, $4::bigint is null, $4 from generate_series(1, $3::int) i`,
    [tenant.campus.universityId, tenant.campus.floors[0], spaceCount, hiddenById],
  )
}

test('[TRE-13] what people hid fills the university for others who hide something, and for nobody else', async () => {
  const { campus, student, other, chief } = tenant
  const mine = (await calls.make(student, campus.root, 'Mine')).space
  await fill(MAX_TREE_SPACES - 1, other.userId)
  expect((await calls.make(student, campus.root, 'One more')).error).toMatchObject({ error: 'quotaReached' })
  const made = await calls.make(chief, campus.root, 'New wing')
  expect([made.status, made.space.isOnKiosks]).toEqual([201, true])
  await calls.letOn(chief, mine.id)
  expect((await calls.see(chief, mine.id)).isOnKiosks).toBe(true)
  await calls.remove(chief, made.space)
  expect((await calls.restore(chief, made.space.id)).status).toBe(200)
})

test('[TRE-12] where the public places are as many as may be, staff add none, and people hide theirs still', async () => {
  const { campus, student, chief } = tenant
  const [row] = await query<{ count: number }>(
    database.pool,
    'select count(*)::int as count from spaces where university_id = $1 and on_kiosks and not is_deleted',
    [campus.universityId],
  )
  await fill(MAX_TREE_SPACES + 1 - (row?.count ?? 0), null)
  const mine = await calls.make(student, campus.root, 'Mine')
  expect(mine.status).toBe(201)
  const refused = [
    await calls.make(chief, campus.root, 'New wing'),
    await calls.call(chief, 'PUT /spaces/:id/on-kiosks', {
      params: { id: mine.space.id },
      body: { isOnKiosks: true },
    }),
  ]
  for (const { status, error } of refused)
    expect([status, error]).toEqual([409, expect.objectContaining({ error: 'quotaReached' })])
})

test('[TRE-12] who changes the tree without end is asked to wait', async () => {
  const { campus, student } = tenant
  await query(
    database.pool,
    `insert into rate_limits (bucket, count, resets_at) values ('spaces:' || $1, 120, now() + interval '10 minutes')`,
    [student.userId],
  )
  const refused = await calls.make(student, campus.root, 'One more')
  expect(refused).toMatchObject({ status: 429, error: { error: 'tooMany' } })
  expect(Number(refused.headers['retry-after'])).toBeGreaterThan(500)
})

test('[TRE-12] somebody tracks up to 200 spaces, each once, and deleted ones no more', async () => {
  const { campus, student, chief } = tenant
  const track = (id: number) => calls.call(student, 'PUT /spaces/:id/tracked', { params: { id } })
  for (const id of [campus.rooms[0], campus.rooms[0]]) expect((await track(id)).status).toBe(204)
  expect(await calls.see(student, campus.rooms[0])).toMatchObject({ isTracked: true })
  expect(await calls.see(chief, campus.rooms[0])).toMatchObject({ isTracked: false })
  const untrack = await calls.call(student, 'DELETE /spaces/:id/tracked', { params: { id: campus.rooms[0] } })
  expect(untrack.status).toBe(204)
  await query(
    database.pool,
    `with made as (insert into spaces (university_id, parent_id, name, kind, clock, facts_clock)
       select $1, $2, 'T' || i, 'room', 1, 1 from generate_series(1, 199) i returning id)
     insert into users_tracked_spaces (user_id, university_id, space_id) select $3, $1, id from made`,
    [campus.universityId, campus.floors[0], student.userId],
  )
  const lock = { sql: 'select 1 from users where id = $1 for no key update', values: [student.userId] }
  const both = await raceBehind(database.pool, lock, [
    () => track(campus.rooms[1]),
    () => track(campus.rooms[2]),
  ])
  expect(statuses(both)).toEqual([204, 409])
  const gone = (await calls.make(chief, campus.root, 'Gone')).space
  await calls.remove(chief, gone)
  expect((await track(gone.id)).error).toMatchObject({ error: 'spaceDeleted' })
})

test('[IDN-9] who is signed out while a change waits for its turn changes nothing', async () => {
  const { campus, student } = tenant
  const going = await transaction(database.pool, 'read committed', async (client) => {
    await query(client, 'select * from lock_university($1)', [campus.universityId])
    const calling = [calls.make(student, campus.root, 'Too late'), calls.report(student, campus.rooms[0], 1)]
    await waitForLock()
    await query(database.pool, 'update sessions set revoked_at = now() where id = $1', [student.sessionId])
    return calling
  })
  for (const answer of await Promise.all(going))
    expect(answer).toMatchObject({ status: 401, error: { error: 'signInNeeded' } })
  expect((await calls.tree(tenant.chief)).spaces).toHaveLength(7)
})

/** Until somebody waits for a lock. */
async function waitForLock(): Promise<void> {
  for (;;) {
    const [row] = await query<{ count: number }>(
      database.pool,
      "select count(*)::int from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
    )
    if ((row?.count ?? 0) > 0) return
  }
}
