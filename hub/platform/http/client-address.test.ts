import { readFileSync, globSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { ACCOUNT_LIMITS } from '#shared/domain/conduct.ts'
import { query } from '../postgres/database.ts'
import { GOOD_PASSWORD, startPeopleHub, type PeopleHub } from '../../testing/testing-routes-people.ts'

let hub: PeopleHub

beforeAll(async () => {
  hub = await startPeopleHub('client_address')
  await hub.join('ana@uni.example')
})
afterAll(() => hub.stop())
beforeEach(() => query(hub.pool, 'delete from rate_limits'))

/** Where the newest session and the newest act came from, and what was counted. */
async function signInFrom(address: string): Promise<unknown[]> {
  await query(hub.pool, 'delete from rate_limits')
  await hub.signIn('ana@uni.example', GOOD_PASSWORD, { address })
  const [session] = await query<{ at: string | null }>(
    hub.pool,
    'select host(address) as at from sessions order by id desc limit 1',
  )
  const [act] = await query<{ at: string | null }>(
    hub.pool,
    "select host(address) as at from change_logs where service = 'sessions' order by id desc limit 1",
  )
  const buckets = await query<{ bucket: string }>(
    hub.pool,
    "select bucket from rate_limits where bucket like '% from %'",
  )
  return [session?.at, act?.at, [...new Set(buckets.map(({ bucket }) => bucket.replace(/^.* from /, '')))]]
}

test.each([
  ['203.0.113.9', '203.0.113.9', '203.0.113.9'],
  ['203.0.113.9:51234', '203.0.113.9', '203.0.113.9'],
  ['::ffff:203.0.113.9', '203.0.113.9', '203.0.113.9'],
  ['::ffff:cb00:7109', '203.0.113.9', '203.0.113.9'],
  ['[2001:db8::5]:443', '2001:db8::5', '2001:db8:0:0'],
  ['8.8.8.8, 203.0.113.9', '203.0.113.9', '203.0.113.9'],
  // The proxy's own, on whose connection it came.
  ['unknown', '127.0.0.1', '127.0.0.1'],
  ['x'.repeat(300), '127.0.0.1', '127.0.0.1'],
])(
  '[EDG-3] of X-Forwarded-For %s the same is stored, written down and counted: %s',
  async (said, at, bucket) => {
    expect(await signInFrom(said)).toEqual([at, at, [bucket]])
  },
)

test('[EDG-3] [IDN-12] another port, or another way to write it, buys no further try', async () => {
  const { count } = ACCOUNT_LIMITS.link.perAddress
  await query(
    hub.pool,
    "insert into rate_limits (bucket, count, resets_at) values ('link from 203.0.113.9', $1, now() + interval '1 minute')",
    [count],
  )
  const spellings = [
    ...Array.from({ length: 70 }, (_, index) => `203.0.113.9:${50_000 + index}`),
    '::ffff:203.0.113.9',
    '[::ffff:cb00:7109]:8443',
  ]
  for (const address of spellings) {
    const { status } = await hub.call('POST /auth/verify', { address, body: { token: 'A'.repeat(43) } })
    expect([address, status]).toEqual([address, 429])
  }
  expect(
    (await hub.call('POST /auth/verify', { address: '203.0.113.8', body: { token: 'A'.repeat(43) } })).status,
  ).toBe(410)
})

test('[EDG-3] nothing of the hub reads an address of the network in another way', () => {
  const folder = path.join(import.meta.dirname, '..', '..')
  const files = globSync('**/*.ts', { cwd: folder }).filter(
    (file) => !/\.test\.ts$|testing|^(simulation|bench)\//.test(file),
  )
  expect(files.length).toBeGreaterThan(150)
  const reading = files.filter((file) =>
    /\b(request|req)\.ips?\b|remoteAddress|x-forwarded-for/.test(
      readFileSync(path.join(folder, file), 'utf8'),
    ),
  )
  expect(reading).toEqual(['platform/http/client-address.ts'])
})
