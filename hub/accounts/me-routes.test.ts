import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { eraseStaleAccounts } from './erase-account.ts'
import { makeTestPerson } from './testing-people.ts'
import { query } from '../platform/postgres/database.ts'
import {
  GOOD_PASSWORD,
  byNumber,
  startPeopleHub,
  type Answered,
  type PeopleHub,
} from '../testing/testing-routes-people.ts'

let hub: PeopleHub

beforeAll(async () => {
  hub = await startPeopleHub('me', { isCommon: async () => false })
})
afterAll(() => hub.stop())

const NEW_PASSWORD = 'burja ob obali 8'
const statusOfMe = async (bearer: string): Promise<number> => (await hub.call('GET /me', { bearer })).status
const confirm = (bearer: string, password = GOOD_PASSWORD): Promise<Answered> =>
  hub.call('POST /auth/confirm', { bearer, body: { password } })
/** The password was given longer ago than ten minutes. */
const letTimePass = (userId: number): Promise<unknown> =>
  query(hub.pool, "update sessions set confirmed_at = now() - interval '601 seconds' where user_id = $1", [
    userId,
  ])

describe('my account', () => {
  test('[IDN-14] [EDG-10] [LNG-4] has a name and a language, which I change; nothing else is taken', async () => {
    const { accessToken: bearer } = await hub.join('name@uni.example')
    const patch = (body: unknown): Promise<Answered> => hub.call('PATCH /me', { bearer, body })
    expect((await patch({ displayname: '  Ana  Kovač ', locale: 'sl' })).body).toMatchObject({
      displayname: 'Ana Kovač',
      locale: 'sl',
      email: 'name@uni.example',
      isFromDirectory: false,
    })
    expect((await patch({ locale: 'cy-x-carrel' })).body).toMatchObject({ locale: 'cy-x-carrel' })
    expect((await patch({ locale: null })).body).toMatchObject({ displayname: 'Ana Kovač', locale: null })
    expect((await patch({ displayname: '\u202enimda' })).error).toBe('nameRefused')
    expect((await patch({ displayname: 'x'.repeat(81) })).error).toBe('nameRefused')
    expect((await patch({ displayname: 'see evil。com' })).body).toMatchObject({
      error: 'nameRefused',
      nameFault: 'address',
    })
    for (const body of [
      { isPlatformAdmin: true },
      { university: 2 },
      { email: 'x@uni.example' },
      { locale: 'no language' },
      { locale: 'x'.repeat(36) },
    ])
      expect((await patch(body)).error).toBe('malformed')
    expect((await patch({ displayname: '' })).body).toMatchObject({ displayname: null })
  })

  test('[IDN-10] sensitive acts ask for the password again after ten minutes', async () => {
    const { accessToken: bearer, me } = await hub.join('sensitive@uni.example')
    await letTimePass(me.id)
    const acts: [string, unknown][] = [
      ['POST /me/password', { password: NEW_PASSWORD }],
      ['POST /me/email', { email: 'other@uni.example' }],
      ['GET /me/export', undefined],
      ['DELETE /me', undefined],
    ]
    for (const [name, body] of acts)
      expect(await hub.call(name, { bearer, body })).toMatchObject({ status: 403, error: 'passwordNeeded' })
    expect(await confirm(bearer, 'not my password')).toMatchObject({
      status: 401,
      error: 'credentialsRefused',
    })
    expect((await hub.call('GET /me/export', { bearer })).status).toBe(403)
    expect((await confirm(bearer)).status).toBe(204)
    expect((await hub.call('GET /me/export', { bearer })).status).toBe(200)
  })

  test('[IDN-10] a changed password ends all other sessions, and the mails with links', async () => {
    const email = 'change@uni.example'
    const other = await hub.join(email)
    const mine = await hub.signIn(email, GOOD_PASSWORD)
    await hub.call('POST /auth/forgotten', { body: { email } })
    const { link } = await hub.mailbox.next(email)
    const change = (password: string): Promise<Answered> =>
      hub.call('POST /me/password', { bearer: mine.accessToken, body: { password } })
    expect(await change(email)).toMatchObject({ status: 422, error: 'passwordRefused' })
    expect((await change(NEW_PASSWORD)).status).toBe(204)
    expect([await statusOfMe(mine.accessToken), await statusOfMe(other.accessToken)]).toEqual([200, 401])
    expect((await hub.call('POST /auth/token/refresh', { cookie: mine.cookie })).status).toBe(200)
    const reset = { token: link?.token, password: 'of the thief 1234' }
    expect((await hub.call('POST /auth/reset', { body: reset })).error).toBe('linkRefused')
    await hub.signIn(email, NEW_PASSWORD)
    expect((await hub.mailbox.next(email)).subject).toBe('Your password was changed')
  })

  test('[IDN-20] a new password may be tried ten times in ten minutes, and is checked only when it was counted', async () => {
    let checked = 0
    const counting = await startPeopleHub('checked', {
      isCommon: async () => {
        checked += 1
        return true
      },
    })
    const { headers } = await makeTestPerson(counting.pool, counting.universityId)
    const change = (): Promise<Answered> =>
      counting.call('POST /me/password', { headers, body: { password: NEW_PASSWORD } })
    const answers = await Promise.all(Array.from({ length: 14 }, change))
    expect(answers.filter(({ error }) => error === 'passwordRefused')).toHaveLength(10)
    expect(answers.filter(({ error }) => error === 'tooMany')).toHaveLength(4)
    expect(checked).toBe(10)
    await counting.stop()
  })

  test('[IDN-20] who finds the password checker busy is asked to come again later', async () => {
    const busy = await startPeopleHub('busychecker', { isCommon: async () => 'busy' })
    const { headers } = await makeTestPerson(busy.pool, busy.universityId)
    const answer = await busy.call('POST /me/password', { headers, body: { password: NEW_PASSWORD } })
    expect(answer).toMatchObject({ status: 429, error: 'tooMany' })
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0)
    await busy.stop()
  })

  test('[IDN-10] another address is confirmed there, mailed to the old one, and ends all other sessions', async () => {
    const [from, to] = ['from@uni.example', 'to@knjiznica.example']
    const other = await hub.join(from)
    const mine = await hub.signIn(from, GOOD_PASSWORD)
    const ask = (email: string): Promise<Answered> =>
      hub.call('POST /me/email', { bearer: mine.accessToken, body: { email } })
    for (const email of ['to@elsewhere.example', 'FROM@uni.example', 'x'])
      expect(await ask(email)).toMatchObject({ status: 422, error: 'addressRefused', body: { at: '/email' } })
    expect((await ask(to)).status).toBe(202)
    const { link } = await hub.mailbox.next(to)
    expect(link?.path).toBe('/email')
    expect((await hub.mailbox.next(from)).subject).toBe('Email address change requested')
    expect((await hub.call('GET /me', { bearer: mine.accessToken })).body).toMatchObject({ email: from })
    const use = (): Promise<Answered> =>
      hub.call('POST /auth/email', { body: { token: link?.token }, cookie: mine.cookie })
    expect((await use()).status).toBe(204)
    expect((await use()).error).toBe('linkRefused')
    expect((await hub.mailbox.next(from)).subject).toBe('Your email address was changed')
    expect([await statusOfMe(mine.accessToken), await statusOfMe(other.accessToken)]).toEqual([200, 401])
    expect((await hub.signIn(to, GOOD_PASSWORD)).me.id).toBe(mine.me.id)
    expect(
      (await hub.call('POST /auth/token', { body: { email: from, password: GOOD_PASSWORD } })).status,
    ).toBe(401)
  })

  test('[IDN-2] an address in use is not revealed to who asks for it, and two who want one do not both get it', async () => {
    const used = 'used@uni.example'
    await hub.join(used)
    const [one, two] = [await hub.join('wants1@uni.example'), await hub.join('wants2@uni.example')]
    const ask = (bearer: string, email: string): Promise<Answered> =>
      hub.call('POST /me/email', { bearer, body: { email } })
    expect(await ask(one.accessToken, used)).toMatchObject({ status: 202, body: null })
    expect(await hub.mailbox.next(used)).toMatchObject({ subject: 'You already have an account', link: null })
    const free = 'free@uni.example'
    await ask(one.accessToken, free)
    await ask(two.accessToken, free)
    const links = [await hub.mailbox.next(free), await hub.mailbox.next(free)]
    const uses = links.map(({ link }) => hub.call('POST /auth/email', { body: { token: link?.token } }))
    expect((await Promise.all(uses)).map(({ status }) => status).toSorted(byNumber)).toEqual([204, 410])
  })

  test('[IDN-11] all that is stored about me is mine to have, without hashes or tokens', async () => {
    const { accessToken: bearer, cookie, me } = await hub.join('export@uni.example')
    await query(
      hub.pool,
      `insert into change_logs (university_id, actor, user_id, address, service, subject, log)
       select $1, 'user 7', null, '192.0.2.200', 'groups', 'add', json_build_object('userId', $2::bigint)`,
      [hub.universityId, me.id],
    )
    const { status, body, headers } = await hub.call('GET /me/export', { bearer })
    expect(status).toBe(200)
    expect(headers.get('content-disposition')).toContain('attachment')
    expect(body).toMatchObject({
      account: [{ email: 'export@uni.example', university: 'Test University' }],
      sessions: [{ user_agent: 'test' }],
      acts: [
        { subject: 'register' },
        { subject: 'verify' },
        { subject: 'ok' },
        { subject: 'add', address: null },
        { subject: 'export' },
      ],
    })
    expect(Object.keys(body as object).toSorted()).toEqual([
      'account',
      'acts',
      'calls',
      'groups',
      'keptRows',
      'links',
      'notices',
      'reports',
      'sessions',
      'spaces',
      'trackedSpaces',
      'withdrawals',
    ])
    expect(JSON.stringify(body)).not.toMatch(/argon2|hash|token/)
    expect(JSON.stringify(body)).not.toContain(cookie.split('.')[0])
  })

  test('[IDN-11] deleting leaves an empty row under a number that says nothing; the address must wait a day', async () => {
    const email = 'leaves@uni.example'
    const { accessToken: bearer, cookie, me } = await hub.join(email)
    await query(hub.pool, "update users set displayname = 'Lea' where id = $1", [me.id])
    await query(
      hub.pool,
      `insert into mutations (university_id, actor_kind, actor_id, key, hash, outcome, clock, at)
       select associated_university_id, 'person', id, 'key-of-a-person-1', 'h', 'done', 1, now() from users where id = $1`,
      [me.id],
    )
    const done = await hub.call('DELETE /me', { bearer })
    expect([done.status, done.cookie]).toEqual([204, ''])
    expect(await query(hub.pool, 'select 1 from mutations where actor_id = $1', [me.id])).toEqual([])
    const [row] = await query<Record<string, unknown>>(hub.pool, 'select * from users where id = $1', [me.id])
    const kept = Object.entries(row ?? {}).filter(([, value]) => value !== null && value !== false)
    expect(kept.map(([name]) => name).toSorted()).toEqual([
      'associated_university_id',
      'browsers_since',
      'created_at',
      'erased_at',
      'id',
      'updated_at',
    ])
    expect([
      await statusOfMe(bearer),
      (await hub.call('POST /auth/token/refresh', { cookie })).status,
    ]).toEqual([401, 401])
    expect((await hub.mailbox.next(email)).subject).toBe('Your account was deleted')
    for (const table of ['sessions', 'verifications', 'user_group', 'users_tracked_spaces'])
      expect(await query(hub.pool, `select 1 from ${table} where user_id = $1`, [me.id])).toEqual([])
    const everything = JSON.stringify([
      await query(hub.pool, 'select * from change_logs'),
      await query(hub.pool, 'select * from address_marks'),
      await query(hub.pool, 'select * from mail_outbox'),
      await query(hub.pool, 'select * from users'),
    ])
    expect(everything).not.toContain(email)
    expect((await hub.call('POST /auth/register', { body: { email, password: GOOD_PASSWORD } })).status).toBe(
      202,
    )
    expect(await hub.mailbox.next(email)).toMatchObject({
      subject: 'You can’t create an account yet',
      link: null,
    })
    await query(hub.pool, 'update address_marks set until = now()')
    expect((await hub.join(email)).me.id).not.toBe(me.id)
  })

  test('[IDN-11] the last administrator of a super group or of the platform stays, also when two go at once', async () => {
    const admins = [await hub.join('admin1@uni.example'), await hub.join('admin2@uni.example')]
    for (const { me } of admins)
      await query(
        hub.pool,
        `insert into user_group (university_id, user_id, group_id, permissions)
         select $1, $2, id, 'admin' from groups where university_id = $1 and is_super`,
        [hub.universityId, me.id],
      )
    const leave = (): Promise<Answered>[] =>
      admins.map(({ accessToken }) => hub.call('DELETE /me', { bearer: accessToken }))
    const answers = await Promise.all(leave())
    expect(answers.map(({ status }) => status).toSorted(byNumber)).toEqual([204, 409])
    expect(answers.find(({ status }) => status === 409)?.error).toBe('lastAdmin')
  })

  test('accounts that nobody confirmed are emptied after their links have run out', async () => {
    const email = 'stale@uni.example'
    await hub.call('POST /auth/register', { body: { email, password: GOOD_PASSWORD } })
    await eraseStaleAccounts(hub.pool)
    const left = (): Promise<object[]> => query(hub.pool, 'select 1 from users where email_key = $1', [email])
    expect(await left()).toHaveLength(1)
    await query(hub.pool, "update users set updated_at = now() - interval '9 days' where email_key = $1", [
      email,
    ])
    await query(hub.pool, "update verifications set expires_at = now() - interval '8 days'")
    await eraseStaleAccounts(hub.pool)
    expect(await left()).toHaveLength(0)
  })
})
