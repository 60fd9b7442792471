import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { startSlapd, WITHOUT_SLAPD, type TestSlapd } from '../directories/testing-slapd.ts'
import { insertTestUniversity } from '../testing/testing-rows.ts'
import { makeTestDatabase, type TestDatabase } from '../platform/postgres/testing.ts'
import type { Finding } from './finding.ts'
import { TEST_CERTIFICATE } from './testing-certificate.ts'
import { runHere } from './testing-cli.ts'

/** A second account that looks people up, to which little is shown. */
const LIMITED = 'cn=limited,ou=services,dc=carrel,dc=example'
const SMALL = {
  more: `
dn: ${LIMITED}
objectClass: applicationProcess
objectClass: simpleSecurityObject
cn: limited
userPassword: looks people up (*)

dn: ou=elsewhere,dc=carrel,dc=example
objectClass: referral
objectClass: extensibleObject
ou: elsewhere
ref: ldap://127.0.0.1:1/ou=elsewhere,dc=carrel,dc=example
`,
  database: `limits dn.exact="${LIMITED}" size=3\naccess to * by dn.exact="${LIMITED}" read by * break`,
}

let database: TestDatabase
let slapd: TestSlapd
let folder = ''

beforeAll(async () => {
  if (WITHOUT_SLAPD !== null) return
  ;[database, slapd] = await Promise.all([makeTestDatabase('doctor_directories'), startSlapd(SMALL)])
  await insertTestUniversity(database.pool, 'Test')
  folder = mkdtempSync(join(tmpdir(), 'carrel-doctor-ldap-'))
  writeFileSync(join(folder, 'password'), slapd.settings().service.password, { mode: 0o600 })
  writeFileSync(join(folder, 'wrong'), 'changed', { mode: 0o600 })
  writeFileSync(join(folder, 'authority.pem'), TEST_CERTIFICATE)
})
beforeEach((context) => context.skip(WITHOUT_SLAPD !== null, WITHOUT_SLAPD ?? ''))
afterAll(async () => {
  if (WITHOUT_SLAPD !== null) return
  rmSync(folder, { recursive: true, force: true })
  await slapd.stop()
  await database.drop()
})

async function findings(changes: object): Promise<Finding[]> {
  const { service, people } = slapd.settings()
  const directory = {
    name: 'staff',
    university: 'test.example',
    url: `ldap://127.0.0.1:${slapd.port}`,
    caFile: 'authority.pem',
    service: { dn: service.dn, passwordFile: 'password' },
    people,
    ...changes,
  }
  const file = join(folder, 'ldap.json')
  writeFileSync(file, JSON.stringify({ directories: [directory] }))
  const environment = { DATABASE_URL: database.url, CARREL_HOME: folder, LDAP_CONFIG: file }
  const run = await runHere(environment, ['doctor', '--json'])
  const { findings: all } = run.json() as { findings: Finding[] }
  return all.filter(({ what }) => what.startsWith('director'))
}

test('[DIR-6] the doctor says of each directory whether it can be asked', async () => {
  expect(await findings({})).toEqual([
    { what: 'directory staff', state: 'ok', found: `127.0.0.1:${slapd.port} answers` },
  ])
  const { dn } = slapd.settings().service
  const one = async (changes: object): Promise<unknown[]> =>
    (await findings(changes)).map(({ state, found }) => [state, found])
  expect(await one({ service: { dn, passwordFile: 'wrong' } })).toEqual([
    ['fail', expect.stringMatching(/Cannot use .+: it did not accept the name and password/)],
  ])
  expect(await one({ caFile: undefined })).toEqual([
    ['fail', expect.stringMatching(/self-signed certificate/)],
  ])
  expect(await one({ university: 'nobody.example' })).toEqual([
    ['warn', expect.stringMatching(/no university has/)],
  ])
  expect(await one({ passwordsTravelUnencrypted: true })).toEqual([
    ['warn', expect.stringMatching(/travel to .+ unencrypted/)],
  ])
  expect(await one({ people: { base: 'ou=people,dc=carrel,dc=example', filter: '(uid=x)' } })).toEqual([
    ['fail', expect.stringMatching(/no place for \{username\}/)],
  ])
})

test('[DIR-10] the doctor warns of a directory that shows only a part of its groups', async () => {
  const { groups } = slapd.settings()
  const one = async (changes: object): Promise<unknown[]> =>
    (await findings(changes)).map(({ state, found }) => [state, found])
  expect(await one({ groups })).toEqual([['ok', `127.0.0.1:${slapd.port} answers`]])
  expect(await one({ groups, service: { dn: LIMITED, passwordFile: 'password' } })).toEqual([
    [
      'warn',
      'it shows the service account at most 3 groups: no one is removed from a group because of an incomplete answer',
    ],
  ])
  expect(await one({ groups: { ...groups, base: 'dc=carrel,dc=example' } })).toEqual([
    [
      'warn',
      'some of the groups are on another server: no one is removed from a group because of an incomplete answer',
    ],
  ])
})
