import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { joinTestGroup, makeTestPerson, type TestPerson } from '../accounts/testing-people.ts'
import { query } from '../platform/postgres/database.ts'
import { insertTestUniversity } from '../testing/testing-rows.ts'
import { makeTestDatabase, type TestDatabase } from '../platform/postgres/testing.ts'
import { runHere, type CliRun } from './testing-cli.ts'

let database: TestDatabase
let home = ''
let universityId = 0
let chief: TestPerson
let ana: TestPerson
let foreign: TestPerson

beforeAll(async () => {
  database = await makeTestDatabase('people_admin')
  home = mkdtempSync(join(tmpdir(), 'carrel-people-'))
  universityId = await insertTestUniversity(database.pool, 'Marsh')
  const otherId = await insertTestUniversity(database.pool, 'Hill')
  chief = await makeTestPerson(database.pool, universityId, { username: 'chief', displayname: 'Jože Šef' })
  await joinTestGroup(database.pool, chief, 'super', 'admin')
  ana = await makeTestPerson(database.pool, universityId, {
    email: 'ana.novak@marsh.example',
    displayname: 'Ana Novak',
  })
  for (let number = 1; number <= 4; number += 1)
    await makeTestPerson(database.pool, universityId, {
      email: `student${number}@marsh.example`,
      displayname: `Student ${number}`,
    })
  foreign = await makeTestPerson(database.pool, otherId, { email: 'ana.novak@hill.example' })
})
afterAll(async () => {
  rmSync(home, { recursive: true, force: true })
  await database.drop()
})

function admin(...args: string[]): Promise<CliRun> {
  return runHere({ DATABASE_URL: database.url, CARREL_HOME: home }, [
    ...args,
    '--university',
    'marsh.example',
  ])
}

/** Columns of lines, apart by two blanks. */
function cells({ stdout }: CliRun): string[][] {
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => line.trim().split(/ {2,}/))
}

async function acts(): Promise<object[]> {
  return query(
    database.pool,
    `select service || ' ' || subject as what, log from change_logs
     where actor = 'cli' and university_id = $1 order by id`,
    [universityId],
  )
}

async function sessionsOf({ userId }: TestPerson): Promise<number> {
  const rows = await query(
    database.pool,
    'select 1 from sessions where user_id = $1 and revoked_at is null',
    [userId],
  )
  return rows.length
}

test('[IMP-19] people are found by a part of name, username or address, in any case, with all words, at their university alone', async () => {
  const numbers = async (...text: string[]): Promise<number[]> =>
    (
      (await admin('people', 'find', ...text, '--json')).json() as { people: { userId: number }[] }
    ).people.map(({ userId }) => userId)
  expect(await numbers('NOVAK')).toEqual([ana.userId])
  expect(await numbers('novak', 'an')).toEqual([ana.userId])
  expect(await numbers('šef')).toEqual([chief.userId])
  expect(await numbers('CHIE')).toEqual([chief.userId])
  expect(await numbers('ana.novak@')).toEqual([ana.userId])
  expect(await numbers('%')).toEqual([])
  const none = await admin('people', 'find', 'nobody')
  expect([none.code, none.stdout]).toEqual([
    0,
    'No one at Marsh matches "nobody". "people list" shows everyone.\n',
  ])
})

test('[IMP-19] a list is bounded, and says how many more there are', async () => {
  const run = await admin('people', 'find', 'student', '--count', '3')
  const lines = run.stdout.trimEnd().split('\n')
  expect(lines).toHaveLength(5)
  expect(lines.at(-1)).toBe('… and 1 more; --count 4 shows all.')
  expect((await admin('people', 'list', '--json')).json()).toMatchObject({ totalCount: 6 })
  const [, first] = cells(await admin('users', 'list'))
  expect(first?.slice(0, 2)).toEqual(['Ana Novak', '-'])
  const empty = await runHere({ DATABASE_URL: database.url, CARREL_HOME: home }, [
    'people',
    'find',
    '--university',
    'hill.example',
    'zzz',
  ])
  expect(empty.code).toBe(0)
})

test('[IMP-19] a person is shown by username, address or number, with times of the university', async () => {
  await query(
    database.pool,
    "update users set last_login_time = '2026-11-30 09:05:00+00', created_at = '2026-07-01 22:30:00+00' where id = $1",
    [ana.userId],
  )
  await query(database.pool, "update universities set timezone = 'Europe/Ljubljana' where id = $1", [
    universityId,
  ])
  const run = await admin('people', 'show', 'ANA.novak@marsh.example')
  const facts = Object.fromEntries(cells(run).map(([name = '', ...value]) => [name, value.join(' ')]))
  expect(facts).toMatchObject({
    name: 'Ana Novak',
    number: String(ana.userId),
    account: 'no password',
    role: 'none',
    'account created': '2026-07-02 00:30',
    'signed in': '2026-11-30 10:05',
  })
  // [IMP-17]
  expect(run.stdout.match(/Europe\/Ljubljana/g)).toHaveLength(1)
  expect((await admin('people', 'show', String(ana.userId), '--json')).json()).toMatchObject({
    userId: ana.userId,
    sessions: [{}],
  })
  const slip = await admin('people', 'show', 'novak')
  expect([slip.code, slip.stderr]).toEqual([
    1,
    'There is no one called "novak" at Marsh; did you mean "ana.novak@marsh.example"?\n',
  ])
  expect((await admin('people', 'show', String(foreign.userId))).code).toBe(1)
})

test('[IMP-19] [AUD-1] [AUD-5] name, language and role are changed and written down; what is so already is no change', async () => {
  const before = (await acts()).length
  const run = await admin(
    'people',
    'edit',
    'ana.novak@marsh.example',
    '--name',
    ' Ana  Kos ',
    '--role',
    'member',
  )
  expect([run.code, run.stdout]).toEqual([0, 'Changed for "Ana Novak": name, role.\n'])
  const again = await admin(
    'people',
    'edit',
    'ana.novak@marsh.example',
    '--name',
    'Ana Kos',
    '--role',
    'member',
  )
  expect(again.stdout).toBe('Nothing to change for "Ana Kos".\n')
  await admin('people', 'edit', 'ana.novak@marsh.example', '--language', 'sl')
  expect((await acts()).slice(before)).toEqual([
    { what: 'accounts profile', log: { userId: ana.userId, changed: ['displayname'] } },
    { what: 'groups member add', log: { userId: ana.userId, after: { permission: 'member' } } },
    { what: 'accounts profile', log: { userId: ana.userId, changed: ['locale'] } },
  ])
  expect((await admin('people', 'show', 'ana.novak@marsh.example', '--json')).json()).toMatchObject({
    displayname: 'Ana Kos',
    locale: 'sl',
    superRole: 'member',
  })
  expect((await admin('people', 'edit', 'chief', '--role', 'none')).stderr).toBe(
    '"Jože Šef" is the last administrator of Marsh. Make someone else an administrator first.\n',
  )
  expect((await admin('people', 'edit', 'chief', '--block', '--yes')).stderr).toMatch(/last administrator/)
})

test('[IMP-19] [IDN-10] another address ends all sessions and is mailed to the old one; it must be of this university, and free', async () => {
  const who = 'student1@marsh.example'
  const edit = (mail: string): Promise<CliRun> => admin('people', 'edit', who, '--mail', mail, '--yes')
  for (const [mail, sentence] of [
    ['nonsense', /is not an email address/],
    ['s@hill.example', /is not an address of Marsh. Its domains are marsh\.example/],
    ['student2@MARSH.example', /is already in use/],
  ] as const)
    expect((await edit(mail)).stderr).toMatch(sentence)
  const refused = await admin('people', 'edit', who, '--mail', 'first@marsh.example')
  // [IMP-16]
  expect([refused.code, refused.stdout]).toEqual([2, ''])
  expect(refused.stderr).toMatch(/signed out everywhere\.\nNothing was changed: .* --yes/)
  const done = await edit('first@marsh.example')
  expect([done.code, done.stdout]).toEqual([0, 'Changed for "Student 1": email address.\n1 session ended.\n'])
  expect((await edit('first@marsh.example')).stderr).toMatch(/There is no one called "student1@/)
  const [mail] = await query(
    database.pool,
    "select to_address as to, template from mail_outbox where template = 'addressChanged'",
  )
  expect(mail).toEqual({ to: who, template: 'addressChanged' })
  // [AUD-1]
  expect(JSON.stringify(await acts())).not.toContain('@')
})

test('[IMP-19] a blocked person is signed out and let in again only when unblocked', async () => {
  const [student] = await query<{ id: number }>(
    database.pool,
    "select id from users where email = 'student2@marsh.example'",
  )
  const person = { userId: student?.id ?? 0, sessionId: 0, headers: { authorization: '' } }
  expect(await sessionsOf(person)).toBe(1)
  const run = await admin('people', 'edit', 'student2@marsh.example', '--block', '--yes')
  expect(run.stdout).toBe('Changed for "Student 2": blocked.\n1 session ended.\n')
  expect(await sessionsOf(person)).toBe(0)
  expect((await admin('people', 'find', 'student2')).stdout).toContain('blocked')
  expect((await admin('super', 'student2@marsh.example')).stderr).toMatch(/--unblock/)
  expect((await admin('people', 'edit', 'student2@marsh.example', '--unblock')).stdout).toContain('unblocked')
  const active = await query(database.pool, 'select is_active as active from users where id = $1', [
    person.userId,
  ])
  expect(active).toEqual([{ active: true }])
})

test('[IMP-16] [IDN-11] a person is removed only when their name was typed, or with --yes', async () => {
  const asked: string[] = []
  const typing = (text: string | null): Promise<CliRun> =>
    runHere(
      { DATABASE_URL: database.url, CARREL_HOME: home },
      ['people', 'remove', 'student3@marsh.example', '--university', 'marsh.example'],
      {
        width: 80,
        ask: (question) => {
          asked.push(question)
          return Promise.resolve(text)
        },
      },
    )
  const alone = await admin('people', 'remove', 'student3@marsh.example')
  expect([alone.code, alone.stderr.includes('--yes')]).toEqual([2, true])
  for (const text of [null, '', 'y', 'Student 33']) {
    const run = await typing(text)
    expect([run.code, run.stderr]).toEqual([1, 'Cancelled. Nothing was changed.\n'])
  }
  expect((await admin('people', 'show', 'student3@marsh.example')).code).toBe(0)
  expect(asked[0]).toMatch(
    /^The account of "Student 3" at Marsh will be deleted for good[^]*\nType Student 3 to continue: $/,
  )
  expect((await typing('Student 3')).stdout).toBe('The account of "Student 3" was deleted.\n')
  expect((await admin('people', 'show', 'student3@marsh.example')).code).toBe(1)
  expect((await acts()).at(-1)).toMatchObject({ what: 'accounts delete' })
  expect((await admin('people', 'remove', 'chief', '--yes')).stderr).toMatch(/last administrator/)
})

test('[IMP-19] what cannot be meant is said with what there is', async () => {
  const edit = (...args: string[]): Promise<CliRun> =>
    admin('people', 'edit', 'ana.novak@marsh.example', ...args)
  for (const [args, code, sentence] of [
    [[], 2, /^Add what to change: --name/],
    [['--block', '--unblock'], 2, /either --block or --unblock/],
    [['--role', 'chief'], 1, /no role "chief"; choose admin, member, none/],
    [['--language', 'de'], 1, /no language "de"; choose en, sl, zh-TW or default/],
    [['--name', 'See evil.example/x'], 1, /looks like a web or email address/],
    [['--nme', 'x'], 2, /no option --nme; did you mean --name\?/],
  ] as const) {
    const run = await edit(...args)
    expect([run.code, run.stdout]).toEqual([code, ''])
    expect(run.stderr).toMatch(sentence)
  }
})
