import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import type { FastifyInstance } from 'fastify'
import { Attribute, Change, Client } from 'ldapts'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { DirectorySettings } from './directory-config.ts'
import type { Directories } from './directories.ts'
import { makeDirectories } from './make-directories.ts'
import { startSlapd, WITHOUT_SLAPD, type TestSlapd } from './testing-slapd.ts'
import { noLog } from '../platform/log.ts'
import { query } from '../platform/postgres/database.ts'
import { eraseAccount } from '../accounts/erase-rows.ts'
import { insertGroup } from '../groups/group-rows.ts'
import { loadLivePeople } from '../platform/connections/live-tickets.ts'
import { insertTestUniversity } from '../testing/testing-rows.ts'
import { makeTestDatabase, type TestDatabase } from '../platform/postgres/testing.ts'
import { makeTestApp, makeTestIdentity } from '../testing/testing-app.ts'
import { callRoute, type TestAnswer } from '../testing/testing-calls.ts'

// Staying signed in, with a real directory in which people come and go.

const ROOT = { dn: 'cn=root,dc=carrel,dc=example', password: 'changes everything' }
const PEOPLE = 'ou=people,dc=carrel,dc=example'

/** Marks of other directories, which slapd takes on an entry that may have anything. */
const MARKS = `
attributetype ( 1.2.840.113556.1.4.8 NAME 'userAccountControl' EQUALITY integerMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.27 SINGLE-VALUE )
attributetype ( 2.16.840.1.113730.3.1.610 NAME 'nsAccountLock' EQUALITY caseIgnoreMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 SINGLE-VALUE )
`

/** An account that reads ids, and may not search by them. */
const BLIND = { dn: 'cn=blind,ou=services,dc=carrel,dc=example', password: 'blind' }

const MORE = `
dn: ${BLIND.dn}
objectClass: applicationProcess
objectClass: simpleSecurityObject
cn: blind
userPassword: blind

dn: ou=left,dc=carrel,dc=example
objectClass: organizationalUnit
ou: left
`

describe('staying signed in with a directory', () => {
  let database: TestDatabase
  let slapd: TestSlapd
  let root: Client
  let app: FastifyInstance
  let universityId = 0
  const counter = { people: 0, looks: 0 }
  const apps: FastifyInstance[] = []

  beforeAll(async () => {
    if (WITHOUT_SLAPD !== null) return
    ;[database, slapd] = await Promise.all([
      makeTestDatabase('directory_refresh'),
      startSlapd({
        more: MORE,
        globals: MARKS,
        database: [
          `rootdn "${ROOT.dn}"`,
          `rootpw "${ROOT.password}"`,
          `access to attrs=entryUUID by dn.exact="${BLIND.dn}" =rd by * break`,
          `access to * by dn.exact="${BLIND.dn}" read by * break`,
        ].join('\n'),
      }),
    ])
    universityId = await insertTestUniversity(database.pool, 'Test')
    for (const gidNumber of [601, 602])
      await insertGroup(database.pool, universityId, { name: `g${gidNumber}`, description: null, gidNumber })
    app = await makeHub()
    root = new Client({ url: `ldap://127.0.0.1:${slapd.port}` })
    await root.bind(ROOT.dn, ROOT.password)
  })
  beforeEach(async (context) => {
    context.skip(WITHOUT_SLAPD !== null, WITHOUT_SLAPD ?? '')
    await query(database.pool, 'delete from rate_limits')
    counter.looks = 0
  })
  afterAll(async () => {
    if (WITHOUT_SLAPD !== null) return
    await root.unbind()
    for (const one of apps) await one.close()
    await slapd.stop()
    await database.drop()
  })

  /** One hub on the database; `around` may do something while a directory is asked. */
  async function makeHub(
    changes: Partial<DirectorySettings> = {},
    around: (look: ReturnType<Directories['recheck']>) => ReturnType<Directories['recheck']> = (look) => look,
  ): Promise<FastifyInstance> {
    const real = makeDirectories(database.pool, [slapd.settings({ transport: 'plain', ...changes })], noLog)
    const directories: Directories = {
      ...real,
      recheck: (...asked) => {
        counter.looks += 1
        return around(real.recheck(...asked))
      },
    }
    const hub = await makeTestApp(database.pool, { identity: makeTestIdentity({ directories }) })
    apps.push(hub)
    return hub
  }

  /** Somebody new of the directory, who may be in group 601. */
  async function addPerson(facts: Record<string, string> = {}): Promise<string> {
    counter.people += 1
    const uid = `person${counter.people}`
    await root.add(`uid=${uid},${PEOPLE}`, {
      objectClass: ['inetOrgPerson', 'extensibleObject'],
      cn: uid,
      sn: uid,
      uid,
      gidNumber: '601',
      userPassword: 'here',
      ...facts,
    })
    return uid
  }

  const change = (uid: string, type: string, ...values: string[]): Promise<void> =>
    root.modify(`uid=${uid},${PEOPLE}`, [
      new Change({ operation: 'replace', modification: new Attribute({ type, values }) }),
    ])

  interface Session {
    id: number
    cookie: string
    as: { headers: { authorization: string } }
  }

  const sessionOf = ({ body, headers }: TestAnswer): Session => {
    const { accessToken, me } = body as { accessToken: string; me: { id: number } }
    const [cookie] = /^refresh_token=[^;]*/.exec(String(headers['set-cookie'])) ?? ['']
    return { id: me.id, cookie, as: { headers: { authorization: `Bearer ${accessToken}` } } }
  }

  async function signIn(uid: string, on = app): Promise<Session> {
    const body = { username: uid, password: 'here', university: universityId }
    const answer = await callRoute(on, 'POST /auth/token', { body })
    expect(answer.status).toBe(200)
    return sessionOf(answer)
  }

  const refresh = ({ cookie }: Session, on = app): Promise<TestAnswer> =>
    callRoute(on, 'POST /auth/token/refresh', { as: { headers: { cookie } } })

  const me = ({ as }: Session): Promise<TestAnswer> => callRoute(app, 'GET /me', { as })

  const age = (userId: number, minutes: number): Promise<unknown[]> =>
    query(
      database.pool,
      "update users set directory_seen_at = now() - $2 * interval '1 minute' where id = $1",
      [userId, minutes],
    )

  const groupsOf = ({ body }: TestAnswer): string[] =>
    (body as { me: { groups: { name: string }[] } }).me.groups.map(({ name }) => name)

  const ended = { status: 401, body: { error: 'signInNeeded' } }

  async function expectEnded(first: Session, second: Session): Promise<void> {
    await age(first.id, 61)
    const answer = await refresh(first)
    expect(answer).toMatchObject(ended)
    expect(String(answer.headers['set-cookie'])).toMatch(/^refresh_token=;/)
    for (const session of [first, second]) expect(await me(session)).toMatchObject(ended)
    expect(await refresh(second)).toMatchObject(ended)
    const log = await query(
      database.pool,
      "select actor, log from change_logs where service = 'sessions' and subject = 'gone' and log->>'userId' = $1::text",
      [first.id],
    )
    expect(log).toEqual([
      { actor: 'directory', log: { userId: first.id, directory: 'test', endedSessions: 2 } },
    ])
  }

  test('[DIR-13] an answer of the directory that is not an hour old is good; an older one is asked for again', async () => {
    const uid = await addPerson()
    let session = await signIn(uid)
    await age(session.id, 59)
    session = sessionOf(await refresh(session))
    expect(counter.looks).toBe(0)
    await age(session.id, 61)
    session = sessionOf(await refresh(session))
    expect(counter.looks).toBe(1)
    session = sessionOf(await refresh(session))
    expect(counter.looks).toBe(1)
    const often = await makeHub({ recheckMs: 60_000 })
    await age(session.id, 2)
    expect((await refresh(session, often)).status).toBe(200)
    expect(counter.looks).toBe(2)
  })

  test('[DIR-13] groups, name and address follow at a renewal, also of somebody who has another username by now', async () => {
    const uid = await addPerson({ mail: 'before@test.example', displayName: 'Before' })
    const session = await signIn(uid)
    await change(uid, 'gidNumber', '602')
    await change(uid, 'mail', 'after@test.example')
    await change(uid, 'displayName', 'After')
    await root.modifyDN(`uid=${uid},${PEOPLE}`, `uid=${uid}-after,${PEOPLE}`)
    await age(session.id, 61)
    const renewed = await refresh(session)
    expect(renewed).toMatchObject({
      status: 200,
      body: {
        me: { id: session.id, username: `${uid}-after`, email: 'after@test.example', displayname: 'After' },
      },
    })
    expect(groupsOf(renewed)).toEqual(['g602'])
  })

  test('[DIR-13] an answer that was given at a time which is still to come, by a clock that was set back since, is asked for again', async () => {
    const uid = await addPerson()
    let session = await signIn(uid)
    await age(session.id, -60 * 24 * 365)
    session = sessionOf(await refresh(session))
    expect(counter.looks).toBe(1)
    session = sessionOf(await refresh(session))
    expect(counter.looks).toBe(1)
  })

  test('[DIR-14] who was deleted has no session left, on any device', async () => {
    const uid = await addPerson()
    const [first, second] = [await signIn(uid), await signIn(uid)]
    await root.del(`uid=${uid},${PEOPLE}`)
    await expectEnded(first, second)
  })

  test('[DIR-14] nor who is somebody else under the same name', async () => {
    const uid = await addPerson()
    const [first, second] = [await signIn(uid), await signIn(uid)]
    await root.del(`uid=${uid},${PEOPLE}`)
    counter.people -= 1
    await addPerson()
    await expectEnded(first, second)
  })

  test('[DIR-14] nor who left the base of people', async () => {
    const uid = await addPerson()
    const [first, second] = [await signIn(uid), await signIn(uid)]
    await root.modifyDN(`uid=${uid},${PEOPLE}`, `uid=${uid},ou=left,dc=carrel,dc=example`)
    await expectEnded(first, second)
  })

  test.each([
    ['userAccountControl', '514'],
    ['nsAccountLock', 'TRUE'],
  ])('[DIR-14] nor who is disabled by %s', async (type, value) => {
    const uid = await addPerson({ userAccountControl: '512' })
    const [first, second] = [await signIn(uid), await signIn(uid)]
    await change(uid, type, value)
    await expectEnded(first, second)
    const body = { username: uid, password: 'here', university: universityId }
    expect((await callRoute(app, 'POST /auth/token', { body })).status).toBe(401)
  })

  test('[DIR-14] nor who does not fulfil the filter of people any more', async () => {
    const filter = '(&(objectClass=inetOrgPerson)(&(uid={username})(!(employeeType=left))))'
    const hub = await makeHub({ people: { base: PEOPLE, filter } })
    const uid = await addPerson()
    const session = await signIn(uid, hub)
    await age(session.id, 61)
    const renewed = sessionOf(await refresh(session, hub))
    await change(uid, 'employeeType', 'left')
    await age(session.id, 61)
    expect(await refresh(renewed, hub)).toMatchObject(ended)
  })

  test('[DIR-13] nobody is thought gone in a directory that is not to be searched by its ids, or by that name', async () => {
    const uid = await addPerson()
    const byMail = await makeHub({
      people: { base: PEOPLE, filter: '(&(objectClass=inetOrgPerson)(mail={username}@x.example))' },
    })
    const session = await signIn(uid)
    await age(session.id, 61)
    const renewed = await refresh(session, byMail)
    expect(renewed.status).toBe(200)
    const blind = await makeHub({ service: BLIND })
    await age(session.id, 61)
    const again = await refresh(sessionOf(renewed), blind)
    expect(again.status).toBe(200)
    await root.del(`uid=${uid},${PEOPLE}`)
    await age(session.id, 61)
    expect(await refresh(sessionOf(again), blind)).toMatchObject(ended)
  })

  test('[DIR-15] a directory that is away is put up with for a day, then renewals wait for it, and nothing is lost', async () => {
    const uid = await addPerson()
    let session = await signIn(uid)
    const away = await makeHub({ port: 1 })
    await age(session.id, 23 * 60)
    const tolerated = await refresh(session, away)
    expect(tolerated.status).toBe(200)
    session = sessionOf(tolerated)
    await age(session.id, 24 * 60 + 1)
    const refused = await refresh(session, away)
    expect(refused).toMatchObject({ status: 503, body: { error: 'directoryAway' } })
    expect(refused.headers['retry-after']).toBe('5')
    expect(refused.headers['set-cookie']).toBeUndefined()
    expect((await me(session)).status).toBe(200)
    expect((await refresh(session)).status).toBe(200)
  })

  test('[DIR-15] so it is with a directory that the file does not name any more', async () => {
    const uid = await addPerson()
    const session = await signIn(uid)
    const other = await makeHub({ name: 'other' })
    await age(session.id, 61)
    expect((await refresh(session, other)).status).toBe(200)
    await age(session.id, 24 * 60 + 1)
    expect((await refresh(session, other)).status).toBe(503)
  })

  test('[DIR-15] a live page that is never renewed is cut after a day and half an hour', async () => {
    const uid = await addPerson()
    const session = await signIn(uid)
    const [row] = await query<{ id: number }>(database.pool, 'select id from sessions where user_id = $1', [
      session.id,
    ])
    const seen = async (minutes: number): Promise<number> => {
      await age(session.id, minutes)
      return (await loadLivePeople(database.pool, [row?.id ?? 0])).length
    }
    expect([await seen(24 * 60 + 29), await seen(24 * 60 + 31)]).toEqual([1, 0])
  })

  test('[DIR-13] of two hubs one is answered that somebody is gone, the other had a newer answer: that counts', async () => {
    const uid = await addPerson()
    const session = await signIn(uid)
    const late = await makeHub({}, async (look) => {
      await look
      await age(session.id, 0)
      return { ok: false, refusal: 'gone' }
    })
    await age(session.id, 61)
    expect((await refresh(session, late)).status).toBe(200)
  })

  test('[DIR-13] an account that is deleted while its directory is asked is not made anew', async () => {
    const uid = await addPerson()
    const session = await signIn(uid)
    const slow = await makeHub({}, async (look) => {
      const answer = await look
      await eraseAccount(database.pool, session.id, null)
      return answer
    })
    await age(session.id, 61)
    expect(await refresh(session, slow)).toMatchObject(ended)
    expect(await query(database.pool, 'select 1 from users where username = $1', [uid])).toEqual([])
  })

  test('[DIR-13] when all come back at once, a few are asked about at a time, and all stay', async () => {
    const lines = { now: 0, most: 0, sockets: [] as Socket[] }
    const door = createServer((socket) => {
      lines.now += 1
      lines.most = Math.max(lines.most, lines.now)
      const inside = connect(slapd.port, '127.0.0.1')
      lines.sockets.push(socket, inside)
      for (const one of [socket, inside]) one.on('error', () => undefined)
      socket.once('close', () => {
        lines.now -= 1
        inside.destroy()
      })
      inside.once('close', () => socket.destroy())
      socket.pipe(inside).pipe(socket)
    }).listen(0, '127.0.0.1')
    await once(door, 'listening')
    const hub = await makeHub({ port: (door.address() as AddressInfo).port })
    const sessions: Session[] = []
    for (let index = 0; index < 40; index += 1) sessions.push(await signIn(await addPerson()))
    for (const { id } of sessions) await age(id, 61)
    lines.most = 0
    const answers = await Promise.all(sessions.map((session) => refresh(session, hub)))
    expect(answers.map(({ status }) => status)).toEqual(sessions.map(() => 200))
    // Eight, and some whose end the limiter does not know yet.
    expect(lines.most).toBeLessThanOrEqual(14)
    expect(lines.most).toBeGreaterThan(1)
    for (const socket of lines.sockets) socket.destroy()
    door.close()
  })

  test('[DIR-13] while a directory is silent no connection to the database waits with it', async () => {
    const dialled: Socket[] = []
    const silent = createServer((socket) => void dialled.push(socket)).listen(0, '127.0.0.1')
    await once(silent, 'listening')
    const hub = await makeHub({ port: (silent.address() as AddressInfo).port, timeoutMs: 1_500 })
    const sessions: Session[] = []
    for (let index = 0; index < 12; index += 1) sessions.push(await signIn(await addPerson()))
    for (const { id } of sessions) await age(id, 61)
    counter.looks = 0
    const answers = Promise.all(sessions.map((session) => refresh(session, hub)))
    await expect.poll(() => counter.looks).toBe(12)
    const open = await query(
      database.pool,
      "select 1 from pg_stat_activity where datname = current_database() and state like 'idle in transaction%'",
    )
    expect(open).toEqual([])
    const renewed = await answers
    expect(renewed.map(({ status }) => status)).toEqual(sessions.map(() => 200))
    // Whoever came behind the first eight, or comes a moment later, does not wait for it once more.
    expect(renewed[0] && (await refresh(sessionOf(renewed[0]), hub)).status).toBe(200)
    expect(dialled).toHaveLength(8)
    for (const socket of dialled) socket.destroy()
    silent.close()
  })
})
