import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeServerKeys } from '../platform/secrets/server-secret.ts'
import { query } from '../platform/postgres/database.ts'
import { makeTestApp, makeTestIdentity } from '../testing/testing-app.ts'
import { personOf, startPeopleHub, type Answered, type PeopleHub } from '../testing/testing-routes-people.ts'

let hub: PeopleHub
const keys = makeServerKeys('the secret of these tests, and of no others')

beforeAll(async () => {
  hub = await startPeopleHub('refresh', { keys, isCommon: async () => false })
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
  test('whose answer was lost gets the same successor for a day, five times, each written down', async () => {
    const { cookie, me: owner } = await hub.join('lost@uni.example')
    const lost = await refresh(cookie)
    const letPass = (time: string): Promise<unknown> =>
      query(hub.pool, 'update sessions set rotated_at = rotated_at - $1::interval where user_id = $2', [
        time,
        owner.id,
      ])
    await letPass('35 seconds')
    // The browser was brought up to date in between.
    const again = await refresh(cookie, 'a newer browser')
    expect([again.status, again.cookie]).toEqual([200, lost.cookie])
    expect(await me(personOf(again).accessToken)).toBe(200)
    await letPass('23 hours')
    for (let round = 2; round <= 5; round += 1)
      expect([round, (await refresh(cookie, `browser ${round}`)).cookie]).toEqual([round, lost.cookie])
    expect((await refresh(again.cookie ?? '', 'a newer browser')).status).toBe(200)
    expect(await subjects(owner.id)).toEqual(['ok', 'repeat', 'repeat', 'repeat', 'repeat', 'repeat'])
  })

  test('whose successor was shown is theft when it comes again, at once and from the same browser too', async () => {
    const { cookie, me: owner } = await hub.join('shown@uni.example')
    const second = await refresh(cookie)
    const third = await refresh(second.cookie ?? '')
    const { status, error, cookie: taken } = await refresh(cookie)
    expect({ taken, status, error }).toEqual({ taken: '', status: 401, error: 'signInNeeded' })
    expect((await refresh(third.cookie ?? '')).status).toBe(401)
    expect(await me(personOf(third).accessToken)).toBe(401)
    expect(await subjects(owner.id)).toEqual(['ok', 'reuse'])
  })

  test('that is shown late more than five times in a day, or after a day, ends the family', async () => {
    const { cookie } = await hub.join('follower@uni.example')
    // Somebody follows: shows each token after its owner has.
    let [token, statuses] = [cookie, [] as number[]]
    for (let round = 0; round < 6; round += 1) {
      const next = (await refresh(token)).cookie ?? ''
      statuses.push((await refresh(token, 'a follower')).status)
      token = next
    }
    expect(statuses).toEqual([200, 200, 200, 200, 200, 401])
    expect((await refresh(token)).status).toBe(401)
    const { cookie: other, me: owner } = await hub.join('dayold@uni.example')
    await refresh(other)
    await query(
      hub.pool,
      "update sessions set rotated_at = now() - interval '1 day 1 second' where user_id = $1",
      [owner.id],
    )
    expect((await refresh(other)).status).toBe(401)
  })

  test('may be lost five times a day, and tomorrow again', async () => {
    const { cookie, me: owner } = await hub.join('tomorrow@uni.example')
    await refresh(cookie)
    for (let round = 0; round < 5; round += 1) expect((await refresh(cookie, `b${round}`)).status).toBe(200)
    await query(
      hub.pool,
      "update sessions set repeats_since = repeats_since - interval '1 day 1 second' where user_id = $1",
      [owner.id],
    )
    expect((await refresh(cookie, 'tomorrow')).status).toBe(200)
  })

  test('[IDN-34] given again late, prolongs neither its day nor that in which repeats are counted', async () => {
    const day = await hub.join('longday@uni.example')
    const lost = await refresh(day.cookie)
    const letPass = (column: string, time: string, userId: number): Promise<unknown> =>
      query(hub.pool, `update sessions set ${column} = ${column} - $1::interval where user_id = $2`, [
        time,
        userId,
      ])
    await letPass('rotated_at', '23 hours', day.me.id)
    expect((await refresh(day.cookie, 'late')).cookie).toBe(lost.cookie)
    await letPass('rotated_at', '61 minutes', day.me.id)
    expect((await refresh(day.cookie, 'too late')).status).toBe(401)

    const { cookie, me: owner } = await hub.join('window@uni.example')
    await refresh(cookie)
    expect((await refresh(cookie, 'first')).status).toBe(200)
    await letPass('repeats_since', '23 hours', owner.id)
    for (let round = 2; round <= 5; round += 1)
      expect([round, (await refresh(cookie, `b${round}`)).status]).toEqual([round, 200])
    // The first of the five is more than a day old: its window has ended, and the next repeat begins another one.
    await letPass('repeats_since', '61 minutes', owner.id)
    for (let round = 1; round <= 5; round += 1)
      expect([round, (await refresh(cookie, `c${round}`)).status]).toEqual([round, 200])
    expect((await refresh(cookie, 'c6')).status).toBe(401)
  })

  test('that two hubs are shown at once, late, gets one successor from both, and is counted once', async () => {
    const { cookie, me: owner } = await hub.join('hubs@uni.example')
    const lost = await refresh(cookie)
    const other = await makeTestApp(hub.pool, { identity: makeTestIdentity({ keys }) })
    const late = "update sessions set rotated_at = now() - interval '40 seconds' where user_id = $1"
    await query(hub.pool, late, [owner.id])
    const answers = await Promise.all([
      refresh(cookie),
      refresh(cookie),
      ...[1, 2].map(async () => {
        const answer = await other.inject({
          method: 'POST',
          url: '/api/v1/auth/token/refresh',
          headers: { cookie: `refresh_token=${cookie}`, 'user-agent': 'test' },
        })
        return { cookie: answer.cookies[0]?.value ?? null }
      }),
    ])
    expect(answers.map((answer) => answer.cookie)).toEqual([
      lost.cookie,
      lost.cookie,
      lost.cookie,
      lost.cookie,
    ])
    expect(await subjects(owner.id)).toEqual(['ok', 'repeat'])
    await other.close()
  })
})
