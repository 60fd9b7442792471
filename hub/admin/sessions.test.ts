import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeTestPerson } from '../accounts/testing-people.ts'
import { query } from '../platform/postgres/database.ts'
import { insertTestUniversity } from '../testing/testing-rows.ts'
import { makeTestDatabase, type TestDatabase } from '../platform/postgres/testing.ts'
import { runHere, type CliRun } from './testing-cli.ts'

let database: TestDatabase
let home = ''
let universityId = 0
let otherId = 0

beforeAll(async () => {
  database = await makeTestDatabase('sessions_end')
  home = mkdtempSync(join(tmpdir(), 'carrel-sessions-'))
  universityId = await insertTestUniversity(database.pool, 'Marsh')
  otherId = await insertTestUniversity(database.pool, 'Hill')
})
afterAll(async () => {
  rmSync(home, { recursive: true, force: true })
  await database.drop()
})

function end(...args: string[]): Promise<CliRun> {
  return runHere({ DATABASE_URL: database.url, CARREL_HOME: home }, [
    'sessions',
    'end',
    '--university',
    'marsh.example',
    '--json',
    ...args,
  ])
}

/** Users with a session that lives. */
async function whoIsIn(): Promise<number[]> {
  const rows = await query<{ userId: number }>(
    database.pool,
    'select user_id as "userId" from sessions where revoked_at is null order by id',
  )
  return rows.map(({ userId }) => userId)
}

test('[IDN-17] [AUD-5] the sessions of one person end, then those of everybody, of this university only; both are written down, and nothing where none ended', async () => {
  const ann = await makeTestPerson(database.pool, universityId, { username: 'ann' })
  const ben = await makeTestPerson(database.pool, universityId, { email: 'ben@marsh.example' })
  const cat = await makeTestPerson(database.pool, universityId)
  const afar = await makeTestPerson(database.pool, otherId, { username: 'ann' })
  const one = await end('ANN')
  expect([one.code, one.json()]).toEqual([0, { universityId, userId: ann.userId, count: 1 }])
  expect(await whoIsIn()).toEqual([ben.userId, cat.userId, afar.userId])
  expect((await end('ann')).json()).toMatchObject({ count: 0 })
  const all = await end('--all', '--yes')
  expect([all.code, all.json()]).toEqual([0, { universityId, userId: null, count: 2 }])
  expect(await whoIsIn()).toEqual([afar.userId])
  const written = await query(
    database.pool,
    `select university_id as "universityId", actor, log from change_logs
     where service = 'sessions' and subject = 'endAll' order by id`,
  )
  expect(written).toEqual([
    { universityId, actor: 'cli', log: { userId: ann.userId, count: 1 } },
    { universityId, actor: 'cli', log: { count: 2 } },
  ])
})

test('[EDG-11] whose sessions staff end, one person’s or everybody’s, has no browser that is known any more', async () => {
  const dan = await makeTestPerson(database.pool, universityId, { username: 'dan' })
  const eva = await makeTestPerson(database.pool, universityId, { username: 'eva' })
  const afar = await makeTestPerson(database.pool, otherId, { username: 'eva' })
  const forgotten = async (): Promise<number[]> => {
    const rows = await query<{ id: number }>(
      database.pool,
      "select id from users where browsers_since > now() - interval '1 hour' and id = any($1)",
      [[dan.userId, eva.userId, afar.userId]],
    )
    return rows.map(({ id }) => id)
  }
  const age = (): Promise<unknown> =>
    query(database.pool, "update users set browsers_since = now() - interval '1 day'")
  await age()
  await end('dan')
  expect(await forgotten()).toEqual([dan.userId])
  await age()
  await end('--all', '--yes')
  expect((await forgotten()).toSorted((one, other) => one - other)).toEqual(
    [dan.userId, eva.userId].toSorted((one, other) => one - other),
  )
})

test('[IDN-17] nobody is meant by nothing, by a stranger’s name, or by both', async () => {
  for (const [code, ...args] of [[2], [1, 'nobody'], [2, 'ann', '--all']] as const) {
    const run = await end(...args)
    expect([run.code, run.stderr.trim().split('\n').length], args.join(' ')).toEqual([code, 1])
  }
})
