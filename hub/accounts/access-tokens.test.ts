import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { anyText } from '#shared/fixtures/testing-text.ts'
import { runAdmin } from '../admin/run-admin.ts'
import { query } from '../platform/postgres/database.ts'
import { makeTestDatabase, type TestDatabase } from '../platform/postgres/testing.ts'
import { makeAccessTokens, type AccessTokens } from './access-tokens.ts'
import { parseRefreshToken, refreshToken } from './refresh-tokens.ts'
import { makeServerKeys } from '../platform/secrets/server-secret.ts'

let database: TestDatabase

beforeAll(async () => {
  database = await makeTestDatabase('access')
})
afterAll(() => database.drop())

const makeHub = (): AccessTokens => makeAccessTokens(database.pool, () => randomBytes(32))
const claims = { userId: 7, sessionId: 9 }
const keyOf = (token: string): unknown =>
  (JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()) as { kid?: unknown }).kid

test('[IDN-9] a token of one hub is taken by every other; two that start at once agree on one key', async () => {
  const [one, two] = [makeHub(), makeHub()]
  const tokens = await Promise.all([one.sign(claims), two.sign(claims)])
  expect(keyOf(tokens[0])).toBe(keyOf(tokens[1]))
  expect(await two.verify(tokens[0])).toEqual(claims)
  expect(await one.verify(tokens[1])).toEqual(claims)
  expect(await query(database.pool, "select 1 from signing_keys where purpose = 'access'")).toHaveLength(1)
})

test('[IDN-9] a rotated key signs at once; the old one is good for 35 minutes more, and then no more', async () => {
  const other = makeHub()
  const before = await other.sign(claims)
  const done = await runAdmin(['keys', 'rotate', '--yes', '--json'], {
    DATABASE_URL: database.url,
    CARREL_HOME: '/nonexistent',
  })
  expect(done).toMatchObject({ code: 0 })
  const after = await makeHub().sign(claims)
  expect(keyOf(after)).not.toBe(keyOf(before))
  expect(await makeHub().verify(before)).toEqual(claims)
  // The other hub read its keys before the rotation, and looks again for one that it does not know.
  await new Promise((later) => setTimeout(later, 110))
  expect(await other.verify(after)).toEqual(claims)
  const age = (minutes: number): Promise<unknown> =>
    query(
      database.pool,
      "update signing_keys set retired_at = now() - $1 * interval '1 minute' where purpose = 'access' and retired_at is not null",
      [minutes],
    )
  await age(34)
  expect(await makeHub().verify(before)).toEqual(claims)
  await age(36)
  expect(await makeHub().verify(before)).toBeNull()
  expect(await makeHub().verify(after)).toEqual(claims)
  const acts = await query(
    database.pool,
    "select actor, subject, log->'keyId' as key from change_logs where service = 'keys'",
  )
  expect(acts).toEqual([{ actor: 'cli', subject: 'rotate', key: Number(keyOf(after)) }])
})

test('[IDN-9] nothing that is no token makes reading one throw', async () => {
  const tokens = makeHub()
  await fc.assert(fc.asyncProperty(anyText(), async (text) => (await tokens.verify(text)) === null))
})

test('[IDN-8] a refresh token reads as itself, and no other text or key reads as one', () => {
  const keys = makeServerKeys('the secret of these tests, and of no others')
  const others = makeServerKeys('another secret of tests, just as long as it')
  const family = fc
    .uint8Array({ minLength: 16, maxLength: 16 })
    .map((bytes) => Buffer.from(bytes).toString('base64url'))
  fc.assert(
    fc.property(
      family,
      fc.nat(999_999_999),
      fc.nat(67),
      anyText({ maxLength: 3 }),
      (name, counter, at, noise) => {
        const token = refreshToken(keys, { family: name, counter })
        expect(parseRefreshToken(keys, token)).toEqual({ family: name, counter })
        expect(parseRefreshToken(others, token)).toBeNull()
        const changed = token.slice(0, at) + noise + token.slice(at + noise.length)
        return changed === token || parseRefreshToken(keys, changed) === null
      },
    ),
  )
})
