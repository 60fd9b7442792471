import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { query } from '../platform/postgres/database.ts'
import { raceBehind } from '../platform/postgres/testing-race.ts'
import { makeTestDatabase, type TestDatabase } from '../platform/postgres/testing.ts'
import { enrolTestDevice } from './testing-device.ts'
import { runHere, type CliRun } from './testing-cli.ts'
import type { Terminal } from './terminal.ts'

let database: TestDatabase
let folder = ''
let kioskId = 0

beforeAll(async () => {
  database = await makeTestDatabase('kiosk_changes')
  folder = mkdtempSync(join(tmpdir(), 'carrel-kiosks-'))
  await admin('university', 'add', '--name', 'Marsh', '--domain', 'marsh.edu', '--timezone', 'Asia/Taipei')
  const file = join(folder, 'tree.csv')
  writeFileSync(
    file,
    'path,kind,capacity,hours\nLibrary,building,,Mon-Fri 08:00-20:00; Sun 10:00-12:30\nLibrary/Room 101,room,12,\nLibrary/Room 102,room,4,\n',
  )
  await admin('spaces', 'import', file)
  const { code } = (await admin('kiosk', 'add', '--space', 'Library/Room 101', '--json')).json() as {
    code: string
  }
  const enrolled = await enrolTestDevice(database.pool, code)
  kioskId = enrolled.ok ? enrolled.value.kioskId : 0
})
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true })
  await database.drop()
})

function admin(...args: string[]): Promise<CliRun> {
  return runHere({ DATABASE_URL: database.url, CARREL_HOME: folder }, args)
}

/** At a terminal at which this is typed; `asked` is what was asked. */
async function typing(typed: string | null, ...args: string[]): Promise<CliRun & { asked: string }> {
  let asked = ''
  const ask: Terminal['ask'] = (question) => {
    asked = question
    return Promise.resolve(typed)
  }
  const run = await runHere({ DATABASE_URL: database.url, CARREL_HOME: folder }, args, { width: 100, ask })
  return { ...run, asked }
}

/** At a terminal at which somebody answers so, after something else has happened. */
async function answering(typed: string, first: () => Promise<unknown>, ...args: string[]): Promise<CliRun> {
  const ask: Terminal['ask'] = async () => {
    await first()
    return typed
  }
  return runHere({ DATABASE_URL: database.url, CARREL_HOME: folder }, args, { width: 100, ask })
}

async function clockAndActs(): Promise<[unknown, string[]]> {
  const [row] = await query<{ clock: number }>(database.pool, 'select clock from universities')
  const acts = await query<{ what: string }>(
    database.pool,
    "select service || ' ' || subject as what from change_logs order by id",
  )
  return [row?.clock, acts.map(({ what }) => what)]
}

test('[IMP-19] kiosks are found by name and place, and one is shown', async () => {
  for (const words of [['DOOR'], ['room', '101'], ['door 101']])
    expect((await admin('kiosk', 'find', ...words, '--json')).json()).toMatchObject({
      kiosks: [{ id: kioskId, space: 'Library/Room 101' }],
    })
  const none = await admin('kiosk', 'find', 'room 102')
  expect([none.code, none.stdout]).toEqual([
    0,
    'No kiosk at Marsh matches "room 102". "kiosk list" shows all.\n',
  ])
  const { stdout } = await admin('kiosks', 'show', 'door 101')
  expect(stdout).toMatch(/^space {2,}Library\/Room 101$/m)
  expect(stdout).toMatch(/^last seen {2,}never$/m)
  const slip = await admin('kiosk', 'show', 'dor 101')
  expect([slip.code, slip.stderr]).toEqual([1, 'There is no kiosk "dor 101"; did you mean "door 101"?\n'])
})

test('[IMP-19] [AUD-5] name, place and role are changed in one commit, and what is so already is none', async () => {
  const [clock, before] = await clockAndActs()
  const edit = (): Promise<CliRun> =>
    admin(
      'kiosk',
      'edit',
      String(kioskId),
      '--name',
      ' door  102',
      '--space',
      'Library/Room 102',
      '--role',
      'entrance',
    )
  const done = await edit()
  const now = 'It is "door 102", entrance of "Library/Room 102".'
  expect(done.stdout).toBe(`Changed for kiosk ${kioskId}: name, space or role. ${now}\n`)
  const [after, acts] = await clockAndActs()
  expect([after, acts.slice(before.length)]).toEqual([Number(clock) + 1, ['kiosks rename', 'kiosks move']])
  expect((await edit()).stdout).toBe(`Nothing to change for kiosk ${kioskId}. ${now}\n`)
  expect(await clockAndActs()).toEqual([after, acts])
  expect((await admin('kiosk', 'show', 'door 102', '--json')).json()).toMatchObject({
    name: 'door 102',
    space: 'Library/Room 102',
    role: 'entrance',
  })
  for (const [args, code, sentence] of [
    [[], 2, /^Add what to change/],
    [['--name', ''], 1, /was not accepted: it is empty/],
    [['--role', 'window'], 1, /choose door or entrance/],
    [['--space', 'Cellar'], 1, /no space at "Cellar"/],
  ] as const) {
    const run = await admin('kiosk', 'edit', 'door 102', ...args)
    expect([run.code, run.stdout]).toEqual([code, ''])
    expect(run.stderr).toMatch(sentence)
  }
})

test('[CON-4] a kiosk is muted and unmuted, each written down once', async () => {
  const [clock, before] = await clockAndActs()
  expect((await admin('kiosk', 'mute', 'door 102')).stdout).toBe(
    `Kiosk ${kioskId} "door 102" is now muted.\n`,
  )
  expect((await admin('kiosk', 'mute', 'door 102')).stdout).toBe(
    `Kiosk ${kioskId} "door 102" was already muted.\n`,
  )
  expect((await admin('kiosk', 'list')).stdout).toMatch(/muted$/m)
  expect((await admin('kiosk', 'show', 'door 102')).stdout).toMatch(/^reports {2,}muted since 20/m)
  await admin('kiosk', 'unmute', 'door 102')
  const [after, acts] = await clockAndActs()
  expect([after, acts.slice(before.length)]).toEqual([clock, ['kiosks silence', 'kiosks unsilence']])
  const rows = await query(database.pool, 'select silenced_at as at from kiosks where id = $1', [kioskId])
  expect(rows).toEqual([{ at: null }])
})

test('[IMP-16] what cannot be undone is asked about, and done by no other answer', async () => {
  const before = await clockAndActs()
  const keys = await query(database.pool, 'select count(*)::int as count from signing_keys')
  await admin('university', 'pin')
  const cases: [string, string[], RegExp][] = [
    [
      'door 102',
      ['kiosk', 'revoke', 'door 102'],
      /^Kiosk \d+ "door 102" of Marsh will be switched off for good/,
    ],
    ['Marsh', ['sessions', 'end', '--all'], /^Everyone at Marsh will be signed out/],
    ['y', ['keys', 'rotate'], /^A new key will sign access tokens/],
    ['y', ['university', 'pin'], /^Marsh already has a PIN/],
    ['y', ['restored'], /^All kiosks of Marsh will reload their data/],
  ]
  const [, acts] = await clockAndActs()
  for (const [, args, about] of cases) {
    const nobody = await admin(...args)
    expect([nobody.code, nobody.stdout], args.join(' ')).toEqual([2, ''])
    expect(nobody.stderr).toMatch(about)
    expect(nobody.stderr).toMatch(/\nNothing was changed: .+ --yes to confirm\.\n$/)
    const json = await admin(...args, '--json')
    expect([json.code, json.stderr]).toEqual([2, ''])
    for (const typed of [null, '', 'n', 'door', 'marsh', 'yep', 'yet', 'ye', 'yes please', 'y n']) {
      const run = await typing(typed, ...args)
      expect([run.code, run.stdout, run.stderr]).toEqual([1, '', 'Cancelled. Nothing was changed.\n'])
      expect(run.asked).toMatch(about)
    }
  }
  expect((await clockAndActs())[1]).toEqual(acts)
  expect((await clockAndActs())[0]).toBe(before[0])
  expect(await query(database.pool, 'select count(*)::int as count from signing_keys')).toEqual(keys)
  for (const [word, args] of cases) {
    const run = await typing(word, ...args)
    expect([args, run.code, run.stderr]).toEqual([args, 0, ''])
  }
})

test('[IMP-16] an import asks before it deletes, and only then', async () => {
  const file = join(folder, 'short.csv')
  writeFileSync(file, 'path\nLibrary\nLibrary/Room 101\n')
  const nobody = await admin('spaces', 'import', file, '--prune')
  expect([nobody.code, nobody.stdout]).toEqual([2, ''])
  expect(nobody.stderr).toContain(
    '1 space of Marsh that short.csv does not name will be deleted:\n  - Library/Room 102\n',
  )
  expect((await admin('spaces', 'show', 'Library/Room 102')).code).toBe(0)
  const done = await typing('Marsh', 'spaces', 'import', file, '--prune')
  expect([done.code, done.stdout.includes('1 deleted')]).toEqual([0, true])
  expect((await admin('spaces', 'show', 'Library/Room 102')).code).toBe(1)
  const again = await typing(null, 'spaces', 'import', file, '--prune')
  expect([again.code, again.asked]).toEqual([0, ''])
})

test('[IMP-16] an import deletes nothing that was not asked about: what came while the question stood', async () => {
  const [tree, whole] = [join(folder, 'keep.csv'), join(folder, 'whole.csv')]
  const kept = 'path\nLibrary\nLibrary/Room 101\n'
  writeFileSync(tree, kept)
  const importing = async (lines: string): Promise<void> => {
    writeFileSync(whole, lines)
    expect((await admin('spaces', 'import', whole)).code).toBe(0)
  }
  await importing(`${kept}Library/Room 109\n`)
  const late = await answering(
    'Marsh',
    () => importing('path\nLibrary/Room 110\n'),
    'spaces',
    'import',
    tree,
    '--prune',
  )
  expect([late.code, late.stdout, late.stderr]).toEqual([
    1,
    '',
    `Nothing was changed. Since you were asked, spaces were added, moved or renamed that keep.csv does not name:
  Library/Room 110: it would be deleted too
Use the command again to be asked about these too.
`,
  ])
  for (const path of ['Library/Room 109', 'Library/Room 110'])
    expect((await admin('spaces', 'show', path)).code, path).toBe(0)
  // What was asked about is called otherwise by now: somebody needs it.
  const renamed = await answering(
    'Marsh',
    () => query(database.pool, "update spaces set name = 'Archive' where name = 'Room 109'"),
    'spaces',
    'import',
    tree,
    '--prune',
  )
  expect([renamed.code, renamed.stderr.includes('  Library/Archive: it would be deleted too\n')]).toEqual([
    1,
    true,
  ])
  // Fewer than were asked about is no other question.
  const fewer = await answering(
    'Marsh',
    () => query(database.pool, "update spaces set is_deleted = true where name = 'Archive'"),
    'spaces',
    'import',
    tree,
    '--prune',
  )
  expect([fewer.code, fewer.stdout.includes('1 deleted')]).toEqual([0, true])
  await importing(`${kept}Library/Room 111\n`)
  expect((await admin('spaces', 'import', tree, '--prune', '--yes')).stdout).toContain('1 deleted')
})

test('[IMP-16] a PIN that nobody was asked about is not replaced, where two create one at once', async () => {
  await query(database.pool, 'update universities set diagnostics_pin_hash = null')
  // Both have looked whether there is one before either creates it.
  const block = { sql: 'select from universities for no key update', values: [] }
  const runs = await raceBehind(database.pool, block, [
    () => admin('university', 'pin'),
    () => admin('university', 'pin'),
  ])
  expect(runs.filter(({ code }) => code === 0)).toHaveLength(1)
  const [refused] = runs.filter(({ code }) => code !== 0)
  expect(refused?.stderr).toMatch(/^Nothing was changed\. Someone else has just created a PIN for Marsh\./)
})

test('[IMP-19] spaces, groups, settings and universities are found and shown', async () => {
  expect((await admin('spaces', 'find', 'room', '--json')).json()).toMatchObject({
    totalCount: 1,
    spaces: [{ path: 'Library/Room 101', capacity: 12 }],
  })
  expect((await admin('spaces', 'show', 'Library')).stdout).toMatch(
    /^opening hours {2,}Mon-Fri 08:00-20:00; Sun 10:00-12:30 \(Asia\/Taipei\)$/m,
  )
  expect((await admin('spaces', 'show', 'Library/Room 101')).stdout).toMatch(
    /^opening hours {2,}those of the place above/m,
  )
  expect((await admin('groups', 'list')).stdout).toMatch(/^cspace {2,}0 {2,}- {2,}super group$/m)
  expect((await admin('groups', 'show', 'CSPACE')).stdout).toContain('"super WHO" makes someone')
  expect((await admin('groups', 'show', 'cspac')).stderr).toMatch(/did you mean "cspace"/)
  expect((await admin('settings', 'find', 'report', '--json')).json()).toMatchObject({
    settings: { staleMs: 7_200_000, reportsPerPersonAndHour: 60 },
  })
  expect((await admin('settings', 'find', 'time', '--json')).json()).toEqual({
    universityId: 1,
    settings: { staleMs: 7_200_000, kioskIdleMs: expect.any(Number) },
  })
  await admin('settings', 'edit', 'staleMs', '1h')
  expect((await admin('settings', 'show', 'staleMs')).stdout).toMatch(/^value {2,}1 h$/m)
  expect((await admin('settings', 'unset', 'staleMs')).stdout).toBe('staleMs is 2 h now; it was 1 h.\n')
  expect((await admin('settings', 'unset', 'staleMs')).stdout).toBe('staleMs is already 2 h.\n')
  expect((await admin('university', 'show')).stdout).toMatch(/^time zone {2,}Asia\/Taipei$/m)
})

test('[IMP-17] the log has times of the university, and names the zone once', async () => {
  const { stdout } = await admin('log', '--count', '5')
  expect(stdout.match(/Asia\/Taipei/g)).toHaveLength(1)
  const { changes } = (await admin('log', '--json')).json() as { changes: { atMs: number }[] }
  const shown = new Date((changes[0]?.atMs ?? 0) + 8 * 3_600_000).toISOString().slice(0, 19).replace('T', ' ')
  expect(stdout).toContain(shown)
  const { stdout: code } = await admin('kiosk', 'code', '--space', '/')
  expect(code).toMatch(/until \d{4}-\d\d-\d\d \d\d:\d\d \(Asia\/Taipei\)\./)
})

test('[IMP-19] [AUD-5] a university gets another zone and language, as a commit that kiosks are sent', async () => {
  const [clock, before] = await clockAndActs()
  const run = await admin('university', 'edit', '--timezone', 'Europe/Ljubljana', '--language', 'sl')
  expect(run.stdout).toBe('Marsh now has the time zone Europe/Ljubljana and the language sl.\n')
  await admin('university', 'edit', '--locale', 'sl')
  const [after, acts] = await clockAndActs()
  expect([after, acts.slice(before.length)]).toEqual([Number(clock) + 1, ['universities edit']])
  expect((await admin('university', 'list', '--json')).json()).toMatchObject({
    universities: [{ timezone: 'Europe/Ljubljana', locale: 'sl' }],
  })
  const wrong = await admin('university', 'edit', '--timezone', '+01:00')
  expect([wrong.code, wrong.stdout]).toEqual([1, ''])
  expect((await admin('university', 'edit')).code).toBe(2)
})

test('[IMP-16] kiosks reload where that was asked about, not at a university that was added meanwhile', async () => {
  const epochOf = (): Promise<unknown[]> =>
    query(database.pool, "select epoch from universities where name = 'Late' order by id")
  const late = ['university', 'add', '--name', 'Late', '--domain', 'late.edu', '--timezone', 'Asia/Taipei']
  let before: unknown[] = []
  const run = await answering(
    'y',
    async () => {
      await admin(...late)
      before = await epochOf()
    },
    'restored',
  )
  expect([run.code, run.stdout]).toEqual([0, 'All kiosks of Marsh reload their data.\n'])
  expect([before.length, await epochOf()]).toEqual([1, before])
})

test('[IMP-28] the log says what was done in the words of the portal, to what by its name', async () => {
  const { stdout } = await admin('log', '--university', 'marsh.edu', '--count', '200')
  expect(stdout).toMatch(/ Command line +Muted a kiosk +/)
  expect(stdout).toMatch(
    / Command line +Moved a kiosk +Role: entrance; Kiosk: [^;]+; Previous role: door; Moved to: Room 102; Moved from: Room 101/,
  )
  expect(stdout).toMatch(/ Command line +Changed a setting +How long a report counts: 2 h → 1 h/)
  expect(stdout).not.toMatch(/ silence |staleMs|toSpaceId/)
})

test('[IMP-19] kiosks that are switched off are listed only when asked for; a clock that is right has no sign', async () => {
  const list = (...more: string[]): Promise<CliRun> => admin('kiosk', 'list', '-u', 'marsh.edu', ...more)
  await query(database.pool, 'update kiosks set clock_offset_ms = -20')
  const all = await list('--all')
  expect(all.stdout).toMatch(/ 0\.0 s /)
  expect(all.stdout).not.toContain('-0.0')
  await query(database.pool, 'update kiosks set revoked_at = now() where revoked_at is null')
  const live = await list()
  expect(live.stdout).not.toContain('door')
  expect(live.stdout).toMatch(/switched off; --all shows (it|them) too\.\n$/)
  expect((await list('--all')).stdout).toContain('switched off')
})
