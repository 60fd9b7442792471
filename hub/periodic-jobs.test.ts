import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { insertTestSpace, insertTestUniversity } from './testing/testing-rows.ts'
import { query } from './platform/postgres/database.ts'
import { makeTestDatabase, type TestDatabase } from './platform/postgres/testing.ts'
import { clearAddressesJob, purgeJob } from './periodic-jobs.ts'

let database: TestDatabase
let userId = 0

beforeAll(async () => {
  database = await makeTestDatabase('periodic')
  const universityId = await insertTestUniversity(database.pool, 'Marsh')
  await insertTestSpace(database.pool, { universityId, name: 'Library' })
})
afterAll(() => database.drop())
beforeEach(async () => {
  await query(
    database.pool,
    `delete from sessions; delete from verifications; delete from live_tickets; delete from users where email_key = 'x@example.org'`,
  )
  const [user] = await query<{ id: number }>(
    database.pool,
    `insert into users (associated_university_id, is_platform_admin, email, email_key, verified_at)
     values (null, true, 'x@example.org', 'x@example.org', now()) returning id`,
  )
  userId = user?.id ?? 0
})

/** Of each thing that runs out: how one is put in with a name, and its name is read; those that go, and those that stay. */
interface Term {
  what: string
  insert: string
  names: string
  gone: readonly string[]
  kept: readonly string[]
}

/** `$1`: the name of the row, which says when it ended; `$2`: the user. A negative time is still to come. */
const TERMS: readonly Term[] = [
  {
    what: 'sessions, a week after they ran out',
    insert: `insert into sessions (user_id, family, refresh_hash, expires_at) values ($2, $1::text, $1::text, now() - $1::text::interval)`,
    names: 'select family as name from sessions',
    gone: ['8 days'],
    kept: ['6 days', '-1 days'],
  },
  {
    what: 'sessions, a week after they were ended',
    insert: `insert into sessions (user_id, family, refresh_hash, expires_at, revoked_at) values ($2, $1::text, $1::text, now() + interval '1 day', now() - $1::text::interval)`,
    names: 'select family as name from sessions',
    gone: ['8 days'],
    kept: ['6 days'],
  },
  {
    what: 'mailed links, a day after they ran out',
    insert: `insert into verifications (user_id, purpose, token_hash, new_email, expires_at)
      values ($2, case $1::text when '25 hours' then 'verify' when '23 hours' then 'reset' else 'email' end, $1::text,
        case when $1::text not in ('25 hours', '23 hours') then 'new@example.org' end, now() - $1::text::interval)`,
    names: 'select token_hash as name from verifications',
    gone: ['25 hours'],
    kept: ['23 hours', '-1 hours'],
  },
  {
    what: 'tickets of live sockets, a minute after they ran out',
    insert: `with s as (insert into sessions (user_id, family, refresh_hash, expires_at) values ($2, $1::text, $1::text, now() + interval '1 day') returning id)
      insert into live_tickets (ticket_hash, session_id, expires_at) select $1::text, id, now() - $1::text::interval from s`,
    names: 'select ticket_hash as name from live_tickets',
    gone: ['61 seconds'],
    kept: ['55 seconds', '-20 seconds'],
  },
  {
    what: 'marks of addresses, at their end',
    insert: `insert into address_marks values ($1::text, 'deleted', now() - $1::text::interval)`,
    names: 'select address_hash as name from address_marks',
    gone: ['1 minutes'],
    kept: ['-1 hours'],
  },
  {
    what: 'keys of access tokens, a day after they were retired',
    insert: `insert into signing_keys (purpose, secret, retired_at) values ('access', convert_to($1::text, 'UTF8'), now() - $1::text::interval)`,
    names: "select convert_from(secret, 'UTF8') as name from signing_keys",
    gone: ['25 hours'],
    kept: ['23 hours'],
  },
  {
    what: 'no key of head signatures',
    insert: `insert into signing_keys (purpose, secret, retired_at) values ('head', convert_to($1::text, 'UTF8'), now() - $1::text::interval)`,
    names: "select convert_from(secret, 'UTF8') as name from signing_keys where purpose = 'head'",
    gone: [],
    kept: ['400 days'],
  },
  {
    what: 'mail, thirty days after it was sent',
    insert: `insert into mail_outbox (key, template, locale, sent_at) values ($1::text, 't', 'en', now() - $1::text::interval)`,
    names: 'select key as name from mail_outbox',
    gone: ['31 days'],
    kept: ['29 days'],
  },
  {
    what: 'mail, thirty days after it was given up',
    insert: `insert into mail_outbox (key, template, locale, failed_at) values ($1::text, 't', 'en', now() - $1::text::interval)`,
    names: 'select key as name from mail_outbox',
    gone: ['31 days'],
    kept: ['29 days'],
  },
  {
    what: 'no mail that waits',
    insert: `insert into mail_outbox (key, template, locale, created_at) values ($1::text, 't', 'en', now() - $1::text::interval)`,
    names: 'select key as name from mail_outbox',
    gone: [],
    kept: ['31 days'],
  },
  {
    what: 'tries that no longer count',
    insert: `insert into rate_limits values ($1::text, 1, now() - $1::text::interval)`,
    names: 'select bucket as name from rate_limits',
    gone: ['1 seconds'],
    kept: ['-60 seconds'],
  },
  {
    what: 'requests for universities that nobody confirmed in time',
    insert: `insert into university_requests (name, email_domains, timezone, contact, asked_from, token_hash, expires_at)
      values ($1::text, '{x.example}', 'UTC', 'c', 'a', $1::text, now() - $1::text::interval)`,
    names: 'select name from university_requests',
    gone: ['1 seconds'],
    kept: ['-60 seconds'],
  },
  {
    what: 'enrolment codes, a day after they ran out',
    insert: `with s as (select id, university_id from spaces order by id limit 1)
      insert into enrolments (university_id, code_hash, space_id, role, expires_at) select university_id, $1::text, id, 'door', now() - $1::text::interval from s`,
    names: 'select code_hash as name from enrolments',
    gone: ['25 hours'],
    kept: ['23 hours', '-1 hours'],
  },
  {
    what: 'accounts that nobody confirmed, eight days after they were asked for',
    insert: `insert into users (associated_university_id, email, email_key, updated_at)
      values ((select min(id) from universities), $1::text, $1::text, now() - $1::text::interval)`,
    names: 'select email as name from users where verified_at is null and email is not null',
    gone: ['9 days'],
    kept: ['7 days'],
  },
]

test.each(TERMS)(
  '[OPS-21] of what runs out goes in its time: $what',
  async ({ insert, names, gone, kept }) => {
    const { pool } = database
    // Some statements have no use for the user.
    const values = (name: string): unknown[] => (insert.includes('$2') ? [name, userId] : [name])
    for (const name of [...gone, ...kept]) await query(pool, insert, values(name))
    const left = async (): Promise<string[]> =>
      (await query<{ name: string }>(pool, names)).map(({ name }) => name).toSorted()
    expect(await left()).toEqual([...gone, ...kept].toSorted())
    await purgeJob(pool).run()
    expect(await left()).toEqual([...kept].toSorted())
    await query(
      pool,
      `delete from mail_outbox; delete from address_marks; delete from signing_keys; delete from rate_limits;
     delete from university_requests; delete from enrolments`,
    )
  },
)

test.each([
  [
    'in the log of acts',
    `insert into change_logs (actor, service, subject, address, created_at) values ('hub', 'test', $1::text, '192.0.2.7', now() - $1::text::interval)`,
    "select subject as name, host(address) as address from change_logs where service = 'test' order by id",
  ],
  [
    'of sessions',
    `insert into sessions (user_id, family, refresh_hash, expires_at, address, last_seen_at)
     values ((select id from users where email_key = 'x@example.org'), $1::text, $1::text, now() + interval '1 day', '192.0.2.7', now() - $1::text::interval)`,
    'select family as name, host(address) as address from sessions order by id',
  ],
  [
    'of last sign-ins',
    `insert into users (associated_university_id, username, last_login_ip, last_login_time)
     values ((select min(id) from universities), $1::text, '192.0.2.7', now() - $1::text::interval)`,
    'select username as name, host(last_login_ip) as address from users where username is not null order by created_at, username',
  ],
])(
  '[AUD-2] addresses of the network are forgotten after 90 days, and not before: %s',
  async (_where, insert, names) => {
    for (const age of ['89 days', '91 days']) await query(database.pool, insert, [age])
    await clearAddressesJob(database.pool).run()
    expect(await query(database.pool, names)).toEqual([
      { name: '89 days', address: '192.0.2.7' },
      { name: '91 days', address: null },
    ])
  },
)

test('[OPS-21] what cannot be dropped holds up nothing else that has run out, and the job tells of it', async () => {
  await query(
    database.pool,
    `insert into sessions (user_id, family, refresh_hash, expires_at) values ($1, 'old', 'old', now() - interval '8 days')`,
    [userId],
  )
  await query(
    database.pool,
    `create function hold_on() returns trigger language plpgsql as $$ begin raise 'not now'; end $$;
     create trigger hold_on before delete on enrolments for each statement execute function hold_on()`,
  )
  try {
    await expect(purgeJob(database.pool).run()).rejects.toMatchObject({ errors: [{ message: 'not now' }] })
  } finally {
    await query(database.pool, 'drop trigger hold_on on enrolments; drop function hold_on()')
  }
  expect(await query(database.pool, 'select family from sessions')).toEqual([])
})
