import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { verifyPin } from '../kiosks/pin.ts'
import { query } from '../platform/postgres/database.ts'
import { makeTestDatabase, type TestDatabase } from '../platform/postgres/testing.ts'
import { enrolTestDevice } from './testing-device.ts'
import { runCli, runHere, type CliRun } from './testing-cli.ts'

let database: TestDatabase
let folder: string

beforeAll(async () => {
  database = await makeTestDatabase('cli')
  folder = mkdtempSync(join(tmpdir(), 'carrel-cli-'))
})
afterAll(async () => {
  await database.drop()
  rmSync(folder, { recursive: true, force: true })
})

/** In this process: what it prints and answers. */
function admin(...args: string[]): Promise<CliRun> {
  return runHere({ DATABASE_URL: database.url, CARREL_HOME: folder }, args)
}

/** As a process of its own, as staff run it. */
function adminProcess(...args: string[]): Promise<CliRun> {
  return runCli({ DATABASE_URL: database.url, CARREL_HOME: folder }, args)
}

function treeFile(name: string, text: string): string {
  const file = join(folder, name)
  writeFileSync(file, text)
  return file
}

const TREE = `path,kind,capacity,hours
Library,building,,Mon-Fri 08:00-20:00
Library/Floor 1,floor,,
Library/Floor 1/Room 101,room,12,
Library/Floor 1/Room 102,room,4,Sat 10:00-22:00
`

async function enrol(code: string): Promise<number> {
  const enrolled = await enrolTestDevice(database.pool, code)
  if (!enrolled.ok) throw new Error(enrolled.refusal.why)
  return enrolled.value.kioskId
}

describe('a whole path at the command line', () => {
  test('university add', async () => {
    const run = await adminProcess(
      'university',
      'add',
      '--name',
      'Marsh',
      '--domain',
      'Marsh.edu',
      '--timezone',
      'Europe/Ljubljana',
      '--json',
    )
    expect([run.code, run.stderr]).toEqual([0, ''])
    expect(run.json()).toMatchObject({ id: 1, name: 'Marsh', domains: ['marsh.edu'], locale: 'en' })
    const twice = await admin(
      'university',
      'add',
      '--name',
      'Other',
      '--domain',
      'marsh.edu',
      '--timezone',
      'Asia/Taipei',
    )
    expect([twice.code, twice.stdout]).toEqual([1, ''])
    expect(twice.stderr).toContain('is already in use by "Marsh"')
  })

  test('[TRE-5] a dry run prints the difference that the run then makes, and changes nothing', async () => {
    const file = treeFile('tree.csv', TREE)
    const before = await query(database.pool, 'select * from spaces')
    const dry = await adminProcess(
      'spaces',
      'import',
      '--university',
      'marsh.edu',
      file,
      '--dry-run',
      '--json',
    )
    expect(dry.code).toBe(0)
    expect(await query(database.pool, 'select * from spaces')).toEqual(before)
    const run = await adminProcess('spaces', 'import', '--university', 'marsh.edu', file, '--json')
    expect(run.code).toBe(0)
    const wet = run.json() as { difference: unknown }
    expect(wet.difference).toEqual((dry.json() as { difference: unknown }).difference)
    expect(wet).toMatchObject({ beforeCount: 1, afterCount: 5, clock: 2, isDryRun: false })
  })

  test('[TRE-4] the same file again changes nothing; without --prune what it leaves out stays', async () => {
    const again = await admin('spaces', 'import', treeFile('tree.csv', TREE), '--json')
    expect(again.json()).toMatchObject({
      clock: null,
      difference: { unchangedCount: 4, create: [], update: [] },
    })
    const short = treeFile('short.csv', 'path,capacity\nLibrary/Floor 1/Room 101,14\n')
    expect((await admin('spaces', 'import', short, '--json')).json()).toMatchObject({
      afterCount: 5,
      difference: { update: [{ changed: ['capacity'] }], delete: [] },
    })
  })

  test('[OCC-13] spaces tree', async () => {
    const run = await adminProcess('spaces', 'tree')
    expect([run.code, run.stderr]).toEqual([0, ''])
    // Whether the library is open depends on when the test is run.
    expect(run.stdout.split('\n').map((line) => line.replace(/\s{2,}/g, ' | ').trim())).toEqual([
      expect.stringMatching(/^space \| status \| mean/),
      expect.stringMatching(/^Marsh/),
      expect.stringMatching(/Library \| (-|closed) \| - \| 0 of 2 \| 0 of 2 \| 18/),
      expect.stringMatching(/Floor 1/),
      expect.stringMatching(/Room 101 \| (- \| -|closed \| -) \| 14/),
      expect.stringMatching(/Room 102 \| (- \| -|closed \| -) \| 4/),
      '',
    ])
  })

  test('[SYN-20] [SYN-28] kiosk code, list, rename, move, replace, revoke', async () => {
    const code = await adminProcess(
      'kiosk',
      'code',
      '--university',
      'marsh.edu',
      '--space',
      'Library/Floor 1/Room 101',
      '--json',
    )
    expect(code.json()).toMatchObject({ role: 'door', path: 'Library/Floor 1/Room 101' })
    const kioskId = await enrol((code.json() as { code: string }).code)
    const list = await adminProcess('kiosk', 'list', '--json')
    expect(list.json()).toMatchObject({
      kiosks: [
        {
          id: kioskId,
          name: 'door 101',
          space: 'Library/Floor 1/Room 101',
          keyGrade: 'file',
          appVersion: '0.1.0',
          outboxDepth: null,
          clockOffsetMs: null,
          lastSeenAtMs: null,
          revokedAtMs: null,
        },
      ],
    })
    expect((await admin('kiosk', 'rename', 'door 101', 'door one')).code).toBe(0)
    expect((await admin('kiosk', 'move', 'door one', '--space', '/', '--role', 'entrance')).code).toBe(0)
    const replaced = await admin('kiosk', 'replace', String(kioskId), '--json')
    expect(replaced.json()).toMatchObject({ replacesKioskId: kioskId, role: 'entrance', path: '' })
    expect((await adminProcess('kiosk', 'revoke', 'door one', '--yes', '--json')).json()).toMatchObject({
      kioskId,
    })
    const again = await adminProcess('kiosk', 'revoke', String(kioskId))
    expect([again.code, again.stderr]).toEqual([
      1,
      `Kiosk ${kioskId} "door one" is switched off. Create a new code for the device: "kiosk code".\n`,
    ])
    const [kiosk] = await query<{ isRevoked: boolean }>(
      database.pool,
      'select revoked_at is not null as "isRevoked" from kiosks',
    )
    expect(kiosk?.isRevoked).toBe(true)
  })

  test('settings, each as a commit that hubs are notified of', async () => {
    const clock = async (): Promise<unknown> =>
      (await query(database.pool, 'select clock, facts_clock from universities'))[0]
    const before = (await clock()) as { clock: number }
    const set = await admin('settings', 'set', 'staleMs', '1h')
    expect(set.stdout).toBe('staleMs is 1 h now; it was 2 h.\n')
    expect((await admin('settings', 'list')).stdout).toMatch(/^staleMs +1 h +2 h +how long a report counts$/m)
    expect(await clock()).toEqual({ clock: before.clock + 1, facts_clock: before.clock + 1 })
    expect((await admin('settings', 'list', '--json')).json()).toMatchObject({
      settings: { staleMs: 3_600_000 },
    })
    expect((await admin('settings', 'set', 'staleMs', 'default')).code).toBe(0)
    expect(await query(database.pool, 'select settings from universities')).toEqual([{ settings: {} }])
  })

  test('[SYN-22] a PIN is shown once and kept as a hash', async () => {
    const { pin } = (await admin('university', 'pin', '--json')).json() as { pin: string }
    const [row] = await query<{ hash: string }>(
      database.pool,
      'select diagnostics_pin_hash as hash from universities',
    )
    expect(await verifyPin(pin, row?.hash ?? null)).toBe(true)
  })

  test('every act was written down, and no secret with it', async () => {
    const run = await admin('log', '--count', '100', '--json')
    const acts = (run.json() as { changes: { service: string; subject: string; log: object }[] }).changes
    expect(acts.map(({ service, subject }) => `${service} ${subject}`).toReversed()).toEqual([
      'universities add',
      'spaces import',
      'spaces import',
      'kiosks code',
      'kiosks enrol',
      'kiosks rename',
      'kiosks move',
      'kiosks code',
      'kiosks revoke',
      'settings set',
      'settings set',
      'universities pin',
    ])
    expect(acts.find(({ subject }) => subject === 'import')?.log).toMatchObject({ beforeCount: 5 })
    expect(JSON.stringify(acts)).not.toMatch(/[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}|scrypt|"pin":/)
  })
})

describe('what is refused', () => {
  test('a process says so on standard error and by its exit code', async () => {
    const [unknown, missing, json] = await Promise.all([
      adminProcess('spaces', 'paint'),
      adminProcess('spaces', 'import', '/nowhere/tree.csv'),
      adminProcess('spaces', 'import', '/nowhere/tree.csv', '--json'),
    ])
    expect([unknown.code, unknown.stdout]).toEqual([2, ''])
    expect([missing.code, missing.stdout, missing.stderr]).toEqual([
      1,
      '',
      'There is no file /nowhere/tree.csv. Check the path.\n',
    ])
    expect([json.code, json.stderr, json.json()]).toMatchObject([
      1,
      '',
      { error: 'There is no file /nowhere/tree.csv. Check the path.' },
    ])
  })

  test.each<[string, string[], number, RegExp]>([
    ['no such command', ['spaces', 'paint'], 2, /^There is no command "spaces paint"/],
    ['a slip in a command', ['kiosk', 'cod'], 2, /no command "kiosk cod"; did you mean "kiosk code"\?/],
    ['an option that is none', ['university', 'list', '--fast'], 2, /--fast/],
    ['a missing option', ['university', 'add', '--name', 'X'], 2, /--domain is missing\. Add it\./],
    ['a missing file', ['spaces', 'import'], 2, /FILE is missing\. Add it after "spaces import"\./],
    ['a word too many', ['university', 'list', 'all'], 2, /"all" is one word too many\./],
    [
      '[IMP-26] a university without its option',
      ['university', 'show', 'marsh.edu'],
      2,
      /"marsh\.edu" is one word too many; did you mean --university marsh\.edu\?/,
    ],
    [
      '[IMP-15] a number below zero',
      ['settings', 'set', 'staleMs', '-5min'],
      2,
      /What begins with "-" is taken for an option, and -5 is none/,
    ],
    ['an option without its value', ['kiosk', 'code', '--space'], 2, /--space/],
    [
      'a domain that is none',
      ['university', 'add', '--name', 'X', '--domain', 'mars', '--timezone', 'UTC'],
      1,
      /is not an email domain/,
    ],
    [
      '[UNI-5] a domain where anyone can have an address',
      ['university', 'add', '--name', 'X', '--domain', 'x.edu,gmail.com', '--timezone', 'UTC'],
      1,
      /"gmail\.com" cannot be a university’s domain: anyone can have an address there/,
    ],
    [
      'a zone that is none',
      ['university', 'add', '--name', 'X', '--domain', 'x.edu', '--timezone', 'Mars/North'],
      1,
      /is not a time zone/,
    ],
    [
      'an offset for a zone',
      ['university', 'add', '--name', 'X', '--domain', 'x.edu', '--timezone', '+01:00'],
      1,
      /is not a time zone/,
    ],
    [
      '[LNG-4] a language that is none',
      ['university', 'add', '--name', 'X', '--domain', 'x.edu', '--timezone', 'UTC', '--locale', 'xx'],
      1,
      /Choose one of en/,
    ],
    [
      'a name with a bidi character',
      ['university', 'add', '--name', 'X\u202e', '--domain', 'x.edu', '--timezone', 'UTC'],
      1,
      /U\+202E/,
    ],
    [
      'a university that is none',
      ['spaces', 'tree', '--university', 'hill.si'],
      1,
      /there is only marsh\.edu/,
    ],
    [
      'a slip in a university',
      ['spaces', 'tree', '--university', 'mars.edu'],
      1,
      /did you mean marsh\.edu\?/,
    ],
    [
      'a space that is none',
      ['kiosk', 'code', '--space', 'Library/Floor 1/room 101'],
      1,
      /did you mean "Library\/Floor 1\/Room 101"\?$/m,
    ],
    [
      'a role that is none',
      ['kiosk', 'code', '--space', '/', '--role', 'window'],
      1,
      /no role "window"; choose door or entrance/,
    ],
    ['minutes that are none', ['kiosk', 'code', '--space', '/', '--minutes', '0'], 1, /not a number from 1/],
    ['a kiosk that is none', ['kiosk', 'revoke', '99'], 1, /no kiosk "99"/],
    ['a setting that is none', ['settings', 'set', 'colour', '1'], 1, /no setting/],
    ['a slip in a setting', ['settings', 'set', 'stalems', '1h'], 1, /did you mean "staleMs"\?$/m],
    [
      'a value that does not fit',
      ['settings', 'set', 'staleMs', '1'],
      1,
      /"1" was not accepted for staleMs: it must be from 1 min to 7 d, written with its unit, such as 90min or 2h30min\./,
    ],
    ['a value that is no number', ['settings', 'set', 'staleMs', ''], 1, /was not accepted/],
    ['a count that is none', ['log', '--count', 'all'], 1, /"all" is not a number/],
    ['a file that is not there', ['spaces', 'import', '/nowhere/tree.csv'], 1, /There is no file/],
    ['a backup into nowhere', ['backup', '/nowhere/backup.gz'], 1, /ENOENT/],
    ['a restore of nothing', ['restore', '/nowhere/backup.gz'], 1, /There is no file/],
  ])('%s', async (_, args, code, sentence) => {
    const [run, json] = await Promise.all([admin(...args), admin(...args, '--json')])
    expect([run.code, run.stdout]).toEqual([code, ''])
    expect(run.stderr).toMatch(sentence)
    expect([json.code, json.stderr]).toEqual([code, ''])
    expect((json.json() as { error: string }).error).toMatch(sentence)
  })

  test.each<[string, string, RegExp]>([
    ['cycle.csv', 'id,parent,name\n1,2,A\n2,1,B\n', /line 2: "A" would be inside itself/],
    ['twice.csv', 'path\nA\nA\n', /line 3: "A" was already named at line 2/],
    ['bidi.csv', 'path\nA\u202eB\n', /line 2: the name "AU\+202EB"/],
    ['control.csv', 'path\nA\u0001\n', /U\+0001/],
    ['orphan.csv', 'path\nHall/Floor 1\n', /no space "Hall"/],
    [
      'ragged.csv',
      'path,kind\nA\nB,castle\n',
      /line 2: it has 1 cell where .*\n.*line 3: kind: "castle" is not one of/,
    ],
    ['quotes.csv', 'path\n"A\n', /line 2: a quote opens in it or below and never closes/],
    ['empty.csv', '', /has no rows/],
    ['keys.json', '{"Main":{"1":[]},"Main":{"2":[]}}', /Main: the file has this key twice/],
    ['broken.json', '{"name": 1\n"kind": 2}', /line 2, column 1: a comma is missing before this/],
    ['kind.json', '[{"name":"A","kind":"castle"}]', /A: kind: must be one of university, /],
    ['latin1.csv', 'path\nCaf\u00e9\n', /is neither UTF-8 nor UTF-16/],
  ])('[TRE-2] %s is not taken at all', async (name, text, sentence) => {
    const file = join(folder, name)
    writeFileSync(file, text, name.startsWith('latin1') ? 'latin1' : 'utf8')
    const run = await admin('spaces', 'import', file)
    expect([run.code, run.stdout]).toEqual([1, ''])
    expect(run.stderr).toMatch(sentence)
    const [count] = await query<{ count: number }>(database.pool, 'select count(*)::int as count from spaces')
    expect(count?.count).toBe(5)
  })

  test.each([
    ['spaces-capital-header.csv', 'Path'],
    ['spaces-comma-in-header.csv', 'a comma in a quoted name, which is named as ignored'],
    ['spaces-empty-rows.csv', 'empty rows'],
    ['spaces-sep-line.csv', 'a line sep=;'],
    ['spaces-tab.csv', 'tabs'],
    ['spaces-utf16.csv', 'UTF-16'],
  ])('[IMP-13] %s is taken: %s', async (name) => {
    const file = join(import.meta.dirname, 'fixtures', name)
    const run = await admin('spaces', 'import', '--dry-run', file)
    expect([run.code, run.stderr]).toEqual([0, ''])
    expect(run.stdout).toMatch(/^  \+ Library\/Room 1 \(room\)$[^]*: 1 new, [01] changed, 0 deleted/m)
    expect(run.stdout.includes('ignored: "note, free')).toBe(name.includes('comma'))
  })

  test.each(['utf16le', 'utf16be'])(
    '[IMP-13] a table in UTF-16 is taken in either order of bytes: %s',
    async (order) => {
      const bytes = Buffer.from('\uFEFFpath;kind\r\nDvorišče 閱覽室;room\r\n', 'utf16le')
      const file = join(folder, `${order}.csv`)
      writeFileSync(file, order === 'utf16be' ? bytes.swap16() : bytes)
      const run = await admin('spaces', 'import', '--dry-run', file)
      expect([run.code, run.stderr]).toEqual([0, ''])
      expect(run.stdout).toContain('  + Dvorišče 閱覽室 (room)\n')
    },
  )

  test.each([
    [
      'braces.csv',
      '{Path;kind\nHall;room\n',
      /^braces\.csv was not imported; it has 1 error:\n  file: it needs a column "path"/,
    ],
    ['brackets.CSV', '[x],path\n1,Hall\n', /^  \+ Hall \(room\)\n  ignored: "\[x\]"\n/],
    ['brackets.tsv', '[x]\tpath\n1\tHall\n', /^  \+ Hall \(room\)\n  ignored: "\[x\]"\n/],
    ['tree.txt', '[{"name":"Hall"}]', /^  \+ Hall \(room\)\n/],
    ['tree', ' {"name":"Hall"}', /^  \+ Hall \(room\)\n/],
    ['table', 'path\nHall\n', /^  \+ Hall \(room\)\n/],
    ['table.json', 'path\nHall\n', /line 1, column 1: /],
  ])(
    '[IMP-13] the ending says what is in %s, and the first character where it does not',
    async (name, text, said) => {
      const run = await admin('spaces', 'import', '--dry-run', treeFile(name, text))
      expect(run.stdout + run.stderr).toMatch(said)
    },
  )

  test('[IMP-18] nothing of a file forges a line or floods a terminal: columns, languages, names', async () => {
    const forged = 'n\nImported 500 spaces. Done.'
    const long = 'x'.repeat(60_000)
    const columns = Array.from({ length: 40 }, (_, index) => `c${index}`)
    const files: [string, string][] = [
      ['forged.csv', `path,"${forged}"\nHall,1\n`],
      ['long.csv', `path,${long}\nHall,1\n`],
      ['many.csv', `path,${columns.join()}\nHall${','.repeat(40)}\n`],
      ['forged.json', JSON.stringify([{ name: 'Hall', texts: { [forged]: {}, [long]: {} }, [forged]: 1 }])],
      ['name.json', JSON.stringify([{ name: 'Hall', children: [{ name: long }, { name: forged }] }])],
      ['path.json', JSON.stringify({ [long]: { [forged]: 7 } })],
      ['details.json', JSON.stringify([{ name: 'Hall', details: { [long]: 1, [forged]: 2 } }])],
      ['hours.json', JSON.stringify([{ name: 'Hall', hours: { [long]: [], [forged]: long } }])],
      ['twice.json', `{"${long}":[],"${long}":[]}`],
      ['kind.csv', `path,kind,hours\nHall,"${forged}",${long.slice(0, 50_000)}\n`],
    ]
    for (const [name, text] of files) {
      const run = await admin('spaces', 'import', '--dry-run', treeFile(name, text))
      const lines = `${run.stdout}${run.stderr}`.split('\n')
      expect(Math.max(...lines.map((line) => line.length)), name).toBeLessThan(1_100)
      expect(
        lines.filter((line) => line.startsWith('Imported')),
        name,
      ).toEqual([])
      expect(lines.length, name).toBeGreaterThan(2)
    }
    const many = await admin('spaces', 'import', '--dry-run', treeFile('many.csv', files[2]?.[1] ?? ''))
    expect(many.stdout).toContain('"c19", … and 20 more\n')
    const shown = await admin('spaces', 'import', '--dry-run', treeFile('forged.csv', files[0]?.[1] ?? ''))
    expect(shown.stdout).toContain('  ignored: "nU+000AImported 500 spaces. Done."\n')
  })

  test('[TRE-2] the spaces above can be made with what a table names', async () => {
    const file = join(folder, 'deep.csv')
    writeFileSync(file, 'path\nHall/Floor 2/Room 7\nHall/Floor 2/Room 8\n')
    expect((await admin('spaces', 'import', '--dry-run', file)).stderr).toContain('no space "Hall/Floor 2"')
    const run = await admin('spaces', 'import', '--dry-run', '--make-parents', file)
    expect([run.code, run.stderr]).toEqual([0, ''])
    expect(run.stdout.split('\n').slice(0, 4)).toEqual([
      '  + Hall (building)',
      '  + Hall/Floor 2 (floor)',
      '  + Hall/Floor 2/Room 7 (room)',
      '  + Hall/Floor 2/Room 8 (room)',
    ])
  })

  test('[IMP-13] spaces-twin-columns.csv is refused: a column that stands twice', async () => {
    const run = await admin(
      'spaces',
      'import',
      join(import.meta.dirname, 'fixtures', 'spaces-twin-columns.csv'),
    )
    expect([run.code, run.stdout]).toEqual([1, ''])
    expect(run.stderr).toContain('line 1: the column "capacity" appears twice')
  })

  test('[IMP-14] a command that there is not lists those of its group, or all', async () => {
    const group = await admin('kiosk', 'paint')
    expect(group.stderr).toContain('  kiosk move ')
    expect(group.stderr).not.toContain('  spaces tree ')
    expect((await admin('kiosk', '--help')).stdout).not.toContain('  spaces tree ')
    expect((await admin('paint')).stderr).toContain('  spaces tree ')
  })

  test('[IMP-14] a file is looked for in the folder in which the command was called', async () => {
    writeFileSync(join(folder, 'near.csv'), 'path\nAnnex\n')
    const env = { DATABASE_URL: database.url, CARREL_HOME: folder, INIT_CWD: folder }
    const run = await runHere(env, ['spaces', 'import', '--dry-run', 'near.csv'])
    expect([run.code, run.stderr]).toEqual([0, ''])
    expect(run.stdout).toContain('+ Annex')
    const kept = await runHere(env, ['backup', 'near.backup'])
    expect([kept.code, existsSync(join(folder, 'near.backup'))]).toEqual([0, true])
  })

  test('every command helps, and help is no failure', async () => {
    const overview = await admin('--help')
    expect([overview.code, overview.stderr]).toEqual([0, ''])
    const { commands } = (await admin('--help', '--json')).json() as { commands: { name: string }[] }
    for (const { name } of commands) expect(overview.stdout).toContain(`  ${name} `)
    const one = await admin('spaces', 'import', '--help')
    expect([one.code, one.stdout]).toEqual([0, expect.stringContaining('--dry-run')])
  })

  test('a database that is away is one sentence', async () => {
    const url = 'postgresql://nobody@127.0.0.1:1/carrel'
    const run = await runHere({ DATABASE_URL: url, CARREL_HOME: folder }, ['university', 'list'])
    expect([run.code, run.stdout]).toEqual([1, ''])
    expect(run.stderr).toMatch(/^Cannot reach the database .*\n$/)
  })
})

test('[TXT-7] [TXT-6] [TXT-3] a table has texts in other languages, in columns of any case; what changes is named by them', async () => {
  const file = treeFile(
    'texts.csv',
    'path,equipment,NAME:SL,equipment:zh-tw,name:de\nAnnexe,"Screen, Lamp",Prizidek,螢幕、燈,Anbau\n',
  )
  const run = await admin('spaces', 'import', file)
  expect([run.code, run.stderr]).toEqual([0, ''])
  expect(run.stdout).toContain('  + Annexe (room)\n  ignored: "name:de"\n')
  const shown = await admin('spaces', 'show', 'Annexe')
  expect(shown.stdout).toMatch(/^in sl +name Prizidek$/m)
  expect(shown.stdout).toMatch(/^in zh-TW +equipment 螢幕, 燈$/m)
  const renamed = await admin('spaces', 'import', treeFile('sl.csv', 'path,name:sl\nAnnexe,Dvorišče\n'))
  expect(renamed.stdout).toContain('  ~ Annexe: name:sl\n')
  expect((await admin('spaces', 'show', 'Annexe')).stdout).toMatch(/^in sl +name Dvorišče$/m)
  const short = await admin('spaces', 'import', treeFile('short.csv', 'path,equipment:sl\nAnnexe,Zaslon\n'))
  expect([short.code, short.stderr]).toEqual([
    1,
    expect.stringContaining(
      '  line 2: equipment:sl: it lists 1 and the main list 2: list the same number, in the same order',
    ),
  ])
  const fresh = await admin(
    'spaces',
    'import',
    treeFile('fresh.csv', 'path,equipment,equipment:sl\nLodge,"Screen, Lamp",Zaslon\n'),
  )
  expect([fresh.code, fresh.stderr]).toEqual([
    1,
    expect.stringContaining('  line 2: equipment:sl: it lists 1 and the main list 2: '),
  ])
  expect((await admin('spaces', 'show', 'Lodge')).code).toBe(1)
  const other = {
    name: 'Annexe',
    details: { equipment: ['Screen', 'Camera'] },
    texts: { SL: { note: 'Tiho' } },
  }
  const json = await admin('spaces', 'import', treeFile('texts.json', JSON.stringify(other)))
  expect(json.stdout).toContain('  ~ Annexe: details, note:sl, equipment:zh-TW\n')
})
