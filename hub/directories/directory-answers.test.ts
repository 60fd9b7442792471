import type { Socket } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { noLog, type HubLog } from '../platform/log.ts'
import { insertTestUniversity } from '../testing/testing-rows.ts'
import { makeTestDatabase, type TestDatabase } from '../platform/postgres/testing.ts'
import type { DirectorySettings } from './directory-config.ts'
import type { Directories } from './directories.ts'
import { makeDirectories } from './make-directories.ts'
import {
  doneMessage,
  entryMessage,
  referenceMessage,
  startLdapDouble,
  type AskedSearch,
  type LdapDouble,
} from './testing-ldap-double.ts'
import { slapdSettings, startSlapd, WITHOUT_SLAPD, type TestSlapd } from './testing-slapd.ts'

const away = { ok: false, refusal: 'away' }
const part = (errorCode: string): unknown => [
  'directory-answer-partial',
  { directory: 'test', what: 'groups', errorCode },
]

const warnings: unknown[] = []
const log: HubLog = { ...noLog, warn: (code, _sentence, facts) => void warnings.push([code, facts]) }
let database: TestDatabase
let universityId = 0

beforeAll(async () => {
  database = await makeTestDatabase('directory_answers')
  universityId = await insertTestUniversity(database.pool, 'Test')
})
beforeEach(() => {
  warnings.length = 0
})
afterAll(() => database.drop())

const signIn = (settings: DirectorySettings, username: string): ReturnType<Directories['signIn']> =>
  makeDirectories(database.pool, [settings], log).signIn({
    universityId,
    lookup: { by: 'name', username },
    password: 'here',
  })

/** Two people in many groups: more than a page, and more than are kept. */
const MANY = `
dn: uid=paged,ou=people,dc=carrel,dc=example
objectClass: inetOrgPerson
uid: paged
cn: Paged
sn: Paged
userPassword: here

dn: uid=crowded,ou=people,dc=carrel,dc=example
objectClass: inetOrgPerson
uid: crowded
cn: Crowded
sn: Crowded
userPassword: here
${Array.from(
  { length: 1_050 },
  (_, index) => `
dn: cn=many${index},ou=groups,dc=carrel,dc=example
objectClass: posixGroup
cn: many${index}
gidNumber: ${10_000 + index}
memberUid: crowded
${index < 450 ? 'memberUid: paged\n' : ''}`,
).join('')}`

describe('long lists of a real directory', () => {
  let slapd: TestSlapd
  beforeAll(async () => {
    if (WITHOUT_SLAPD === null) slapd = await startSlapd({ more: MANY, database: 'sizelimit unlimited' })
  })
  beforeEach((context) => context.skip(WITHOUT_SLAPD !== null, WITHOUT_SLAPD ?? ''))
  afterAll(async () => {
    if (WITHOUT_SLAPD === null) await slapd.stop()
  })

  test('[DIR-11] are read page after page, to the last', async () => {
    const answer = await signIn(slapd.settings({ transport: 'plain' }), 'paged')
    expect(answer).toMatchObject({ ok: true, value: { areGroupsWhole: true } })
    expect(new Set(answer.ok ? answer.value.gidNumbers : [])).toEqual(
      new Set(Array.from({ length: 450 }, (_, index) => 10_000 + index)),
    )
    expect(warnings).toEqual([])
  })

  test('[DIR-10] [DIR-11] but no more than a thousand groups of one person, and then nothing is taken away', async () => {
    const answer = await signIn(slapd.settings({ transport: 'plain' }), 'crowded')
    expect(answer).toMatchObject({ ok: true, value: { areGroupsWhole: false } })
    expect(answer.ok ? answer.value.gidNumbers : []).toHaveLength(1_000)
    expect(warnings).toEqual([part('overfull')])
  })
})

// What slapd cannot be made to say is said by a double.
describe('odd answers', () => {
  const doubles: LdapDouble[] = []
  afterAll(async () => {
    for (const double of doubles) await double.stop()
  })

  const person = (id: number, more: Record<string, string[]> = {}): Buffer =>
    entryMessage(id, 'cn=ana', { uid: ['ana'], entryUUID: ['one'], ...more })
  const isForPeople = ({ base }: AskedSearch): boolean => base.startsWith('ou=people')

  /** A directory in which everybody is Ana; `groups` answers when her groups are asked for. */
  async function anaWith(
    groups: (search: AskedSearch, socket: Socket) => Buffer | null,
    more: Record<string, string[]> = {},
  ): Promise<DirectorySettings> {
    const double = await startLdapDouble((search, socket) =>
      isForPeople(search)
        ? Buffer.concat([person(search.id, more), doneMessage(search.id)])
        : groups(search, socket),
    )
    doubles.push(double)
    return { ...slapdSettings(double.port), transport: 'plain', timeoutMs: 3_000 }
  }

  test('[DIR-10] a page may be empty, as those of Active Directory, and is not the last for that', async () => {
    const settings = await anaWith(({ id, bytes }) => {
      if (bytes.includes('third')) return Buffer.concat([group(id, 602), doneMessage(id)])
      if (bytes.includes('second')) return doneMessage(id, 'third')
      return Buffer.concat([group(id, 601), doneMessage(id, 'second')])
    })
    expect(await signIn(settings, 'ana')).toMatchObject({
      ok: true,
      value: { gidNumbers: [601, 602], areGroupsWhole: true },
    })
  })

  test('[DIR-10] the first range of many values is not all of them; the last one is', async () => {
    const cut = await anaWith(({ id }) => doneMessage(id), { 'gidNumber;range=0-1': ['601', '602'] })
    expect(await signIn(cut, 'ana')).toMatchObject({
      ok: true,
      value: { gidNumbers: [601, 602], areGroupsWhole: false },
    })
    expect(warnings).toEqual([part('range')])
    const whole = await anaWith(({ id }) => doneMessage(id), { 'gidNumber;range=0-*': ['601'] })
    expect(await signIn(whole, 'ana')).toMatchObject({
      ok: true,
      value: { gidNumbers: [601], areGroupsWhole: true },
    })
  })

  test('[DIR-10] the partitions that Active Directory names below its root hold no groups', async () => {
    const settings = await anaWith(({ id }) =>
      Buffer.concat([
        referenceMessage(id, 'ldap://ForestDnsZones.test.example/DC=ForestDnsZones,DC=test,DC=example'),
        referenceMessage(id, 'ldap://test.example/CN=Configuration,DC=test,DC=example'),
        group(id, 601),
        doneMessage(id),
      ]),
    )
    expect(await signIn(settings, 'ana')).toMatchObject({
      ok: true,
      value: { gidNumbers: [601], areGroupsWhole: true },
    })
    const elsewhere = await anaWith(({ id }) =>
      Buffer.concat([referenceMessage(id, 'ldap://sub.test.example/DC=sub'), doneMessage(id)]),
    )
    expect(await signIn(elsewhere, 'ana')).toMatchObject({ ok: true, value: { areGroupsWhole: false } })
  })

  test('[DIR-11] pages without end are read until the time is over', async () => {
    const settings = await anaWith(({ id }) => doneMessage(id, 'more'))
    expect(await signIn({ ...settings, timeoutMs: 500 }, 'ana')).toEqual(away)
  })

  test.each([
    ['entries', (id: number) => entryMessage(id, 'cn=x', { gidNumber: ['1'], more: ['x'.repeat(1_000)] })],
    ['empty references', (id: number) => Buffer.from([0x30, 5, 2, 1, id, 0x73, 0])],
    [
      'one message that does not end',
      () => Buffer.from([0x30, 0x84, 0x7f, 0, 0, 0, ...new Uint8Array(1_000)]),
    ],
  ])('[DIR-11] a stream of %s is hung up on, and the hub stays up', async (_what, piece) => {
    const sent = { bytes: 0 }
    const settings = await anaWith(({ id }, socket) => {
      const flood = Buffer.concat(Array<Buffer>(500).fill(piece(id)))
      const pour = (): void => {
        while (!socket.destroyed && sent.bytes < 200_000_000) {
          sent.bytes += flood.length
          if (!socket.write(flood)) return void socket.once('drain', pour)
        }
      }
      pour()
      return null
    })
    expect(await signIn({ ...settings, timeoutMs: 10_000 }, 'ana')).toEqual(away)
    expect(warnings).toEqual([['directory-failed', { directory: 'test', errorCode: 'ANSWER_TOO_LARGE' }]])
  })
})

function group(id: number, gidNumber: number): Buffer {
  return entryMessage(id, `cn=g${gidNumber}`, { gidNumber: [String(gidNumber)] })
}
