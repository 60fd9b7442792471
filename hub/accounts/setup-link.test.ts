import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { makeSetupToken } from './setup-link.ts'
import { query } from '../platform/postgres/database.ts'
import { byNumber, startPeopleHub, type Answered, type PeopleHub } from '../testing/testing-routes-people.ts'

let hub: PeopleHub
const PASSWORD = 'burja ob obali 8'

beforeAll(async () => {
  hub = await startPeopleHub('setup', { isCommon: async () => false })
})
afterAll(() => hub.stop())
beforeEach(() => query(hub.pool, 'update users set is_active = false where is_platform_admin'))

const setUp = (token: string | null, email: string, password = PASSWORD): Promise<Answered> =>
  hub.call('POST /auth/setup', { body: { token, email, password } })

test('[IDN-13] the set-up link makes the first platform administrator, once, and never a second one', async () => {
  const token = await makeSetupToken(hub.pool)
  expect(await setUp('x'.repeat(43), 'root@anywhere.example')).toMatchObject({
    status: 410,
    error: 'linkRefused',
  })
  expect((await setUp(token, 'no address')).error).toBe('addressRefused')
  expect((await setUp(token, 'root@anywhere.example', 'short')).error).toBe('passwordRefused')
  expect((await setUp(token, 'root@anywhere.example')).status).toBe(204)
  expect((await setUp(token, 'second@anywhere.example')).error).toBe('linkRefused')
  const { me, accessToken } = await hub.signIn('root@anywhere.example', PASSWORD)
  expect(me).toMatchObject({ isPlatformAdmin: true, university: null, groups: [] })
  expect(await makeSetupToken(hub.pool)).toBeNull()
  expect(await hub.call('DELETE /me', { bearer: accessToken })).toMatchObject({
    status: 409,
    error: 'lastAdmin',
  })
})

test('[IDN-13] of two links used at once one makes an administrator', async () => {
  const tokens = [await makeSetupToken(hub.pool), await makeSetupToken(hub.pool)]
  const uses = tokens.map((token, index) => setUp(token, `first${index}@anywhere.example`))
  expect((await Promise.all(uses)).map(({ status }) => status).toSorted(byNumber)).toEqual([204, 410])
})

test('[IDN-13] a set-up link is good for an hour, and stored as a hash', async () => {
  const token = await makeSetupToken(hub.pool)
  expect(JSON.stringify(await query(hub.pool, 'select * from setup_links'))).not.toContain(token)
  await query(hub.pool, "update setup_links set expires_at = expires_at - interval '1 hour'")
  expect((await setUp(token, 'late@anywhere.example')).error).toBe('linkRefused')
})

test('[IDN-35] a set-up link that was used stays used, and so do those beside it, also where nobody administers the platform any more', async () => {
  const [used, beside] = [await makeSetupToken(hub.pool), await makeSetupToken(hub.pool)]
  expect((await setUp(used, 'once@anywhere.example')).status).toBe(204)
  await query(hub.pool, 'update users set is_active = false where is_platform_admin')
  expect((await setUp(used, 'twice@anywhere.example')).error).toBe('linkRefused')
  expect((await setUp(beside, 'twice@anywhere.example')).error).toBe('linkRefused')
  expect((await setUp(await makeSetupToken(hub.pool), 'twice@anywhere.example')).status).toBe(204)
})
