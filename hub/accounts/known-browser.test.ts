import { afterEach, describe, expect, test } from 'vitest'
import { ACCOUNT_LIMITS, type AccountLimits } from '#shared/domain/conduct.ts'
import { KNOWN_BROWSER_MS, makeBrowserToken } from './known-browser.ts'
import { query } from '../platform/postgres/database.ts'
import type { CookieSettings } from './refresh-cookie.ts'
import { makeTestIdentity } from '../testing/testing-app.ts'
import {
  GOOD_PASSWORD,
  startPeopleHub,
  type Answered,
  type PeopleHub,
} from '../testing/testing-routes-people.ts'

// One hostile student, behind the one address of a campus, guesses until nobody new is let in from there.

const CAMPUS = '203.0.113.9'
const MOST = 5
const COOKIE = { isSecure: true, isPrefixed: true, plainUntilMs: 0 } satisfies CookieSettings
const NAME = '__Secure-known_browser'
const hubs: PeopleHub[] = []

afterEach(async () => {
  for (const hub of hubs.splice(0)) await hub.stop()
})

async function start(name: string, limits: Partial<AccountLimits> = {}): Promise<PeopleHub> {
  const { wrongPassword } = ACCOUNT_LIMITS
  const few = { ...wrongPassword, perAddress: { ...wrongPassword.perAddress, count: MOST } }
  const hub = await startPeopleHub(name, {
    isCommon: async () => false,
    limits: { ...ACCOUNT_LIMITS, wrongPassword: few, ...limits },
    cookie: COOKIE,
  })
  hubs.push(hub)
  for (const person of ['ana', 'bor']) {
    const email = `${person}@uni.example`
    await hub.call('POST /auth/register', { body: { email, password: GOOD_PASSWORD } })
    const token = (await hub.mailbox.next(email)).link?.token
    await hub.call('POST /auth/verify', { body: { token } })
  }
  return hub
}

const enter = (hub: PeopleHub, cookie: string, password = GOOD_PASSWORD, who = 'ana'): Promise<Answered> =>
  hub.call('POST /auth/token', {
    address: CAMPUS,
    body: { email: `${who}@uni.example`, password },
    headers: cookie === '' ? {} : { cookie },
  })

/** Signs in somewhere, and gives what the browser keeps of it. */
async function begin(
  hub: PeopleHub,
  who = 'ana',
): Promise<{ browser: string; refresh: string; bearer: string }> {
  const answer = await hub.call('POST /auth/token', {
    body: { email: `${who}@uni.example`, password: GOOD_PASSWORD },
  })
  const set = answer.headers.getSetCookie()
  const find = (name: string): string => set.find((line) => line.startsWith(`${name}=`))?.split(';')[0] ?? ''
  const { accessToken } = answer.body as { accessToken: string }
  return { browser: find(NAME), refresh: find('__Secure-refresh_token'), bearer: accessToken }
}

/** Guesses at names until the address is shut. */
async function shut(hub: PeopleHub): Promise<void> {
  for (let index = 0; index < MOST; index += 1)
    await hub.call('POST /auth/token', {
      address: CAMPUS,
      body: { email: `nobody${index}@uni.example`, password: 'a guess at it 1' },
    })
  expect((await enter(hub, '')).status).toBe(429)
}

describe('[EDG-11] a browser in which somebody signed in before', () => {
  test('lets that account in when guesses have shut its address, that account alone, and counts as none of them', async () => {
    const hub = await start('known_browser')
    const { browser } = await begin(hub)
    await shut(hub)
    expect((await enter(hub, browser)).status).toBe(200)
    expect((await enter(hub, browser, GOOD_PASSWORD, 'bor')).status).toBe(429)
    expect((await enter(hub, `${NAME}=1.2.3.4; ${browser}`)).status).toBe(200)
    await query(hub.pool, "update users set username = 'Ana1' where email_key = 'ana@uni.example'")
    const byName = (username: string): Promise<Answered> =>
      hub.call('POST /auth/token', {
        address: CAMPUS,
        body: { username, university: hub.universityId, password: GOOD_PASSWORD },
        headers: { cookie: browser },
      })
    expect((await byName('ana1')).status).toBe(200)
    expect((await byName('ana2')).status).toBe(429)
    const guesses = "select count from rate_limits where bucket like 'wrongPassword%'"
    const before = await query(hub.pool, guesses)
    expect((await enter(hub, browser, 'mistyped it 12')).status).toBe(401)
    expect(await query(hub.pool, guesses)).toEqual(before)
  })

  test('can sign in too when the address has no sign-ins left, or others have tried the name', async () => {
    const { signIn } = ACCOUNT_LIMITS
    const hub = await start('known_crowd', {
      signIn: { ...signIn, perAddress: { ...signIn.perAddress, count: 3 } },
    })
    const { browser } = await begin(hub)
    for (let round = 0; round < 4; round += 1) await enter(hub, '', 'a guess at it 1', 'bor')
    expect((await enter(hub, '', 'a guess at it 1', 'bor')).status).toBe(429)
    expect((await enter(hub, browser)).status).toBe(200)
    for (let round = 0; round < 12; round += 1)
      await hub.call('POST /auth/token', { body: { email: 'ana@uni.example', password: 'a guess at it 1' } })
    expect(
      (await hub.call('POST /auth/token', { body: { email: 'ana@uni.example', password: GOOD_PASSWORD } }))
        .status,
    ).toBe(429)
    expect((await enter(hub, browser)).status).toBe(200)
  })

  test('has tries of its own, ten a minute', async () => {
    const hub = await start('known_tries')
    const { browser } = await begin(hub)
    const answers: number[] = []
    for (let round = 0; round < 11; round += 1)
      answers.push((await enter(hub, browser, 'a guess at it 1')).status)
    expect(answers).toEqual([...Array.from({ length: 10 }, () => 401), 429])
    expect((await enter(hub, browser)).status).toBe(429)
    expect((await enter(hub, '')).status).toBe(200)
  })

  test('gives no endless sign-ins by being another browser after each: thirty a minute of one account', async () => {
    const hub = await start('known_chain')
    let { browser } = await begin(hub)
    const answers: Record<number, number> = {}
    for (let round = 0; round < 33; round += 1) {
      const answer = await enter(hub, browser)
      answers[answer.status] = (answers[answer.status] ?? 0) + 1
      const next = answer.headers.getSetCookie().find((line) => line.startsWith(NAME))
      browser = next?.split(';')[0] ?? browser
    }
    expect(answers).toEqual({ 200: 30, 429: 3 })
  }, 60_000)

  test('is given its cookie at the sign-in, for half a year, which signing out leaves and no other call needs', async () => {
    const hub = await start('known_cookie')
    const body = { email: 'ana@uni.example', password: GOOD_PASSWORD }
    const answer = await hub.call('POST /auth/token', { body })
    const set = answer.headers.getSetCookie().find((line) => line.startsWith(NAME))
    expect(set).toMatch(
      /^__Secure-known_browser=\d+\.\d+\.[\w-]{22}\.[\w-]{43}; Max-Age=15552000; Path=\/api\/v1\/auth\/; HttpOnly; Secure; SameSite=Lax$/,
    )
    expect(
      (
        await hub.call('POST /auth/token', { body: { ...body, password: 'wrong one 12' } })
      ).headers.getSetCookie(),
    ).toEqual([])
    const { browser, refresh } = await begin(hub)
    const cookie = `${refresh}; ${browser}`
    const gone = await hub.call('POST /auth/logout', { headers: { cookie } })
    expect(gone.headers.getSetCookie().filter((line) => line.startsWith(NAME))).toEqual([])
    await shut(hub)
    expect((await enter(hub, browser)).status).toBe(200)
    // It signs nobody in.
    expect((await hub.call('POST /auth/token/refresh', { headers: { cookie: browser } })).status).toBe(401)
  })

  test.each([
    [
      'another password',
      async (hub: PeopleHub, bearer: string) =>
        hub.call('POST /me/password', { bearer, body: { password: GOOD_PASSWORD } }),
    ],
    [
      'the end of all sessions',
      async (hub: PeopleHub, bearer: string) => hub.call('DELETE /auth/sessions', { bearer }),
    ],
    [
      'the account being deleted',
      async (hub: PeopleHub, bearer: string) => hub.call('DELETE /me', { bearer }),
    ],
  ])('is not known any more after %s', async (_what, end) => {
    const hub = await start('known_ended')
    const { browser, bearer } = await begin(hub)
    expect((await end(hub, bearer)).status).toBe(204)
    await shut(hub)
    expect((await enter(hub, browser)).status).toBe(429)
  })

  test('is known for half a year, and not a moment longer', async () => {
    const hub = await start('known_aged')
    const { keys } = makeTestIdentity()
    const [ana] = await query<{ id: number }>(
      hub.pool,
      "update users set browsers_since = now() - interval '1 year' where email_key = 'ana@uni.example' returning id",
    )
    await shut(hub)
    const aged = (ageMs: number): string =>
      `${NAME}=${makeBrowserToken(keys, { userId: ana?.id ?? 0, givenAtMs: Date.now() - ageMs })}`
    expect((await enter(hub, aged(KNOWN_BROWSER_MS + 1000))).status).toBe(429)
    expect((await enter(hub, aged(KNOWN_BROWSER_MS - 60_000))).status).toBe(200)
  })

  test('cannot be made up, nor made another one’s', async () => {
    const hub = await start('known_forged')
    const { browser } = await begin(hub)
    const bor = await begin(hub, 'bor')
    await shut(hub)
    const [, value = ''] = browser.split('=')
    const [user = '', at = '', nonce = '', mac = ''] = value.split('.')
    const [otherUser = ''] = bor.browser.split('=')[1]?.split('.') ?? []
    for (const token of [
      `${otherUser}.${at}.${nonce}.${mac}`,
      `${user}.${Number(at) + 1}.${nonce}.${mac}`,
      `${user}.${at}.${nonce.startsWith('A') ? 'B' : 'A'}${nonce.slice(1)}.${mac}`,
      `${user}.${at}.${nonce}.${'A'.repeat(43)}`,
      `0${user}.${at}.${nonce}.${mac}`,
    ])
      for (const who of ['ana', 'bor'])
        expect((await enter(hub, `${NAME}=${token}`, GOOD_PASSWORD, who)).status).toBe(429)
    expect((await enter(hub, browser)).status).toBe(200)
  })
})

test('[EDG-12] who is signed in is not kept from giving the password again by guesses from the same address', async () => {
  const { signIn } = ACCOUNT_LIMITS
  const hub = await start('confirm_shut', {
    signIn: { ...signIn, perAddress: { ...signIn.perAddress, count: 9 } },
  })
  const { bearer } = await begin(hub)
  await shut(hub)
  for (let round = 0; round < 10; round += 1) await enter(hub, '', 'a guess at it 1', 'bor')
  const confirm = (password: string): Promise<Answered> =>
    hub.call('POST /auth/confirm', { address: CAMPUS, bearer, body: { password } })
  expect((await confirm(GOOD_PASSWORD)).status).toBe(204)
  const answers: number[] = []
  for (let round = 0; round < 10; round += 1) answers.push((await confirm('a guess at it 1')).status)
  expect(answers).toEqual([...Array.from({ length: 9 }, () => 401), 429])
})

test('[EDG-12] nobody uses up another one’s tries to give the password again by signing in as “user 7”', async () => {
  const hub = await start('confirm_named')
  const { bearer } = await begin(hub)
  const { id } = (await hub.call('GET /me', { bearer })).body as { id: number }
  for (const email of [`user ${id}`, `USER ${id}`, `user ${id} `])
    for (let round = 0; round < 10; round += 1)
      await hub.call('POST /auth/token', { body: { email, password: 'a guess at it 1' } })
  const body = { password: GOOD_PASSWORD }
  expect((await hub.call('POST /auth/confirm', { bearer, body })).status).toBe(204)
})

test('[EDG-12] a good link, another password and another address are not refused for what others did from there', async () => {
  const hub = await start('links_shut')
  const { bearer } = await begin(hub)
  await hub.call('POST /auth/register', { body: { email: 'new@uni.example', password: GOOD_PASSWORD } })
  const verify = (await hub.mailbox.next('new@uni.example')).link?.token ?? ''
  await hub.call('POST /auth/forgotten', { body: { email: 'bor@uni.example' } })
  const reset = (await hub.mailbox.next('bor@uni.example')).link?.token ?? ''
  await query(
    hub.pool,
    `insert into rate_limits (bucket, count, resets_at)
     select name || ' from ${CAMPUS}', 100000, now() + interval '1 hour' from unnest('{link,password,resend}'::text[]) name`,
  )
  const password = 'kobilarna bela 77'
  const post = async (path: string, body: unknown, more: { bearer?: string } = {}): Promise<number> =>
    (await hub.call(`POST ${path}`, { address: CAMPUS, body, ...more })).status
  for (const path of ['/auth/verify', '/auth/email'])
    expect(await post(path, { token: 'A'.repeat(43) })).toBe(429)
  expect(await post('/auth/reset', { token: 'A'.repeat(43), password })).toBe(429)
  expect(await post('/auth/verify', { token: verify })).toBe(200)
  expect(await post('/auth/reset', { token: reset, password })).toBe(204)
  expect(await post('/me/password', { password }, { bearer })).toBe(204)
  expect(await post('/me/email', { email: 'ana2@uni.example' }, { bearer })).toBe(202)
})
