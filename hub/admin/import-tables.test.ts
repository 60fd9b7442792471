import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { makeTestPerson } from '../accounts/testing-people.ts'
import { query } from '../platform/postgres/database.ts'
import { insertTestSpace } from '../testing/testing-rows.ts'
import { makeTestDatabase, type TestDatabase } from '../platform/postgres/testing.ts'
import { runHere, type CliRun } from './testing-cli.ts'

const SAMPLE = fileURLToPath(new URL('../../shared/fixtures/old-tables/', import.meta.url))

let database: TestDatabase
let folder = ''
let tables = ''
let universityId = 0

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'carrel-import-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))
beforeEach(async () => {
  database = await makeTestDatabase('import')
  tables = mkdtempSync(join(folder, 'tables-'))
  for (const name of readdirSync(SAMPLE)) copyFileSync(join(SAMPLE, name), join(tables, name))
  const made = await admin(
    'university',
    'add',
    '--name',
    'Marsh',
    '--domain',
    'marsh.edu',
    '--timezone',
    'UTC',
    '--json',
  )
  universityId = (made.json() as { id: number }).id
  await admin('university', 'add', '--name', 'Hill', '--domain', 'hill.edu', '--timezone', 'UTC')
  return () => database.drop()
})

function admin(...args: string[]): Promise<CliRun> {
  return runHere({ DATABASE_URL: database.url, CARREL_HOME: folder }, args)
}

function importTables(...args: string[]): Promise<CliRun> {
  return admin('import', '--university', 'marsh.edu', tables, ...args)
}

/** Everything that an import could touch, but for the log. */
async function everything(): Promise<unknown> {
  const held: Record<string, unknown> = {}
  for (const table of ['universities', 'users', 'groups', 'user_group', 'spaces', 'kept_rows'])
    held[table] = await query(
      database.pool,
      `select to_jsonb(t) as row from ${table} t order by to_jsonb(t)::text`,
    )
  return held
}

function edit(name: string, change: (text: string) => string): void {
  const file = join(tables, name)
  writeFileSync(file, change(readFileSync(file, 'utf8')))
}

test('[IMP-4] a dry run says what the run then does, and changes nothing; the run twice is the run once', async () => {
  const empty = await everything()
  const dry = await importTables('--dry-run', '--json')
  expect([dry.code, dry.stderr]).toEqual([0, ''])
  expect(await everything()).toEqual(empty)
  const run = await importTables('--json')
  expect({ ...(run.json() as object), isDryRun: true }).toEqual(dry.json())
  expect(run.json()).toMatchObject({ ignored: [] })
  const full = await everything()
  expect(full).not.toEqual(empty)
  const again = await importTables()
  expect(again.stdout).toBe(
    `users: 0 new, 0 changed, 4 unchanged
groups: 0 new, 0 changed, 4 unchanged
memberships: 0 new, 0 changed, 5 unchanged
spaces: 0 new, 0 changed, 6 unchanged
rows kept for later: 0 new, 0 changed, 14 unchanged
Marsh: done.
`,
  )
  expect(await everything()).toEqual(full)
})

test('[IMP-5] people, groups and memberships are there, in their university alone, and nobody has a password', async () => {
  await importTables()
  const users = await query(
    database.pool,
    `select username, displayname, last_login_time at time zone 'UTC' as login, host(last_login_ip) as ip,
       num_nonnulls(password_hash, email, directory, directory_id, verified_at) as proofs,
       associated_university_id as university from users order by username`,
  )
  const common = { proofs: 0, university: universityId }
  expect(users).toEqual([
    { username: 'chdir', displayname: null, login: null, ip: null, ...common },
    {
      username: 'ta217',
      displayname: 'Assistant of Room 217',
      login: expect.anything() as unknown,
      ip: '192.0.2.17',
      ...common,
    },
    {
      username: 'thisway',
      displayname: 'Tis Way',
      login: expect.anything() as unknown,
      ip: '2001:db8::5',
      ...common,
    },
    { username: 'user1', displayname: 'One, User', login: null, ip: null, ...common },
  ])
  const memberships = await query<{ line: string }>(
    database.pool,
    `select concat_ws(' ', g.name, u.username, m.permissions, g.description) as line from user_group m
     join groups g on g.id = m.group_id join users u on u.id = m.user_id order by 1`,
  )
  expect(memberships.map(({ line }) => line)).toEqual([
    'cspace ta217 admin',
    'cspace thisway member',
    'faculty thisway admin Teachers, assistants',
    'lab208 chdir admin Laboratory 208',
    'lab208 user1 member Laboratory 208',
  ])
  // The super group is the one that was there.
  const supers = await query(
    database.pool,
    "select count(*)::int as count from groups where name = 'cspace' and is_super",
  )
  expect(supers).toEqual([{ count: 2 }])
})

test('[IMP-5] what is known stays, what is not is filled in, and nobody is lowered', async () => {
  const ta217 = await makeTestPerson(database.pool, universityId, {
    username: 'TA217',
    displayname: 'Chosen',
  })
  const chdir = await makeTestPerson(database.pool, universityId, { username: 'chdir' })
  await admin('super', 'ta217', '--university', 'marsh.edu')
  edit('user_group.csv', (text) => text.replace('1,1,1,admin', '1,1,1,member').replace('4,3,3,', '4,3,2,'))
  edit('users.csv', (text) => text.replace('3,chdir,,', '3,chdir,Change Directory,'))
  const run = await importTables('--json')
  expect(run.json()).toMatchObject({
    users: { change: [{ username: 'ta217' }, { username: 'chdir' }], unchangedCount: 0 },
    memberships: { unchangedCount: 1 },
  })
  const names = await query(
    database.pool,
    'select id, displayname from users where id = any($1) order by displayname',
    [[ta217.userId, chdir.userId]],
  )
  expect(names).toEqual([
    { id: chdir.userId, displayname: 'Change Directory' },
    { id: ta217.userId, displayname: 'Chosen' },
  ])
  const permission = await query(database.pool, 'select permissions from user_group where user_id = $1', [
    ta217.userId,
  ])
  expect(permission).toEqual([{ permissions: 'admin' }])
})

test('[IMP-5] a membership that a directory made is raised, and is then made by hand', async () => {
  await importTables()
  await query(database.pool, "update user_group set permissions = 'member', is_from_directory = true")
  const run = await importTables('--json')
  expect(run.json()).toMatchObject({ memberships: { change: { length: 3 }, unchangedCount: 2 } })
  const rows = await query(
    database.pool,
    'select permissions, is_from_directory as auto, count(*)::int from user_group group by 1, 2 order by 1',
  )
  expect(rows).toEqual([
    { permissions: 'admin', auto: false, count: 3 },
    { permissions: 'member', auto: true, count: 2 },
  ])
})

test('[IMP-7] rooms become spaces with seats and equipment, on their floors, below a place of one’s choice', async () => {
  const [root] = await query<{ id: number }>(
    database.pool,
    'select id from spaces where university_id = $1 and parent_id is null',
    [universityId],
  )
  await insertTestSpace(database.pool, { universityId, parentId: root?.id ?? 0, name: 'Laboratories' })
  const run = await importTables('--below', 'Laboratories', '--floors', 'Level {floor}')
  expect(run.code).toBe(0)
  const tree = await admin('spaces', 'tree', '--university', 'marsh.edu', '--json')
  const { spaces } = tree.json() as {
    spaces: { name: string; kind: string; depth: number; capacity: number }[]
  }
  expect(spaces.map(({ depth, name, kind, capacity }) => [depth, name, kind, capacity])).toEqual([
    [0, 'Marsh', 'university', 72],
    [1, 'Laboratories', 'room', 72],
    [2, 'Attic', 'room', null],
    [2, 'Level 2', 'floor', 32],
    [3, 'Room 204', 'room', 20],
    [3, 'Room 208', 'room', 12],
    [2, 'Level 3', 'floor', 40],
    [3, 'Room 301', 'room', 40],
  ])
  const equipment = await query<{ name: string; details: object }>(
    database.pool,
    "select name, details from spaces where details <> '{}' order by name",
  )
  expect(equipment).toEqual([
    { name: 'Room 204', details: { equipment: ['Projector', 'Whiteboard'] } },
    { name: 'Room 208', details: { equipment: ['Projector', 'Screens'] } },
  ])
  expect(await importTables('--below', 'Nowhere')).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/no space at "Nowhere"/) as unknown,
  })
  expect(await importTables('--floors', 'Floor')).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/write \{floor\}/) as unknown,
  })
  const flat = await importTables('--below', 'Laboratories', '--floors', '', '--dry-run', '--json')
  expect(flat.json()).toMatchObject({ spaces: { create: [{ path: ['Laboratories', 'Room 204'] }, {}, {}] } })
})

test('[IMP-6] bookings are kept as they were, tied to who, which group and which room they are of', async () => {
  await importTables()
  const kept = await query<{ line: string; facts: object }>(
    database.pool,
    `select concat_ws(' ', source_table, old_id, coalesce(u.username, '-'), coalesce(g.name, '-'), coalesce(s.name, '-')) as line,
       facts from kept_rows k left join users u on u.id = k.user_id left join groups g on g.id = k.group_id
       left join spaces s on s.id = k.space_id where k.university_id = $1 order by 1`,
    [universityId],
  )
  expect(kept.map(({ line }) => line)).toEqual([
    'classrooms 1 - - Room 204',
    'classrooms 2 - - Room 208',
    'classrooms 3 - - Room 301',
    'classrooms 4 - - Attic',
    'classrooms 5 - - -',
    'draw_events 1 - - -',
    'draw_registrations 1 chdir lab208 Room 208',
    'draw_registrations 2 thisway faculty Room 208',
    'longterm_registrations 1 thisway faculty Room 204',
    'longterm_registrations 2 chdir lab208 Room 301',
    'registrations 1 chdir lab208 Room 208',
    'registrations 2 thisway faculty Room 204',
    'registrations 3 ta217 cspace Attic',
    'registrations 4 user1 - -',
  ])
  const factsOf = (line: string): object | undefined => kept.find((row) => row.line.startsWith(line))?.facts
  expect(factsOf('registrations 3')).toEqual({
    classroom_id: 4,
    draw_registration_id: null,
    longterm_id: null,
    start_time: '2025-03-03T01:00:00.000Z',
    end_time: '2025-03-03T03:00:00.000Z',
    importance: 1,
    description: 'Two lines,\nof a note',
    is_pending: true,
    is_deleted: false,
    created_at: '2025-02-20T08:00:00.000Z',
    updated_at: '2025-02-20T08:00:00.000Z',
    version: 1,
  })
  expect(factsOf('draw_registrations 1')).toMatchObject({
    start_time: 122_400,
    end_time: 129_600,
    is_selected: true,
  })
  expect(factsOf('longterm_registrations 2')).toMatchObject({
    start_time: '14:00:00',
    end_time: '16:00',
    day_of_week: '4',
  })
  edit('registrations.csv', (text) => text.replace('Seminar', 'Lecture'))
  expect((await importTables('--json')).json()).toMatchObject({
    kept: { create: [], change: [{ table: 'registrations', oldId: 2 }], unchangedCount: 13 },
  })
})

test('[IMP-4] every bad row is named by file and line, and nothing at all is taken', async () => {
  edit(
    'users.csv',
    (text) => `${text}4,again,,,,,\n6,TA217,,,,,\n7,,,yesterday,nowhere,,\nx,odd,a\u202Eb,,,,\n`,
  )
  edit('groups.csv', (text) => `${text}5,LAB208,,,\n`)
  edit('user_group.csv', (text) => `${text}6,1,1,member,,\n7,99,2,owner,,\n8,1,77,member,,\n`)
  edit('classrooms.csv', (text) => `${text}6,Room 9,0,[1],1,maybe,f,1,t\n`)
  edit('draw_registrations.csv', (text) => text.replace('122400,126000', '122400,604801'))
  edit('longterm_registrations.csv', (text) => text.replace('2025-06-20,14:00:00', '2025-02-30,25:00'))
  edit('registrations.csv', (text) =>
    text.replace('1,3,3,2,1,', '1,3,3,2,9,').replace('2,2,2,1,,1', '2,2,2,8,,1'),
  )
  const before = await everything()
  const run = await importTables()
  expect([run.code, run.stdout]).toEqual([1, ''])
  expect(run.stderr.trim().split('\n')).toEqual([
    'Nothing was imported; there are 20 errors:',
    '  users.csv line 8: username is "": a username of at most 64 visible characters is expected',
    '  users.csv line 8: last_login_time is "yesterday": a time such as 2025-09-01 08:00:00+00 is expected',
    '  users.csv line 8: last_login_ip is "nowhere": an address such as 192.0.2.7 is expected',
    '  users.csv line 9: id is "x": a whole number from 1 to 9007199254740991 is expected',
    '  users.csv line 9: displayname is "aU+202Eb": a name of at most 80 visible characters is expected',
    '  users.csv line 6: id 4 is already in line 5',
    '  users.csv line 7: username TA217 is already in line 2',
    '  groups.csv line 6: name LAB208 is already in line 4',
    '  user_group.csv line 8: permissions is "owner": admin or member is expected',
    '  user_group.csv line 7: user_id 1 and group_id 1 is already in line 2',
    '  classrooms.csv line 7: capacity is "0": a whole number from 1 to 100000 is expected',
    '  classrooms.csv line 7: equipment is "[1]": JSON such as ["projector"] or {"projector": true} is expected, at most 20 words',
    '  classrooms.csv line 7: require_permission is "maybe": true or false is expected',
    '  draw_registrations.csv line 3: end_time is "604801": a whole number from 0 to 604800 is expected',
    '  longterm_registrations.csv line 3: end_date is "2025-02-30": a date such as 2025-09-01 is expected',
    '  longterm_registrations.csv line 3: start_time is "25:00": a time of day such as 08:00:00 is expected',
    '  user_group.csv line 8: user_id is 99, and there is no such row in users.csv',
    '  user_group.csv line 9: group_id is 77, and there is no such row in groups.csv',
    '  registrations.csv line 2: draw_registration_id is 9, and there is no such row in draw_registrations.csv',
    '  registrations.csv line 3: classroom_id is 8, and there is no such row in classrooms.csv',
  ])
  expect(await everything()).toEqual(before)
})

test.each([
  ['registrations.csv', '', /there are no columns id, classroom_id, start_time, end_time/],
  ['users.csv', 'id,displayname\n1,x\n', /users\.csv: there is no column username/],
  ['users.csv', 'id,username\n1,"ta217\n', /users\.csv line 2: a quote opens/],
  ['users.csv', 'id,username\n1,a,b\n', /users\.csv line 2: it has 3 cells where the header has 2/],
])('[IMP-4] %s with the text %j is refused', async (name, text, sentence) => {
  edit(name, () => text)
  const run = await importTables()
  expect([run.code, run.stdout]).toEqual([1, ''])
  expect(run.stderr).toMatch(sentence)
})

test('[IMP-4] two rooms at one place, and a tree that would not hold, are faults by line as well', async () => {
  edit('classrooms.csv', (text) => text.replace('3,Room 301,40,,3', '3,Room 204,40,,2'))
  const before = await everything()
  const run = await importTables()
  expect(run.code).toBe(1)
  expect(run.stderr).toMatch(/classrooms\.csv line 4: .*Floor 2\/Room 204/)
  expect(await everything()).toEqual(before)
})

test('[IMP-4] what breaks in the middle leaves nothing', async () => {
  const before = await everything()
  await query(
    database.pool,
    `create function break_off() returns trigger language plpgsql as $$ begin raise exception 'the disk is full'; end $$`,
  )
  await query(
    database.pool,
    'create trigger break_off before insert on kept_rows for each statement execute function break_off()',
  )
  const run = await importTables()
  expect([run.code, run.stderr]).toEqual([
    1,
    'The command failed, and its changes were not saved: the disk is full\n',
  ])
  expect(await everything()).toEqual(before)
})

test('[IMP-4] other files and columns are named and left alone; semicolons and a BOM are read', async () => {
  writeFileSync(join(tables, 'notifications.csv'), 'id\n1\n')
  mkdirSync(join(tables, 'more'))
  edit('groups.csv', () => '\uFEFFid;name;role\n1;cspace;x\n2;faculty;\n3;lab208;\n4;lab301;\n')
  const run = await importTables('--json')
  expect(run.json()).toMatchObject({ ignored: ['more', 'notifications.csv', 'groups.csv: role'] })
  const nothing = mkdtempSync(join(folder, 'empty-'))
  expect((await admin('import', '--university', 'marsh.edu', nothing)).stderr).toMatch(
    /There is no table in .+ It must have one of users\.csv/,
  )
  expect((await admin('import', '--university', 'marsh.edu', join(nothing, 'x'))).stderr).toMatch(
    /^There is no folder/,
  )
})

test('[IMP-18] [IMP-4] a column of another name is one short line at a terminal', async () => {
  const rows = ['cspace', 'faculty', 'lab208', 'lab301'].map((name, index) => `${index + 1},${name},,\n`)
  const header = `id,name,"x\nImported 9 users.",${'y'.repeat(9_000)}`
  edit('groups.csv', () => `${header}\n${rows.join('')}`)
  const run = await importTables('--dry-run')
  const lines = run.stdout.split('\n')
  expect(lines.filter((line) => line.startsWith('  ignored: '))).toEqual([
    `  ignored: "groups.csv: xU+000AImported 9 users.", "groups.csv: ${'y'.repeat(48)}…"`,
  ])
  expect(lines).not.toContain('Imported 9 users.')
})

test('[IMP-4] the act stands in the log, without a name', async () => {
  await importTables()
  // The same once more changes nothing, and is not written down. [AUD-5]
  await importTables()
  const log = await query(
    database.pool,
    "select actor, subject, log from change_logs where service = 'import'",
  )
  expect(log).toEqual([
    {
      actor: 'cli',
      subject: 'tables',
      log: expect.objectContaining({
        users: { createdCount: 4, changedCount: 0, unchangedCount: 0 },
        createdSpaceCount: 6,
      }) as unknown,
    },
  ])
  expect(JSON.stringify(log)).not.toMatch(/ta217|thisway/)
})
