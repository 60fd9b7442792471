import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { MAX_NOTICE_LENGTH, NOTICES_PER_HOUR } from '#shared/domain/notice.ts'
import { makeCheck } from '#shared/wire/parse.ts'
import { ROUTES, type RouteAnswer } from '#shared/wire/rest.ts'
import { joinTestGroup, makeTestPerson, type TestPerson } from '../accounts/testing-people.ts'
import { writeMail } from '../platform/mail/write-mail.ts'
import { query } from '../platform/postgres/database.ts'
import { makeTestDatabase, type TestDatabase } from '../platform/postgres/testing.ts'
import { makeServerKeys } from '../platform/secrets/server-secret.ts'
import { makeTestApp } from '../testing/testing-app.ts'
import { callRoute, type TestAnswer } from '../testing/testing-calls.ts'
import { makeTestTenant, type TestTenant } from '../testing/testing-spaces.ts'

let database: TestDatabase
let app: FastifyInstance
let tenant: TestTenant
let reader: TestPerson
const numbers = { tenant: 0 }

beforeAll(async () => {
  database = await makeTestDatabase('notice_routes')
  app = await makeTestApp(database.pool)
})
afterAll(async () => {
  await app.close()
  await database.drop()
})
beforeEach(async () => {
  numbers.tenant += 1
  tenant = await makeTestTenant(database.pool, `R${numbers.tenant}`)
  reader = await makeTestPerson(database.pool, tenant.campus.universityId)
})

type Input = NonNullable<Parameters<typeof callRoute>[2]>
const call = (as: TestPerson, route: string, input: Input = {}): Promise<TestAnswer> =>
  callRoute(app, route, { ...input, as: { headers: { ...as.headers } } })

const send = (text: string, to: unknown = 'all', as = tenant.chief): Promise<TestAnswer> =>
  call(as, 'POST /notices', { body: { to, text } })

type Listed = RouteAnswer<'GET /notifications'>
const check = makeCheck(ROUTES['GET /notifications'].answer.body)

async function list(as: TestPerson, queried: Record<string, unknown> = {}): Promise<Listed> {
  const { body } = await call(as, 'GET /notifications', { query: queried })
  const checked = check(body)
  if (!checked.ok) throw new Error(JSON.stringify([body, checked.refusal]))
  return checked.value
}

const texts = ({ notices }: Listed): (string | null)[] => notices.map(({ text }) => text)

describe('[NTF-6] an inbox', () => {
  test('is read newest first, in pages, up to what was read, archived and put back', async () => {
    for (const text of ['one', 'two', 'three']) expect((await send(text)).status).toBe(204)
    const first = await list(reader, { limit: 2 })
    expect([texts(first), first.hasMore]).toEqual([['three', 'two'], true])
    const older = await list(reader, { limit: 2, before: first.notices[1]?.id })
    expect([texts(older), older.hasMore]).toEqual([['one'], false])
    const two = first.notices[1]?.id ?? 0
    expect((await call(reader, 'POST /notifications/read', { body: { upTo: two } })).status).toBe(204)
    expect(texts(await list(reader, { state: 'new' }))).toEqual(['three'])
    const three = first.notices[0]?.id ?? 0
    for (let times = 0; times < 2; times += 1)
      expect((await call(reader, 'POST /notifications/:id/archive', { params: { id: three } })).status).toBe(
        204,
      )
    expect(texts(await list(reader))).toEqual(['two', 'one'])
    const archived = await list(reader, { state: 'archived' })
    expect(archived.notices).toMatchObject([{ text: 'three', isNew: false, isArchived: true }])
    for (let times = 0; times < 2; times += 1)
      expect((await call(reader, 'POST /notifications/:id/restore', { params: { id: three } })).status).toBe(
        204,
      )
    expect(texts(await list(reader))).toEqual(['three', 'two', 'one'])
    expect(texts(await list(reader, { state: 'new' }))).toEqual([])
  })

  test('costs no step of the clock where nothing of it is new, however often it is read and archived', async () => {
    await send('one')
    const [notice] = (await list(reader)).notices
    const clock = async (): Promise<unknown> =>
      query(database.pool, 'select clock from universities where id = $1', [tenant.campus.universityId])
    await call(reader, 'POST /notifications/read', { body: { upTo: notice?.id } })
    const before = await clock()
    await call(reader, 'POST /notifications/read', { body: { upTo: notice?.id } })
    for (const act of ['restore', 'archive', 'restore', 'archive'])
      await call(reader, `POST /notifications/:id/${act}`, { params: { id: notice?.id } })
    expect(await clock()).toEqual(before)
    await send('two')
    const told = await clock()
    await call(reader, 'POST /notifications/read', { body: { upTo: notice?.id } })
    expect(await clock()).toEqual(told)
  })

  test('leaves out what a newer hub tells', async () => {
    await send('one')
    await query(database.pool, "update notifications set kind = 'ofTomorrow' where university_id = $1", [
      tenant.campus.universityId,
    ])
    expect(await list(reader)).toEqual({ notices: [], hasMore: false })
  })
})

test('[NTF-5] [ACC-2] nobody sees, reads or archives what somebody else was told', async () => {
  const [row] = await query<{ id: number }>(
    database.pool,
    "insert into groups (university_id, name) values ($1, 'chess') returning id",
    [tenant.campus.universityId],
  )
  await joinTestGroup(database.pool, reader, row?.id ?? 0)
  await send('for chess', { groupId: row?.id })
  const [notice] = (await list(reader)).notices
  expect(notice).toMatchObject({ kind: 'announcement', text: 'for chess', groupName: 'chess', isNew: true })
  const elsewhere = await makeTestTenant(database.pool, `E${numbers.tenant}`)
  for (const stranger of [tenant.student, tenant.chief, elsewhere.chief]) {
    expect(await list(stranger)).toEqual({ notices: [], hasMore: false })
    for (const act of ['archive', 'restore'])
      expect(
        (await call(stranger, `POST /notifications/:id/${act}`, { params: { id: notice?.id } })).status,
      ).toBe(404)
    await call(stranger, 'POST /notifications/read', { body: { upTo: notice?.id } })
  }
  expect((await list(reader, { state: 'new' })).notices).toEqual([notice])
  expect((await send('x', { groupId: row?.id }, elsewhere.chief)).status).toBe(404)
})

describe('[NTF-11] [NTF-12] a notice that staff write', () => {
  test('is refused from others and where its text is no good, and costs nothing then', async () => {
    expect((await send('hello', 'all', tenant.student)).status).toBe(403)
    expect((await send('hello', { groupId: 9_999_999 })).status).toBe(404)
    for (const text of [' \r\n ', 'a\u202Eb', 'a\u0000b', 'é'.repeat(MAX_NOTICE_LENGTH + 1)])
      expect(await send(text)).toMatchObject({ status: 422, body: { error: 'valueRefused', at: '/text' } })
    for (const body of [{ to: 'all' }, { to: 'none', text: 'x' }, { to: { groupId: 'x' }, text: 'x' }])
      expect((await call(tenant.chief, 'POST /notices', { body })).status).toBe(400)
    expect(await list(reader)).toEqual({ notices: [], hasMore: false })
  })

  test('is stored with LF, is an act in the log without its text, and counts once under its key', async () => {
    const headers = { ...tenant.chief.headers, 'idempotency-key': 'notice-0123456789abcdef' }
    const input = { body: { to: 'all', text: ' Closed  today.\r\nSorry. ' }, as: { headers } }
    for (let times = 0; times < 2; times += 1)
      expect((await callRoute(app, 'POST /notices', input)).status).toBe(204)
    expect(texts(await list(reader))).toEqual(['Closed today.\nSorry.'])
    expect(await list(tenant.chief)).toEqual({ notices: [], hasMore: false })
    const log = await query(
      database.pool,
      "select subject, log, user_id from change_logs where service = 'notices' and university_id = $1",
      [tenant.campus.universityId],
    )
    expect(log).toEqual([{ subject: 'send', log: { isForAll: true }, user_id: tenant.chief.userId }])
  })

  test('is refused after twenty within an hour, and goes again later', async () => {
    for (let count = 0; count < NOTICES_PER_HOUR; count += 1) await send(`number ${count}`)
    const refused = await send('one more')
    expect(refused).toMatchObject({ status: 429, body: { error: 'tooMany' } })
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(3_500)
    await query(
      database.pool,
      "update notifications set created_at = created_at - interval '61 minutes' where university_id = $1",
      [tenant.campus.universityId],
    )
    expect((await send('one more')).status).toBe(204)
  })

  test('is inert: markup, links and our own signs for values stay text, in an answer and in a mail', async () => {
    const hostile = '<script>alert(1)</script> {{room}} $t(app.name)\n"><img src=x onerror=alert(1)> \u2066'
    expect((await send(hostile)).status).toBe(422)
    const text = hostile.replace(' \u2066', '')
    await send(text)
    expect(texts(await list(reader))).toEqual([text])
    const room = '</p><b>{{when}}$t(notice:approved.title)\r\nBcc: x@y.example'
    const facts = {
      registrationId: 1,
      spaceId: 1,
      room,
      startMs: 1_800_000_000_000,
      endMs: 1_800_003_600_000,
    }
    const told = { text, group: '<i>g</i>', university: 'U', timezone: 'Asia/Taipei' }
    const mail = writeMail(
      {
        keys: makeServerKeys('a secret of tests that nobody else has'),
        publicUrl: () => 'https://c.example',
      },
      {
        key: 'k',
        to: 'a@b.example',
        locale: 'en',
        template: 'notice',
        facts: { kind: 'rejected', facts, ...told },
      },
    )
    expect(mail.subject).toBe('Booking request rejected')
    expect(mail.text).toContain('<script>alert(1)</script> {{room}} $t(app.name)\n\n"><img src=x')
    expect(mail.text).toContain('{{when}}$t(notice:approved.title) Bcc: x@y.example')
    expect(mail.text).toContain('Fri, Jan 15, 16:00–17:00')
    expect(mail.text).toContain('Time zone: Asia/Taipei')
    expect(mail.text).toContain('https://c.example/inbox')
    expect(mail.html).not.toMatch(/<(?:script|img|b|i)\b/)
    expect(mail.html).toContain('&lt;script&gt;')
  })
})
