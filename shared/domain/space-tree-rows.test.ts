import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { MAX_CAPACITY, MAX_TREE_DEPTH, MAX_TREE_SPACES } from './space.ts'
import { columnMeant, parseSpaceTreeRows, treeColumns, type TreeRow } from './space-tree-rows.ts'
import { faultOfName, normaliseName, parsePath, pathText, type TreeFault } from './space-tree.ts'

/** A table from lines of cells; the first line names the columns. */
function table(...lines: string[][]): TreeRow[] {
  const [columns = [], ...rest] = lines
  return rest.map((cells, index) => ({
    line: index + 2,
    cells: Object.fromEntries(columns.map((column, at) => [column, cells[at] ?? ''])),
  }))
}

function faultsOf(decision: { ok: true } | { ok: false; refusal: TreeFault[] }): string[] {
  return decision.ok ? [] : decision.refusal.map(({ at, why }) => `${at}: ${why}`)
}

describe('paths', () => {
  test('[TRE-3] a path text reads back as its names, whatever they hold', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ minLength: 1, unit: fc.constantFrom('/', '\\', 'a', ' ', 'é', '😀') }), {
          minLength: 1,
        }),
        (names) => {
          fc.pre(names.join('/').trim() !== '' && names.join('/').trim() !== '/')
          expect(parsePath(pathText(names))).toEqual(names)
        },
      ),
    )
    expect(parsePath('Library/Floor 1\\/2/a\\\\b')).toEqual(['Library', 'Floor 1/2', 'a\\b'])
    expect(parsePath('C:\\dir')).toEqual(['C:\\dir'])
    expect([parsePath(''), parsePath(' / ')]).toEqual([[], []])
  })

  test('[IMP-21] a path may begin and end with a slash; one that is part of a name stays', () => {
    expect(parsePath('/Library/Floor 1')).toEqual(['Library', 'Floor 1'])
    expect(parsePath('Library/')).toEqual(['Library'])
    expect(parsePath('\\/Library\\/')).toEqual(['/Library/'])
    expect(parsePath('Library//Room')).toEqual(['Library', '', 'Room'])
  })

  test('[IMP-21] in a table a path may begin with the name of the university, unless a space at the top is called so', () => {
    const rows = table(
      ['path', 'kind'],
      ['Marsh University', 'university'],
      ['marsh university/Library', 'library'],
      ['/Library/Room 1', 'room'],
    )
    const read = parseSpaceTreeRows(rows, new Set(), false, [], 'Marsh University')
    expect(read.ok && read.value.specs.map(({ path }) => path)).toEqual([['Library'], ['Library', 'Room 1']])
    const byParent = table(['id', 'parent', 'name'], ['1', '', 'Marsh University'], ['2', '1', 'Library'])
    const found = parseSpaceTreeRows(byParent, new Set(), false, [], 'Marsh University')
    expect(found.ok && found.value.specs.map(({ path }) => path)).toEqual([['Library']])
    const taken = parseSpaceTreeRows(
      table(['path'], ['Marsh University/Library']),
      new Set(['Marsh University']),
      false,
      [],
      'Marsh University',
    )
    expect(taken.ok && taken.value.specs[0]?.path).toEqual(['Marsh University', 'Library'])
  })

  test('[IMP-22] a column of a language that is not offered was meant as it is', () => {
    const meant = ['name:de', 'nmae:sl', 'capcity', 'path', 'colour'].map((name) =>
      columnMeant(name, ['sl', 'en']),
    )
    expect(meant).toEqual([null, 'name:sl', 'capacity', null, null])
  })

  test('[IMP-22] faults are in the order of the lines, name the column of the file, and what was perhaps meant', () => {
    const rows = table(
      ['path', 'capcity', 'seats', 'hours', 'wifi'],
      ['Libary/Floor 1', '', '4', '', ''],
      ['Library', '', '-3', '', ''],
      ['Library/Flor 1/Room 1', '', '', '8-20', 'perhaps'],
    )
    const read = parseSpaceTreeRows(rows, new Set(['Library', 'Library/Floor 1']))
    expect(read.ok ? [] : read.refusal.map(({ at, detail }) => `${at}: ${detail}`)).toEqual([
      'line 1: the column "capcity" is not known; did you mean "capacity"?',
      'line 2: there is no space "Libary"; did you mean "Library"?',
      `line 3: seats: "-3" is not a whole number from 1 to ${MAX_CAPACITY}; leave it empty where it is not known`,
      'line 4: wifi: "perhaps" is not yes, no or empty',
      'line 4: hours: "8-20" does not begin with days such as Mon-Fri',
      'line 4: there is no space "Library/Flor 1"; did you mean "Library/Floor 1"?',
    ])
  })

  test('[TRE-3] names are compared in form C with spaces trimmed and collapsed', () => {
    expect(normaliseName('  Cafe\u0301 \u00a0 du   coin ')).toBe('Caf\u00e9 du coin')
    const twice = parseSpaceTreeRows(table(['path'], ['Caf\u00e9'], [' Cafe\u0301']))
    expect(faultsOf(twice)).toEqual(['line 3: duplicatePath'])
  })
})

describe('a table', () => {
  test('[TRE-2] by path, with every column', () => {
    const read = parseSpaceTreeRows(
      table(
        ['path', 'kind', 'location', 'capacity', 'wifi', 'sockets', 'quiet', 'hours', 'code'],
        [
          'Library/Floor 1',
          'floor',
          'left wing',
          '',
          'yes',
          'no',
          '',
          'Mon-Fri 08:00-20:00; Sat 10:00-22:00',
          'x1',
        ],
        ['Library', 'building', '', '120', '', '', '', '', 'x0'],
      ),
    )
    expect(read).toEqual({
      ok: true,
      value: {
        ignored: ['code'],
        specs: [
          {
            path: ['Library'],
            at: 'line 3',
            kind: 'building',
            location: null,
            capacity: 120,
            details: { wifi: null, sockets: null, quiet: null },
            hours: { weekly: null, closures: [] },
          },
          {
            path: ['Library', 'Floor 1'],
            at: 'line 2',
            kind: 'floor',
            location: 'left wing',
            capacity: null,
            details: { wifi: true, sockets: false, quiet: null },
            hours: {
              weekly: [
                [1, 480, 1200],
                [2, 480, 1200],
                [3, 480, 1200],
                [4, 480, 1200],
                [5, 480, 1200],
                [6, 600, 1320],
              ],
              closures: [],
            },
          },
        ],
      },
    })
  })

  test('[TRE-2] by id and parent, in any order; columns that are not there say nothing', () => {
    const read = parseSpaceTreeRows(
      table(['id', 'parent', 'name'], ['3', '2', 'Room/101'], ['1', '', 'Library'], ['2', '1', 'Floor 1']),
    )
    expect(read.ok && read.value.specs).toEqual([
      { path: ['Library'], at: 'line 3' },
      { path: ['Library', 'Floor 1'], at: 'line 4' },
      { path: ['Library', 'Floor 1', 'Room/101'], at: 'line 2' },
    ])
  })

  test('[TRE-2] a parent may be one that the university has already', () => {
    const rows = table(['path'], ['Library/Floor 9'])
    expect(faultsOf(parseSpaceTreeRows(rows))).toEqual(['line 2: missingParent'])
    expect(parseSpaceTreeRows(rows, new Set(['Library'])).ok).toBe(true)
  })

  const long = 'x'.repeat(121)
  const deep = Array.from({ length: MAX_TREE_DEPTH + 1 }, (_, index) => `L${index}`)
  const ladder = deep.map((_, index) => [deep.slice(0, index + 1).join('/')])

  test.each([
    ['no lines', [['path']], ['file: badShape']],
    ['no path and no ids', [['name'], ['Library']], ['file: badShape']],
    [
      'a cycle',
      [
        ['id', 'parent', 'name'],
        ['1', '2', 'A'],
        ['2', '1', 'B'],
        ['3', '1', 'C'],
      ],
      ['line 2: cycle', 'line 3: cycle'],
    ],
    [
      'its own parent',
      [
        ['id', 'parent', 'name'],
        ['1', '1', 'A'],
      ],
      ['line 2: cycle'],
    ],
    [
      'a missing parent',
      [
        ['id', 'parent', 'name'],
        ['1', '9', 'A'],
      ],
      ['line 2: missingParent'],
    ],
    [
      'an id twice',
      [
        ['id', 'parent', 'name'],
        ['1', '', 'A'],
        ['1', '', 'B'],
      ],
      ['line 3: duplicateId'],
    ],
    [
      'no id',
      [
        ['id', 'parent', 'name'],
        ['', '', 'A'],
        ['1', '', 'B'],
      ],
      ['line 2: badValue'],
    ],
    ['one path twice', [['path'], ['A'], ['A/B'], ['A/ B ']], ['line 4: duplicatePath']],
    ['an empty name', [['path'], ['A'], ['A/ ']], ['line 3: badName']],
    ['an empty path', [['path'], ['']], ['line 2: badName']],
    ['a name that is too long', [['path'], [long]], ['line 2: badName']],
    ['a control character', [['path'], ['Room\u0007']], ['line 2: badName']],
    ['a line break', [['path'], ['Room\n101']], ['line 2: badName']],
    ['a bidi override', [['path'], ['Room \u202e101']], ['line 2: badName']],
    ['a bidi isolate', [['path'], ['Room \u2067101']], ['line 2: badName']],
    ['a zero-width space', [['path'], ['Ro\u200bom']], ['line 2: badName']],
    ['half a character', [['path'], ['Room \ud800']], ['line 2: badName']],
    [
      'a strange kind',
      [
        ['path', 'kind'],
        ['A', 'castle'],
      ],
      ['line 2: badKind'],
    ],
    [
      'seats: none',
      [
        ['path', 'capacity'],
        ['A', '0'],
      ],
      ['line 2: badNumber'],
    ],
    [
      'seats: a fraction',
      [
        ['path', 'capacity'],
        ['A', '2.5'],
      ],
      ['line 2: badNumber'],
    ],
    [
      'seats: negative',
      [
        ['path', 'seats'],
        ['A', '-3'],
      ],
      ['line 2: badNumber'],
    ],
    [
      'seats: a word',
      [
        ['path', 'seats'],
        ['A', 'many'],
      ],
      ['line 2: badNumber'],
    ],
    [
      'seats: too many',
      [
        ['path', 'seats'],
        ['A', String(MAX_CAPACITY + 1)],
      ],
      ['line 2: badNumber'],
    ],
    [
      'neither yes nor no',
      [
        ['path', 'wifi'],
        ['A', 'perhaps'],
      ],
      ['line 2: badValue'],
    ],
    [
      'a location with a control',
      [
        ['path', 'location'],
        ['A', '\u0000'],
      ],
      ['line 2: badValue'],
    ],
    [
      'strange hours',
      [
        ['path', 'hours'],
        ['A', 'often'],
      ],
      ['line 2: badHours'],
    ],
    ['too deep', [['path'], ...ladder], [`line ${MAX_TREE_DEPTH + 2}: tooDeep`]],
  ])('[TRE-2] %s is named with its line', (_, lines, faults) => {
    expect(faultsOf(parseSpaceTreeRows(table(...lines)))).toEqual(faults)
  })

  test('[TRE-2] a tree of the greatest depth and one of the greatest size are taken, larger ones not', () => {
    expect(parseSpaceTreeRows(table(['path'], ...ladder.slice(0, -1))).ok).toBe(true)
    const rows = Array.from({ length: MAX_TREE_SPACES + 1 }, (_, index) => ({
      line: index + 2,
      cells: { path: `Room ${index}` },
    }))
    expect(parseSpaceTreeRows(rows.slice(1)).ok).toBe(true)
    expect(faultsOf(parseSpaceTreeRows(rows))).toEqual(['file: tooLarge'])
  })

  test('[TRE-2] seats that are said in two columns are refused, and hide no other fault', () => {
    const read = parseSpaceTreeRows(table(['path', 'capacity', 'seats', 'kind'], ['A', '4', '6', 'castle']))
    expect(faultsOf(read)).toEqual(['file: badShape', 'line 2: badKind'])
  })

  test('[TRE-2] all faults are named at once, without a character that would garble a terminal', () => {
    const read = parseSpaceTreeRows(table(['path', 'kind'], ['\u001b[2J', ''], ['B', 'castle'], ['C/D', '']))
    expect(faultsOf(read)).toEqual(['line 2: badName', 'line 3: badKind', 'line 4: missingParent'])
    expect(JSON.stringify(read)).toContain('U+001B')
    expect(JSON.stringify(read)).not.toMatch(/\\u001b/)
  })

  test('[TRE-2] whatever table comes, it is taken with every line or its faults are named', () => {
    const cell = fc.constantFrom(
      '',
      '1',
      '2',
      'A',
      'A/B',
      'B',
      'room',
      'yes',
      '12',
      'Mon 08:00-20:00',
      '\u202e',
      '/',
    )
    const columns = fc.constantFrom(
      ['path', 'kind', 'capacity', 'hours'],
      ['id', 'parent', 'name', 'wifi'],
      ['name', 'path', 'quiet', 'seats'],
    )
    const lines = fc.array(fc.array(cell, { minLength: 4, maxLength: 4 }), { minLength: 1, maxLength: 6 })
    fc.assert(
      fc.property(columns, lines, (head, body) => {
        const read = parseSpaceTreeRows(table([...head], ...body))
        const count = read.ok ? read.value.specs.length : read.refusal.length
        expect(count).toBeGreaterThanOrEqual(read.ok ? body.length : 1)
      }),
      { numRuns: 1000 },
    )
  })
})

test('[TRE-2] a flag of a part of a country is a name like any other; tag characters without their flag are hidden', () => {
  const england = '\u{1F3F4}\u{E0067}\u{E0062}\u{E0065}\u{E006E}\u{E0067}\u{E007F}'
  expect(faultOfName(`Room ${england}`)).toBeNull()
  expect(faultOfName('Room \u{E0067}\u{E007F}')).toBe('it has the invisible character U+E0067')
  expect(faultOfName(`${england}\u{E0067}`)).toBe('it has the invisible character U+E0067')
})

test('[TRE-2] a name that nobody would see is none, and no name has what nobody sees', () => {
  for (const blank of ['\u2800', '\u3164', '\u115f', '\u034f', '\uffa0', '\u00ad'])
    expect(faultOfName(`Room${blank}`)).toBe(
      `it has the invisible character U+${(blank.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`,
    )
  for (const joiner of ['\u200d', '\ufe0f', '\u200c\u{E0100}']) {
    expect(faultOfName(joiner)).toBe('it is empty')
    // Within words and signs they change how these look.
    expect(faultOfName(`Room ♿${joiner} می${joiner}خواهم`)).toBeNull()
  }
})

describe('texts in other languages', () => {
  const OFFERED = ['en', 'sl', 'zh-TW']

  test('[TXT-7] stand in columns of the main ones’ names with a language; an empty cell takes one away', () => {
    expect(treeColumns(['sl'])).toEqual(
      expect.arrayContaining(['equipment', 'name:sl', 'location:sl', 'equipment:sl', 'price:sl', 'note:sl']),
    )
    const read = parseSpaceTreeRows(
      table(
        ['path', 'equipment', 'price', 'note', 'name:sl', 'equipment:sl', 'note:zh-TW', 'name:de'],
        ['Library', 'Screen, Lamp', '', 'Quiet', 'Knjižnica', 'Zaslon; Luč', '', 'Bücherei'],
      ),
      new Set(),
      false,
      OFFERED,
    )
    expect(read).toEqual({
      ok: true,
      value: {
        ignored: ['name:de'],
        specs: [
          {
            path: ['Library'],
            at: 'line 2',
            details: { equipment: ['Screen', 'Lamp'], price: null, note: 'Quiet' },
            texts: {
              sl: { name: 'Knjižnica', equipment: ['Zaslon', 'Luč'] },
              'zh-TW': { note: '' },
            },
          },
        ],
      },
    })
  })

  test('[TXT-1] are refused like the main ones, with the line and the column', () => {
    const read = parseSpaceTreeRows(
      table(['path', 'name:sl', 'note'], ['A', 'Soba\u202e', ''], ['B', 'a'.repeat(121), 'x'.repeat(501)]),
      new Set(),
      false,
      OFFERED,
    )
    expect(read.ok ? [] : read.refusal.map(({ at, detail }) => `${at}: ${detail}`)).toEqual([
      'line 2: name:sl: it has the invisible character U+202E',
      expect.stringMatching(/^line 3: note: /),
      'line 3: name:sl: it is 121 characters long; at most 120 are allowed',
    ])
  })
})
