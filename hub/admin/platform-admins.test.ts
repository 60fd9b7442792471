import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makePasswords } from '../accounts/passwords.ts'
import { makeTestPerson } from '../accounts/testing-people.ts'
import { query } from '../platform/postgres/database.ts'
import { makeTestDatabase, type TestDatabase } from '../platform/postgres/testing.ts'
import { runHere, type CliRun } from './testing-cli.ts'

let database: TestDatabase
let folder = ''

beforeAll(async () => {
  database = await makeTestDatabase('platform_admins')
  folder = mkdtempSync(join(tmpdir(), 'carrel-platform-'))
  await admin('university', 'add', '--name', 'Marsh', '--domain', 'marsh.edu', '--timezone', 'Asia/Taipei')
})
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true })
  await database.drop()
})

function admin(...args: string[]): Promise<CliRun> {
  return runHere({ DATABASE_URL: database.url, CARREL_HOME: folder }, args)
}

test('[IMP-24] platform administrators are listed and added, with a password that is shown once and kept as a hash', async () => {
  expect((await admin('platform-admins', 'list')).stdout).toMatch(/^There is no platform administrator yet\./)
  const { password } = (await admin('platform-admins', 'add', 'it@marsh.edu', '--json')).json() as {
    password: string
  }
  const [row] = await query<{ hash: string; isAdmin: boolean }>(
    database.pool,
    'select password_hash as hash, is_platform_admin as "isAdmin" from users',
  )
  expect(row?.isAdmin).toBe(true)
  expect(await makePasswords().verify(password, row?.hash ?? '')).toMatchObject({
    ok: true,
    value: { isRight: true },
  })
  expect((await admin('platform-admins', 'list')).stdout).toMatch(/^it@marsh\.edu +- +password +never +\d+$/m)
  expect((await admin('people', 'show', 'it@marsh.edu')).stderr).toContain('see "platform-admins list"')
  const { changes } = (await admin('log', '--all', '--json')).json() as { changes: unknown[] }
  expect(JSON.stringify(changes)).not.toContain(password)
})

test('[IMP-24] an address that is in use, or is none, is refused', async () => {
  await makeTestPerson(database.pool, 1, { email: 'ana@marsh.edu' })
  expect((await admin('platform-admins', 'add', 'ana@marsh.edu')).stderr).toContain(
    'already in use by another',
  )
  expect((await admin('platform-admins', 'add', 'ana')).stderr).toContain('is not an email address')
})

test('[IMP-24] [IMP-16] one is removed with all sessions, and the last one stays', async () => {
  const last = await admin('platform-admins', 'remove', 'it@marsh.edu', '--yes')
  expect([last.code, last.stderr]).toEqual([1, expect.stringContaining('is the last platform administrator')])
  const other = await makeTestPerson(database.pool, null, { email: 'ops@marsh.edu' })
  expect((await admin('platform-admins', 'remove', 'opps@marsh.edu')).stderr).toContain(
    'did you mean "ops@marsh.edu"?',
  )
  expect((await admin('platform-admins', 'remove', 'ops@marsh.edu')).code).toBe(2)
  expect((await admin('platform-admins', 'remove', 'OPS@marsh.edu', '--yes')).code).toBe(0)
  expect(await query(database.pool, 'select 1 from sessions where user_id = $1', [other.userId])).toEqual([])
  expect((await admin('platform-admins', 'list')).stdout).not.toContain('ops@')
  // A person of a university is none.
  expect((await admin('platform-admins', 'remove', 'ana@marsh.edu', '--yes')).code).toBe(1)
})

test('[IMP-28] the log of the installation says its acts in words', async () => {
  const { stdout } = await admin('log', '--all')
  expect(stdout).toMatch(/ Command line +Added a platform administrator +/)
  expect(stdout).toMatch(/ Command line +Removed a platform administrator +/)
})
