import { afterAll, beforeAll, expect, test } from 'vitest'
import { appendChange } from '../platform/postgres/append-change.ts'
import { query, transaction } from '../platform/postgres/database.ts'
import { makeTestDatabase, type TestDatabase } from '../platform/postgres/testing.ts'

let database: TestDatabase

beforeAll(async () => {
  database = await makeTestDatabase('change_logs')
})
afterAll(() => database.drop())

const act = { universityId: null, actor: 'cli', service: 'test', subject: 'ok', log: { before: 1, after: 2 } }
const rows = (): Promise<{ id: number; address: string | null }[]> =>
  query(database.pool, 'select id, host(address) as address, actor, log from change_logs order by id')

/** An act of so many days ago; acts are written with the clock of the moment. */
async function appendOld(days: number, address: string): Promise<void> {
  await query(
    database.pool,
    `insert into change_logs (actor, service, subject, log, address, created_at)
     values ('user 7', 'test', 'ok', '{"kept": true}', $2, now() - $1 * interval '1 day')`,
    [days, address],
  )
}

test('[AUD-1] an act is written down with the address that it came from, however a proxy wrote that', async () => {
  for (const address of ['192.0.2.1', '::ffff:192.0.2.2', '2001:db8::1%eth0', 'unknown', '', "1'; --", null])
    await appendChange(database.pool, { ...act, address })
  expect((await rows()).map(({ address }) => address)).toEqual([
    '192.0.2.1',
    '192.0.2.2',
    '2001:db8::1',
    null,
    null,
    null,
    null,
  ])
})

test('[AUD-2] network addresses are forgotten after their term, by the one routine, and nothing else is', async () => {
  await appendOld(91, '192.0.2.91')
  await appendOld(89, '192.0.2.89')
  const before = await rows()
  const clearAddresses = (): Promise<{ count: number }[]> =>
    query(database.pool, "select forget_addresses(now() - interval '90 days') as count")
  expect(await clearAddresses()).toEqual([{ count: 1 }])
  const after = await rows()
  expect(after).toEqual(before.map((row) => (row.address === '192.0.2.91' ? { ...row, address: null } : row)))
  expect(await clearAddresses()).toEqual([{ count: 0 }])
})

test('[AUD-2] the routine also clears where people last signed in from', async () => {
  await query(
    database.pool,
    `insert into users (is_platform_admin, email, email_key, last_login_time, last_login_ip) values
       (true, 'old', 'old', now() - interval '91 days', '192.0.2.1'), (true, 'new', 'new', now(), '192.0.2.2')`,
  )
  await query(
    database.pool,
    `insert into sessions (user_id, family, refresh_hash, expires_at, address, last_seen_at)
     select id, email, email, now(), last_login_ip, last_login_time from users`,
  )
  await query(database.pool, "select forget_addresses(now() - interval '90 days')")
  const kept = await query(
    database.pool,
    `select u.email, host(u.last_login_ip) as "of user", host(s.address) as "of session"
     from users u join sessions s on s.user_id = u.id order by 1`,
  )
  expect(kept).toEqual([
    { email: 'new', 'of user': '192.0.2.2', 'of session': '192.0.2.2' },
    { email: 'old', 'of user': null, 'of session': null },
  ])
})

test('[AUD-2] nobody else changes the log, not even in the transaction that clears addresses', async () => {
  const before = await rows()
  const refused = { code: '23001' }
  for (const sql of [
    'update change_logs set address = null',
    "update change_logs set log = '{}'",
    'delete from change_logs',
    'truncate change_logs',
  ])
    await expect(database.pool.query(sql)).rejects.toMatchObject(refused)
  const afterForgetting = (sql: string): Promise<unknown> =>
    transaction(database.pool, 'read committed', async (client) => {
      await client.query('select forget_addresses(now())')
      await client.query(sql)
    })
  await expect(afterForgetting('update change_logs set address = null')).rejects.toMatchObject(refused)
  const pretending = (sql: string): Promise<unknown> =>
    transaction(database.pool, 'read committed', async (client) => {
      await client.query("set local carrel.forgetting = 'on'")
      await client.query(sql)
    })
  for (const sql of [
    "update change_logs set actor = 'nobody', address = null",
    "update change_logs set address = '192.0.2.3'",
    'delete from change_logs',
  ])
    await expect(pretending(sql)).rejects.toMatchObject(refused)
  expect(await rows()).toEqual(before)
})
