import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makePasswords } from './passwords.ts'
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
/** Hashes that were made or compared, by all calls so far. */
let hashCount = 0

beforeAll(async () => {
  const real = makePasswords({ memoryCost: 1024, timeCost: 2, parallelism: 1 })
  const counted = <Result>(run: () => Result): Result => {
    hashCount += 1
    return run()
  }
  const passwords = {
    ...real,
    hash: (password: string) => counted(() => real.hash(password)),
    verify: (password: string, stored: string | null) => counted(() => real.verify(password, stored)),
  }
  hub = await startPeopleHub('register', { passwords })
})
afterAll(() => hub.stop())

const register = (email: string, password = GOOD_PASSWORD, more: object = {}): Promise<Answered> =>
  hub.call('POST /auth/register', { body: { email, password, ...more } })
const verify = (token: string | undefined): Promise<Answered> =>
  hub.call('POST /auth/verify', { body: { token } })
const trySignIn = async (email: string, password: string): Promise<number> =>
  (await hub.call('POST /auth/token', { body: { email, password } })).status
const count = async (sql: string, values: unknown[] = []): Promise<number> =>
  (await query<{ count: number }>(hub.pool, `select count(*)::int as count from ${sql}`, values))[0]?.count ??
  -1

describe('registration', () => {
  test('[IDN-2] [IDN-6] [POR-23] in two phases: nobody is let in before the mailed link was confirmed, once', async () => {
    const email = 'ana@student.uni.example'
    expect(await register(email)).toMatchObject({ status: 202, body: null })
    const mail = await hub.mailbox.next(email)
    expect(mail.link?.path).toBe('/verify')
    expect(mail).toMatchObject({ from: 'carrel@carrel.example', subject: 'Confirm your email address' })
    expect(mail.text).toContain('Test University')
    expect(await trySignIn(email, GOOD_PASSWORD)).toBe(401)
    expect(await verify('x'.repeat(43))).toMatchObject({ status: 410, error: 'linkRefused' })
    expect(await verify(mail.link?.token)).toMatchObject({ status: 200, body: { email } })
    expect(await verify(mail.link?.token)).toMatchObject({ status: 410, error: 'linkRefused' })
    expect(await trySignIn(email, GOOD_PASSWORD)).toBe(200)
    expect(await trySignIn(email, `${GOOD_PASSWORD} `)).toBe(401)
  })

  test('[IDN-6] a link that ran out is refused, and another one can be asked for', async () => {
    const email = 'late@uni.example'
    await register(email)
    const first = await hub.mailbox.next(email)
    await query(hub.pool, "update verifications set expires_at = now() - interval '1 second'")
    expect((await verify(first.link?.token)).error).toBe('linkRefused')
    expect((await hub.call('POST /auth/verify/resend', { body: { email } })).status).toBe(202)
    const second = await hub.mailbox.next(email)
    expect((await verify(first.link?.token)).error).toBe('linkRefused')
    expect((await verify(second.link?.token)).status).toBe(200)
  })

  test('[IDN-6] no token lies in the database, only its hash', async () => {
    const email = 'hash@uni.example'
    await register(email)
    const token = (await hub.mailbox.next(email)).link?.token ?? ''
    const dump = JSON.stringify([
      await query(hub.pool, 'select * from verifications'),
      await query(hub.pool, 'select * from mail_outbox'),
      await query(hub.pool, 'select * from change_logs'),
    ])
    expect(token).toHaveLength(43)
    expect(dump).not.toContain(token)
  })

  test('[IDN-2] answers alike whether or not the address is known, for as many hashes; the mail tells', async () => {
    const known = 'known@uni.example'
    await hub.join(known)
    hashCount = 0
    const fresh = await register('fresh@uni.example')
    const costOfFresh = hashCount
    hashCount = 0
    const again = await register('KNOWN@uni.example', 'another password 9')
    expect([again.status, again.body, hashCount]).toEqual([fresh.status, fresh.body, costOfFresh])
    const names = (answer: Answered): string[] => [...answer.headers.keys()].toSorted()
    expect(names(again)).toEqual(names(fresh))
    const mail = await hub.mailbox.next(known)
    expect(mail).toMatchObject({ subject: 'You already have an account', link: null })
    expect(await trySignIn(known, GOOD_PASSWORD)).toBe(200)
    expect(await trySignIn(known, 'another password 9')).toBe(401)
    for (const path of ['/auth/verify/resend', '/auth/forgotten'])
      for (const email of [known, 'nobody@uni.example', 'nobody@elsewhere.example'])
        expect(await hub.call(`POST ${path}`, { body: { email } })).toMatchObject({ status: 202, body: null })
  })

  test('[IDN-2] nobody’s guess becomes the password of who then clicks the link', async () => {
    const email = 'victim@uni.example'
    await register(email, 'the thief chose this 1')
    const first = await hub.mailbox.next(email)
    await register(email, 'the owner chose this 2')
    const second = await hub.mailbox.next(email)
    expect((await verify(first.link?.token)).error).toBe('linkRefused')
    expect(second.link?.path).toBe('/reset')
    // Nor is there a way round: a link that is sent again lets nobody's password in either.
    await hub.call('POST /auth/verify/resend', { body: { email } })
    const third = await hub.mailbox.next(email)
    expect(third.link?.path).toBe('/reset')
    const reset = { token: third.link?.token, password: 'chosen by the reader 3' }
    expect((await hub.call('POST /auth/reset', { body: reset })).status).toBe(204)
    expect(await trySignIn(email, 'the thief chose this 1')).toBe(401)
    expect(await trySignIn(email, 'the owner chose this 2')).toBe(401)
    expect(await trySignIn(email, 'chosen by the reader 3')).toBe(200)
  })

  test('[IDN-2] two registrations of one address at once make one account with one good link', async () => {
    const email = 'twice@uni.example'
    const both = await Promise.all([register(email), register(email)])
    expect(both.map(({ status }) => status)).toEqual([202, 202])
    expect(await count('users where email_key = $1', [email])).toBe(1)
    const { link } = await hub.mailbox.next(email)
    expect((await verify(link?.token)).status).toBe(200)
    expect(await trySignIn(email, GOOD_PASSWORD)).toBe(200)
    expect(hub.mailbox.all().filter(({ to }) => to === email)).toHaveLength(1)
  })

  test.each([
    ['not-an-address', 422, 'addressRefused'],
    ['ana@elsewhere.example', 422, 'addressRefused'],
    ['ana@uni.example.evil.example', 422, 'addressRefused'],
    ['ana@notuni.example', 422, 'addressRefused'],
    ['ana@[127.0.0.1]', 422, 'addressRefused'],
    ['', 400, 'malformed'],
    ['x'.repeat(300), 400, 'malformed'],
  ])('[IDN-1] [IDN-3] with the address %j is refused', async (email, status, error) => {
    expect(await register(email)).toMatchObject({ status, error })
  })

  test('[IDN-3] only at approved universities can anybody register', async () => {
    await query(
      hub.pool,
      `insert into universities (name, email_domains, timezone, epoch, is_approved)
       values ('Closed', '{closed.uni.example}', 'UTC', 'e2', false)`,
    )
    expect((await register('ana@closed.example')).error).toBe('addressRefused')
    // A closed one does not even shadow its parent.
    expect((await register('ana@closed.uni.example')).status).toBe(202)
  })

  test('[IDN-4] says all that is wrong with a password', async () => {
    const faultsOf = async (password: string): Promise<unknown> => {
      const { error, body } = await register('rule@uni.example', password)
      return [error, (body as { faults?: unknown }).faults]
    }
    expect(await faultsOf('12345')).toEqual(['passwordRefused', ['tooShort', 'onlyDigits']])
    expect(await faultsOf('rule@uni.example')).toEqual(['passwordRefused', ['isAddress']])
    expect(await faultsOf('x'.repeat(300))).toEqual(['passwordRefused', ['tooLong']])
    expect(await faultsOf('password'.repeat(2))).toEqual(['passwordRefused', ['common']])
    expect(await count("users where email_key = 'rule@uni.example'")).toBe(0)
  })

  test('[IDN-12] each account has three tries an hour, and is answered how long to wait', async () => {
    const email = 'often@uni.example'
    const statuses: number[] = []
    for (let round = 0; round < 3; round += 1) statuses.push((await register(email)).status)
    expect(statuses).toEqual([202, 202, 202])
    const { status, error, headers } = await register(email)
    expect({ status, error }).toEqual({ status: 429, error: 'tooMany' })
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(3_500)
    const buckets = JSON.stringify(await query(hub.pool, 'select bucket from rate_limits'))
    expect(buckets).not.toContain('often')
  })

  test('[IDN-7] writes in the language that was asked for', async () => {
    await register('sl@uni.example', GOOD_PASSWORD, { locale: 'sl' })
    expect((await hub.mailbox.next('sl@uni.example')).subject).toBe('Potrdite svoj e-naslov')
    await register('zh@uni.example', GOOD_PASSWORD, { locale: 'zh-TW' })
    expect((await hub.mailbox.next('zh@uni.example')).subject).toBe('請確認您的電子郵件信箱')
  })
})

describe('a forgotten password', () => {
  test('[IDN-6] [IDN-10] is chosen anew by a link, once; all sessions end', async () => {
    const email = 'forgets@uni.example'
    const before = await hub.join(email)
    await hub.call('POST /auth/forgotten', { body: { email } })
    const { link } = await hub.mailbox.next(email)
    expect(link?.path).toBe('/reset')
    const reset = (password: string): Promise<Answered> =>
      hub.call('POST /auth/reset', { body: { token: link?.token, password } })
    expect(await reset('short')).toMatchObject({ status: 422, error: 'passwordRefused' })
    expect((await reset('a new and good one 5')).status).toBe(204)
    expect((await reset('a new and good one 6')).error).toBe('linkRefused')
    expect((await hub.call('GET /me', { bearer: before.accessToken })).status).toBe(401)
    expect((await hub.call('POST /auth/token/refresh', { cookie: before.cookie })).status).toBe(401)
    expect(await trySignIn(email, GOOD_PASSWORD)).toBe(401)
    expect(await trySignIn(email, 'a new and good one 5')).toBe(200)
    expect((await hub.mailbox.next(email)).subject).toBe('Your password was changed')
  })

  test('[IDN-6] two uses of one link at once: one of them', async () => {
    const email = 'both@uni.example'
    await hub.join(email)
    await hub.call('POST /auth/forgotten', { body: { email } })
    const { link } = await hub.mailbox.next(email)
    const uses = ['first good one 11', 'second good one 22'].map((password) =>
      hub.call('POST /auth/reset', { body: { token: link?.token, password } }),
    )
    expect((await Promise.all(uses)).map(({ status }) => status).toSorted(byNumber)).toEqual([204, 410])
  })

  test('[IDN-6] a link for one thing is none for another', async () => {
    const email = 'cross@uni.example'
    await hub.join(email)
    await hub.call('POST /auth/forgotten', { body: { email } })
    const token = (await hub.mailbox.next(email)).link?.token
    for (const path of ['/auth/verify', '/auth/email'])
      expect((await hub.call(`POST ${path}`, { body: { token } })).error).toBe('linkRefused')
  })
})

test('[IDN-7] whatever is registered, no address, password or token is in the log or in the acts', async () => {
  const acts = await query<{ subject: string }>(hub.pool, 'select * from change_logs')
  expect(new Set(acts.map(({ subject }) => subject))).toEqual(
    new Set(['register', 'verify', 'ok', 'failed', 'reset']),
  )
  const text = hub.log() + JSON.stringify(acts)
  expect(text).toContain('mail-sent')
  const tokens = hub.mailbox.all().flatMap(({ link }) => (link === null ? [] : [link.token]))
  expect(tokens.length).toBeGreaterThan(5)
  const secrets = ['@uni.example', '@student.uni.example', GOOD_PASSWORD, 'kobilarna', 'the thief', ...tokens]
  expect(secrets.filter((secret) => text.includes(secret))).toEqual([])
})

test('[IDN-18] [IDN-2] an address beyond ASCII is refused at once where the mail server takes none, known or not', async () => {
  const plain = await startPeopleHub('asciimail', { isCommon: async () => false }, { isAsciiOnly: true })
  const ask = (email: string): Promise<Answered> =>
    plain.call('POST /auth/register', { body: { email, password: GOOD_PASSWORD } })
  await makeTestPerson(plain.pool, plain.universityId, { email: 'žiga@uni.example' })
  for (const email of ['žiga@uni.example', 'špela@uni.example', 'ana.žagar@uni.example']) {
    expect(await ask(email)).toMatchObject({ status: 422, error: 'addressRefused', body: { at: '/email' } })
    for (const name of ['POST /auth/verify/resend', 'POST /auth/forgotten'])
      expect(await plain.call(name, { body: { email } })).toMatchObject({
        status: 422,
        error: 'addressRefused',
        body: { at: '/email' },
      })
  }
  const { headers } = await makeTestPerson(plain.pool, plain.universityId, { email: 'ana@uni.example' })
  const change = await plain.call('POST /me/email', { headers, body: { email: 'špela@uni.example' } })
  expect(change).toMatchObject({ status: 422, error: 'addressRefused' })
  const input = { name: 'Marsh', domains: ['marsh.example'], timezone: 'Europe/Ljubljana' }
  const asked = await plain.call('POST /universities', { body: { ...input, contact: 'žiga@marsh.example' } })
  expect(asked).toMatchObject({ status: 422, error: 'addressRefused', body: { at: '/contact' } })
  expect((await ask('ziga@uni.example')).status).toBe(202)
  // Its domain is in ASCII wherever mail goes.
  expect((await ask('ziga@knjižnica.example')).error).toBe('addressRefused')
  expect(await query(plain.pool, 'select 1 from mail_outbox where failed_at is not null')).toEqual([])
  await plain.stop()
  const any = await startPeopleHub('anymail', { isCommon: async () => false })
  expect((await any.join('žiga@uni.example')).me.email).toBe('žiga@uni.example')
  await any.stop()
})

test('[IDN-18] an address beyond ASCII is asked to come later while the mail server does not answer', async () => {
  const away = await startPeopleHub('awaymail', { isCommon: async () => false })
  await away.mailbox.stop()
  const answer = await away.call('POST /auth/register', {
    body: { email: 'žiga@uni.example', password: GOOD_PASSWORD },
  })
  expect(answer).toMatchObject({ status: 503, error: 'unavailable' })
  await away.app.close()
  await away.database.drop()
})
