import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Directories } from './directories.ts'
import { makeDirectories } from './make-directories.ts'
import { makePasswords } from '../accounts/passwords.ts'
import { makeTestPerson } from '../accounts/testing-people.ts'
import { startSlapd, WITHOUT_SLAPD, type TestSlapd } from './testing-slapd.ts'
import { noLog } from '../platform/log.ts'
import { query } from '../platform/postgres/database.ts'
import { eraseAccount } from '../accounts/erase-rows.ts'
import { insertTestUniversity } from '../testing/testing-rows.ts'
import { makeTestDatabase, type TestDatabase } from '../platform/postgres/testing.ts'
import { makeTestApp, makeTestIdentity } from '../testing/testing-app.ts'
import { callRoute, type TestAnswer } from '../testing/testing-calls.ts'

// Email and the directory's password, at a real directory.

/** Two who share an address, one whom the filter of people leaves out, and one whose address has the signs of filters. */
const MORE = `
dn: uid=left,ou=people,dc=carrel,dc=example
objectClass: inetOrgPerson
uid: left
cn: Left
sn: Left
mail: shared@lipnik.example
userPassword: left

dn: uid=right,ou=people,dc=carrel,dc=example
objectClass: inetOrgPerson
uid: right
cn: Right
sn: Right
mail: shared@lipnik.example
userPassword: right

dn: cn=Printer,ou=people,dc=carrel,dc=example
objectClass: extensibleObject
objectClass: device
cn: Printer
uid: printer
mail: printer@lipnik.example
userPassword: printer

dn: uid=odd,ou=people,dc=carrel,dc=example
objectClass: inetOrgPerson
uid: odd
cn: Odd
sn: Odd
mail: o*d@lipnik.example
userPassword: odd
`

describe('signing in with an email and the password of a directory', () => {
  let database: TestDatabase
  let slapd: TestSlapd
  let app: FastifyInstance
  let universityId = 0
  const asked: string[] = []

  beforeAll(async () => {
    if (WITHOUT_SLAPD !== null) return
    ;[database, slapd] = await Promise.all([makeTestDatabase('directory_mail'), startSlapd({ more: MORE })])
    universityId = await insertTestUniversity(database.pool, 'Lipnik')
    await insertTestUniversity(database.pool, 'Other')
    const settings = slapd.settings({ university: 'lipnik.example' })
    const directories = makeDirectories(database.pool, [settings], noLog)
    const overheard: Directories = {
      ...directories,
      signIn: (question) => {
        asked.push(question.lookup.by)
        return directories.signIn(question)
      },
    }
    app = await makeTestApp(database.pool, { identity: makeTestIdentity({ directories: overheard }) })
  })
  beforeEach(async (context) => {
    context.skip(WITHOUT_SLAPD !== null, WITHOUT_SLAPD ?? '')
    await query(database.pool, 'delete from rate_limits')
    const before = await query<{ id: number }>(database.pool, 'select id from users where erased_at is null')
    for (const { id } of before) await eraseAccount(database.pool, id, null)
    asked.length = 0
  })
  afterAll(async () => {
    if (WITHOUT_SLAPD !== null) return
    await app.close()
    await slapd.stop()
    await database.drop()
  })

  const signIn = (email: string, password: string): Promise<TestAnswer> =>
    callRoute(app, 'POST /auth/token', { body: { email, password } })
  const refused = { status: 401, body: { error: 'credentialsRefused' } }

  test('[DIR-12] the first sign-in may be by email, and the next ones by either, as the same person', async () => {
    const first = await signIn('TA217@Lipnik.example', 'ta217')
    expect(first).toMatchObject({
      status: 200,
      body: { me: { username: 'ta217', email: 'ta217@lipnik.example', isFromDirectory: true } },
    })
    const { id } = (first.body as { me: { id: number } }).me
    expect(await signIn('ta217@lipnik.example', 'ta217')).toMatchObject({ status: 200, body: { me: { id } } })
    const inOneField = { username: 'ta217@lipnik.example', password: 'ta217' }
    expect(await callRoute(app, 'POST /auth/token', { body: inOneField })).toMatchObject({
      status: 200,
      body: { me: { id } },
    })
    const byName = { username: 'ta217', password: 'ta217', university: universityId }
    expect(await callRoute(app, 'POST /auth/token', { body: byName })).toMatchObject({ body: { me: { id } } })
  })

  test.each([
    ['ta217@lipnik.example', 'wrong'],
    ['nobody@lipnik.example', 'ta217'],
    ['*@lipnik.example', 'ta217'],
    ['t*@lipnik.example', 'ta217'],
    ['ta217*', 'ta217'],
    ['o?d@lipnik.example', 'odd'],
  ])('[DIR-4] [DIR-12] %s with %s is nobody', async (email, password) => {
    expect((await signIn(email, password)).status).toBe(401)
    expect(await query(database.pool, 'select 1 from users where erased_at is null')).toEqual([])
  })

  test('[IDN-23] a wrong password takes as long at an account of this hub as at an address that the directory is asked for', async () => {
    const local = await makeTestPerson(database.pool, universityId)
    const passwords = makePasswords({ memoryCost: 1024, timeCost: 2, parallelism: 1 })
    const hash = await passwords.hash('kobilarna rdeca 7')
    await query(
      database.pool,
      `update users set email = 'here@lipnik.example', email_key = 'here@lipnik.example', username = 'here', verified_at = now(),
         password_hash = $2 where id = $1`,
      [local.userId, hash.ok ? hash.value : null],
    )
    const minimumAnswerMs = 1500
    const directories = makeDirectories(
      database.pool,
      [slapd.settings({ university: 'lipnik.example' })],
      noLog,
    )
    const even = await makeTestApp(database.pool, {
      identity: makeTestIdentity({ directories, minimumAnswerMs }),
    })
    const wrong = [
      { email: 'here@lipnik.example' },
      { email: 'nobody@lipnik.example' },
      { email: 'ta217@lipnik.example' },
      { username: 'here', university: universityId },
      { username: 'nobody', university: universityId },
    ]
    for (const who of wrong) {
      const startedMs = performance.now()
      const body = { ...who, password: 'wrong one 12' }
      expect(await callRoute(even, 'POST /auth/token', { body })).toMatchObject(refused)
      expect(performance.now() - startedMs).toBeGreaterThan(minimumAnswerMs - 20)
    }
    await even.close()
  })

  test('[DIR-4] [DIR-12] an address with the signs of filters is found as it is', async () => {
    expect(await signIn('o*d@lipnik.example', 'odd')).toMatchObject({ body: { me: { username: 'odd' } } })
  })

  test('[DIR-5] [DIR-12] an address that two people have lets in neither', async () => {
    for (const password of ['left', 'right'])
      expect(await signIn('shared@lipnik.example', password)).toMatchObject(refused)
  })

  test('[DIR-12] whom the filter of people leaves out is nobody by address either', async () => {
    expect(await signIn('printer@lipnik.example', 'printer')).toMatchObject(refused)
  })

  test('[DIR-1] [DIR-12] an address of another university reaches no directory', async () => {
    expect(await signIn('ta217@other.example', 'ta217')).toMatchObject(refused)
    expect(await signIn('ta217@nowhere.example', 'ta217')).toMatchObject(refused)
    expect(asked).toEqual([])
  })

  test.each([true, false])(
    '[IDN-16] the address of an account of this hub (verified: %s) reaches no directory, and the account stays',
    async (isVerified) => {
      const own = await makeTestPerson(database.pool, universityId, { email: 'ta217@lipnik.example' })
      const hash = await makePasswords({ memoryCost: 1024, timeCost: 2, parallelism: 1 }).hash('of this hub')
      await query(
        database.pool,
        'update users set password_hash = $1, verified_at = case when $2 then now() end where erased_at is null',
        [hash.ok ? hash.value : null, isVerified],
      )
      expect(await signIn('ta217@lipnik.example', 'ta217')).toMatchObject(refused)
      expect(asked).toEqual([])
      const byName = { username: 'ta217', password: 'ta217', university: universityId }
      const proven = await callRoute(app, 'POST /auth/token', { body: byName })
      expect(proven).toMatchObject({ status: 200, body: { me: { isFromDirectory: true } } })
      expect((proven.body as { me: { id: number } }).me.id).not.toBe(own.userId)
      expect(await query(database.pool, 'select directory from users where id = $1', [own.userId])).toEqual([
        { directory: null },
      ])
      expect(await signIn('ta217@lipnik.example', 'ta217')).toMatchObject(refused)
    },
  )

  test('[DIR-12] by email also whoever has lost the username here, or has another one in the directory by now', async () => {
    const first = await signIn('ta217@lipnik.example', 'ta217')
    const { id } = (first.body as { me: { id: number } }).me
    for (const username of [null, 'ta217-before']) {
      await query(database.pool, 'update users set username = $1 where erased_at is null', [username])
      expect(await signIn('ta217@lipnik.example', 'ta217')).toMatchObject({
        status: 200,
        body: { me: { id } },
      })
    }
    // The directory knows the address no more, but the person.
    await query(
      database.pool,
      "update users set email = 'old@lipnik.example', email_key = 'old@lipnik.example' where erased_at is null",
    )
    expect(await signIn('old@lipnik.example', 'ta217')).toMatchObject({ status: 200, body: { me: { id } } })
  })

  test('[DIR-12] an address that passed to somebody else signs in its new owner', async () => {
    const first = await signIn('thisway@lipnik.example', 'hachu')
    await query(
      database.pool,
      "update users set email = 'ta217@lipnik.example', email_key = 'ta217@lipnik.example' where erased_at is null",
    )
    const second = await signIn('ta217@lipnik.example', 'ta217')
    const idOf = ({ body }: TestAnswer): number => (body as { me: { id: number } }).me.id
    expect(second).toMatchObject({ status: 200, body: { me: { username: 'ta217' } } })
    expect(idOf(second)).not.toBe(idOf(first))
  })

  test('[IDN-10] the password is given again by whoever has no username here', async () => {
    const { body } = await signIn('ta217@lipnik.example', 'ta217')
    await query(database.pool, 'update users set username = null where erased_at is null')
    const as = { headers: { authorization: `Bearer ${(body as { accessToken: string }).accessToken}` } }
    const confirm = (password: string): Promise<TestAnswer> =>
      callRoute(app, 'POST /auth/confirm', { body: { password }, as })
    expect(await confirm('wrong')).toMatchObject(refused)
    expect((await confirm('ta217')).status).toBe(204)
  })
})
