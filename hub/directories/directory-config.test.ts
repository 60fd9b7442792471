import { chmodSync, chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, expect, test } from 'vitest'
import { TEST_CERTIFICATE } from '../admin/testing-certificate.ts'
import { readDirectories } from './directory-config.ts'

const folder = mkdtempSync(join(tmpdir(), 'carrel-ldap-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const PEOPLE = { base: 'ou=people,dc=marsh,dc=edu', filter: '(uid={username})' }
const FACULTY = {
  name: 'faculty',
  university: 'Marsh.edu',
  url: 'ldap://ldap.marsh.edu',
  service: { dn: 'cn=carrel,dc=marsh,dc=edu', passwordFile: 'password' },
  people: PEOPLE,
}

beforeEach(() => {
  put('password', 'looks up\n', 0o600)
  put('authority.pem', TEST_CERTIFICATE, 0o644)
})

function put(name: string, text: string, mode: number): string {
  const file = join(folder, name)
  writeFileSync(file, text)
  chmodSync(file, mode)
  return file
}

function read(file: unknown, mode = 0o644): ReturnType<typeof readDirectories> {
  return readDirectories(put('ldap.json', typeof file === 'string' ? file : JSON.stringify(file), mode))
}

test('[DIR-1] a file of directories is read, with what is usual filled in', () => {
  const staff = {
    ...FACULTY,
    name: 'staff',
    url: 'ldaps://[::1]:1636/',
    caFile: join(folder, 'authority.pem'),
    attributes: { id: 'objectGUID', username: 'sAMAccountName' },
    groups: { base: 'ou=groups,dc=marsh,dc=edu', filter: '(member={dn})' },
    timeoutMs: 1000,
    recheckMinutes: 5,
  }
  expect(read({ directories: [FACULTY, staff] })).toEqual({
    ok: true,
    value: [
      {
        name: 'faculty',
        university: 'marsh.edu',
        host: 'ldap.marsh.edu',
        port: 389,
        transport: 'startTls',
        ca: undefined,
        service: { dn: 'cn=carrel,dc=marsh,dc=edu', password: 'looks up' },
        people: PEOPLE,
        attributes: {
          id: 'entryUUID',
          username: 'uid',
          displayname: 'displayName',
          mail: 'mail',
          gidNumber: 'gidNumber',
        },
        groups: null,
        timeoutMs: 5000,
        recheckMs: 3_600_000,
      },
      expect.objectContaining({
        host: '::1',
        port: 1636,
        transport: 'tls',
        ca: TEST_CERTIFICATE,
        attributes: expect.objectContaining({ id: 'objectGUID', mail: 'mail' }) as unknown,
        timeoutMs: 1000,
        recheckMs: 300_000,
      }),
    ],
  })
})

test('[DIR-2] without encryption only in so many words, and not beside ldaps', () => {
  const open = { ...FACULTY, passwordsTravelUnencrypted: true }
  expect(read({ directories: [open] })).toMatchObject({ ok: true, value: [{ transport: 'plain' }] })
  expect(read({ directories: [{ ...FACULTY, passwordsTravelUnencrypted: false }] })).toMatchObject({
    ok: false,
  })
  expect(read({ directories: [{ ...open, url: 'ldaps://ldap.marsh.edu' }] })).toEqual({
    ok: false,
    refusal: ['LDAP_CONFIG: "faculty": "passwordsTravelUnencrypted" contradicts ldaps://. Remove it.'],
  })
})

test.each([
  ['not JSON', '{', /is not valid JSON/],
  ['no list', {}, /directories/],
  ['an empty list', { directories: [] }, /directories/],
  ['a key twice', '{"directories": [], "directories": []}', /is there twice/],
  ['an unknown key', { directories: [{ ...FACULTY, tls: false }] }, /\/directories\/0/],
  [
    'a password in the file',
    { directories: [{ ...FACULTY, service: { dn: 'cn=x', password: 'p' } }] },
    /service/,
  ],
  ['nobody to look people up', { directories: [{ ...FACULTY, service: undefined }] }, /\/directories\/0/],
  ['another protocol', { directories: [{ ...FACULTY, url: 'http://x' }] }, /\/directories\/0\/url/],
  [
    'an address with a query',
    { directories: [{ ...FACULTY, url: 'ldap://x/?uid' }] },
    /\/directories\/0\/url/,
  ],
  [
    'two of one name',
    { directories: [FACULTY, FACULTY] },
    /Two directories are called "faculty"\. Rename one\./,
  ],
  ['no end of trust', { directories: [{ ...FACULTY, recheckMinutes: 1441 }] }, /recheckMinutes/],
  ['no time at all', { directories: [{ ...FACULTY, timeoutMs: 0 }] }, /timeoutMs/],
  [
    'a filter for everybody',
    { directories: [{ ...FACULTY, people: { ...PEOPLE, filter: '(uid=*)' } }] },
    /no place/,
  ],
  [
    'no filter',
    { directories: [{ ...FACULTY, people: { ...PEOPLE, filter: '(uid={username}' } }] },
    /filter/,
  ],
  [
    'a broken filter',
    { directories: [{ ...FACULTY, people: { ...PEOPLE, filter: '(&(uid={username})' } }] },
    /is not a filter/,
  ],
  [
    'no authority',
    { directories: [{ ...FACULTY, caFile: 'none.pem' }] },
    /Cannot read .+none\.pem \(ENOENT\)\. Check the path/,
  ],
])('[DIR-1] %s is refused with a sentence', (_what, file, sentence) => {
  const answer = read(file)
  expect(answer.ok ? [] : answer.refusal).toEqual([expect.stringMatching(/^LDAP_CONFIG: /)])
  expect(answer.ok ? '' : answer.refusal.join('')).toMatch(sentence)
})

test.skipIf(process.platform === 'win32')(
  '[DIR-2] a secret that every user of the machine can read, and a file that they can change, are refused',
  () => {
    const sentences = (): string[] => {
      const answer = read({ directories: [FACULTY] })
      return answer.ok ? [] : answer.refusal
    }
    for (const mode of [0o604, 0o644, 0o602, 0o601]) {
      put('password', 'hunter2', mode)
      expect(sentences()).toEqual([
        expect.stringMatching(/password has a secret in it, and every user of this machine can open it/),
      ])
      expect(sentences().join('')).not.toContain('hunter2')
    }
    put('password', 'hunter2', 0o640)
    expect(sentences()).toEqual([])
    put('password', '\n', 0o600)
    expect(sentences()).toEqual([expect.stringMatching(/service password is empty/)])
    put('password', 'hunter2', 0o600)
    const changeable = read({ directories: [FACULTY] }, 0o666)
    expect(changeable.ok ? [] : changeable.refusal).toEqual([
      expect.stringMatching(/Every user of this machine can change/),
    ])
  },
)

test.runIf(process.getuid?.() === 0)(
  '[IDN-22] a service password that another user put there is refused',
  () => {
    const file = put('password', 'hunter2', 0o600)
    chownSync(file, 65_534, 65_534)
    const answer = read({ directories: [FACULTY] })
    expect(answer.ok ? [] : answer.refusal).toEqual([
      expect.stringMatching(/password belongs to another user/),
    ])
    chownSync(file, 0, 0)
  },
)

test('[DIR-1] no file is refused with a sentence', () => {
  expect(readDirectories(join(folder, 'nothing.json'))).toEqual({
    ok: false,
    refusal: [expect.stringMatching(/^LDAP_CONFIG: Cannot read .+nothing\.json \(ENOENT\)\. /)],
  })
})

test('[DIR-1] what a file says of itself stays in its line, without what would garble a terminal', () => {
  const evil = 'x\nhub http://127.0.0.1:1\u001b[2J\u009b'
  const key = JSON.stringify(evil)
  const one = { ...FACULTY, name: 'faculty' }
  const files: unknown[] = [
    `{"directories":[],${key}:1,${key}:2}`,
    { directories: [], [evil]: 1 },
    { directories: [{ ...one, [evil]: 1 }] },
    { directories: [{ ...one, people: { ...PEOPLE, filter: evil } }] },
    { directories: [{ ...one, caFile: evil }] },
  ]
  for (const file of files) {
    const lines = read(file)
    expect(lines.ok, String(file)).toBe(false)
    if (!lines.ok) for (const line of lines.refusal) expect(line).not.toMatch(/\p{Cc}/u)
  }
})
