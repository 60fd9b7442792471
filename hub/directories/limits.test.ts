import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { DirectorySettings } from './directory-config.ts'
import { makeDirectories } from './make-directories.ts'
import { startSlapd, WITHOUT_SLAPD, type TestSlapd } from './testing-slapd.ts'
import { noLog, type HubLog } from '../platform/log.ts'
import { query } from '../platform/postgres/database.ts'
import { insertGroup } from '../groups/group-rows.ts'
import { insertTestUniversity } from '../testing/testing-rows.ts'
import { makeTestDatabase, type TestDatabase } from '../platform/postgres/testing.ts'
import { makeTestApp, makeTestIdentity } from '../testing/testing-app.ts'
import { callRoute, type TestAnswer } from '../testing/testing-calls.ts'

// A real directory that gives only so many entries at a time, behind a real sign-in.

const GID_NUMBERS = [501, 502, 503, 504, 505]

/** Somebody in five groups, and two entries with one username. */
const MORE = `
dn: uid=many,ou=people,dc=carrel,dc=example
objectClass: inetOrgPerson
uid: many
cn: Many Groups
sn: Groups
userPassword: many

dn: cn=One,ou=people,dc=carrel,dc=example
objectClass: inetOrgPerson
cn: One
sn: One
uid: twice
userPassword: one

dn: cn=Two,ou=people,dc=carrel,dc=example
objectClass: inetOrgPerson
cn: Two
sn: Two
uid: twice
userPassword: two
${GID_NUMBERS.map(
  (gidNumber) => `
dn: cn=g${gidNumber},ou=groups,dc=carrel,dc=example
objectClass: posixGroup
cn: g${gidNumber}
gidNumber: ${gidNumber}
memberUid: many
`,
).join('')}`

/** A subordinate server, of which the directory only says where it is. */
const ELSEWHERE = `
dn: ou=elsewhere,dc=carrel,dc=example
objectClass: referral
objectClass: extensibleObject
ou: elsewhere
ref: ldap://127.0.0.1:1/ou=elsewhere,dc=carrel,dc=example
`

const SERVICES = 'ou=services,dc=carrel,dc=example'

/** Each limit is one of an account that looks people up. */
const LIMITS = [
  'size.soft=3 size.hard=3',
  'size=3',
  'size.prtotal=3',
  'size.prtotal=disabled size.soft=3 size.hard=3',
  'size.soft=3 size.hard=100',
  'size.soft=3 size.hard=3 size.prtotal=unlimited',
  'size.pr=2',
  'size.prtotal=disabled',
  'size.hard=1 size.soft=1',
  'size=1',
]

const ACCOUNTS = LIMITS.map(
  (_limit, index) => `
dn: cn=limit${index},${SERVICES}
objectClass: applicationProcess
objectClass: simpleSecurityObject
cn: limit${index}
userPassword: limited
`,
).join('')

const CONFIGURATION = [
  ...LIMITS.map((limit, index) => `limits dn.exact="cn=limit${index},${SERVICES}" ${limit}`),
  `access to * by dn.children="${SERVICES}" read by * break`,
].join('\n')

describe('a directory that answers in part', () => {
  let database: TestDatabase
  let slapd: TestSlapd
  let universityId = 0
  const warnings: unknown[] = []
  const log: HubLog = { ...noLog, warn: (code, _sentence, facts) => void warnings.push([code, facts]) }
  const apps: FastifyInstance[] = []

  beforeAll(async () => {
    if (WITHOUT_SLAPD !== null) return
    ;[database, slapd] = await Promise.all([
      makeTestDatabase('directory_limits'),
      startSlapd({ more: `${MORE}${ELSEWHERE}${ACCOUNTS}`, database: CONFIGURATION }),
    ])
    universityId = await insertTestUniversity(database.pool, 'Test')
    for (const gidNumber of GID_NUMBERS)
      await insertGroup(database.pool, universityId, { name: `g${gidNumber}`, description: null, gidNumber })
  })
  beforeEach(async (context) => {
    context.skip(WITHOUT_SLAPD !== null, WITHOUT_SLAPD ?? '')
    await query(database.pool, 'delete from rate_limits')
    await query(database.pool, 'delete from user_group')
    warnings.length = 0
  })
  afterAll(async () => {
    if (WITHOUT_SLAPD !== null) return
    for (const app of apps) await app.close()
    await slapd.stop()
    await database.drop()
  })

  type SignIn = (username: string, password: string) => Promise<TestAnswer>

  /** A sign-in with the directory, under a limit. */
  async function signInUnder(
    limit: string | null,
    changes: Partial<DirectorySettings> = {},
  ): Promise<SignIn> {
    const service = { dn: `cn=limit${LIMITS.indexOf(limit ?? '')},${SERVICES}`, password: 'limited' }
    const settings = slapd.settings({
      transport: 'plain',
      ...(limit === null ? {} : { service }),
      ...changes,
    })
    const directories = makeDirectories(database.pool, [settings], log)
    const app = await makeTestApp(database.pool, { identity: makeTestIdentity({ directories }) })
    apps.push(app)
    return (username, password) =>
      callRoute(app, 'POST /auth/token', { body: { username, password, university: universityId } })
  }

  const groupsOf = ({ body }: TestAnswer): string[] =>
    (body as { me: { groups: { name: string }[] } }).me.groups.map(({ name }) => name).toSorted()

  /** All five, as a sign-in with a directory that answers in full has left them. */
  async function signInBefore(): Promise<void> {
    const whole = await (await signInUnder(null))('many', 'many')
    expect(groupsOf(whole)).toEqual(['g501', 'g502', 'g503', 'g504', 'g505'])
    warnings.length = 0
  }

  const part = (errorCode: string): unknown => [
    'directory-answer-partial',
    { directory: 'test', what: 'groups', errorCode },
  ]

  test.each([
    ['size=3', 'sizeLimit'],
    ['size.soft=3 size.hard=3', 'sizeLimit'],
    ['size.prtotal=3', 'sizeLimit'],
    ['size.prtotal=disabled size.soft=3 size.hard=3', 'sizeLimit'],
  ])('[DIR-10] with %s nobody loses a group that was not shown', async (limit, code) => {
    await signInBefore()
    const cut = await (await signInUnder(limit))('many', 'many')
    expect(cut.status).toBe(200)
    expect(groupsOf(cut)).toEqual(['g501', 'g502', 'g503', 'g504', 'g505'])
    expect(warnings).toEqual([part(code)])
  })

  test('[DIR-10] what a directory shows of a list that it cuts short is added', async () => {
    const cut = await (await signInUnder('size=3'))('many', 'many')
    expect(groupsOf(cut)).toHaveLength(3)
    expect(warnings).toEqual([part('sizeLimit')])
  })

  test.each([
    ['size.soft=3 size.hard=100'],
    ['size.soft=3 size.hard=3 size.prtotal=unlimited'],
    ['size.pr=2'],
    ['size.prtotal=disabled'],
  ])('[DIR-10] with %s the list is read to its end, page after page', async (limit) => {
    const whole = await (await signInUnder(limit))('many', 'many')
    expect(groupsOf(whole)).toEqual(['g501', 'g502', 'g503', 'g504', 'g505'])
    expect(warnings).toEqual([])
  })

  test('[DIR-10] groups that lie on another server are not taken away', async () => {
    await signInBefore()
    const [, ...others] = GID_NUMBERS
    const filter = `(|${others.map((gidNumber) => `(gidNumber=${gidNumber})`).join('')})`
    const groups = { base: 'dc=carrel,dc=example', filter: `(&(memberUid={username})${filter})` }
    const elsewhere = await (await signInUnder(null, { groups }))('many', 'many')
    expect(groupsOf(elsewhere)).toEqual(['g501', 'g502', 'g503', 'g504', 'g505'])
    expect(warnings).toEqual([part('elsewhere')])
    const inOne = { ...groups, base: 'ou=groups,dc=carrel,dc=example' }
    const here = await (await signInUnder(null, { groups: inOne }))('many', 'many')
    expect(groupsOf(here)).toEqual(['g502', 'g503', 'g504', 'g505'])
  })

  test.each([['size.hard=1 size.soft=1'], ['size=1']])(
    '[DIR-10] with %s two people of one name are still two, and neither gets in',
    async (limit) => {
      const signIn = await signInUnder(limit)
      for (const password of ['one', 'two'])
        expect(await signIn('twice', password)).toMatchObject({
          status: 401,
          body: { error: 'credentialsRefused' },
        })
      expect(warnings.slice(0, 1)).toEqual([['directory-name-ambiguous', { directory: 'test' }]])
      expect((await signIn('many', 'many')).status).toBe(200)
    },
  )
})
