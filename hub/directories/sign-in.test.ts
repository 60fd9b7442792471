import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Directories } from './directories.ts'
import { makeDirectories } from './make-directories.ts'
import { makePasswords } from '../accounts/passwords.ts'
import { joinTestGroup, makeTestPerson } from '../accounts/testing-people.ts'
import { startSlapd, WITHOUT_SLAPD, type TestSlapd } from './testing-slapd.ts'
import { noLog } from '../platform/log.ts'
import { query } from '../platform/postgres/database.ts'
import { insertGroup } from '../groups/group-rows.ts'
import { insertImportedUsers } from '../admin/import-rows.ts'
import { insertTestUniversity } from '../testing/testing-rows.ts'
import { makeTestDatabase, type TestDatabase } from '../platform/postgres/testing.ts'
import { makeTestApp, makeTestIdentity } from '../testing/testing-app.ts'
import { callRoute, type TestAnswer } from '../testing/testing-calls.ts'

// A real directory behind a real sign-in.

describe('signing in with a directory', () => {
  let database: TestDatabase
  let slapd: TestSlapd
  let app: FastifyInstance
  let universityId = 0
  const asked: string[] = []

  beforeAll(async () => {
    if (WITHOUT_SLAPD !== null) return
    ;[database, slapd] = await Promise.all([makeTestDatabase('directory_sign_in'), startSlapd()])
    universityId = await insertTestUniversity(database.pool, 'Test')
    await insertGroup(database.pool, universityId, { name: 'faculty', description: null, gidNumber: 100 })
    const directories = makeDirectories(database.pool, [slapd.settings()], noLog)
    const overheard: Directories = {
      ...directories,
      signIn: (question) => {
        asked.push(JSON.stringify(question.lookup))
        return directories.signIn(question)
      },
    }
    app = await makeTestApp(database.pool, { identity: makeTestIdentity({ directories: overheard }) })
  })
  beforeEach(async (context) => {
    context.skip(WITHOUT_SLAPD !== null, WITHOUT_SLAPD ?? '')
    await query(database.pool, 'delete from rate_limits')
    asked.length = 0
  })
  afterAll(async () => {
    if (WITHOUT_SLAPD !== null) return
    await app.close()
    await slapd.stop()
    await database.drop()
  })

  function signIn(username: string, password: string): Promise<TestAnswer> {
    return callRoute(app, 'POST /auth/token', { body: { username, password, university: universityId } })
  }

  const groupsOf = ({ body }: TestAnswer): unknown => (body as { me: { groups: unknown } }).me.groups

  test('[DIR-5] [DIR-7] the first sign-in makes the account, with its groups; the second finds it', async () => {
    const first = await signIn('TA217', 'ta217')
    expect(first).toMatchObject({
      status: 200,
      body: {
        me: {
          university: { id: universityId },
          username: 'ta217',
          displayname: 'Assistant of Room 217',
          email: 'ta217@lipnik.example',
          isFromDirectory: true,
          groups: [{ name: 'faculty', isSuper: false, permission: 'member' }],
        },
      },
    })
    const second = await signIn('ta217', 'ta217')
    const idOf = ({ body }: TestAnswer): number => (body as { me: { id: number } }).me.id
    expect(idOf(second)).toBe(idOf(first))
    expect(await signIn('ta217', 'wrong')).toMatchObject({
      status: 401,
      body: { error: 'credentialsRefused' },
    })
    expect(await signIn('nobody', 'ta217')).toMatchObject({
      status: 401,
      body: { error: 'credentialsRefused' },
    })
    const kept = await query(
      database.pool,
      'select password_hash as hash, directory, directory_id as id from users where id = $1',
      [idOf(first)],
    )
    expect(kept).toEqual([{ hash: null, directory: 'test', id: '5eed0000-0000-4000-8000-000000000001' }])
  })

  test('[DIR-9] who was taken over from a system before becomes the person of that username, once proven', async () => {
    await insertImportedUsers(database.pool, universityId, [
      {
        username: 'ThisWay',
        displayname: 'From before',
        lastLoginAt: null,
        lastLoginIp: null,
        createdAt: null,
      },
    ])
    const [imported] = await query<{ id: number }>(
      database.pool,
      "select id from users where username = 'ThisWay'",
    )
    const userId = imported?.id ?? 0
    await joinTestGroup(
      database.pool,
      { userId, sessionId: 0, headers: { authorization: '' } },
      'super',
      'admin',
    )
    expect(await signIn('thisway', 'wrong')).toMatchObject({ status: 401 })
    expect(await query(database.pool, 'select directory from users where id = $1', [userId])).toEqual([
      { directory: null },
    ])
    const proven = await signIn('thisway', 'hachu')
    expect(proven).toMatchObject({
      status: 200,
      body: { me: { id: userId, username: 'thisway', displayname: 'Tis Way' } },
    })
    expect(groupsOf(proven)).toMatchObject([{ isSuper: true, permission: 'admin' }, { name: 'faculty' }])
    expect(await signIn('thisway', 'hachu')).toMatchObject({ status: 200, body: { me: { id: userId } } })
  })

  test('[DIR-9] an account with a password or an address of its own is never given to a directory’s person', async () => {
    const local = await makeTestPerson(database.pool, universityId, { username: 'user7' })
    expect(await signIn('user7', 'pw7')).toMatchObject({ status: 401 })
    expect(asked).toEqual([])
    expect(await query(database.pool, 'select directory from users where id = $1', [local.userId])).toEqual([
      { directory: null },
    ])
  })

  test('[DIR-6] while the directory is down its people are answered so, and accounts of this hub go on', async () => {
    const passwords = makePasswords({ memoryCost: 1024, timeCost: 2, parallelism: 1 })
    const hash = await passwords.hash('a long walk home')
    const person = await makeTestPerson(database.pool, universityId, { email: 'ana@test.example' })
    await query(database.pool, 'update users set password_hash = $2 where id = $1', [
      person.userId,
      hash.ok ? hash.value : null,
    ])
    await slapd.kill()
    const away = await signIn('ta217', 'ta217')
    expect(away).toMatchObject({ status: 503, body: { error: 'directoryAway' } })
    expect(away.headers['retry-after']).toBe('5')
    expect(await signIn('nobody', 'x')).toMatchObject({ status: 503, body: { error: 'directoryAway' } })
    asked.length = 0
    const local = await callRoute(app, 'POST /auth/token', {
      body: { email: 'ana@test.example', password: 'a long walk home' },
    })
    expect(local).toMatchObject({ status: 200, body: { me: { id: person.userId, isFromDirectory: false } } })
    expect(asked).toEqual([])
    await slapd.restart()
    expect(await signIn('ta217', 'ta217')).toMatchObject({ status: 200 })
  })
})
