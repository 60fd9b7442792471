import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Group, Member } from '#shared/domain/group.ts'
import { joinTestGroup, makeTestPerson, type TestPerson } from '../accounts/testing-people.ts'
import { query } from '../platform/postgres/database.ts'
import { raceBehind } from '../platform/postgres/testing-race.ts'
import { makeTestDatabase, type TestDatabase } from '../platform/postgres/testing.ts'
import { insertTestUniversity } from '../testing/testing-rows.ts'
import { makeTestApp } from '../testing/testing-app.ts'
import { callRoute, type TestAnswer } from '../testing/testing-calls.ts'

let database: TestDatabase
let app: FastifyInstance
let universityId: number
let superId: number
/** Of a university made anew for each test: administrator and member of its super group, and a student. */
let chief: TestPerson
let helper: TestPerson
let student: TestPerson
let count = 0

beforeAll(async () => {
  database = await makeTestDatabase('groups')
  app = await makeTestApp(database.pool)
})
afterAll(async () => {
  await app.close()
  await database.drop()
})
beforeEach(async () => {
  count += 1
  universityId = await insertTestUniversity(database.pool, `G${count}`)
  chief = await makeTestPerson(database.pool, universityId, { displayname: 'Chief' })
  helper = await makeTestPerson(database.pool, universityId)
  student = await makeTestPerson(database.pool, universityId, {
    email: `Student${count}@example.edu`,
    username: 'user1',
  })
  superId = await joinTestGroup(database.pool, chief, 'super', 'admin')
  await joinTestGroup(database.pool, helper, 'super')
})

const statusesOf = (answers: TestAnswer[]): number[] =>
  answers.map(({ status }) => status).toSorted((one, other) => one - other)

type Input = Parameters<typeof callRoute>[2]
const call = (as: TestPerson, route: string, input: Input = {}): Promise<TestAnswer> =>
  callRoute(app, route, { ...input, as })

async function makeGroup(body: object = { name: 'Chess' }): Promise<Group> {
  const answer = await call(helper, 'POST /groups', { body })
  expect(answer.status).toBe(201)
  return answer.body as Group
}

const add = (as: TestPerson, id: number, person: string, permission = 'member'): Promise<TestAnswer> =>
  call(as, 'POST /groups/:id/members', { params: { id }, body: { person, permission } })

const membersOf = async (id: number): Promise<Member[]> =>
  ((await call(chief, 'GET /groups/:id/members', { params: { id } })).body as { members: Member[] }).members

const logged = (): Promise<object[]> =>
  query(
    database.pool,
    `select actor, user_id as "userId", group_id as "groupId", host(address) as address, subject, log from change_logs
     where service = 'groups' and university_id = $1 order by id`,
    [universityId],
  )

const refused = (why: string, more: object = {}): object => ({ body: { error: why, ...more } })

describe('[ACC-4] a group', () => {
  test('is made with a name that is trimmed and composed, and seen by its members and the super group', async () => {
    const group = await makeGroup({ name: '  Cafe\u0301   club ', description: 'We\nmeet', gidNumber: 100 })
    expect(group).toMatchObject({ name: 'Café club', description: 'We meet', gidNumber: 100, version: 1 })
    const seen = async (who: TestPerson): Promise<string[]> =>
      ((await call(who, 'GET /groups')).body as { groups: Group[] }).groups.map(({ name }) => name)
    expect(await seen(chief)).toEqual(['cspace', 'Café club'])
    expect(await seen(student)).toEqual([])
    await add(chief, group.id, 'user1')
    expect(await seen(student)).toEqual(['Café club'])
  })

  test.each([' ', '\u0000', 'a\u202Eb', 'a\u0007', '\ud800', 'x'.repeat(81)])(
    'is not called %j',
    async (name) => {
      const answer = await call(helper, 'POST /groups', { body: { name } })
      expect(answer).toMatchObject({ status: 422, ...refused('nameRefused', { at: '/name' }) })
      const described = await call(helper, 'POST /groups', { body: { name: 'ok', description: 'a\u2066' } })
      expect(described).toMatchObject({ status: 422, ...refused('nameRefused', { at: '/description' }) })
    },
  )

  test('[EDG-10] has no address for a name, and says so; a change gives it none either', async () => {
    const { id, version } = await makeGroup({ name: 'St.Gallen readers' })
    for (const name of ['evil.example', 'Write to ana@uni.example'])
      for (const answer of [
        await call(helper, 'POST /groups', { body: { name } }),
        await call(chief, 'PATCH /groups/:id', { params: { id }, body: { version, name } }),
      ])
        expect(answer).toMatchObject({
          status: 422,
          ...refused('nameRefused', { at: '/name', nameFault: 'address' }),
        })
  })

  test('[EDG-10] that has such a name from before gets another description with it, and keeps its name', async () => {
    const { id, version } = await makeGroup({ name: 'Readers of 1984' })
    await database.pool.query("update groups set name = 'Node.js' where id = $1", [id])
    const change = (body: Record<string, unknown>): Promise<TestAnswer> =>
      call(chief, 'PATCH /groups/:id', { params: { id }, body })
    const first = await change({ version, description: 'Thursdays' })
    expect(first).toMatchObject({ status: 200, body: { name: 'Node.js', description: 'Thursdays' } })
    const next = (first.body as { version: number }).version
    expect(await change({ version: next, name: ' Node.js', description: 'Fridays' })).toMatchObject({
      status: 200,
      body: { name: 'Node.js', description: 'Fridays' },
    })
    expect(await change({ version: next + 1, name: 'Deno.js' })).toMatchObject({ status: 422 })
  })

  test('has a name of its own, however it is written, also when two ask at once', async () => {
    await makeGroup({ name: 'Chess' })
    expect(await call(helper, 'POST /groups', { body: { name: 'cHESS ' } })).toMatchObject(
      refused('nameTaken'),
    )
    const make = (as: TestPerson): Promise<TestAnswer> => call(as, 'POST /groups', { body: { name: 'Go' } })
    const block = {
      sql: "insert into groups (university_id, name) values ($1, 'GO')",
      values: [universityId],
    }
    const answers = await raceBehind(database.pool, block, [
      () => make(chief),
      () => make(helper),
      () => make(chief),
      () => make(helper),
    ])
    expect(statusesOf(answers)).toEqual([201, 409, 409, 409])
  })

  test('is renamed by who saw it as it is; others get it as it is now', async () => {
    const { id } = await makeGroup()
    await makeGroup({ name: 'Go' })
    const rename = (version: number, name: string): Promise<TestAnswer> =>
      call(helper, 'PATCH /groups/:id', { params: { id }, body: { version, name } })
    const answers = await Promise.all([rename(1, 'Checkers'), rename(1, 'Draughts')])
    expect(statusesOf(answers)).toEqual([200, 409])
    const won = answers.find(({ status }) => status === 200)?.body
    expect(answers.find(({ status }) => status === 409)).toMatchObject(refused('stale', { current: won }))
    expect(await rename(2, 'go')).toMatchObject(refused('nameTaken'))
    // Nothing changed: nothing to be seen as changed.
    expect(await rename(2, (won as Group).name)).toMatchObject({ status: 200, body: { version: 2 } })
    expect((await logged()).filter((row) => 'subject' in row && row.subject === 'edit')).toHaveLength(1)
  })

  test('of two that take each other’s new name at once, one is answered that it is taken', async () => {
    const groups = [await makeGroup({ name: 'A' }), await makeGroup({ name: 'B' })]
    const answers = await raceBehind(
      database.pool,
      { sql: "insert into groups (university_id, name) values ($1, 'c')", values: [universityId] },
      groups.map(
        ({ id }) =>
          () =>
            call(chief, 'PATCH /groups/:id', { params: { id }, body: { version: 1, name: 'C' } }),
      ),
    )
    expect(statusesOf(answers)).toEqual([200, 409])
  })

  test('says what hangs on it, and goes with its memberships when the password was given', async () => {
    const { id, version } = await makeGroup()
    await add(chief, id, 'user1')
    const params = { id }
    expect(await call(helper, 'GET /groups/:id/deletion', { params })).toMatchObject({
      body: { memberCount: 1, bookingCount: 0 },
    })
    const stale = await call(helper, 'DELETE /groups/:id', { params, query: { version: 7 } })
    expect(stale).toMatchObject({ status: 409, ...refused('stale', { current: { id, memberCount: 1 } }) })
    await database.pool.query("update sessions set confirmed_at = now() - interval '11 minutes'")
    const gone = (): Promise<TestAnswer> => call(helper, 'DELETE /groups/:id', { params, query: { version } })
    expect(await gone()).toMatchObject({ status: 403, ...refused('passwordNeeded') })
    await database.pool.query('update sessions set confirmed_at = now()')
    expect(await gone()).toMatchObject({ status: 204 })
    expect(await gone()).toMatchObject({ status: 404 })
    expect(await query(database.pool, 'select 1 from user_group where group_id = $1', [id])).toEqual([])
  })

  test('says how many bookings of the system before are in its name', async () => {
    const { id } = await makeGroup()
    const tables = ['registrations', 'draw_registrations', 'longterm_registrations', 'classrooms']
    for (const [oldId, table] of tables.entries())
      await database.pool.query(
        `insert into kept_rows (university_id, source_table, old_id, group_id, facts) values ($1, $2, $3, $4, '{}')`,
        [universityId, table, oldId, id],
      )
    expect(await call(helper, 'GET /groups/:id/deletion', { params: { id } })).toMatchObject({
      body: { bookingCount: 3 },
    })
  })

  test('that is the super group is deleted by nobody', async () => {
    const params = { id: superId }
    const answer = await call(chief, 'DELETE /groups/:id', { params, query: { version: 1 } })
    expect(answer).toMatchObject({ status: 403, ...refused('notAllowed') })
    await expect(database.pool.query('delete from groups where id = $1', [superId])).rejects.toMatchObject({
      constraint: 'groups_super',
    })
  })
})

describe('[ACC-5] members', () => {
  test('are named by address or username, of this university, who showed that they are there', async () => {
    const { id } = await makeGroup()
    expect(await add(helper, id, ` student${count}@EXAMPLE.edu`, 'admin')).toMatchObject({
      status: 201,
      body: { userId: student.userId, name: 'user1', permission: 'admin', isFromDirectory: false },
    })
    const foreign = await makeTestPerson(
      database.pool,
      await insertTestUniversity(database.pool, `F${count}`),
      {
        email: `foreign${count}@example.edu`,
        username: 'theirs',
      },
    )
    const waiting = await makeTestPerson(database.pool, universityId, { username: 'waiting' })
    await database.pool.query('update users set verified_at = null where id = $1', [waiting.userId])
    const nobody = ['theirs', `foreign${count}@example.edu`, 'waiting', 'nobody', 'a\u0000', "' or 1=1--"]
    for (const person of nobody)
      expect(await add(helper, id, person)).toMatchObject(refused('valueRefused', { at: '/person' }))
    expect((await membersOf(id)).map(({ userId }) => userId)).toEqual([student.userId])
    expect(foreign.userId).not.toBe(student.userId)
  })

  test('[IDN-36] are meant by their username before anybody by an address, and by an address of this hub before one of a directory', async () => {
    const { id } = await makeGroup()
    const address = `shared${count}@example.edu`
    const insert = async (columns: string, values: string): Promise<number> => {
      const [row] = await query<{ id: number }>(
        database.pool,
        `insert into users (associated_university_id, ${columns}) values ($1, ${values}) returning id`,
        [universityId],
      )
      return row?.id ?? 0
    }
    const ofDirectory = await insert(
      'directory, directory_id, email, email_key',
      `'d', 'd${count}', '${address}', '${address}'`,
    )
    const addMeant = async (): Promise<number> => {
      const answer = await add(helper, id, address)
      expect(answer.status).toBe(201)
      const { userId } = answer.body as Member
      await query(database.pool, 'delete from user_group where user_id = $1', [userId])
      return userId
    }
    expect(await addMeant()).toBe(ofDirectory)
    const local = await insert('email, email_key, verified_at', `'${address}', '${address}', now()`)
    expect(await addMeant()).toBe(local)
    const byUsername = await insert('username, verified_at', `upper('${address}'), now()`)
    expect(await addMeant()).toBe(byUsername)
  })

  test('come in once, also when two add them at the same moment', async () => {
    const { id } = await makeGroup()
    const answers = await Promise.all([add(helper, id, 'user1'), add(chief, id, 'user1')])
    expect(answers.map(({ status }) => status)).toEqual([201, 201])
    expect(await membersOf(id)).toHaveLength(1)
    expect(await add(helper, id, 'user1', 'admin')).toMatchObject(
      refused('valueRefused', { at: '/permission' }),
    )
  })

  test('of a group are led by its administrators; a member may nothing, and somebody outside sees nothing', async () => {
    const { id } = await makeGroup()
    const other = await makeTestPerson(database.pool, universityId, { username: 'user2' })
    const params = { id }
    for (const route of ['GET /groups/:id/members', 'GET /groups/:id/deletion'])
      expect(await call(student, route, { params })).toMatchObject({ status: 403 })
    await add(chief, id, 'user1')
    expect((await call(student, 'GET /groups/:id/members', { params })).status).toBe(200)
    expect(await add(student, id, 'user2')).toMatchObject({ status: 403, ...refused('notAllowed') })
    const ofStudent = { id, userId: student.userId }
    const raise = (as: TestPerson): Promise<TestAnswer> =>
      call(as, 'PUT /groups/:id/members/:userId', { params: ofStudent, body: { permission: 'admin' } })
    expect(await raise(student)).toMatchObject({ status: 403 })
    expect(await raise(helper)).toMatchObject({ status: 200, body: { permission: 'admin' } })
    expect(await add(student, id, 'user2')).toMatchObject({ status: 201 })
    const remove = { params: { id, userId: other.userId } }
    expect((await call(student, 'DELETE /groups/:id/members/:userId', remove)).status).toBe(204)
    expect((await call(student, 'DELETE /groups/:id/members/:userId', remove)).status).toBe(404)
    expect((await call(student, 'DELETE /groups/:id', { params, query: { version: 1 } })).status).toBe(403)
  })

  test('of the super group are led by its administrators only', async () => {
    expect(await add(helper, superId, 'user1')).toMatchObject({ status: 403 })
    expect(await add(chief, superId, 'user1')).toMatchObject({ status: 201 })
    const params = { id: superId, userId: student.userId }
    expect((await call(helper, 'DELETE /groups/:id/members/:userId', { params })).status).toBe(403)
    expect((await call(chief, 'DELETE /groups/:id/members/:userId', { params })).status).toBe(204)
  })
})

describe('[ACC-3] the last administrator of the super group', () => {
  const remove = (as: TestPerson, who: TestPerson): Promise<TestAnswer> =>
    call(as, 'DELETE /groups/:id/members/:userId', { params: { id: superId, userId: who.userId } })
  const lower = (as: TestPerson, who: TestPerson): Promise<TestAnswer> =>
    call(as, 'PUT /groups/:id/members/:userId', {
      params: { id: superId, userId: who.userId },
      body: { permission: 'member' },
    })

  test('is neither removed nor demoted', async () => {
    for (const act of [remove, lower])
      expect(await act(chief, chief)).toMatchObject({ status: 409, ...refused('lastAdmin') })
  })

  test('is not somebody who cannot sign in any more', async () => {
    await database.pool.query(
      `update user_group set permissions = 'admin' where user_id = $1 and group_id = $2`,
      [helper.userId, superId],
    )
    await database.pool.query('update users set is_active = false where id = $1', [helper.userId])
    expect(await remove(chief, chief)).toMatchObject(refused('lastAdmin'))
    expect((await remove(chief, helper)).status).toBe(204)
  })

  test('stays when two remove or demote each other in the same moment', async () => {
    for (const [one, other] of [
      [remove, remove],
      [remove, lower],
      [lower, lower],
    ] as const) {
      await database.pool.query(
        `insert into user_group (university_id, user_id, group_id, permissions)
         select $1, unnest($2::bigint[]), $3, 'admin' on conflict (group_id, user_id) do update set permissions = 'admin'`,
        [universityId, [chief.userId, helper.userId], superId],
      )
      const answers = await raceBehind(
        database.pool,
        { sql: 'select 1 from user_group where group_id = $1 for update', values: [superId] },
        [() => one(chief, helper), () => other(helper, chief)],
      )
      const admins = await query(
        database.pool,
        "select 1 from user_group where group_id = $1 and permissions = 'admin'",
        [superId],
      )
      expect(admins).toHaveLength(1)
      expect(answers.filter(({ status }) => status < 300)).toHaveLength(1)
      expect(answers.find(({ status }) => status >= 300)).toMatchObject(refused('lastAdmin'))
    }
  })
})

test('[ACC-2] groups and members of another university are not there', async () => {
  const { id } = await makeGroup()
  await add(chief, id, 'user1')
  const elsewhere = await insertTestUniversity(database.pool, `E${count}`)
  const foreigner = await makeTestPerson(database.pool, elsewhere)
  await joinTestGroup(database.pool, foreigner, 'super', 'admin')
  const params = { id, userId: student.userId }
  const before = [await membersOf(id), await logged()]
  const tries: [string, Input][] = [
    ['PATCH /groups/:id', { params, body: { version: 1, name: 'Mine' } }],
    ['GET /groups/:id/deletion', { params }],
    ['DELETE /groups/:id', { params, query: { version: 1 } }],
    ['GET /groups/:id/members', { params }],
    ['POST /groups/:id/members', { params, body: { person: 'user1', permission: 'admin' } }],
    ['PUT /groups/:id/members/:userId', { params, body: { permission: 'admin' } }],
    ['DELETE /groups/:id/members/:userId', { params }],
  ]
  const absent = (await call(foreigner, 'GET /groups/:id/members', { params: { id: 999_999 } })).body
  for (const [route, input] of tries)
    expect(await call(foreigner, route, input)).toMatchObject({ status: 404, body: absent })
  expect([await membersOf(id), await logged()]).toEqual(before)
})

test('[AUD-1] every act on groups says who, from where, to which group, before and after', async () => {
  const { id } = await makeGroup()
  await call(helper, 'PATCH /groups/:id', { params: { id }, body: { version: 1, description: 'Fridays' } })
  await add(helper, id, 'user1')
  const params = { id, userId: student.userId }
  await call(chief, 'PUT /groups/:id/members/:userId', { params, body: { permission: 'admin' } })
  await call(chief, 'DELETE /groups/:id/members/:userId', { params })
  await call(chief, 'DELETE /groups/:id', { params: { id }, query: { version: 2 } })
  const byHelper = {
    actor: `user ${helper.userId}`,
    userId: helper.userId,
    groupId: id,
    address: '127.0.0.1',
  }
  const byChief = { ...byHelper, actor: `user ${chief.userId}`, userId: chief.userId }
  const { userId } = student
  expect(await logged()).toEqual([
    { ...byHelper, subject: 'add', log: { after: { name: 'Chess', description: null, gidNumber: null } } },
    {
      ...byHelper,
      subject: 'edit',
      log: {
        before: { name: 'Chess', description: null },
        after: { name: 'Chess', description: 'Fridays' },
      },
    },
    { ...byHelper, subject: 'member add', log: { userId, after: { permission: 'member' } } },
    {
      ...byChief,
      subject: 'member edit',
      log: { userId, before: { permission: 'member' }, after: { permission: 'admin' } },
    },
    { ...byChief, subject: 'member remove', log: { userId, before: { permission: 'admin' } } },
    {
      ...byChief,
      subject: 'remove',
      log: { before: { name: 'Chess', description: 'Fridays', gidNumber: null }, members: [] },
    },
  ])
})
