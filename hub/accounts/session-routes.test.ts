import { hash as argonHash } from 'argon2'
import { SignJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makePasswords } from './passwords.ts'
import { noDirectories } from '../directories/directories.ts'
import { parseRefreshToken, refreshToken } from './refresh-tokens.ts'
import { makeServerKeys } from '../platform/secrets/server-secret.ts'
import { query } from '../platform/postgres/database.ts'
import { makeSemaphore, type Semaphore } from '../platform/semaphore.ts'
import {
  GOOD_PASSWORD,
  personOf,
  startPeopleHub,
  type Answered,
  type PeopleHub,
} from '../testing/testing-routes-people.ts'

let hub: PeopleHub
const keys = makeServerKeys('the secret of these tests, and of no others')

beforeAll(async () => {
  hub = await startPeopleHub('sessions', { keys, isCommon: async () => false })
})
afterAll(() => hub.stop())

const refresh = (cookie: string, userAgent = 'test'): Promise<Answered> =>
  hub.call('POST /auth/token/refresh', { cookie, userAgent })
const me = async (bearer: string): Promise<number> => (await hub.call('GET /me', { bearer })).status
const subjects = async (userId: number): Promise<string[]> => {
  const rows = await query<{ subject: string }>(
    hub.pool,
    `select subject from change_logs where service = 'sessions' and (user_id = $1 or (log->>'userId')::bigint = $1) order by id`,
    [userId],
  )
  return rows.map(({ subject }) => subject)
}

describe('[IDN-8] a refresh token', () => {
  test('lives in a cookie that only sign-in sees, and is stored as a hash', async () => {
    await hub.join('cookie@uni.example')
    const answer = await hub.call('POST /auth/token', {
      body: { email: 'cookie@uni.example', password: GOOD_PASSWORD },
    })
    const [header, ...more] = answer.headers.getSetCookie()
    expect(more).toEqual([expect.stringMatching(/^known_browser=/)])
    expect(header).toMatch(
      /^refresh_token=[\w-]{22}\.0\.[\w-]{43}; Max-Age=604800; Path=\/api\/v1\/auth\/; HttpOnly; SameSite=Lax$/,
    )
    expect(JSON.stringify(answer.body)).not.toContain(answer.cookie)
    const stored = JSON.stringify(await query(hub.pool, 'select * from sessions'))
    expect(stored).not.toContain(answer.cookie?.split('.')[2])
    expect(answer.body).toMatchObject({ expiresInS: 1800, me: { email: 'cookie@uni.example' } })
  })

  test('travels over https only where that is how the hub is reached', async () => {
    const secure = await startPeopleHub('secure', {
      cookie: { isSecure: true, isPrefixed: false, plainUntilMs: 0 },
    })
    await secure.join('cookie@uni.example')
    const body = { email: 'cookie@uni.example', password: GOOD_PASSWORD }
    const answer = await secure.call('POST /auth/token', { body })
    expect(answer.headers.get('set-cookie')).toMatch(/; HttpOnly; Secure; SameSite=Lax$/)
    await secure.stop()
  })

  test('is traded for the next; the access token that comes with it works', async () => {
    const first = await hub.join('life@uni.example')
    const second = await refresh(first.cookie)
    expect(second.status).toBe(200)
    const third = await refresh(second.cookie ?? '')
    expect([first.cookie, second.cookie, third.cookie].map((token) => token?.split('.')[1])).toEqual([
      '0',
      '1',
      '2',
    ])
    expect(await me(personOf(third).accessToken)).toBe(200)
    // The one before it too: they are of one session.
    expect(await me(first.accessToken)).toBe(200)
  })

  test('that is shown twice within thirty seconds by the same browser gets the same successor', async () => {
    const { cookie } = await hub.join('tabs@uni.example')
    const answers = await Promise.all([refresh(cookie), refresh(cookie), refresh(cookie)])
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200])
    expect(new Set(answers.map((answer) => answer.cookie)).size).toBe(1)
    expect((await refresh(answers[0]?.cookie ?? '')).status).toBe(200)
  })

  test('of two generations ago ends the family', async () => {
    const { cookie } = await hub.join('old@uni.example')
    const next = await refresh(cookie)
    const last = await refresh(next.cookie ?? '')
    expect((await refresh(cookie)).status).toBe(401)
    expect((await refresh(last.cookie ?? '')).status).toBe(401)
  })

  test('that was not made here is nothing, and hurts nobody', async () => {
    const { cookie } = await hub.join('forge@uni.example')
    const [family = ''] = cookie.split('.')
    const forged = refreshToken(makeServerKeys('another secret that is long enough, too'), {
      family,
      counter: 0,
    })
    for (const token of [
      '',
      'x',
      forged,
      `${cookie}x`,
      cookie.replace('.0.', '.1.'),
      `${family}.0.`,
      '%00',
      '\u00e9',
    ])
      expect((await refresh(encodeURIComponent(token))).status).toBe(401)
    expect(parseRefreshToken(keys, cookie)).toEqual({ family, counter: 0 })
    expect((await refresh(cookie)).status).toBe(200)
  })

  test('runs out after seven days, and after ninety however often it was traded', async () => {
    const { cookie, me: owner } = await hub.join('expires@uni.example')
    await query(
      hub.pool,
      "update sessions set created_at = created_at - interval '89 days' where user_id = $1",
      [owner.id],
    )
    const next = await refresh(cookie)
    const left = await query<{ seconds: number }>(
      hub.pool,
      'select extract(epoch from expires_at - created_at)::int as seconds from sessions where user_id = $1',
      [owner.id],
    )
    expect(left).toEqual([{ seconds: 90 * 86_400 }])
    await query(hub.pool, 'update sessions set expires_at = now() where user_id = $1', [owner.id])
    expect((await refresh(next.cookie ?? '')).status).toBe(401)
    expect(await me(personOf(next).accessToken)).toBe(401)
  })
})

describe('[IDN-9] an access token', () => {
  test('is refused from the moment when its session, its user or its university is let in no more', async () => {
    const { accessToken, cookie, me: owner } = await hub.join('ends@uni.example')
    const refusedWhile = async (off: string, on: string): Promise<void> => {
      await query(hub.pool, off, [owner.id])
      expect([await me(accessToken), (await refresh(cookie)).status]).toEqual([401, 401])
      await query(hub.pool, on, [owner.id])
      expect(await me(accessToken)).toBe(200)
    }
    await refusedWhile(
      'update users set is_active = false where id = $1',
      'update users set is_active = true where id = $1',
    )
    const approve = (is: boolean): string =>
      `update universities set is_approved = ${is} where id = (select associated_university_id from users where id = $1)`
    await refusedWhile(approve(false), approve(true))
    expect((await hub.call('POST /auth/logout', { cookie })).cookie).toBe('')
    expect([await me(accessToken), (await refresh(cookie)).status]).toEqual([401, 401])
    expect((await hub.call('POST /auth/logout')).status).toBe(204)
  })

  test('is taken only with the algorithm, issuer, audience, type, key and time of ours', async () => {
    const { accessToken, me: owner } = await hub.join('pinned@uni.example')
    const [row] = await query<{ id: number; secret: Buffer; sid: number }>(
      hub.pool,
      "select k.id, k.secret, (select max(id) from sessions where user_id = $1) as sid from signing_keys k where purpose = 'access' and retired_at is null",
      [owner.id],
    )
    const { id = 0, secret = Buffer.alloc(0), sid = 0 } = row ?? {}
    const make = (
      changes: {
        alg?: string
        typ?: string
        kid?: string
        iss?: string
        aud?: string
        exp?: string
        key?: Buffer
      } = {},
    ): Promise<string> =>
      new SignJWT({ sid })
        .setProtectedHeader({
          alg: changes.alg ?? 'HS256',
          kid: changes.kid ?? String(id),
          typ: changes.typ ?? 'at+jwt',
        })
        .setSubject(String(owner.id))
        .setIssuer(changes.iss ?? 'carrel')
        .setAudience(changes.aud ?? 'carrel-api')
        .setIssuedAt()
        .setExpirationTime(changes.exp ?? '5 minutes')
        .sign(changes.key ?? secret)
    expect(await me(await make())).toBe(200)
    const strong = Buffer.concat([secret, secret])
    for (const token of [
      await make({ alg: 'HS512', key: strong }),
      await make({ typ: 'JWT' }),
      await make({ kid: '999' }),
      await make({ kid: '' }),
      await make({ iss: 'somebody' }),
      await make({ aud: 'somewhere' }),
      await make({ exp: '1 second ago' }),
      await make({ key: strong }),
    ])
      expect(await me(token)).toBe(401)
    const [, payload = ''] = accessToken.split('.')
    const none = Buffer.from(JSON.stringify({ alg: 'none', kid: String(id), typ: 'at+jwt' })).toString(
      'base64url',
    )
    for (const token of [`${none}.${payload}.`, `${none}.${payload}.x`, 'x', '..', ''])
      expect(await me(token)).toBe(401)
  })

  test('of another’s session is nobody’s: user and session belong together', async () => {
    const [one, two] = [await hub.join('one@uni.example'), await hub.join('two@uni.example')]
    const [key] = await query<{ id: number; secret: Buffer }>(
      hub.pool,
      "select id, secret from signing_keys where purpose = 'access' and retired_at is null",
    )
    const [session] = await query<{ id: number }>(hub.pool, 'select id from sessions where user_id = $1', [
      two.me.id,
    ])
    const mixed = await new SignJWT({ sid: session?.id })
      .setProtectedHeader({ alg: 'HS256', kid: String(key?.id), typ: 'at+jwt' })
      .setSubject(String(one.me.id))
      .setIssuer('carrel')
      .setAudience('carrel-api')
      .setExpirationTime('5 minutes')
      .sign(key?.secret ?? Buffer.alloc(0))
    expect(await me(mixed)).toBe(401)
  })
})

describe('[IDN-5] a sign-in', () => {
  test('says the same of a wrong password, an unknown name and an account that may not', async () => {
    await hub.join('real@uni.example')
    await hub.call('POST /auth/register', { body: { email: 'waits@uni.example', password: GOOD_PASSWORD } })
    const answers = await Promise.all(
      [
        { email: 'real@uni.example', password: 'wrong password 1' },
        { email: 'nobody@uni.example', password: GOOD_PASSWORD },
        { email: 'nobody@elsewhere.example', password: GOOD_PASSWORD },
        { email: 'not an address', password: GOOD_PASSWORD },
        { email: 'waits@uni.example', password: GOOD_PASSWORD },
        { username: 'nobody', university: hub.universityId, password: GOOD_PASSWORD },
        { username: 'nobody', university: 999_999, password: GOOD_PASSWORD },
        { username: 'no\u0000body', university: hub.universityId, password: GOOD_PASSWORD },
      ].map((body) => hub.call('POST /auth/token', { body })),
    )
    for (const { status, body, cookie } of answers) {
      expect({ status, cookie }).toEqual({ status: 401, cookie: null })
      expect(body).toEqual(answers[0]?.body)
    }
  })

  test('[IDN-26] says that an account is blocked to who gives its right password, and to nobody else', async () => {
    const { me: owner } = await hub.join('blocked@uni.example')
    await query(hub.pool, 'update users set is_active = false where id = $1', [owner.id])
    const tell = (password: string): Promise<Answered> =>
      hub.call('POST /auth/token', { body: { email: 'blocked@uni.example', password } })
    expect(await tell(GOOD_PASSWORD)).toMatchObject({ status: 403, error: 'accountBlocked', cookie: null })
    expect(await tell('wrong password 1')).toMatchObject({ status: 401, error: 'credentialsRefused' })
    await query(hub.pool, 'update users set verified_at = null where id = $1', [owner.id])
    expect(await tell(GOOD_PASSWORD)).toMatchObject({ status: 401, error: 'credentialsRefused' })
    await query(hub.pool, 'update users set verified_at = now(), is_active = true where id = $1', [owner.id])
    expect((await tell(GOOD_PASSWORD)).status).toBe(200)
  })

  test('asks for the university of a username, and takes an address in its place', async () => {
    await hub.join('field@uni.example')
    const name = (more: object): Promise<Answered> =>
      hub.call('POST /auth/token', { body: { password: GOOD_PASSWORD, ...more } })
    expect(await name({ username: 'ana' })).toMatchObject({ status: 400, error: 'universityNeeded' })
    expect((await name({ username: 'FIELD@uni.example' })).status).toBe(200)
    expect((await name({})).error).toBe('malformed')
    expect((await name({ username: 'ana', email: 'field@uni.example' })).error).toBe('malformed')
  })

  test('makes a hash anew that costs less than today’s, and notes when and from where', async () => {
    const weak = await makePasswords({ memoryCost: 1024, timeCost: 2, parallelism: 1 }).hash(GOOD_PASSWORD)
    const strong = await startPeopleHub('strong', { passwords: makePasswords() })
    await strong.join('rehash@uni.example')
    await query(strong.pool, 'update users set password_hash = $1', [weak.ok ? weak.value : ''])
    await strong.signIn('rehash@uni.example', GOOD_PASSWORD, { address: '192.0.2.9' })
    const [row] = await query<{ hash: string; ip: string; isNow: boolean }>(
      strong.pool,
      `select password_hash as hash, host(last_login_ip) as ip, last_login_time > now() - interval '1 minute' as "isNow" from users`,
    )
    expect(row).toMatchObject({ hash: expect.stringContaining('m=19456'), ip: '192.0.2.9', isNow: true })
    await strong.signIn('rehash@uni.example', GOOD_PASSWORD)
    await strong.stop()
  })

  test('[IDN-19] takes a password from any keyboard, and makes the hash of an earlier release anew', async () => {
    const email = 'keyboard@uni.example'
    const typed = (form: 'NFC' | 'NFD'): string => 'zürich-Kavarna žolna 9'.normalize(form)
    const enter = async (password: string): Promise<number> =>
      (await hub.call('POST /auth/token', { body: { email, password } })).status
    await hub.join(email, typed('NFD'))
    expect([await enter(typed('NFC')), await enter(typed('NFD'))]).toEqual([200, 200])
    const old = await argonHash(typed('NFD'), { memoryCost: 1024, timeCost: 2, parallelism: 1 })
    await query(hub.pool, 'update users set password_hash = $1 where email = $2', [old, email])
    expect([await enter(typed('NFC')), await enter(typed('NFD'))]).toEqual([401, 200])
    expect([await enter(typed('NFC')), await enter(typed('NFD'))]).toEqual([200, 200])
    const tab = await hub.call('POST /auth/register', {
      body: { email: 'tab@uni.example', password: 'three words\tand a tab' },
    })
    expect(tab).toMatchObject({ status: 422, body: { faults: ['controls'] } })
  })

  test('[IDN-19] takes a hash of the text as typed once where it is given again, and makes it anew', async () => {
    const email = 'again@uni.example'
    const typed = (form: 'NFC' | 'NFD'): string => 'zürich-Kavarna žolna 9'.normalize(form)
    const { accessToken: bearer } = await hub.join(email, typed('NFC'))
    const old = await argonHash(typed('NFD'), { memoryCost: 1024, timeCost: 2, parallelism: 1 })
    await query(hub.pool, 'update users set password_hash = $1 where email = $2', [old, email])
    const confirm = async (form: 'NFC' | 'NFD'): Promise<number> =>
      (await hub.call('POST /auth/confirm', { bearer, body: { password: typed(form) } })).status
    expect([await confirm('NFC'), await confirm('NFD'), await confirm('NFC')]).toEqual([401, 204, 204])
  })

  test('[IDN-12] may be tried ten times a minute for one account, real or not', async () => {
    for (const email of ['limited@uni.example', 'unreal@uni.example']) {
      if (email.startsWith('limited')) await hub.join(email)
      const statuses: number[] = []
      for (let round = 0; round < 11; round += 1)
        statuses.push(
          (await hub.call('POST /auth/token', { body: { email, password: 'wrong one 12' } })).status,
        )
      expect(statuses.filter((status) => status === 429).length).toBe(email.startsWith('limited') ? 2 : 1)
    }
  })

  test('[IDN-12] of a crowd run a few at a time, and who finds too many waiting is answered when to come back', async () => {
    const inside = { now: 0, most: 0 }
    const opened = Promise.withResolvers<void>()
    const narrow = makeSemaphore(2, 5)
    const signInSemaphore: Semaphore = {
      get isFull() {
        return narrow.isFull
      },
      run: (run) =>
        narrow.run(async () => {
          inside.now += 1
          inside.most = Math.max(inside.most, inside.now)
          await opened.promise
          return run().finally(() => void (inside.now -= 1))
        }),
    }
    const crowded = await startPeopleHub('crowd', { signInSemaphore })
    const turnedAway: Answered[] = []
    const tries = Array.from({ length: 12 }, async (_, index) => {
      const body = { email: `crowd${index}@uni.example`, password: 'wrong one 12' }
      const answer = await crowded.call('POST /auth/token', { body })
      if (answer.status === 429) turnedAway.push(answer)
      return answer
    })
    // Two are inside, five wait, and the others are answered before anybody comes out.
    await expect.poll(() => turnedAway.length).toBe(5)
    opened.resolve()
    const statuses = (await Promise.all(tries)).map(({ status }) => status)
    expect(statuses.filter((status) => status === 401)).toHaveLength(7)
    expect(turnedAway.every(({ headers }) => Number(headers.get('retry-after')) > 0)).toBe(true)
    expect(inside).toEqual({ now: 0, most: 2 })
    await crowded.stop()
  })

  test('[IDN-16] of an account of this hub never reaches a directory', async () => {
    const asked: string[] = []
    const other = await startPeopleHub('directory', {
      directories: {
        ...noDirectories,
        hasDirectory: async () => true,
        signIn: async ({ lookup }) => {
          asked.push(lookup.by === 'name' ? lookup.username : lookup.by === 'mail' ? lookup.mail : '')
          return { ok: false, refusal: 'away' }
        },
      },
    })
    await other.join('own@uni.example')
    await query(other.pool, "update users set username = 'own'")
    const tryIt = async (body: object): Promise<string | null> =>
      (await other.call('POST /auth/token', { body: { password: 'wrong one 12', ...body } })).error
    const university = other.universityId
    expect(await tryIt({ email: 'own@uni.example' })).toBe('credentialsRefused')
    expect(await tryIt({ username: 'OWN', university })).toBe('credentialsRefused')
    expect(await tryIt({ username: 'own@uni.example' })).toBe('credentialsRefused')
    expect(await tryIt({ email: 'unknown@elsewhere.example' })).toBe('credentialsRefused')
    expect(asked).toEqual([])
    expect(await tryIt({ username: 'somebody', university })).toBe('directoryAway')
    expect(await tryIt({ email: 'unknown@uni.example' })).toBe('directoryAway')
    expect(asked).toEqual(['somebody', 'unknown@uni.example'])
    await other.signIn('own@uni.example', GOOD_PASSWORD)
    await other.stop()
  })
})

describe('sessions', () => {
  test('[IDN-8] are listed, and ended one by one or all', async () => {
    const phone = await hub.join('many@uni.example')
    const laptop = await hub.signIn('many@uni.example', GOOD_PASSWORD, {
      userAgent: 'a laptop',
      address: '192.0.2.8',
    })
    const list = async (
      bearer: string,
    ): Promise<{ id: number; isThis: boolean; userAgent: string; address: string }[]> =>
      ((await hub.call('GET /auth/sessions', { bearer })).body as { sessions: never }).sessions
    const sessions = await list(phone.accessToken)
    expect(sessions).toMatchObject([
      { isThis: false, userAgent: 'a laptop', address: '192.0.2.8' },
      { isThis: true, userAgent: 'test' },
    ])
    const end = (id: number, bearer: string): Promise<Answered> =>
      hub.call(`DELETE /auth/sessions/${id}`, { bearer })
    const stranger = await hub.join('stranger@uni.example')
    expect((await end(sessions[0]?.id ?? 0, stranger.accessToken)).status).toBe(404)
    expect((await end(sessions[0]?.id ?? 0, phone.accessToken)).status).toBe(204)
    expect((await end(sessions[0]?.id ?? 0, phone.accessToken)).status).toBe(404)
    expect([await me(laptop.accessToken), await me(phone.accessToken)]).toEqual([401, 200])
    const third = await hub.signIn('many@uni.example', GOOD_PASSWORD)
    expect((await hub.call('DELETE /auth/sessions', { bearer: third.accessToken })).status).toBe(204)
    expect([await me(third.accessToken), await me(phone.accessToken)]).toEqual([401, 401])
    expect(await subjects(phone.me.id)).toEqual(['ok', 'ok', 'end', 'ok', 'endAll'])
  })
})

test('[IDN-8] [IDN-9] no token and no password is in the log, at its wordiest', async () => {
  const { accessToken, cookie } = await hub.join('quiet@uni.example')
  await refresh(cookie)
  await me(accessToken)
  await hub.call(`GET /me?token=${accessToken}`, { bearer: accessToken })
  const text = hub.log()
  expect(text).toContain('/api/v1/me')
  const secrets = [
    GOOD_PASSWORD,
    'wrong one 12',
    accessToken.split('.')[2] ?? 'x',
    cookie.split('.')[2] ?? 'x',
  ]
  expect(secrets.filter((secret) => text.includes(secret))).toEqual([])
})
