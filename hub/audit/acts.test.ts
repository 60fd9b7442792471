import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { ACCOUNT_LIMITS } from '#shared/domain/conduct.ts'
import type { Contract } from '#shared/wire/contract.ts'
import { ROUTES } from '#shared/wire/rest.ts'
import type { TestPerson } from '../accounts/testing-people.ts'
import { query } from '../platform/postgres/database.ts'
import { makeTestDatabase, type TestDatabase } from '../platform/postgres/testing.ts'
import { insertTestKiosk } from '../testing/testing-kiosk.ts'
import { makeTestApp, makeTestIdentity } from '../testing/testing-app.ts'
import { callRoute, type TestAnswer } from '../testing/testing-calls.ts'
import { GOOD_PASSWORD, startPeopleHub } from '../testing/testing-routes-people.ts'
import { makeTestTenant, SpaceCalls, type TestTenant } from '../testing/testing-spaces.ts'

let database: TestDatabase
let app: FastifyInstance
let tenant: TestTenant
let count = 0

beforeAll(async () => {
  database = await makeTestDatabase('acts')
  app = await makeTestApp(database.pool)
})
afterAll(async () => {
  await app.close()
  await database.drop()
})
beforeEach(async () => {
  count += 1
  tenant = await makeTestTenant(database.pool, `A${count}`)
})

type Input = NonNullable<Parameters<typeof callRoute>[2]>
const call = (as: TestPerson, route: string, input: Input = {}, to = app): Promise<TestAnswer> =>
  callRoute(to, route, { ...input, as: { headers: { ...as.headers } } })

async function rowCount(): Promise<number> {
  const [row] = await query<{ count: number }>(
    database.pool,
    'select count(*)::int as count from change_logs where university_id = $1',
    [tenant.campus.universityId],
  )
  return row?.count ?? 0
}

describe('[AUD-5] what is so already', () => {
  test('is not written down: a profile, also asked for many times at once', async () => {
    const { student } = tenant
    const named = { body: { displayname: 'Ana Kovač', locale: 'sl' } }
    expect((await call(student, 'PATCH /me', named)).status).toBe(200)
    const before = await rowCount()
    for (const body of [{}, { displayname: ' Ana  Kovač ' }, { locale: 'sl' }, named.body])
      expect(await call(student, 'PATCH /me', { body })).toMatchObject({
        status: 200,
        body: { displayname: 'Ana Kovač', locale: 'sl' },
      })
    await Promise.all(Array.from({ length: 40 }, () => call(student, 'PATCH /me', { body: {} })))
    expect(await rowCount()).toBe(before)
    await call(student, 'PATCH /me', { body: { displayname: null } })
    expect(await rowCount()).toBe(before + 1)
  })

  test('is not written down: groups and their members', async () => {
    const { chief, student } = tenant
    const [row] = await query<{ email: string }>(database.pool, 'select email from users where id = $1', [
      student.userId,
    ])
    const email = row?.email ?? ''
    const made = await call(chief, 'POST /groups', { body: { name: 'Readers', description: 'who read' } })
    const { id, version } = made.body as { id: number; version: number }
    const member = { params: { id }, body: { person: email, permission: 'member' } }
    expect((await call(chief, 'POST /groups/:id/members', member)).status).toBe(201)
    const before = await rowCount()
    for (const body of [
      { version },
      { version, name: ' Readers ' },
      { version, name: 'Readers', description: 'who read' },
    ])
      expect((await call(chief, 'PATCH /groups/:id', { params: { id }, body })).body).toMatchObject({
        version,
      })
    expect((await call(chief, 'POST /groups/:id/members', member)).status).toBe(201)
    const again = { params: { id, userId: student.userId }, body: { permission: 'member' } }
    expect((await call(chief, 'PUT /groups/:id/members/:userId', again)).status).toBe(200)
    expect(await rowCount()).toBe(before)
  })

  test('[TRE-8] is not written down, moves no version, and takes nothing off kiosks: spaces', async () => {
    const { chief, student, campus } = tenant
    const calls = new SpaceCalls(app)
    const { space } = await calls.make(student, campus.root, 'Seat', { capacity: 1 })
    await calls.letOn(chief, space.id)
    const shown = await calls.see(student, space.id)
    const before = await rowCount()
    for (const who of [student, chief])
      for (const changes of [{}, { name: ' Seat ' }, { capacity: 1 }, { parentId: campus.root }]) {
        const edited = await calls.edit(who, shown, changes)
        expect([edited.status, edited.space.version, edited.space.isOnKiosks]).toEqual([
          200,
          shown.version,
          true,
        ])
      }
    await calls.letOn(chief, space.id)
    await calls.restore(chief, space.id)
    await calls.call(chief, 'PUT /spaces/:id/level', { params: { id: space.id }, body: { level: null } })
    expect(await rowCount()).toBe(before)
    expect((await calls.edit(student, shown, { name: 'Other seat' })).space.isOnKiosks).toBe(false)
    expect(await rowCount()).toBe(before + 1)
  })

  test('is not written down: a password that is given again by who just gave it', async () => {
    const hub = await startPeopleHub('again')
    const { accessToken: bearer } = await hub.join('again@uni.example')
    const confirm = async (): Promise<number> =>
      (await hub.call('POST /auth/confirm', { bearer, body: { password: GOOD_PASSWORD } })).status
    const rows = async (): Promise<number> => (await query(hub.pool, 'select 1 from change_logs')).length
    const before = await rows()
    expect([await confirm(), await confirm()]).toEqual([204, 204])
    expect(await rows()).toBe(before)
    await query(hub.pool, "update sessions set confirmed_at = now() - interval '11 minutes'")
    expect([await confirm(), await confirm()]).toEqual([204, 204])
    expect(await rows()).toBe(before + 1)
    await hub.stop()
  })

  test('is not written down: a kiosk that is silent already', async () => {
    const { chief, campus } = tenant
    const kiosk = await insertTestKiosk(database.pool, {
      universityId: campus.universityId,
      spaceId: campus.root,
    })
    const silence = { params: { id: kiosk.id }, body: { isSilenced: true } }
    expect((await call(chief, 'PUT /kiosks/:id/silenced', silence)).status).toBe(204)
    const before = await rowCount()
    for (let round = 0; round < 3; round += 1)
      expect((await call(chief, 'PUT /kiosks/:id/silenced', silence)).status).toBe(204)
    expect(await rowCount()).toBe(before)
  })
})

describe('[AUD-6] acts of one person', () => {
  const limits = {
    ...ACCOUNT_LIMITS,
    act: { ...ACCOUNT_LIMITS.act, perAccount: { count: 5, windowMs: 3_600_000 } },
  }

  test('are so many an hour, at all hubs together and at once; another person goes on', async () => {
    const { student, other } = tenant
    const hubs = [
      await makeTestApp(database.pool, { identity: makeTestIdentity({ limits }) }),
      await makeTestApp(database.pool, { identity: makeTestIdentity({ limits }) }),
    ]
    const before = await rowCount()
    const rename = (as: TestPerson, index: number): Promise<TestAnswer> =>
      call(as, 'PATCH /me', { body: { displayname: `Name ${index}` } }, hubs[index % 2])
    const answers = await Promise.all(Array.from({ length: 20 }, (_, index) => rename(student, index)))
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(5)
    const refused = answers.filter(({ status }) => status === 429)
    expect(refused).toHaveLength(15)
    for (const { body, headers } of refused) {
      expect(body).toMatchObject({ error: 'tooMany' })
      expect(Number(headers['retry-after'])).toBeGreaterThan(3_500)
    }
    expect(await rowCount()).toBe(before + 5)
    expect((await rename(other, 1)).status).toBe(200)
    // Whoever used them up can still look, and end their sessions.
    expect((await call(student, 'GET /me', {}, hubs[0])).status).toBe(200)
    expect((await call(student, 'DELETE /auth/sessions', {}, hubs[0])).status).toBe(204)
    for (const hub of hubs) await hub.close()
  })

  test('[AUD-9] signing in is one of them, signing out never refused; what others guess uses up none', async () => {
    const hub = await startPeopleHub('signacts', { limits })
    const email = 'often@uni.example'
    await hub.join(email)
    await query(hub.pool, 'delete from rate_limits')
    const rows = async (): Promise<number> =>
      (await query(hub.pool, "select 1 from change_logs where subject <> 'failed'")).length
    const before = await rows()
    for (let round = 0; round < 5; round += 1)
      await hub.call('POST /auth/token', { body: { email, password: `a wrong one ${round}` } })
    const answers: number[] = []
    let cookie = ''
    for (let round = 0; round < 7; round += 1) {
      await query(hub.pool, "delete from rate_limits where bucket like 'signIn of %'")
      const entered = await hub.call('POST /auth/token', { body: { email, password: GOOD_PASSWORD } })
      answers.push(entered.status)
      if (entered.status === 200) cookie = entered.cookie ?? ''
      else expect(Number(entered.headers.get('retry-after'))).toBeGreaterThan(3_500)
    }
    expect(answers).toEqual([200, 200, 200, 200, 200, 429, 429])
    expect((await hub.call('POST /auth/logout', { cookie })).status).toBe(204)
    expect(await rows()).toBe(before + 6)
    await hub.stop()
  })

  test('are counted at every call that writes one down', () => {
    const uncounted = Object.entries(ROUTES as Record<string, Contract>)
      .filter(([name, { who, isAct }]) => who === 'signedIn' && !name.startsWith('GET ') && isAct !== true)
      .map(([name]) => name)
    expect(uncounted).toEqual([
      // Ten tries a minute, as signing in.
      'POST /auth/confirm',
      // Each ends a session that somebody began: what protects an account is kept from nobody.
      'DELETE /auth/sessions/:id',
      'DELETE /auth/sessions',
      'POST /me/password',
      'DELETE /me',
      // Written down nowhere.
      'PUT /spaces/:id/tracked',
      'DELETE /spaces/:id/tracked',
      // Sixty an hour, and no act of administration.
      'POST /spaces/:id/reports',
      'POST /reports/:id/withdraw',
      'POST /live/ticket',
      // Written down nowhere either.
      'POST /notifications/read',
      'POST /notifications/:id/archive',
      'POST /notifications/:id/restore',
    ])
    const reading = Object.entries(ROUTES as Record<string, Contract>)
      .filter(([name, { isAct }]) => name.startsWith('GET ') && isAct === true)
      .map(([name]) => name)
    expect(reading).toEqual(['GET /me/export', 'GET /changes', 'GET /changes.csv'])
  })
})
