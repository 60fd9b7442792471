import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeTestPerson } from '../accounts/testing-people.ts'
import { query } from '../platform/postgres/database.ts'
import { makeTestDatabase, type TestDatabase } from '../platform/postgres/testing.ts'
import { runHere, type CliRun } from './testing-cli.ts'
import { enrolTestDevice } from './testing-device.ts'

let database: TestDatabase
let folder = ''

beforeAll(async () => {
  database = await makeTestDatabase('universities_cli')
  folder = mkdtempSync(join(tmpdir(), 'carrel-universities-'))
  await add('Marsh', 'marsh.edu')
  await add('Hill', 'hill.edu')
})
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true })
  await database.drop()
})

function admin(...args: string[]): Promise<CliRun> {
  return runHere({ DATABASE_URL: database.url, CARREL_HOME: folder }, args)
}

function add(name: string, domain: string, timezone = 'Asia/Taipei'): Promise<CliRun> {
  return admin('university', 'add', '--name', name, '--domain', domain, '--timezone', timezone)
}

function edit(domain: string, ...args: string[]): Promise<CliRun> {
  return admin('university', 'edit', '--university', domain, ...args)
}

test('[IMP-23] a university gets another name, with its own space, and further domains; hubs are notified', async () => {
  const clock = async (): Promise<number> =>
    (await query<{ clock: number }>(database.pool, 'select clock from universities where id = 1'))[0]
      ?.clock ?? 0
  const before = await clock()
  const run = await edit('marsh.edu', '--name', 'Marsh University', '--domain', 'marsh.edu,marsh.si')
  expect([run.code, run.stdout]).toEqual([
    0,
    'Marsh now has the name "Marsh University" and the domains marsh.edu, marsh.si.\n',
  ])
  expect(await clock()).toBe(before + 1)
  expect(
    await query(
      database.pool,
      'select u.name, s.name as space from universities u join spaces s on s.university_id = u.id where u.id = 1',
    ),
  ).toEqual([{ name: 'Marsh University', space: 'Marsh University' }])
  expect((await edit('marsh.si', '--name', 'Marsh University')).stdout).toContain('already has')
  expect(await clock()).toBe(before + 1)
})

test('[IMP-23] names and domains of others, public ones, and those where people have addresses are refused', async () => {
  expect((await edit('marsh.edu', '--name', 'hill')).stderr).toContain('already in use by "Hill"')
  expect((await edit('marsh.edu', '--domain', 'marsh.edu,hill.edu')).stderr).toContain(
    'already in use by "Hill"',
  )
  expect((await edit('marsh.edu', '--domain', 'marsh.edu,gmail.com')).stderr).toContain(
    'anyone can have an address',
  )
  expect((await edit('marsh.edu', '--domain', 'marsh')).stderr).toContain('is not an email domain')
  await makeTestPerson(database.pool, 1, { email: 'ana@marsh.si' })
  expect((await edit('marsh.edu', '--domain', 'marsh.edu')).stderr).toMatch(
    /^"marsh\.si" stays: one person has an address there and could no longer sign in\./,
  )
  await query(database.pool, "update users set email = 'ana@marsh.edu', email_key = 'ana@marsh.edu'")
  expect((await edit('marsh.edu', '--domain', 'marsh.edu')).code).toBe(0)
})

test('[IMP-23] [IMP-16] a university with something in it is not removed, and what is in it is said', async () => {
  const run = await admin('university', 'remove', '--university', 'marsh.edu', '--yes')
  expect([run.code, run.stderr]).toEqual([
    1,
    'Marsh University was not removed: it has 1 person ("people list").\n',
  ])
})

test('[IMP-23] an empty one is removed: name and domain are free, its codes are void, its log stays', async () => {
  const { code } = (
    await admin('kiosk', 'code', '--university', 'hill.edu', '--space', '/', '--json')
  ).json() as { code: string }
  const asked = await admin('university', 'remove', '--university', 'hill.edu')
  expect([asked.code, asked.stderr]).toEqual([2, expect.stringContaining('Add --yes to confirm.')])
  const run = await admin('university', 'remove', '--university', 'hill.edu', '--yes')
  expect([run.code, run.stdout]).toEqual([0, 'Hill was removed.\n'])
  expect((await admin('university', 'list')).stdout).not.toContain('Hill')
  expect((await admin('kiosk', 'list', '--university', 'hill.edu')).stderr).toContain(
    'there is only marsh.edu.',
  )
  expect((await enrolTestDevice(database.pool, code)).ok).toBe(false)
  expect((await add('Hill', 'hill.edu')).code).toBe(0)
  const { changes } = (await admin('log', '--all', '--json')).json() as { changes: unknown[] }
  expect(changes[0]).toMatchObject({ service: 'universities', subject: 'remove', log: { universityId: 2 } })
  expect(await query(database.pool, 'select 1 from change_logs where university_id = 2')).not.toEqual([])
})

test('[LOC-4] a time zone is kept as it is written', async () => {
  await add('Lake', 'lake.edu', 'europe/ljubljana')
  expect((await admin('university', 'show', '-u', 'lake.edu')).stdout).toMatch(
    /^time zone +Europe\/Ljubljana$/m,
  )
})

test('[IMP-26] the environment names the usual university; what is typed counts more', async () => {
  const env = { DATABASE_URL: database.url, CARREL_HOME: folder, CARREL_UNIVERSITY: 'lake.edu' }
  expect((await runHere(env, ['university', 'show'])).stdout).toMatch(/^name +Lake$/m)
  expect((await runHere(env, ['university', 'show', '-u', 'hill.edu'])).stdout).toMatch(/^name +Hill$/m)
  expect((await admin('university', 'show')).stderr).toContain('or set CARREL_UNIVERSITY to it.')
  // All are meant where none is typed.
  const all = await runHere(env, ['restored', '--yes', '--json'])
  expect(all.json()).toEqual({ universities: ['Marsh University', 'Hill', 'Lake'] })
})
