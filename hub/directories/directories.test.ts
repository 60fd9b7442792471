import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { anyText } from '#shared/fixtures/testing-text.ts'
import { TEST_CERTIFICATE, TEST_KEY } from '../admin/testing-certificate.ts'
import { noLog, type HubLog } from '../platform/log.ts'
import { insertTestUniversity } from '../testing/testing-rows.ts'
import { makeTestDatabase, type TestDatabase } from '../platform/postgres/testing.ts'
import type { DirectorySettings } from './directory-config.ts'
import type { Directories } from './directories.ts'
import { makeDirectories } from './make-directories.ts'
import { startSlapd, WITHOUT_SLAPD, type TestSlapd } from './testing-slapd.ts'

const wrong = { ok: false, refusal: 'wrong' }
const away = { ok: false, refusal: 'away' }

/** People that the development set-up does not have. */
const MORE = `
dn: uid=žana,ou=people,dc=carrel,dc=example
objectClass: inetOrgPerson
uid: žana
cn: Žana (odd) * \\28
sn: Žana
userPassword: geslo

dn: uid=odd(1)*,ou=people,dc=carrel,dc=example
objectClass: inetOrgPerson
uid: odd(1)*
cn: Odd
sn: Odd
userPassword: odd

dn: cn=One,ou=people,dc=carrel,dc=example
objectClass: inetOrgPerson
cn: One
sn: One
uid: twice
mail: same@carrel.example
userPassword: twice

dn: cn=Two,ou=people,dc=carrel,dc=example
objectClass: inetOrgPerson
cn: Two
sn: Two
uid: twice
userPassword: twice

dn: uid=locked,ou=people,dc=carrel,dc=example
objectClass: inetOrgPerson
uid: locked
cn: Locked
sn: Locked
`

/** Only in the second directory. */
const ELSEWHERE = `
dn: cn=Elsewhere,ou=people,dc=carrel,dc=example
objectClass: inetOrgPerson
cn: Elsewhere
sn: Elsewhere
uid: elsewhere
mail: ana@other.example
userPassword: elsewhere
`

describe('a directory', () => {
  let database: TestDatabase
  let first: TestSlapd
  let second: TestSlapd
  let testId = 0
  let otherId = 0
  const warnings: unknown[] = []
  const log: HubLog = { ...noLog, warn: (code, _sentence, facts) => void warnings.push([code, facts]) }

  beforeAll(async () => {
    if (WITHOUT_SLAPD !== null) return
    ;[database, first, second] = await Promise.all([
      makeTestDatabase('directory'),
      startSlapd({ more: MORE }),
      startSlapd({ more: ELSEWHERE, isTlsDemanded: true }),
    ])
    testId = await insertTestUniversity(database.pool, 'Test')
    otherId = await insertTestUniversity(database.pool, 'Other')
  })
  beforeEach((context) => context.skip(WITHOUT_SLAPD !== null, WITHOUT_SLAPD ?? ''))
  afterAll(async () => {
    if (WITHOUT_SLAPD !== null) return
    await Promise.all([first.stop(), second.stop()])
    await database.drop()
  })

  const deskOf = (...directories: DirectorySettings[]): Directories =>
    makeDirectories(database.pool, directories, log)
  const signIn = (
    directories: Directories,
    username: string,
    password: string,
    universityId = testId,
    directory?: string,
  ): ReturnType<Directories['signIn']> =>
    directories.signIn({
      universityId,
      lookup: { by: 'name', username, ...(directory === undefined ? {} : { directory }) },
      password,
    })

  test('[DIR-5] takes a right password and says who it is, by the stable id of the entry', async () => {
    const directories = deskOf(first.settings())
    expect(await signIn(directories, 'TA217', 'ta217')).toEqual({
      ok: true,
      value: {
        directory: 'test',
        directoryId: '5eed0000-0000-4000-8000-000000000001',
        username: 'ta217',
        email: 'ta217@lipnik.example',
        displayname: 'Assistant of Room 217',
        gidNumbers: [100],
        areGroupsWhole: true,
      },
    })
    for (const [username, password] of [
      ['thisway', 'hachu'],
      ['chdir', 'plateau'],
      ['user1', 'pw1'],
      ['user100', 'pw100'],
    ] as const)
      expect(await signIn(directories, username, password)).toMatchObject({ ok: true, value: { username } })
  })

  test('[DIR-7] says the groups: the own first one, by name of the member, and by name of the entry', async () => {
    const directories = deskOf(first.settings())
    const groupsOf = async (username: string, password: string): Promise<readonly number[]> => {
      const answer = await signIn(directories, username, password)
      return answer.ok ? answer.value.gidNumbers.toSorted((left, right) => left - right) : []
    }
    expect(await groupsOf('thisway', 'hachu')).toEqual([100, 208, 400])
    expect(await groupsOf('user1', 'pw1')).toEqual([100, 208, 400, 1000])
    expect(await groupsOf('user11', 'pw11')).toEqual([301, 1000])
    const without = await signIn(deskOf(first.settings({ groups: null })), 'thisway', 'hachu')
    expect(without).toMatchObject({ ok: true, value: { gidNumbers: [100] } })
  })

  test.each([
    ['ta217', 'wrong'],
    ['ta217', 'TA217'],
    ['nobody', 'ta217'],
    ['locked', 'locked'],
    ['carrel', 'looks people up (*)'],
  ])('[DIR-5] %s with %s is wrong', async (username, password) => {
    expect(await signIn(deskOf(first.settings()), username, password)).toEqual(wrong)
  })

  test.each(['', '\0', 'ta217\0'])(
    '[DIR-4] the password %j is refused before anybody is asked',
    async (password) => {
      const dialled = await listener(() => undefined)
      const directories = deskOf(first.settings({ port: dialled.port }))
      expect(await signIn(directories, 'ta217', password)).toEqual(wrong)
      expect(dialled.sockets).toHaveLength(0)
      await dialled.stop()
    },
  )

  test.each([
    '*',
    'ta*',
    'ta217)(uid=*',
    'ta217)(|(uid=*',
    '*)(uid=*))(|(uid=*',
    'ta217\\2a',
    '\\2a',
    'ta217)(!(uid=x',
    'x)(objectClass=*',
    '{username}',
    '{dn}',
    'ou=people,dc=carrel,dc=example',
    'uid=ta217,ou=people,dc=carrel,dc=example',
    'ta217\0',
    'ta217\n',
    '\u202eta217',
    ' ',
    '\u2028',
    'x'.repeat(255),
    'ｔａ２１７',
    'ta²17',
    'ⓣa217',
    'ta\u00a0217',
    'Tis  Way',
    '(((((((((((((((((((((((((',
  ])('[DIR-4] nobody is called %j', async (username) => {
    const before = warnings.length
    expect(await signIn(deskOf(first.settings()), username, 'ta217')).toEqual(wrong)
    // Neither several people nor a broken question came of it.
    expect(warnings.slice(before)).toEqual([])
  })

  test('[DIR-4] whatever is typed, it is nobody else, and the question is never broken by it', async () => {
    const directories = deskOf(first.settings({ transport: 'plain' }))
    const before = warnings.length
    const signs = fc.constantFrom(
      ...'()*\\&|!=<>~:;,+"#/ \0',
      'uid',
      'ta217',
      'objectClass',
      '{username}',
      'ž',
      '本',
    )
    const typed = fc.oneof(
      anyText({ maxLength: 40 }),
      fc.array(signs).map((parts) => parts.join('')),
    )
    await fc.assert(
      fc.asyncProperty(typed, async (username) => {
        fc.pre(username.trim() !== 'ta217')
        expect(await signIn(directories, username, 'ta217')).toEqual(wrong)
      }),
    )
    expect(warnings.slice(before)).toEqual([])
  })

  test('[DIR-4] names beyond ASCII, and with the very signs of filters, are found as they are', async () => {
    const directories = deskOf(first.settings())
    expect(await signIn(directories, 'žana', 'geslo')).toMatchObject({
      ok: true,
      value: { username: 'žana' },
    })
    expect(await signIn(directories, 'odd(1)*', 'odd')).toMatchObject({
      ok: true,
      value: { username: 'odd(1)*' },
    })
  })

  test('[DIR-5] where a name is two people, neither of them signs in', async () => {
    const before = warnings.length
    expect(await signIn(deskOf(first.settings()), 'twice', 'twice')).toEqual(wrong)
    expect(warnings.slice(before)).toEqual([['directory-name-ambiguous', { directory: 'test' }]])
  })

  test('[DIR-1] each university has its own directories, and only its own', async () => {
    const other = second.settings({
      name: 'other',
      university: 'other.example',
      people: { base: 'ou=people,dc=carrel,dc=example', filter: '(|(uid={username})(mail={username}))' },
    })
    const directories = deskOf(first.settings(), other)
    expect([
      await directories.hasDirectory(testId),
      await directories.hasDirectory(otherId),
      await directories.hasDirectory(9999),
    ]).toEqual([true, true, false])
    expect(await signIn(directories, 'elsewhere', 'elsewhere', testId)).toEqual(wrong)
    expect(await signIn(directories, 'ana@other.example', 'elsewhere', otherId)).toMatchObject({
      ok: true,
      value: { directory: 'other', username: 'elsewhere' },
    })
    expect(await signIn(directories, 'žana', 'geslo', otherId)).toEqual(wrong)
    expect(await signIn(directories, 'ta217', 'ta217', 9999)).toEqual(wrong)
    expect(await signIn(directories, 'ta217', 'ta217', otherId, 'test')).toEqual(wrong)
  })

  test('[DIR-5] of two directories of one university the one that knows the name is asked, and none when both do', async () => {
    const directories = deskOf(first.settings(), second.settings({ name: 'more' }))
    expect(await signIn(directories, 'elsewhere', 'elsewhere')).toMatchObject({
      ok: true,
      value: { directory: 'more' },
    })
    expect(await signIn(directories, 'žana', 'geslo')).toMatchObject({
      ok: true,
      value: { directory: 'test' },
    })
    expect(await signIn(directories, 'ta217', 'ta217')).toEqual(wrong)
    expect(await signIn(directories, 'ta217', 'ta217', testId, 'more')).toMatchObject({
      ok: true,
      value: { directory: 'more' },
    })
  })

  test('[DIR-2] a certificate of an unknown authority, or for another name, is not believed', async () => {
    const lonely = deskOf(first.settings({ ca: undefined }))
    expect(await signIn(lonely, 'ta217', 'ta217')).toEqual(away)
    // 127.0.0.2 is this machine as well, and no name of the certificate.
    const misnamed = await listener((socket) => join(socket, connect(first.port, '127.0.0.1')), '127.0.0.2')
    expect(
      await signIn(deskOf(first.settings({ host: '127.0.0.2', port: misnamed.port })), 'ta217', 'ta217'),
    ).toEqual(away)
    expect(misnamed.sockets).toHaveLength(1)
    await misnamed.stop()
  })

  test('[DIR-2] no password is said without encryption, unless the file wants it so in so many words', async () => {
    const received: Buffer[] = []
    const tap = await listener((socket) => {
      socket.on('data', (bytes) => received.push(bytes))
      join(socket, connect(first.port, '127.0.0.1'))
    })
    expect(await signIn(deskOf(first.settings({ port: tap.port })), 'user5', 'pw5')).toMatchObject({
      ok: true,
    })
    expect(Buffer.concat(received).includes('looks people up')).toBe(false)
    expect(Buffer.concat(received).includes('pw5')).toBe(false)
    const plain = deskOf(first.settings({ port: tap.port, transport: 'plain' }))
    expect(await signIn(plain, 'user5', 'pw5')).toMatchObject({ ok: true })
    expect(Buffer.concat(received).includes('pw5')).toBe(true)
    await tap.stop()
    expect(await signIn(deskOf(second.settings({ transport: 'plain' })), 'ta217', 'ta217')).toEqual(away)
  })

  test('[DIR-2] with ldaps the first word is encrypted already', async () => {
    // slapd behind a door of TLS, as many directories stand.
    const door = await listener((plain) => {
      const inner = new TLSSocket(plain, { isServer: true, cert: TEST_CERTIFICATE, key: TEST_KEY })
      join(inner, connect(first.port, '127.0.0.1'))
    })
    const directories = deskOf(first.settings({ port: door.port, transport: 'tls' }))
    expect(await signIn(directories, 'user5', 'pw5')).toMatchObject({ ok: true })
    await door.stop()
  })

  test('[DIR-2] what was said before the encryption is not read as if it had been said after it', async () => {
    const refusal = (id: number): Buffer =>
      Buffer.from([0x30, 0x0c, 0x02, 0x01, id, 0x61, 0x07, 0x0a, 0x01, 0x31, 0x04, 0x00, 0x04, 0x00])
    // The beginning of "yes", whose last text is as long as the refusal that will come encrypted.
    const half = (id: number): Buffer =>
      Buffer.from([0x30, 0x1a, 0x02, 0x01, id, 0x61, 0x15, 0x0a, 0x01, 0x00, 0x04, 0x00, 0x04, 0x0e])
    const yes = Buffer.from([
      0x30, 0x0c, 0x02, 0x01, 0x01, 0x78, 0x07, 0x0a, 0x01, 0x00, 0x04, 0x00, 0x04, 0x00,
    ])
    let wasEncrypted = false
    const attacker = await listener((plain) => {
      plain.once('data', () => {
        plain.write(Buffer.concat([yes, half(2)]))
        const inner = new TLSSocket(plain, { isServer: true, cert: TEST_CERTIFICATE, key: TEST_KEY })
        inner.on('error', () => undefined)
        inner.on('data', () => {
          wasEncrypted = true
          inner.write(refusal(2))
        })
      })
    })
    expect(await signIn(deskOf(first.settings({ port: attacker.port })), 'user5', 'pw5')).toEqual(away)
    expect(wasEncrypted).toBe(false)
    await attacker.stop()
  })

  test('[DIR-6] a directory that is down, or says no to the service account, is away', async () => {
    const gone = await listener(() => undefined)
    await gone.stop()
    expect(await signIn(deskOf(first.settings({ port: gone.port })), 'ta217', 'ta217')).toEqual(away)
    const { service } = first.settings()
    const locked = first.settings({ service: { ...service, password: 'changed' } })
    expect(await signIn(deskOf(locked), 'ta217', 'ta217')).toEqual(away)
    const lost = first.settings({
      people: { base: 'ou=nowhere,dc=carrel,dc=example', filter: '(uid={username})' },
    })
    expect(await signIn(deskOf(lost), 'ta217', 'ta217')).toEqual(away)
  })

  test('[DIR-6] a directory that says nothing is given up after its time, at whatever point', async () => {
    // Never a word; a word in place of an answer; an answer to StartTLS and then nothing.
    const yes = Buffer.from([
      0x30, 0x0c, 0x02, 0x01, 0x01, 0x78, 0x07, 0x0a, 0x01, 0x00, 0x04, 0x00, 0x04, 0x00,
    ])
    for (const say of [[], [Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')], [Buffer.from([0x30])], [yes]]) {
      const mute = await listener((socket) =>
        socket.once('data', () => say.map((bytes) => socket.write(bytes))),
      )
      const directories = deskOf(first.settings({ port: mute.port, timeoutMs: 200 }))
      expect(await signIn(directories, 'ta217', 'ta217')).toEqual(away)
      await mute.stop()
    }
  })

  test('[DIR-3] [DIR-6] a connection that breaks in the middle is not taken up again', async () => {
    // Each time the connection ends after one more answer of the directory; a sign-in needs eleven bytes sent at least.
    const outcomes: unknown[] = []
    for (let answerCount = 1; answerCount <= 4; answerCount += 1) {
      let seen = 0
      const fragile = await listener((socket) => {
        const behind = connect(first.port, '127.0.0.1')
        socket.pipe(behind)
        behind.on('error', () => undefined)
        behind.on('data', (bytes) => {
          seen += 1
          if (seen < answerCount) socket.write(bytes)
          else {
            socket.destroy()
            behind.destroy()
          }
        })
      })
      const directories = deskOf(first.settings({ port: fragile.port, transport: 'plain' }))
      outcomes.push(await signIn(directories, 'ta217', 'ta217'))
      expect(fragile.sockets).toHaveLength(1)
      await fragile.stop()
    }
    expect(outcomes).toEqual([away, away, away, away])
  })

  test('[DIR-6] killed and started again: away, then as before', async () => {
    const directories = deskOf(second.settings())
    expect(await signIn(directories, 'ta217', 'ta217')).toMatchObject({ ok: true })
    const under = Promise.all(Array.from({ length: 20 }, () => signIn(directories, 'ta217', 'ta217')))
    await second.kill()
    for (const answer of await under) expect(answer.ok || answer.refusal === 'away').toBe(true)
    expect(await signIn(directories, 'ta217', 'ta217')).toEqual(away)
    await second.restart()
    expect(await signIn(directories, 'ta217', 'ta217')).toMatchObject({ ok: true })
  })

  test('[DIR-6] a crowd waits its turn, and a silent directory holds up no other university', async () => {
    const directories = deskOf(first.settings())
    const crowd = await Promise.all(
      Array.from({ length: 60 }, (_, index) => signIn(directories, `user${index + 1}`, `pw${index + 1}`)),
    )
    expect(crowd.filter(({ ok }) => ok)).toHaveLength(60)
    const mute = await listener(() => undefined)
    const mixed = deskOf(
      first.settings({ port: mute.port, timeoutMs: 1_000 }),
      second.settings({ name: 'other', university: 'other.example' }),
    )
    const stuck = Promise.all(Array.from({ length: 30 }, () => signIn(mixed, 'ta217', 'ta217')))
    const elsewhere = signIn(mixed, 'ta217', 'ta217', otherId)
    expect(await Promise.race([elsewhere, stuck])).toMatchObject({ ok: true })
    for (const answer of await stuck) expect(answer).toEqual(away)
    await mute.stop()
  })

  test('[DIR-8] what is written down of a fault names no person and no password', async () => {
    expect(warnings.length).toBeGreaterThan(0)
    expect(JSON.stringify(warnings)).not.toMatch(/ta217|user5|pw5|looks people up|uid=/)
  })
})

interface Listener {
  port: number
  sockets: Socket[]
  stop(): Promise<void>
}

/** Something that takes connections in a directory's place. */
async function listener(answer: (socket: Socket) => void, host = '127.0.0.1'): Promise<Listener> {
  const sockets: Socket[] = []
  const server: Server = createServer((socket) => {
    sockets.push(socket)
    socket.on('error', () => undefined)
    answer(socket)
  }).listen(0, host)
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const stop = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy()
    if (!server.listening) return
    server.close()
    await once(server, 'close')
  }
  return { port, sockets, stop }
}

/** What one receives the other is sent. */
function join(left: Socket, right: Socket): void {
  for (const [from, to] of [
    [left, right],
    [right, left],
  ] as const) {
    from.on('error', () => to.destroy())
    from.on('close', () => to.destroy())
    from.pipe(to)
  }
}
