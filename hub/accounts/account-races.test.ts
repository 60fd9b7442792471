import { afterEach, describe, expect, test } from 'vitest'
import { accept } from '#shared/domain/decision.ts'
import { query } from '../platform/postgres/database.ts'
import {
  GOOD_PASSWORD,
  startPeopleHub,
  type Answered,
  type PeopleHub,
} from '../testing/testing-routes-people.ts'
import { makePasswords, type Passwords } from './passwords.ts'

// Something happens between two statements of a call: while its password is hashed or compared, which takes longest.

let hub: PeopleHub | null = null
afterEach(async () => {
  await hub?.stop()
  hub = null
})

const COST = { memoryCost: 1024, timeCost: 2, parallelism: 1 }
const OTHER = 'another one entirely 5'

/** A hasher that does something else once, just before it gives its answer. */
function makeInterrupted(): Passwords & {
  before: { hash?: () => Promise<unknown>; verify?: () => Promise<unknown> }
} {
  const real = makePasswords(COST)
  const before: { hash?: () => Promise<unknown>; verify?: () => Promise<unknown> } = {}
  const once = async (name: 'hash' | 'verify'): Promise<void> => {
    const run = before[name]
    delete before[name]
    await run?.()
  }
  return {
    before,
    hash: async (typed) => {
      const made = await real.hash(typed)
      await once('hash')
      return made
    },
    verify: async (typed, stored) => {
      const verdict = await real.verify(typed, stored)
      await once('verify')
      return verdict
    },
  }
}

async function start(
  name: string,
): Promise<{ hub: PeopleHub; passwords: ReturnType<typeof makeInterrupted> }> {
  const passwords = makeInterrupted()
  const started = await startPeopleHub(name, { passwords, isCommon: async () => false })
  hub = started
  return { hub: started, passwords }
}

const hashOf = async (typed: string, cost = COST): Promise<string> => {
  const made = await makePasswords(cost).hash(typed)
  return made.ok ? made.value : ''
}

describe('[IDN-32] what came in between', () => {
  test.each([
    [
      'a sign-in',
      (to: PeopleHub): Promise<Answered> =>
        to.call('POST /auth/token', { body: { email: 'ana@uni.example', password: GOOD_PASSWORD } }),
    ],
    [
      'a confirmation',
      (to: PeopleHub, bearer: string): Promise<Answered> =>
        to.call('POST /auth/confirm', { bearer, body: { password: GOOD_PASSWORD } }),
    ],
  ])('of an old hash and its renewal at %s, another password, stays', async (_what, act) => {
    const { hub: at, passwords } = await start('rehash_race')
    const { accessToken } = await at.join('ana@uni.example')
    const weak = await hashOf(GOOD_PASSWORD, { ...COST, memoryCost: 512 })
    await query(at.pool, 'update users set password_hash = $1', [weak])
    const chosen = await hashOf(OTHER)
    // The new hash of the old password is made; meanwhile its owner chooses another one.
    passwords.before.hash = () => query(at.pool, 'update users set password_hash = $1', [chosen])
    expect([200, 204]).toContain((await act(at, accessToken)).status)
    expect(await query(at.pool, 'select password_hash as hash from users')).toEqual([{ hash: chosen }])
    const enter = async (password: string): Promise<number> =>
      (await at.call('POST /auth/token', { body: { email: 'ana@uni.example', password } })).status
    expect([await enter(GOOD_PASSWORD), await enter(OTHER)]).toEqual([401, 200])
  })

  test('of a registration’s comparison and its commit, another password, has it decided again', async () => {
    const { hub: at, passwords } = await start('register_race')
    const email = 'bor@uni.example'
    const register = (password: string): Promise<Answered> =>
      at.call('POST /auth/register', { body: { email, password } })
    await register(GOOD_PASSWORD)
    expect((await at.mailbox.next(email)).link?.path).toBe('/verify')
    await query(at.pool, "update verifications set created_at = now() - interval '61 seconds'")
    // The same password again; while it is compared, somebody else asks with another one, so that neither counts.
    passwords.before.verify = () => register(OTHER)
    expect((await register(GOOD_PASSWORD)).status).toBe(202)
    const paths = [await at.mailbox.next(email), await at.mailbox.next(email)].map(({ link }) => link?.path)
    expect(paths).toEqual(['/reset', '/reset'])
    expect(await query(at.pool, 'select password_hash as hash from users')).toEqual([{ hash: null }])
  })

  test('of a password’s check and its commit, the account’s end, makes it nothing', async () => {
    const { hub: at, passwords } = await start('reset_race')
    const email = 'cene@uni.example'
    await at.join(email)
    await at.call('POST /auth/forgotten', { body: { email } })
    const token = (await at.mailbox.next(email)).link?.token
    passwords.before.hash = () => query(at.pool, 'update verifications set used_at = now()')
    const reset = await at.call('POST /auth/reset', { body: { token, password: OTHER } })
    expect(reset).toMatchObject({ status: 410, error: 'linkRefused' })
    expect((await at.call('POST /auth/token', { body: { email, password: GOOD_PASSWORD } })).status).toBe(200)
  })
})

test('[IDN-33] who registers again with the same password is mailed once a minute, and a minute later again', async () => {
  const { hub: at } = await start('register_again')
  const email = 'drago@uni.example'
  const register = (): Promise<Answered> =>
    at.call('POST /auth/register', { body: { email, password: GOOD_PASSWORD } })
  const mailCount = async (): Promise<number> =>
    (await query(at.pool, "select 1 from mail_outbox where template = 'verifyAddress'")).length
  await register()
  await register()
  expect(await mailCount()).toBe(1)
  await query(at.pool, "update verifications set created_at = now() - interval '61 seconds'")
  await register()
  expect(await mailCount()).toBe(2)
  const links = [await at.mailbox.next(email), await at.mailbox.next(email)].map(({ link }) => link?.token)
  const verify = async (token?: string): Promise<number> =>
    (await at.call('POST /auth/verify', { body: { token } })).status
  expect([await verify(links[0]), await verify(links[1])]).toEqual([410, 200])
  // The hasher of these tests answers as the real one does.
  expect(await makeInterrupted().hash(GOOD_PASSWORD)).toEqual(accept(expect.stringContaining('argon2id')))
})
