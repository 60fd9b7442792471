import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { makeCheck } from '#shared/wire/parse.ts'
import { HttpError } from '#shared/wire/http-error.ts'
import { EnrolResponse, type EnrolRequest } from '#shared/wire/rest.ts'
import { addressBucket } from '../platform/http/network-address.ts'
import { createEnrolment } from './enrol-kiosk.ts'
import { query } from '../platform/postgres/database.ts'
import { dropExpiredEnrolments } from './enrolment-rows.ts'
import { dropExpiredRateLimits } from '../platform/http/rate-limits.ts'
import { makeTestDatabase, type TestDatabase } from '../platform/postgres/testing.ts'
import { insertTestSpace, insertTestUniversity } from '../testing/testing-rows.ts'
import { enrolRequestOf, makeTestApp, makeTestDevice } from '../testing/testing-app.ts'

const HOST = 'localhost'
let database: TestDatabase
let app: FastifyInstance
let universityId: number
let spaceId: number

/** A sixth of what an installation has: the tests are quicker. */
const failedEnrolments = { count: 10, windowMs: 60_000 }

beforeAll(async () => {
  database = await makeTestDatabase('enrol')
  app = await makeTestApp(database.pool, { failedEnrolments })
  universityId = await insertTestUniversity(database.pool)
  spaceId = await insertTestSpace(database.pool, { universityId, name: 'Room 101' })
})
afterAll(async () => {
  await app.close()
  await database.drop()
})
beforeEach(() => database.pool.query('delete from rate_limits'))

type Input = Partial<Parameters<typeof createEnrolment>[1]>
const codeFor = async (input: Input = {}): Promise<string> =>
  (await createEnrolment(database.pool, { universityId, spaceId, role: 'door', ...input })).code

const post = (
  payload: unknown,
  from: { host?: string; remoteAddress?: string } = {},
): Promise<{ statusCode: number; headers: Record<string, unknown>; json(): unknown }> =>
  app.inject({
    method: 'POST',
    url: '/api/v1/kiosks/enrol',
    payload: payload as object,
    headers: { host: from.host ?? HOST },
    ...(from.remoteAddress === undefined ? {} : { remoteAddress: from.remoteAddress }),
  })

const kioskCount = async (): Promise<number> =>
  (await query<{ count: number }>(database.pool, 'select count(*) from kiosks'))[0]?.count ?? -1

async function expectRefused(request: EnrolRequest, error: string, status: number): Promise<void> {
  const before = await kioskCount()
  const answer = await post(request)
  expect([answer.statusCode, (answer.json() as HttpError).error]).toEqual([status, error])
  expect(makeCheck(HttpError)(answer.json()).ok).toBe(true)
  expect(await kioskCount()).toBe(before)
}

describe('[SYN-20] a device with a good code', () => {
  test('becomes a kiosk, and the act is written down without the code', async () => {
    const code = await codeFor({ role: 'entrance' })
    const device = makeTestDevice()
    const answer = await post(enrolRequestOf(device, code, HOST))
    expect(answer.statusCode).toBe(201)
    expect(makeCheck(EnrolResponse)(answer.json()).ok).toBe(true)
    const { kioskId } = answer.json() as EnrolResponse
    expect(answer.json()).toEqual({ kioskId, universityId, spaceId, role: 'entrance' })
    const [kiosk] = await query(
      database.pool,
      'select name, role, public_key, key_grade, app_version, last_mutation_id from kiosks where id = $1',
      [kioskId],
    )
    expect(kiosk).toEqual({
      name: 'Door of 101',
      role: 'entrance',
      public_key: device.publicKey,
      key_grade: 'file',
      app_version: '0.1.0',
      last_mutation_id: 0,
    })
    const logs = await query(
      database.pool,
      "select actor, subject, log::text as text from change_logs where service = 'kiosks' order by id desc limit 2",
    )
    expect(logs).toMatchObject([
      { actor: `kiosk ${kioskId}`, subject: 'enrol' },
      { actor: 'cli', subject: 'code' },
    ])
    expect(JSON.stringify(logs)).not.toContain(code.slice(0, 9))
  })

  test('typed in small letters, with O for 0 and without dashes', async () => {
    const code = (await codeFor())
      .toLowerCase()
      .replaceAll('-', ' ')
      .replaceAll('0', 'o')
      .replaceAll('1', 'l')
    expect((await post(enrolRequestOf(makeTestDevice(), code, HOST))).statusCode).toBe(201)
  })

  test('gets the same answer again when the first was lost, and one kiosk', async () => {
    const request = enrolRequestOf(makeTestDevice(), await codeFor(), HOST)
    const before = await kioskCount()
    const answers = [await post(request), await post(request), await post(request)]
    expect(answers.map((answer) => answer.statusCode)).toEqual([201, 200, 200])
    expect(answers[1]?.json()).toEqual(answers[0]?.json())
    expect(await kioskCount()).toBe(before + 1)
  })

  test('alone gets it when many devices show one code at the same moment', async () => {
    const code = await codeFor()
    const before = await kioskCount()
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, index) =>
        post(enrolRequestOf(makeTestDevice(), code, HOST), { remoteAddress: `10.0.0.${index + 1}` }),
      ),
    )
    expect(answers.filter((answer) => answer.statusCode === 201)).toHaveLength(1)
    expect(answers.filter((answer) => answer.statusCode === 403)).toHaveLength(7)
    expect(await kioskCount()).toBe(before + 1)
  })

  test('takes name, settings and place of the kiosk that it replaces, which is revoked', async () => {
    const first = (
      await post(enrolRequestOf(makeTestDevice(), await codeFor(), HOST))
    ).json() as EnrolResponse
    const elsewhere = await insertTestSpace(database.pool, { universityId, name: 'Moved to' })
    await database.pool.query(
      `update kiosks set name = 'North door', space_id = $2, settings = '{"idleMs": 60000}' where id = $1`,
      [first.kioskId, elsewhere],
    )
    const clockOf = async (): Promise<object | undefined> =>
      (
        await query(database.pool, 'select clock, facts_clock from universities where id = $1', [
          universityId,
        ])
      )[0]
    expect(await clockOf()).toEqual({ clock: 0, facts_clock: 0 })
    const code = await codeFor({ replacesKioskId: first.kioskId, role: 'entrance' })
    const answer = await post(enrolRequestOf(makeTestDevice(), code, HOST))
    const second = answer.json() as EnrolResponse
    expect(second).toMatchObject({ spaceId: elsewhere, role: 'door' })
    const rows = await query(
      database.pool,
      'select name, settings, revoked_at is null as "isLive" from kiosks where id = any($1) order by id',
      [[first.kioskId, second.kioskId]],
    )
    expect(rows).toEqual([
      { name: 'North door', settings: { idleMs: 60000 }, isLive: false },
      { name: 'North door', settings: { idleMs: 60000 }, isLive: true },
    ])
    // The hubs look at their kiosks again when the clock of the facts moves. [SYN-28]
    expect(await clockOf()).toEqual({ clock: 1, facts_clock: 1 })
  })

  test('does not revoke a kiosk whose place is gone', async () => {
    const space = await insertTestSpace(database.pool, { universityId, name: 'Closing down' })
    const input = await codeFor({ spaceId: space })
    const { kioskId } = (await post(enrolRequestOf(makeTestDevice(), input, HOST))).json() as EnrolResponse
    await database.pool.query('update spaces set is_deleted = true where id = $1', [space])
    const code = await codeFor({ replacesKioskId: kioskId })
    expect((await post(enrolRequestOf(makeTestDevice(), code, HOST))).statusCode).toBe(403)
    const rows = await query(database.pool, 'select revoked_at from kiosks where id = $1', [kioskId])
    expect(rows).toEqual([{ revoked_at: null }])
  })
})

describe('[SYN-20] refused alike', () => {
  test('a code that was never made, and one that cannot be', async () => {
    await expectRefused(enrolRequestOf(makeTestDevice(), '0000-0000-0000-0000', HOST), 'codeRefused', 403)
    await expectRefused(enrolRequestOf(makeTestDevice(), 'hello', HOST), 'codeRefused', 403)
  })

  test('a code that another device used', async () => {
    const code = await codeFor()
    await post(enrolRequestOf(makeTestDevice(), code, HOST))
    await expectRefused(enrolRequestOf(makeTestDevice(), code, HOST), 'codeRefused', 403)
  })

  test('a code out of date, also for the device that used it', async () => {
    const code = await codeFor()
    const request = enrolRequestOf(makeTestDevice(), code, HOST)
    await post(request)
    await database.pool.query("update enrolments set expires_at = now() - interval '1 second'")
    await expectRefused(request, 'codeRefused', 403)
    await expectRefused(
      enrolRequestOf(makeTestDevice(), await codeFor({ minutes: 0 }), HOST),
      'codeRefused',
      403,
    )
  })

  test('a code whose kiosk was revoked, and one whose space is gone', async () => {
    const code = await codeFor()
    const request = enrolRequestOf(makeTestDevice(), code, HOST)
    const { kioskId } = (await post(request)).json() as EnrolResponse
    await database.pool.query('update kiosks set revoked_at = now() where id = $1', [kioskId])
    await expectRefused(request, 'codeRefused', 403)
    const short = await insertTestSpace(database.pool, { universityId, name: 'Short' })
    const late = await codeFor({ spaceId: short })
    await database.pool.query('update spaces set is_deleted = true where id = $1', [short])
    await expectRefused(enrolRequestOf(makeTestDevice(), late, HOST), 'codeRefused', 403)
  })
})

describe('[SYN-20] a proof', () => {
  test('by another key, for another host or another code is refused, and the code stays good', async () => {
    const code = await codeFor()
    const device = makeTestDevice()
    const thief = { ...makeTestDevice(), publicKey: device.publicKey }
    await expectRefused(enrolRequestOf(thief, code, HOST), 'badProof', 403)
    await expectRefused(enrolRequestOf(device, code, 'elsewhere.example'), 'badProof', 403)
    await expectRefused({ ...enrolRequestOf(device, 'other', HOST), code }, 'badProof', 403)
    expect((await post(enrolRequestOf(device, code, HOST))).statusCode).toBe(201)
  })

  test('covers the host with its port, as dialled', async () => {
    const code = await codeFor()
    const request = enrolRequestOf(makeTestDevice(), code, 'localhost:4710')
    expect((await post(request, { host: 'LOCALHOST:4710' })).statusCode).toBe(201)
  })
})

test('[SYN-20] a code or proof that the database could not keep is refused like any other wrong one', async () => {
  await expectRefused(enrolRequestOf(makeTestDevice(), '\u0000\ud800', HOST), 'codeRefused', 403)
  const good = enrolRequestOf(makeTestDevice(), await codeFor(), HOST)
  await expectRefused({ ...good, proof: '\u0000\ud800' }, 'badProof', 403)
})

describe('[SYN-20] an address', () => {
  const behind = (proxies: string[]): ReturnType<typeof makeTestApp> =>
    makeTestApp(database.pool, {
      failedEnrolments,
      config: { host: '127.0.0.1', hostNames: ['carrel.example.org'], proxies, tls: null },
    })
  const ask = async (
    to: FastifyInstance,
    headers: Record<string, string>,
    payload: EnrolRequest,
  ): Promise<number> =>
    (await to.inject({ method: 'POST', url: '/api/v1/kiosks/enrol', payload, headers })).statusCode

  test('that somebody who is no proxy says to speak for buys no further tries, and no other host', async () => {
    const plain = await behind([])
    const wrong = enrolRequestOf(makeTestDevice(), '0000-0000-0000-0000', HOST)
    const statuses: number[] = []
    for (let index = 0; index < 12; index += 1)
      statuses.push(await ask(plain, { host: HOST, 'x-forwarded-for': `192.0.2.${index}` }, wrong))
    expect(statuses).toEqual([...Array.from({ length: 10 }, () => 403), 429, 429])
    await database.pool.query('delete from rate_limits')
    const forged = enrolRequestOf(makeTestDevice(), await codeFor(), 'carrel.example.org')
    expect(await ask(plain, { host: HOST, 'x-forwarded-host': 'carrel.example.org' }, forged)).toBe(403)
    await plain.close()
  })

  test('behind a proxy is the one that the proxy saw, whatever the device writes before it', async () => {
    const proxied = await behind(['127.0.0.1'])
    const host = { host: 'localhost', 'x-forwarded-host': 'carrel.example.org' }
    const wrong = enrolRequestOf(makeTestDevice(), '0000-0000-0000-0000', 'carrel.example.org')
    const statuses: number[] = []
    for (let index = 0; index < 11; index += 1)
      statuses.push(await ask(proxied, { ...host, 'x-forwarded-for': `10.9.9.${index}, 192.0.2.7` }, wrong))
    expect(statuses.at(-1)).toBe(429)
    const good = enrolRequestOf(makeTestDevice(), await codeFor(), 'carrel.example.org')
    expect(await ask(proxied, { ...host, 'x-forwarded-for': '192.0.2.8' }, good)).toBe(201)
    await proxied.close()
  })
})

describe('[SYN-20] ten failures in a minute', () => {
  test('of one address, sent all at once, are the last it may make; another address may go on', async () => {
    const wrong = enrolRequestOf(makeTestDevice(), '0000-0000-0000-0000', HOST)
    const answers = await Promise.all(Array.from({ length: 30 }, () => post(wrong)))
    const statuses = answers.map((answer) => answer.statusCode)
    expect(statuses.filter((status) => status === 403)).toHaveLength(10)
    expect(statuses.filter((status) => status === 429)).toHaveLength(20)
    const code = await codeFor()
    const blocked = await post(enrolRequestOf(makeTestDevice(), code, HOST))
    expect(blocked.statusCode).toBe(429)
    expect(Number(blocked.headers['retry-after'])).toBeGreaterThan(0)
    expect(Number(blocked.headers['retry-after'])).toBeLessThanOrEqual(60)
    const other = await post(enrolRequestOf(makeTestDevice(), code, HOST), { remoteAddress: '192.0.2.7' })
    expect(other.statusCode).toBe(201)
  })

  test('count across two hubs that receive them at the same moment', async () => {
    const other = await makeTestApp(database.pool, { failedEnrolments })
    const payload = enrolRequestOf(makeTestDevice(), '0000-0000-0000-0000', HOST)
    const inject = { method: 'POST', url: '/api/v1/kiosks/enrol', payload, headers: { host: HOST } } as const
    const answers = await Promise.all(
      Array.from({ length: 30 }, (_, index) => (index % 2 === 0 ? app : other).inject(inject)),
    )
    expect(answers.filter((answer) => answer.statusCode === 403)).toHaveLength(10)
    await other.close()
  })

  test('are forgiven when the minute is over, and the purge deletes them', async () => {
    const wrong = enrolRequestOf(makeTestDevice(), '0000-0000-0000-0000', HOST)
    for (let round = 0; round < 11; round += 1) await post(wrong)
    await database.pool.query("update rate_limits set resets_at = resets_at - interval '61 seconds'")
    expect((await post(wrong)).statusCode).toBe(403)
    await database.pool.query("update rate_limits set resets_at = resets_at - interval '61 seconds'")
    await dropExpiredRateLimits(database.pool)
    expect(await query(database.pool, 'select 1 from rate_limits')).toHaveLength(0)
  })

  test('do not count what succeeds', async () => {
    for (let round = 0; round < 15; round += 1)
      expect((await post(enrolRequestOf(makeTestDevice(), await codeFor(), HOST))).statusCode).toBe(201)
  })

  test('are counted by the first half of an IPv6 address', () => {
    expect(addressBucket('::ffff:192.0.2.7')).toBe('192.0.2.7')
    expect(addressBucket('2001:db8:1:2:3:4:5:6')).toBe('2001:db8:1:2')
    expect(addressBucket('2001:DB8::6')).toBe('2001:db8:0:0')
    expect(addressBucket('fe80::1%eth0')).toBe('fe80:0:0:0')
    expect(addressBucket('::1')).toBe('0:0:0:0')
  })
})

test('[SYN-20] [SYN-15] a request of another shape, or a name that plays tricks, is malformed and costs nothing', async () => {
  const good = enrolRequestOf(makeTestDevice(), await codeFor(), HOST)
  const bad: unknown[] = [
    {},
    [],
    'x',
    { ...good, extra: 1 },
    { ...good, publicKey: 'short' },
    { ...good, keyGrade: 'gold' },
    { ...good, name: '' },
    { ...good, name: 'Door \u202e101' },
    { ...good, name: 'Door\u0000' },
    { ...good, name: 'Door \ud800' },
    { ...good, appVersion: '1\u0000' },
    { ...good, appVersion: '\udfff' },
    { ...good, code: '\u0000', name: '\u001b[2J' },
    { ...good, name: 'x'.repeat(81) },
  ]
  for (const payload of bad) expect((await post(JSON.stringify(payload))).statusCode).not.toBe(201)
  for (const payload of bad.slice(3)) {
    const answer = await post(payload)
    expect([answer.statusCode, (answer.json() as HttpError).error]).toEqual([400, 'malformed'])
  }
  expect(await query(database.pool, 'select 1 from rate_limits')).toHaveLength(0)
  expect((await post(good)).statusCode).toBe(201)
})

test('codes long out of date are forgotten', async () => {
  await codeFor({ minutes: -60 * 25 })
  const before = await query(database.pool, 'select 1 from enrolments')
  await dropExpiredEnrolments(database.pool)
  const after = await query(database.pool, 'select 1 from enrolments')
  expect(before.length - after.length).toBe(1)
})
