import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makePasswords } from '../accounts/passwords.ts'
import { makeTestPerson } from '../accounts/testing-people.ts'
import { query } from '../platform/postgres/database.ts'
import { insertTestUniversity } from '../testing/testing-rows.ts'
import { makeTestDatabase, type TestDatabase } from '../platform/postgres/testing.ts'
import { runHere, type CliRun } from './testing-cli.ts'

let database: TestDatabase
let home = ''

beforeAll(async () => {
  database = await makeTestDatabase('demo_passwords')
  home = mkdtempSync(join(tmpdir(), 'carrel-demo-'))
})
afterAll(async () => {
  rmSync(home, { recursive: true, force: true })
  await database.drop()
})

function demoPasswords(env: Record<string, string> = {}): Promise<CliRun> {
  return runHere({ DATABASE_URL: database.url, CARREL_HOME: home, ...env }, ['demo', 'passwords', '--json'])
}

async function hashOf(userId: number): Promise<string | null> {
  const rows = await query<{ hash: string | null }>(
    database.pool,
    'select password_hash as hash from users where id = $1',
    [userId],
  )
  return rows[0]?.hash ?? null
}

test('[IMP-10] without a demo, or its people, there is nothing to make', async () => {
  const none = await demoPasswords()
  expect([none.code, none.json()]).toMatchObject([
    1,
    { error: expect.stringContaining('no demo in this database') },
  ])
  await insertTestUniversity(database.pool, 'Lipnik')
  const empty = await demoPasswords()
  expect([empty.code, empty.json()]).toMatchObject([1, { error: expect.stringContaining('were deleted') }])
})

test('[IMP-10] the people of the demo get new passwords, whoever was signed in as them is out, nobody else is touched', async () => {
  const [campus] = await query<{ id: number }>(
    database.pool,
    "select id from universities where name = 'Lipnik'",
  )
  const universityId = campus?.id ?? 0
  const super217 = await makeTestPerson(database.pool, universityId, { username: 'ta217' })
  const student = await makeTestPerson(database.pool, universityId, { username: 'student' })
  const other = await makeTestPerson(database.pool, universityId, { username: 'other' })
  const otherId = await insertTestUniversity(database.pool, 'Marsh')
  const namesake = await makeTestPerson(database.pool, otherId, { username: 'ta217' })
  const first = await demoPasswords()
  const second = await demoPasswords()
  expect([first.code, second.code]).toEqual([0, 0])
  const shown = [first, second].map((run) => run.json() as { email: string; password: string }[])
  expect(shown[0]?.map(({ email }) => email)).toEqual(['ta217@lipnik.example', 'student@lipnik.example'])
  const passwords = makePasswords()
  for (const [index, { userId }] of [super217, student].entries()) {
    const hash = await hashOf(userId)
    const isRight = shown.map((people) => passwords.verify(people[index]?.password ?? '', hash))
    expect(await Promise.all(isRight)).toEqual([
      { ok: true, value: { isRight: false, isOutdated: false } },
      { ok: true, value: { isRight: true, isOutdated: false } },
    ])
  }
  const inside = await query<{ userId: number }>(
    database.pool,
    'select user_id as "userId" from sessions where revoked_at is null order by id',
  )
  expect(inside.map(({ userId }) => userId)).toEqual([other.userId, namesake.userId])
  expect([await hashOf(other.userId), await hashOf(namesake.userId)]).toEqual([null, null])
  const acts = await query<{ log: unknown }>(
    database.pool,
    "select log from change_logs where service = 'demo' order by id",
  )
  expect(acts).toHaveLength(4)
  for (const { password } of shown.flat()) expect(JSON.stringify(acts)).not.toContain(password)
})

test('[IMP-10] in production there is no demo, whatever the database holds', async () => {
  const refused = await demoPasswords({ NODE_ENV: 'production' })
  expect([refused.code, refused.json()]).toMatchObject([
    1,
    { error: expect.stringContaining('in production') },
  ])
})
