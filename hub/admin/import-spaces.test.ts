import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeTestDatabase, type TestDatabase } from '../platform/postgres/testing.ts'
import { runHere, type CliRun } from './testing-cli.ts'
import { enrolTestDevice } from './testing-device.ts'

let database: TestDatabase
let folder = ''

beforeAll(async () => {
  database = await makeTestDatabase('import_spaces')
  folder = mkdtempSync(join(tmpdir(), 'carrel-import-'))
  await admin('university', 'add', '--name', 'Marsh', '--domain', 'marsh.edu', '--timezone', 'Asia/Taipei')
  await take('path,kind\nUniversity Library,library\nUniversity Library/Room 101,room\n')
})
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true })
  await database.drop()
})

function admin(...args: string[]): Promise<CliRun> {
  return runHere({ DATABASE_URL: database.url, CARREL_HOME: folder }, args)
}

function fileOf(content: string | Buffer): string {
  const file = join(folder, 'spaces.csv')
  writeFileSync(file, content)
  return file
}

function take(content: string | Buffer, ...options: string[]): Promise<CliRun> {
  return admin('spaces', 'import', fileOf(content), ...options)
}

test('[IMP-22] a new space beside one that is called nearly the same is pointed out, by a dry run too', async () => {
  const dry = await take('path,kind\nuniversity library,library\n', '--dry-run')
  expect([dry.code, dry.stdout]).toEqual([
    0,
    expect.stringContaining(
      '  ? "university library" would be new, and "University Library" is there already: did you mean that one?\n',
    ),
  ])
  const numbers = await take('path\nUniversity Library/Room 102\n', '--dry-run')
  expect(numbers.stdout).toContain('+ University Library/Room 102')
  expect(numbers.stdout).not.toContain('did you mean')
  const json = await take('path\nUniversity Libary\n', '--dry-run', '--json')
  expect(json.json()).toMatchObject({
    alike: [{ path: ['University Libary'], besides: 'University Library' }],
  })
})

test('[IMP-22] a parent that is misspelt gets a suggestion and the option that makes parents; so does a column', async () => {
  const run = await take('path,capcity\nUniversity Libary/Room 1,4\n')
  expect([run.code, run.stderr]).toEqual([
    1,
    'spaces.csv was not imported; it has 2 errors:\n' +
      '  line 1: the column "capcity" is not known; did you mean "capacity"?\n' +
      '  line 2: there is no space "University Libary"; did you mean "University Library"?\n' +
      'A space that is not there yet needs a line of its own; --make-parents adds it without one.\n',
  ])
  const alone = await take('path,capcity\nUniversity Library/Room 1,4\n', '--dry-run')
  expect(alone.stdout).toContain('  ignored: "capcity" (did you mean "capacity"?)\n')
})

test('[IMP-21] slashes at either end and the university before all are taken for what they mean', async () => {
  for (const path of [
    '/University Library/Room 101',
    'University Library/Room 101/',
    'Marsh/University Library/Room 101',
    '/marsh/University Library/Room 101/',
  ]) {
    const run = await take(`path,kind\n${path},room\n`, '--dry-run')
    expect([run.code, run.stdout], path).toEqual([0, expect.stringContaining('0 new, 0 changed')])
  }
  const shown = await admin('spaces', 'show', '/University Library/')
  expect(shown.code).toBe(0)
})

test('[IMP-22] [IMP-13] a table without the columns that it needs has that one fault, with what its first line has', async () => {
  const run = await take('Pfad;Art\nLibrary;room;4\n;;\nHall;castle\n')
  expect(run.stderr).toBe(
    'spaces.csv was not imported; it has 1 error:\n' +
      '  file: it needs a column "path", or the columns "id", "parent" and "name"; its first line has "Pfad", "Art"\n',
  )
})

test('[IMP-13] UTF-16 is known without a byte order mark; what is neither is told in the words of Excel', async () => {
  const text = 'path;kind\r\nUniversity Library/Dvorišče;room\r\n'
  const little = Buffer.from(text, 'utf16le')
  for (const bytes of [little, Buffer.from(little).swap16()]) {
    const run = await take(bytes, '--dry-run')
    expect([run.code, run.stdout]).toEqual([
      0,
      expect.stringContaining('+ University Library/Dvorišče (room)'),
    ])
  }
  const old = await take(Buffer.from('path\nDvori\u009a\u010de\n', 'latin1'))
  expect(old.stderr).toContain('in Excel, the file type is "CSV UTF-8".')
})

test('[IMP-16] the question before a prune names the kiosks that lose their place', async () => {
  const code = await admin('kiosk', 'code', '--space', 'University Library/Room 101', '--json')
  await enrolTestDevice(database.pool, (code.json() as { code: string }).code)
  let asked = ''
  const ask = (question: string): Promise<string | null> => {
    asked = question
    return Promise.resolve(null)
  }
  const args = ['spaces', 'import', fileOf('path\nUniversity Library\n'), '--prune']
  const run = await runHere({ DATABASE_URL: database.url, CARREL_HOME: folder }, args, { width: null, ask })
  expect([run.code, run.stderr]).toEqual([1, 'Cancelled. Nothing was changed.\n'])
  expect(asked).toContain('  - University Library/Room 101\n')
  expect(asked).toContain(
    '  ! kiosk 1 "door 101" is assigned to "University Library/Room 101", which is deleted: use "kiosk move"\n',
  )
})

test('[IMP-25] a room that is closed by the hours of what it is in is shown as closed', async () => {
  const days = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']
  const now = new Date(Date.now() + 8 * 3_600_000)
  const [yesterday, tomorrow] = [days[(now.getUTCDay() + 5) % 7], days[(now.getUTCDay() + 3) % 7]]
  await take(`path,hours\nUniversity Library,${yesterday} 10:00-11:00; ${tomorrow} 10:00-11:00\n`)
  const closed = await admin('spaces', 'tree')
  expect(closed.stdout).toMatch(/^ +University Library +closed /m)
  expect(closed.stdout).toMatch(/^ +Room 101 +closed /m)
  await take('path,hours\nUniversity Library,24/7\n')
  expect((await admin('spaces', 'tree')).stdout).not.toContain('closed')
})

test('[IMP-19] a space is shown by the number that the tree prints', async () => {
  const tree = (await admin('spaces', 'tree', '--json')).json() as { spaces: { id: number; name: string }[] }
  const room = tree.spaces.find(({ name }) => name === 'Room 101')
  const shown = await admin('spaces', 'show', String(room?.id))
  expect([shown.code, shown.stdout]).toEqual([0, expect.stringContaining('University Library/Room 101')])
  expect((await admin('spaces', 'show', '99999')).code).toBe(1)
})
