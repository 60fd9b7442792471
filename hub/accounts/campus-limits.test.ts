import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, describe, expect, test } from 'vitest'
import {
  ACCOUNT_LIMITS,
  type AccountLimitName,
  type AccountLimits,
  type AttemptLimit,
} from '#shared/domain/conduct.ts'
import { refuse } from '#shared/domain/decision.ts'
import { noDirectories, type Directories } from '../directories/directories.ts'
import { makePasswordSlots } from './account-dependencies.ts'
import { makePasswords } from './passwords.ts'
import { makeTestPerson } from './testing-people.ts'
import { query } from '../platform/postgres/database.ts'
import { makeTestApp, makeTestIdentity } from '../testing/testing-app.ts'
import { callRoute } from '../testing/testing-calls.ts'
import {
  GOOD_PASSWORD,
  startPeopleHub,
  type Answered,
  type PeopleHub,
} from '../testing/testing-routes-people.ts'

// A campus behind one address of the network: everybody there is one for the hub.

const CAMPUS = '203.0.113.9'
const HOUR_MS = 3_600_000
const hubs: PeopleHub[] = []

afterEach(async () => {
  for (const hub of hubs.splice(0)) await hub.stop()
})

async function start(
  name: string,
  perAddress: Partial<Record<AccountLimitName, number>> = {},
  directories: Directories = noDirectories,
  windowMs?: number,
): Promise<PeopleHub> {
  const limits: AccountLimits = { ...ACCOUNT_LIMITS }
  // The same counts in longer windows: what fits into an hour fits into a minute, however slow the machine is.
  if (windowMs !== undefined)
    for (const [door, { perAccount, perAddress: all }] of Object.entries(ACCOUNT_LIMITS))
      limits[door as AccountLimitName] = {
        perAccount: { ...perAccount, windowMs },
        perAddress: { ...all, windowMs },
      }
  for (const [door, count] of Object.entries(perAddress) as [AccountLimitName, number][]) {
    const limit: AttemptLimit = { ...ACCOUNT_LIMITS[door].perAddress, count }
    limits[door] = { ...ACCOUNT_LIMITS[door], perAddress: limit }
  }
  const hub = await startPeopleHub(name, {
    isCommon: async (password) => password.startsWith('weak'),
    limits,
    directories,
  })
  hubs.push(hub)
  return hub
}

const signIn = (hub: PeopleHub, email: string, password: string, address = CAMPUS): Promise<Answered> =>
  hub.call('POST /auth/token', { address, body: { email, password } })
const register = (
  hub: PeopleHub,
  email: string,
  password = GOOD_PASSWORD,
  address = CAMPUS,
): Promise<Answered> => hub.call('POST /auth/register', { address, body: { email, password } })

/** Runs so many, a few at a time, and gives how often each status came. */
async function crowd(
  count: number,
  run: (index: number) => Promise<Answered>,
): Promise<Record<number, number>> {
  const counts: Record<number, number> = {}
  const indices = Array.from({ length: count }, (_, index) => index)
  const one = async (): Promise<void> => {
    for (let index = indices.shift(); index !== undefined; index = indices.shift()) {
      const { status } = await run(index)
      counts[status] = (counts[status] ?? 0) + 1
    }
  }
  await Promise.all(Array.from({ length: 8 }, one))
  return counts
}

describe('[EDG-6] a campus behind one address', () => {
  test('registers, asks for its mails again, and signs in: three hundred people within a minute', async () => {
    const hub = await start('campus', {}, noDirectories, HOUR_MS)
    const name = (index: number): string => `p${index}@uni.example`
    expect(await crowd(300, (index) => register(hub, name(index)))).toEqual({ 202: 300 })
    await query(hub.pool, 'update users set verified_at = now()')
    expect(await crowd(300, (index) => signIn(hub, name(index), GOOD_PASSWORD))).toEqual({ 200: 300 })
    for (const path of ['/auth/verify/resend', '/auth/forgotten'])
      expect(
        await crowd(100, (index) =>
          hub.call(`POST ${path}`, { address: CAMPUS, body: { email: name(index) } }),
        ),
      ).toEqual({ 202: 100 })
    const counts = await query<{ bucket: string; count: number }>(
      hub.pool,
      "select bucket, count from rate_limits where bucket like '% from %' order by bucket",
    )
    // All of it counted in one and the same window.
    expect(counts.map(({ bucket, count }) => [bucket.split(' ')[0], count])).toEqual([
      ['forgotten', 100],
      ['password', 300],
      ['register', 300],
      ['resend', 100],
      ['signIn', 300],
    ])
  }, 120_000)

  test('[IDN-25] fills a lecture hall: 150 register at once, with a real password checker and real hashes, each asked to come again within ten seconds until it is in', async () => {
    const hub = await startPeopleHub('lecture', { passwords: makePasswords() })
    hubs.push(hub)
    const waits: number[] = []
    const untilIn = async (index: number): Promise<Answered> => {
      const answer = await register(hub, `hall${index}@uni.example`, `kobilarna rdeca ${index}`)
      if (answer.status !== 429) return answer
      const seconds = Number(answer.headers.get('retry-after'))
      waits.push(seconds)
      if (seconds > 10) return answer
      await delay(seconds * 1000)
      return untilIn(index)
    }
    const answers = await Promise.all(Array.from({ length: 150 }, (_, index) => untilIn(index)))
    expect(
      answers.filter(({ status }) => status !== 202).map(({ status, error }) => [status, error]),
    ).toEqual([])
    expect(waits.filter((seconds) => seconds > 10)).toEqual([])
    // As many as there are people: who waits uses up no try.
    const counts = await query<{ bucket: string; count: number }>(
      hub.pool,
      "select bucket, count from rate_limits where bucket like '% from %' order by bucket",
    )
    expect(counts.map(({ bucket, count }) => [bucket.split(' ')[0], count])).toEqual([
      ['password', 150],
      ['register', 150],
    ])
  }, 240_000)

  test('[EDG-13] goes on registering while one of them tries hundreds of weak passwords at made-up addresses', async () => {
    const hub = await start('madeup', {}, noDirectories, HOUR_MS)
    const weak = (index: number): Promise<Answered> =>
      register(hub, `madeup${index}@uni.example`, 'weak password 12')
    expect(await crowd(400, weak)).toEqual({ 422: 400 })
    expect((await register(hub, 'honest@uni.example')).status).toBe(202)
  }, 120_000)

  test('loses no registration to a weak password, and whoever tries thousands is stopped before the password checker', async () => {
    const hub = await start('weak', { register: 2, password: 8 })
    for (let round = 0; round < 5; round += 1)
      expect((await register(hub, `w${round}@uni.example`, 'weak password 12')).error).toBe('passwordRefused')
    expect((await register(hub, 'not-an-address')).error).toBe('addressRefused')
    const answers: number[] = []
    for (let round = 0; round < 4; round += 1)
      answers.push((await register(hub, `g${round}@uni.example`)).status)
    // Two registrations; the third is one too many, the fourth is one password too many.
    expect(answers).toEqual([202, 202, 429, 429])
    const counts = await query<{ bucket: string; count: number }>(
      hub.pool,
      "select bucket, count from rate_limits where bucket like '% from %' order by bucket",
    )
    expect(counts).toEqual([
      { bucket: `password from ${CAMPUS}`, count: 9 },
      { bucket: `register from ${CAMPUS}`, count: 3 },
    ])
    expect((await register(hub, 'elsewhere@uni.example', GOOD_PASSWORD, '203.0.113.10')).status).toBe(202)
  })

  test.each(['POST /auth/register', 'POST /me/password', 'POST /auth/reset'] as const)(
    '[IDN-20] uses up no try with a password that is short, long, digits, its address or has a tab: %s',
    async (name) => {
      const hub = await start(`cheap${name.length}`, { password: 12 })
      const email = 'ana@uni.example'
      const { accessToken: bearer } = await hub.join(email)
      await hub.call('POST /auth/forgotten', { address: '198.51.100.1', body: { email } })
      const { link } = await hub.mailbox.next(email)
      await query(hub.pool, 'delete from rate_limits')
      const choose = (password: string): Promise<Answered> =>
        hub.call(name, {
          address: CAMPUS,
          ...(name === 'POST /me/password' ? { bearer } : {}),
          body: {
            ...(name === 'POST /auth/register' ? { email } : {}),
            ...(name === 'POST /auth/reset' ? { token: link?.token } : {}),
            password,
          },
        })
      const cheap = ['short', '12345678901234567', email, 'good but\tfor a tab', 'x'.repeat(300)]
      for (const password of [...cheap, ...cheap, ...cheap])
        expect(await choose(password)).toMatchObject({ status: 422, error: 'passwordRefused' })
      expect(await query(hub.pool, 'select bucket from rate_limits')).toEqual([])
      const weak: number[] = []
      for (let round = 0; round < 15; round += 1) weak.push((await choose('weak password 12')).status)
      expect(weak).toEqual([
        ...Array.from({ length: 10 }, () => 422),
        ...Array.from({ length: 5 }, () => 429),
      ])
      expect((await choose('short')).status).toBe(422)
      expect((await choose('a good one at last 4')).status).toBe(429)
    },
  )

  test('has one person who asks for other addresses: three of them an hour', async () => {
    const hub = await start('mover')
    const { accessToken } = await hub.join('mover@uni.example')
    const ask = async (index: number): Promise<number> =>
      (await hub.call('POST /me/email', { bearer: accessToken, body: { email: `new${index}@uni.example` } }))
        .status
    expect([await ask(1), await ask(2), await ask(3), await ask(4)]).toEqual([202, 202, 202, 429])
  })
})

describe('[IDN-25] whose password nobody has time for', () => {
  test('is asked to come again soon, and loses no try: registering, signing in, confirming, another password', async () => {
    const hub = await startPeopleHub('noplace')
    hubs.push(hub)
    const { accessToken: bearer } = await hub.join('ana@uni.example')
    const { cookie: browser } = await knownBrowserOf(hub, 'ana@uni.example')
    await query(hub.pool, 'delete from rate_limits')
    const full = await makeTestApp(hub.pool, {
      identity: makeTestIdentity({ passwordSlots: makePasswordSlots(0, 0) }),
    })
    const body = { email: 'ana@uni.example', password: GOOD_PASSWORD }
    const calls: [string, object, object][] = [
      ['POST /auth/register', { email: 'new@uni.example', password: GOOD_PASSWORD }, {}],
      ['POST /auth/token', body, {}],
      ['POST /auth/token', body, { cookie: browser }],
      ['POST /auth/confirm', { password: GOOD_PASSWORD }, { authorization: `Bearer ${bearer}` }],
      ['POST /me/password', { password: 'another good one 8' }, { authorization: `Bearer ${bearer}` }],
    ]
    const before = await query(
      hub.pool,
      "select 1 from change_logs where log->>'why' is distinct from 'busy'",
    )
    for (const [route, sent, headers] of calls)
      for (let round = 0; round < 12; round += 1) {
        const answer = await callRoute(full, route, {
          body: sent,
          as: { headers: headers as Record<string, string> },
        })
        expect([route, answer.status, answer.headers['retry-after']]).toEqual([route, 429, '5'])
      }
    const used = await query(
      hub.pool,
      "select bucket, count from rate_limits where count > 0 and bucket not like 'unanswered from %'",
    )
    expect(used).toEqual([])
    expect(
      await query(hub.pool, "select 1 from change_logs where log->>'why' is distinct from 'busy'"),
    ).toHaveLength(before.length)
    await full.close()
  })

  test('is of an address, or is somebody, who has many places already: others get in meanwhile', async () => {
    const opened = Promise.withResolvers<void>()
    let judging = 0
    const hub = await startPeopleHub('share', {
      passwordSlots: makePasswordSlots(4, 2),
      isCommon: async () => {
        judging += 1
        await opened.promise
        return false
      },
    })
    hubs.push(hub)
    const { headers } = await makeTestPerson(hub.pool, hub.universityId)
    const first = [register(hub, 'a1@uni.example'), register(hub, 'a2@uni.example')]
    await expect.poll(() => judging).toBe(2)
    const third = await register(hub, 'a3@uni.example')
    expect([third.status, third.headers.get('retry-after')]).toEqual([429, '5'])
    // Elsewhere, and somebody who is signed in at the same place.
    const others = [
      register(hub, 'b1@uni.example', GOOD_PASSWORD, '198.51.100.7'),
      hub.call('POST /me/password', { headers, address: CAMPUS, body: { password: GOOD_PASSWORD } }),
    ]
    await expect.poll(() => judging).toBe(4)
    opened.resolve()
    expect((await Promise.all([...first, ...others])).map(({ status }) => status)).toEqual([
      202, 202, 202, 204,
    ])
    expect((await register(hub, 'a3@uni.example')).status).toBe(202)
  })
})

/** The cookie of a browser in which somebody signed in. */
async function knownBrowserOf(hub: PeopleHub, email: string): Promise<{ cookie: string }> {
  const { headers } = await signIn(hub, email, GOOD_PASSWORD)
  const set = headers.getSetCookie().find((cookie) => cookie.startsWith('known_browser=')) ?? ''
  return { cookie: set.split(';')[0] ?? '' }
}

describe('[EDG-7] guesses from one address', () => {
  test('at one account are ten a minute, and leave everybody else there alone', async () => {
    const hub = await start('guesses')
    await hub.join('victim@uni.example')
    await hub.join('other@uni.example')
    await query(hub.pool, 'delete from rate_limits')
    const answers: number[] = []
    for (let round = 0; round < 12; round += 1)
      answers.push((await signIn(hub, 'victim@uni.example', `guess number ${round}`)).status)
    expect(answers).toEqual([...Array.from({ length: 10 }, () => 401), 429, 429])
    expect((await signIn(hub, 'victim@uni.example', GOOD_PASSWORD, '198.51.100.1')).status).toBe(429)
    expect((await signIn(hub, 'other@uni.example', GOOD_PASSWORD)).status).toBe(200)
  })

  test('at many accounts are so many in ten minutes; right passwords use up none', async () => {
    const hub = await start('spread', { wrongPassword: 6 })
    const { accessToken } = await hub.join('ana@uni.example')
    for (let round = 0; round < 9; round += 1)
      expect((await signIn(hub, 'ana@uni.example', GOOD_PASSWORD)).status).toBe(200)
    await query(hub.pool, "delete from rate_limits where bucket like 'signIn of %'")
    const answers: Answered[] = []
    for (let round = 0; round < 5; round += 1)
      answers.push(await signIn(hub, `u${round}@uni.example`, 'the same guess 1'))
    // The password that is given again is guessed at like any other.
    answers.push(
      await hub.call('POST /auth/confirm', {
        address: CAMPUS,
        bearer: accessToken,
        body: { password: 'the same guess 1' },
      }),
    )
    answers.push(await signIn(hub, 'u6@uni.example', 'the same guess 1'))
    expect(answers.map(({ status }) => status)).toEqual([401, 401, 401, 401, 401, 401, 429])
    expect(Number(answers.at(-1)?.headers.get('retry-after'))).toBeGreaterThan(500)
    expect((await signIn(hub, 'ana@uni.example', GOOD_PASSWORD)).status).toBe(429)
    expect((await signIn(hub, 'ana@uni.example', GOOD_PASSWORD, '198.51.100.1')).status).toBe(200)
  })

  test('[IDN-24] while a directory is away, so many of them are written down and no more; all are answered', async () => {
    const hub = await start(
      'unanswered',
      { wrongPassword: 4 },
      {
        ...noDirectories,
        hasDirectory: async () => true,
        signIn: async () => refuse('away'),
      },
    )
    const answers: (string | null)[] = []
    for (let round = 0; round < 7; round += 1)
      answers.push((await signIn(hub, `u${round}@uni.example`, 'the same guess 1')).error)
    expect(answers).toEqual(Array.from({ length: 7 }, () => 'directoryAway'))
    const written = await query(
      hub.pool,
      "select 1 from change_logs where subject = 'failed' and log->>'why' = 'away'",
    )
    expect(written).toHaveLength(4)
  })

  test('[IDN-12] over the limit of an address use up nobody’s account', async () => {
    const hub = await start('spared', { signIn: 3 })
    const answers: number[] = []
    for (let round = 0; round < 5; round += 1)
      answers.push((await signIn(hub, `u${round}@uni.example`, 'wrong one 12')).status)
    expect(answers).toEqual([401, 401, 401, 429, 429])
    const counted = await query(hub.pool, "select 1 from rate_limits where bucket like 'signIn of %'")
    expect(counted).toHaveLength(3)
  })
})
