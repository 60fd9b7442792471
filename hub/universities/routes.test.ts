import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { linkToken } from '../platform/secrets/link-tokens.ts'
import { joinTestGroup, makeTestPerson, type TestPerson } from '../accounts/testing-people.ts'
import { query } from '../platform/postgres/database.ts'
import { makeTestDatabase, type TestDatabase } from '../platform/postgres/testing.ts'
import { raceBehind } from '../platform/postgres/testing-race.ts'
import { insertTestUniversity } from '../testing/testing-rows.ts'
import { dropOldRequests } from './university-request-rows.ts'
import { makeTestApp, makeTestIdentity } from '../testing/testing-app.ts'
import { callRoute, type TestAnswer } from '../testing/testing-calls.ts'

let database: TestDatabase
let app: FastifyInstance
let keeper: TestPerson
const identity = makeTestIdentity()
const kicks = { count: 0 }

beforeAll(async () => {
  database = await makeTestDatabase('universities')
  app = await makeTestApp(database.pool, {
    identity: { ...identity, kickMail: () => void (kicks.count += 1) },
    requestLimits: { inAll: 4, perAddress: 2 },
  })
})
afterAll(async () => {
  await app.close()
  await database.drop()
})
beforeEach(async () => {
  await database.pool.query('delete from university_requests')
  await database.pool.query('delete from mail_outbox')
  keeper = await makeTestPerson(database.pool, null)
})

const statusesOf = (answers: TestAnswer[]): number[] =>
  answers.map(({ status }) => status).toSorted((one, other) => one - other)

const names = { next: 0 }
const requestOf = (more: object = {}): object => {
  names.next += 1
  return {
    name: `Marsh ${names.next}`,
    domains: [`marsh${names.next}.edu`],
    timezone: 'Europe/Ljubljana',
    contact: 'Dean@marsh.edu',
    locale: 'sl',
    ...more,
  }
}

const ask = (more: object = {}, remoteAddress = '192.0.2.1'): Promise<TestAnswer> =>
  callRoute(app, 'POST /universities', { body: requestOf(more), remoteAddress })

const mails = (): Promise<
  { key: string; to: string; template: string; locale: string; facts: { nonce?: string } }[]
> =>
  query(
    database.pool,
    'select key, to_address as "to", template, locale, facts from mail_outbox order by id desc',
  )

/** The token of the newest link, as it would be in the mail. */
async function tokenOfMail(): Promise<string> {
  const mail = (await mails()).find(({ template }) => template === 'confirmUniversity')
  return linkToken(identity.keys, 'university', mail?.facts.nonce ?? '')
}

const confirm = (token: string): Promise<TestAnswer> =>
  callRoute(app, 'POST /universities/confirm', { body: { token } })

interface Request {
  id: number
  name: string
  isContactConfirmed: boolean
}

const waiting = async (): Promise<Request[]> =>
  ((await callRoute(app, 'GET /platform/requests', { as: keeper })).body as { requests: Request[] }).requests

async function askConfirmed(more: object = {}): Promise<Request> {
  expect((await ask(more)).status).toBe(202)
  expect((await confirm(await tokenOfMail())).status).toBe(204)
  const request = (await waiting()).at(-1)
  if (request === undefined) throw new Error('nothing waits')
  return request
}

const approve = (id: number, as = keeper): Promise<TestAnswer> =>
  callRoute(app, 'POST /platform/requests/:id/approve', { params: { id }, as })
const reject = (id: number, body: object = {}, as = keeper): Promise<TestAnswer> =>
  callRoute(app, 'POST /platform/requests/:id/reject', { params: { id }, body, as })

const refused = (why: string, more: object = {}): object => ({ body: { error: why, ...more } })

const logged = (universityId: number | null): Promise<object[]> =>
  query(
    database.pool,
    `select actor, host(address) as address, subject, log from change_logs
     where service = 'universities' and university_id is not distinct from $1 order by id`,
    [universityId],
  )

describe('[UNI-1] anyone', () => {
  test('sees the names of approved universities, and nothing else', async () => {
    const id = await insertTestUniversity(database.pool, 'Open')
    const shut = await insertTestUniversity(database.pool, 'Shut')
    await database.pool.query('update universities set is_approved = false where id = $1', [shut])
    const answer = await callRoute(app, 'GET /universities')
    expect(answer).toMatchObject({
      status: 200,
      body: { universities: [{ id, name: 'Open', hasDirectory: false }] },
    })
  })

  test('asks for one; the contact gets a link, in the language that was said', async () => {
    const before = kicks.count
    expect(await ask()).toMatchObject({ status: 202, body: null })
    expect(await mails()).toMatchObject([
      {
        to: 'Dean@marsh.edu',
        template: 'confirmUniversity',
        locale: 'sl',
        facts: { nonce: expect.anything() },
      },
    ])
    expect(kicks.count).toBe(before + 1)
    const text = JSON.stringify(await query(database.pool, 'select * from mail_outbox, university_requests'))
    expect(text).not.toContain(await tokenOfMail())
  })

  test.each([
    [{ name: '\u0000' }, 'nameRefused', '/name'],
    [{ name: 'Win at evil.example/x' }, 'nameRefused', '/name'],
    [{ contact: 'nobody' }, 'addressRefused', '/contact'],
    [{ domains: ['edu'] }, 'valueRefused', '/domains/0'],
    [{ timezone: 'Nowhere' }, 'valueRefused', '/timezone'],
    [{ isApproved: true }, 'malformed', '/isApproved'],
  ])('is refused %j', async (wrong, why, at) => {
    expect(await ask(wrong)).toMatchObject(refused(why, { at }))
    expect([await mails(), await waiting()]).toEqual([[], []])
  })

  test('may have so many waiting from one address, one household of IPv6 being one', async () => {
    expect((await ask({}, '2001:db8::1')).status).toBe(202)
    expect((await ask({}, '2001:db8::2')).status).toBe(202)
    const third = await ask({}, '2001:db8::3')
    expect(third).toMatchObject({ status: 429, ...refused('tooMany') })
    expect(Number(third.headers['retry-after'])).toBeGreaterThan(86_000)
    expect((await ask({}, '2001:db8:0:1::1')).status).toBe(202)
    expect(await mails()).toHaveLength(3)
  })

  test('finds it full when so many wait in all, also when several ask at once', async () => {
    const from = (last: number) => (): Promise<TestAnswer> => ask({}, `192.0.2.${last}`)
    const answers = await raceBehind(
      database.pool,
      { sql: 'lock table university_requests in row exclusive mode', values: [] },
      [1, 2, 3, 4, 5, 6].map(from),
    )
    expect(statusesOf(answers)).toEqual([202, 202, 202, 202, 409, 409])
    expect(answers.find(({ status }) => status === 409)).toMatchObject(refused('quotaReached'))
  })

  test('may ask again when a request ran out or was decided', async () => {
    await ask()
    await ask()
    expect((await ask()).status).toBe(429)
    await database.pool.query("update university_requests set expires_at = now() - interval '1 second'")
    const { id } = await askConfirmed()
    await ask()
    expect((await ask()).status).toBe(429)
    expect((await reject(id)).status).toBe(204)
    expect((await ask()).status).toBe(202)
  })
})

describe('[UNI-2] the contact', () => {
  test('confirms with the link, once', async () => {
    await ask()
    const token = await tokenOfMail()
    expect((await waiting()).map(({ isContactConfirmed }) => isContactConfirmed)).toEqual([false])
    const answers = await Promise.all([confirm(token), confirm(token), confirm(token)])
    expect(statusesOf(answers)).toEqual([204, 410, 410])
    expect(await confirm('A'.repeat(43))).toMatchObject({ status: 410, ...refused('linkRefused') })
    expect((await waiting()).map(({ isContactConfirmed }) => isContactConfirmed)).toEqual([true])
  })

  test('who has not confirmed cannot be decided about', async () => {
    await ask()
    const [request] = await waiting()
    for (const answer of [await approve(request?.id ?? 0), await reject(request?.id ?? 0)])
      expect(answer).toMatchObject({ status: 422, ...refused('valueRefused') })
    expect((await mails()).map(({ template }) => template)).toEqual(['confirmUniversity'])
  })

  test('has a day; then the request is gone', async () => {
    await ask()
    const [row] = await query<{ hours: number }>(
      database.pool,
      'select round(extract(epoch from expires_at - created_at) / 3600)::int as hours from university_requests',
    )
    expect(row).toEqual({ hours: 24 })
    const token = await tokenOfMail()
    await database.pool.query("update university_requests set expires_at = now() - interval '1 second'")
    expect(await confirm(token)).toMatchObject({ status: 410 })
    expect(await waiting()).toEqual([])
    await dropOldRequests(database.pool)
    expect(await query(database.pool, 'select 1 from university_requests')).toEqual([])
  })
})

describe('[UNI-3] a request', () => {
  test('is seen and decided by platform administrators only, with their password given lately', async () => {
    const { id } = await askConfirmed()
    const universityId = await insertTestUniversity(database.pool, `Own ${id}`)
    const dean = await makeTestPerson(database.pool, universityId)
    await joinTestGroup(database.pool, dean, 'super', 'admin')
    const denied = { status: 403, ...refused('notAllowed') }
    expect(await callRoute(app, 'GET /platform/requests', { as: dean })).toMatchObject(denied)
    for (const which of [id, 999]) {
      expect(await approve(which, dean)).toMatchObject(denied)
      expect(await reject(which, {}, dean)).toMatchObject(denied)
    }
    await database.pool.query("update sessions set confirmed_at = now() - interval '11 minutes'")
    expect(await approve(id)).toMatchObject({ status: 403, ...refused('passwordNeeded') })
    expect(await reject(id)).toMatchObject({ status: 403, ...refused('passwordNeeded') })
    expect(await waiting()).toHaveLength(1)
  })

  test('that is turned down is mailed with its reason, and decided once', async () => {
    const { id, name } = await askConfirmed()
    expect(await reject(id, { reason: 'a\u202e' })).toMatchObject(refused('valueRefused', { at: '/reason' }))
    expect((await reject(id, { reason: ' No\nlibrary ' })).status).toBe(204)
    expect((await mails())[0]).toMatchObject({
      to: 'Dean@marsh.edu',
      template: 'universityRejected',
      facts: { university: name, reason: 'No library' },
    })
    expect([(await reject(id)).status, (await approve(id)).status]).toEqual([404, 404])
    expect((await logged(null)).at(-1)).toEqual({
      actor: `user ${keeper.userId}`,
      address: '127.0.0.1',
      subject: 'reject',
      log: { requestId: id, name, reason: 'No library' },
    })
  })
})

describe('[UNI-4] approval', () => {
  test('[EDG-10] is not given to a name that is an address, from before such names were refused', async () => {
    const request = await askConfirmed()
    await database.pool.query("update university_requests set name = 'Win at evil.example' where id = $1", [
      request.id,
    ])
    expect(await approve(request.id)).toMatchObject(refused('valueRefused', { at: '/name' }))
  })

  test('makes the university with its super group and its own space, mails the contact, and is written down', async () => {
    const request = await askConfirmed()
    const answer = await approve(request.id)
    expect(answer.status).toBe(201)
    const { universityId } = answer.body as { universityId: number }
    const made = await query(
      database.pool,
      `select u.name, u.is_approved, u.clock, g.name as "group", s.name as space, s.kind, s.parent_id
       from universities u join groups g on g.university_id = u.id and g.is_super join spaces s on s.university_id = u.id
       where u.id = $1`,
      [universityId],
    )
    const { name } = request
    const root = { space: name, kind: 'university', parent_id: null }
    expect(made).toEqual([{ name, is_approved: true, clock: 1, group: 'cspace', ...root }])
    expect((await mails())[0]).toMatchObject({ template: 'universityApproved', facts: { university: name } })
    const actor = `user ${keeper.userId}`
    expect(await logged(universityId)).toMatchObject([
      { actor, address: null, subject: 'add', log: { name } },
    ])
    expect((await logged(null)).at(-1)).toMatchObject({
      actor,
      address: '127.0.0.1',
      subject: 'approve',
      log: {
        requestId: request.id,
        universityId,
      },
    })
    expect(await waiting()).toEqual([])
  })

  test('of a name or domain that is taken is refused, and makes nothing; of two at once one is made', async () => {
    const first = await askConfirmed({ name: 'Twin', domains: ['twin.edu'] })
    const second = await askConfirmed({ name: 'Other', domains: ['other.edu', 'twin.edu'] })
    const answers = await Promise.all([approve(first.id), approve(second.id)])
    expect(statusesOf(answers)).toEqual([201, 409])
    expect(answers.find(({ status }) => status === 409)).toMatchObject(refused('nameTaken'))
    expect(await waiting()).toHaveLength(1)
    const taken = answers[0]?.status === 201 ? 'tWIN' : 'oTHER'
    const third = await askConfirmed({ name: taken, domains: ['third.edu'] })
    expect((await waiting()).at(-1)).toMatchObject({ collisions: [{ kind: 'name' }] })
    expect((await approve(third.id)).status).toBe(409)
  })

  test('[UNI-4] says which of both is taken: the name, or which domain', async () => {
    const first = await askConfirmed({ name: 'First here', domains: ['first-here.edu'] })
    expect((await approve(first.id)).status).toBe(201)
    for (const [input, at] of [
      [{ name: 'first HERE', domains: ['elsewhere.edu'] }, '/name'],
      [{ name: 'Second here', domains: ['second-here.edu', 'first-here.edu'] }, '/domains/1'],
    ] as const) {
      const { id } = await askConfirmed({ name: input.name, domains: [...input.domains] })
      const answer = await approve(id)
      expect(answer.status).toBe(409)
      expect(answer.body).toMatchObject({ error: 'nameTaken', at })
    }
  })

  test('of a public mail provider would be for everybody, and is refused', async () => {
    const { id } = await askConfirmed({ domains: ['fine.edu', 'gmail.com'] })
    expect(await waiting()).toMatchObject([
      { collisions: [{ kind: 'publicProvider', domain: 'gmail.com', university: null }] },
    ])
    expect(await approve(id)).toMatchObject({ status: 422, ...refused('valueRefused', { at: '/domains/1' }) })
  })

  test('by two at once happens once', async () => {
    const { id } = await askConfirmed()
    const answers = await raceBehind(
      database.pool,
      { sql: 'select 1 from university_requests where id = $1 for update', values: [id] },
      [() => approve(id), () => reject(id)],
    )
    expect(answers.filter(({ status }) => status < 300)).toHaveLength(1)
    expect(answers.filter(({ status }) => status === 404)).toHaveLength(1)
    expect((await mails()).filter(({ key }) => key.endsWith('decided'))).toHaveLength(1)
  })
})
