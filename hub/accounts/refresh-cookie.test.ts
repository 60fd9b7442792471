import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { REFRESH_TOKEN_MS } from '#shared/domain/refresh-rule.ts'
import { loadPrefixedCookieSince } from './user-session-rows.ts'
import { query } from '../platform/postgres/database.ts'
import {
  GOOD_PASSWORD,
  startPeopleHub,
  type Answered,
  type PeopleHub,
} from '../testing/testing-routes-people.ts'
import type { CookieSettings } from './refresh-cookie.ts'

const settings: CookieSettings = { isSecure: true, isPrefixed: true, plainUntilMs: 0 }
const NEW = '__Secure-refresh_token'
const OLD = 'refresh_token'
const ATTRIBUTES = 'Path=/api/v1/auth/; HttpOnly; Secure; SameSite=Lax'
let hub: PeopleHub

beforeAll(async () => {
  hub = await startPeopleHub('refresh_cookie', { cookie: settings })
  for (const name of ['ana', 'mallory']) {
    await hub.call('POST /auth/register', { body: { email: `${name}@uni.example`, password: GOOD_PASSWORD } })
    const token = (await hub.mailbox.next(`${name}@uni.example`)).link?.token
    await hub.call('POST /auth/verify', { body: { token } })
  }
})
afterAll(() => hub.stop())
afterEach(() => {
  settings.plainUntilMs = 0
})

/** Signs in, and gives the token with the cookies as they were set. */
async function begin(name: string): Promise<{ token: string; set: string[] }> {
  const body = { email: `${name}@uni.example`, password: GOOD_PASSWORD }
  const answer = await hub.call('POST /auth/token', { body })
  const set = answer.headers.getSetCookie().filter((line) => !line.includes('known_browser='))
  return { token: /=([^;]+)/.exec(set[0] ?? '')?.[1] ?? '', set }
}

const refresh = (cookie: string): Promise<Answered> =>
  hub.call('POST /auth/token/refresh', { headers: { cookie } })
const whoOf = ({ body, status }: Answered): unknown =>
  status === 200 ? (body as { me: { email: string } }).me.email : status

describe('[EDG-8] the refresh cookie', () => {
  test('has a name that only an https page can give, and its path stays', async () => {
    const { set, token } = await begin('ana')
    expect(set).toEqual([`${NEW}=${token}; Max-Age=604800; ${ATTRIBUTES}`])
    const answer = await refresh(`a=1; ${NEW}=${token}; b=2`)
    expect(whoOf(answer)).toBe('ana@uni.example')
    expect(answer.headers.getSetCookie()).toEqual([
      expect.stringMatching(new RegExp(`^${NEW}=.{60,}; Max-Age`)),
    ])
    expect(whoOf(await refresh(`${OLD}=${token}`))).toBe(401)
  })

  test.each([
    ['another one before it', (mine: string, theirs: string) => `${NEW}=${theirs}; ${NEW}=${mine}`],
    ['another one behind it', (mine: string, theirs: string) => `${NEW}=${mine};${NEW}=${theirs}`],
    ['others between', (mine: string, theirs: string) => `${NEW}=${theirs}; a=b; ${NEW} = ${mine}`],
    ['an unreadable one', (mine: string) => `${NEW}=x; ${NEW}=${mine}`],
  ])('is believed by nobody with %s, and nothing became of either', async (_what, header) => {
    const [mine, theirs] = [await begin('ana'), await begin('mallory')]
    const answer = await refresh(header(mine.token, theirs.token))
    expect([answer.status, answer.error]).toEqual([401, 'signInNeeded'])
    expect(answer.headers.getSetCookie()).toEqual([`${NEW}=; Max-Age=0; ${ATTRIBUTES}`])
    expect(whoOf(await refresh(`${NEW}=${mine.token}`))).toBe('ana@uni.example')
    expect(whoOf(await refresh(`${NEW}=${theirs.token}`))).toBe('mallory@uni.example')
  })

  test('may come twice when both are the same', async () => {
    const { token } = await begin('ana')
    expect(whoOf(await refresh(`${NEW}=${token}; ${NEW}=${token}`))).toBe('ana@uni.example')
  })

  test('who signs out with two of them ends both', async () => {
    const [mine, theirs] = [await begin('ana'), await begin('mallory')]
    const cookie = `${NEW}=${theirs.token}; ${NEW}=${mine.token}`
    expect((await hub.call('POST /auth/logout', { headers: { cookie } })).status).toBe(204)
    for (const { token } of [mine, theirs]) expect(whoOf(await refresh(`${NEW}=${token}`))).toBe(401)
  })

  test('without the prefix is read for the seven days that it may live, and answered with the new name', async () => {
    settings.plainUntilMs = Date.now() + 60_000
    const { token } = await begin('ana')
    const answer = await refresh(`${OLD}=${token}`)
    expect(whoOf(answer)).toBe('ana@uni.example')
    expect(answer.headers.getSetCookie()).toEqual([
      expect.stringMatching(new RegExp(`^${NEW}=.{60,}; Max-Age=604800`)),
      `${OLD}=; Max-Age=0; ${ATTRIBUTES}`,
    ])
    const [mine, theirs] = [await begin('ana'), await begin('mallory')]
    for (const cookie of [
      `${OLD}=${theirs.token}; ${NEW}=${mine.token}`,
      `${NEW}=${theirs.token}; ${OLD}=${mine.token}`,
      `${OLD}=${theirs.token}; ${OLD}=${mine.token}`,
    ])
      expect(whoOf(await refresh(cookie))).toBe(401)
    settings.plainUntilMs = 0
    // From then on whoever puts one there is ignored.
    expect(whoOf(await refresh(`${OLD}=${theirs.token}`))).toBe(401)
    expect(whoOf(await refresh(`${OLD}=${theirs.token}; ${NEW}=${mine.token}`))).toBe('ana@uni.example')
  })

  test('the seven days begin when the first hub of a database gives the new name, and no start begins them anew', async () => {
    const sinceMs = await loadPrefixedCookieSince(hub.pool)
    expect(Math.abs(sinceMs - Date.now())).toBeLessThan(60_000)
    await query(
      hub.pool,
      "update cluster_facts set value = (value::bigint - 86400000)::text where name = 'prefixedCookieSince'",
    )
    expect(await loadPrefixedCookieSince(hub.pool)).toBe(sinceMs - 86_400_000)
    expect(REFRESH_TOKEN_MS).toBe(7 * 86_400_000)
  })
})

test('[EDG-8] where people come by http the name is the plain one, and two of them are refused as well', async () => {
  const plain = await startPeopleHub('plain_cookie')
  const ana = await plain.join('ana@uni.example')
  const mallory = await plain.join('mallory@uni.example')
  const cookie = `${OLD}=${mallory.cookie}; ${OLD}=${ana.cookie}`
  expect((await plain.call('POST /auth/token/refresh', { headers: { cookie } })).status).toBe(401)
  expect((await plain.call('POST /auth/token/refresh', { cookie: ana.cookie })).status).toBe(200)
  await plain.stop()
})
