import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeTestPerson } from '../accounts/testing-people.ts'
import { query } from '../platform/postgres/database.ts'
import { insertTestUniversity } from '../testing/testing-rows.ts'
import { makeTestDatabase, type TestDatabase } from '../platform/postgres/testing.ts'
import { runHere, type CliRun } from './testing-cli.ts'

let database: TestDatabase
let folder = ''
let universityId = 0
let otherId = 0

beforeAll(async () => {
  database = await makeTestDatabase('first_steps')
  folder = mkdtempSync(join(tmpdir(), 'carrel-groups-'))
  universityId = await insertTestUniversity(database.pool, 'Marsh')
  otherId = await insertTestUniversity(database.pool, 'Hill')
})
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true })
  await database.drop()
})

function admin(...args: string[]): Promise<CliRun> {
  return runHere({ DATABASE_URL: database.url, CARREL_HOME: folder }, [
    ...args,
    '--university',
    'marsh.example',
  ])
}

function listFile(text: string): string {
  const file = join(folder, 'groups.txt')
  writeFileSync(file, text)
  return file
}

function groups(): Promise<object[]> {
  return query(
    database.pool,
    `select name, gid_number as gid, description, is_super as super, version from groups
     where university_id = $1 order by id`,
    [universityId],
  )
}

const CHANGES = "select subject, log from change_logs where service = 'groups' order by id"

test('[IMP-2] the list that comes with Carrel makes the usual groups; a dry run says the same and changes nothing', async () => {
  const before = await groups()
  const dry = await admin('groups', 'import', '--dry-run', '--json')
  expect([dry.code, dry.stderr]).toEqual([0, ''])
  expect(await groups()).toEqual(before)
  expect(await query(database.pool, CHANGES)).toEqual([])
  const run = await admin('groups', 'import', '--json')
  expect({ ...(run.json() as object), isDryRun: true }).toEqual(dry.json())
  const usual = { gid: null, description: null, super: false, version: 1 }
  expect(await groups()).toEqual([
    { ...usual, name: 'cspace', super: true },
    { ...usual, name: 'faculty', gid: 100 },
    { ...usual, name: 'lab208' },
    { ...usual, name: 'lab301' },
  ])
  const again = await admin('groups', 'import', '--json')
  expect(again.json()).toMatchObject({ difference: { create: [], update: [], unchangedCount: 4 } })
  // [AUD-5]
  expect(await query(database.pool, CHANGES)).toHaveLength(1)
  const others = 'select name from groups where university_id = $1'
  expect(await query(database.pool, others, [otherId])).toEqual([{ name: 'cspace' }])
})

test('[IMP-2] numbers and descriptions are changed by name, the super group’s number too; what is not said stays', async () => {
  const file = listFile('FACULTY, gidNumber = 101, Teachers\ncspace, gidNumber = 1\nlab208\n')
  const run = await admin('groups', 'import', file)
  expect(run.stdout).toBe(
    [
      '  ~ "faculty" (gidNumber 101): gidNumber, description',
      '  ~ "cspace" (gidNumber 1): gidNumber',
      'Marsh: 0 new, 2 changed, 1 unchanged',
      '',
    ].join('\n'),
  )
  expect(await groups()).toMatchObject([
    { name: 'cspace', gid: 1, super: true, version: 2 },
    { name: 'faculty', gid: 101, description: 'Teachers', version: 2 },
    { name: 'lab208', version: 1 },
    { name: 'lab301', version: 1 },
  ])
})

test('[IMP-1] a list with faults is not taken, and each is named by its line', async () => {
  const before = await groups()
  const run = await admin('groups', 'import', listFile('new\nfaculty, gidNumber = many\nnew\n'))
  expect([run.code, run.stdout]).toEqual([1, ''])
  expect(run.stderr).toBe(
    `groups.txt was not imported; it has 2 errors:
  line 2: "many" is not a gidNumber: a whole number up to 4294967295
  line 3: "new" is already in line 1
`,
  )
  expect(await groups()).toEqual(before)
  expect((await admin('groups', 'import', join(folder, 'none.txt'))).stderr).toMatch(/^There is no file/)
})

async function permissionOf(userId: number): Promise<string | undefined> {
  const rows = await query<{ permissions: string }>(
    database.pool,
    'select permissions from user_group m join groups g on g.id = m.group_id where g.is_super and user_id = $1',
    [userId],
  )
  return rows[0]?.permissions
}

test('[IMP-3] somebody who is known becomes an administrator of the super group, by username or address', async () => {
  const ana = await makeTestPerson(database.pool, universityId, { email: 'Ana@marsh.example' })
  const ta217 = await makeTestPerson(database.pool, universityId, { username: 'ta217' })
  const byAddress = await admin('super', ' ana@MARSH.example', '--json')
  expect(byAddress.json()).toMatchObject({ userId: ana.userId, before: null, permission: 'admin' })
  expect((await admin('super', 'TA217')).stdout).toMatch(/^"ta217" is now an administrator of Marsh/)
  expect([await permissionOf(ana.userId), await permissionOf(ta217.userId)]).toEqual(['admin', 'admin'])
  expect((await admin('super', 'ta217')).stdout).toMatch(/is already an administrator of Marsh/)
  await query(database.pool, "update user_group set permissions = 'member' where user_id = $1", [
    ta217.userId,
  ])
  expect((await admin('super', 'ta217', '--json')).json()).toMatchObject({ before: 'member' })
  expect(await permissionOf(ta217.userId)).toBe('admin')
  const log = await query<{ subject: string }>(
    database.pool,
    CHANGES.replace('order', "and subject ~ 'member' order"),
  )
  expect(log.map(({ subject }) => subject)).toEqual(['member add', 'member add', 'member edit'])
})

test('[IMP-3] who is unknown, of another university, not confirmed or shut out is refused', async () => {
  const foreign = await makeTestPerson(database.pool, otherId, { username: 'foreign' })
  const unproven = await makeTestPerson(database.pool, universityId, { email: 'unproven@marsh.example' })
  await query(database.pool, 'update users set verified_at = null where id = $1', [unproven.userId])
  const shutOut = await makeTestPerson(database.pool, universityId, { username: 'gone' })
  await query(database.pool, 'update users set is_active = false where id = $1', [shutOut.userId])
  for (const [name, sentence] of [
    ['nobody', /There is no one called "nobody" at/],
    ['foreign', /There is no one called "foreign" at/],
    ['%', /There is no one called "%" at/],
    ['unproven@marsh.example', /has not confirmed the email address yet/],
    ['gone', /is blocked/],
  ] as const) {
    const run = await admin('super', name)
    expect([run.code, run.stdout]).toEqual([1, ''])
    expect(run.stderr).toMatch(sentence)
  }
  for (const { userId } of [foreign, unproven, shutOut]) expect(await permissionOf(userId)).toBeUndefined()
})
