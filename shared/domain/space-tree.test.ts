import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { MAX_CAPACITY, MAX_TREE_DEPTH, MAX_TREE_SPACES } from './space.ts'
import { parseHours } from './space-tree-hours.ts'
import { parseSpaceTreeJson } from './space-tree-json.ts'
import { parseSpaceTreeRows, type TreeRow } from './space-tree-rows.ts'
import { normaliseName, parsePath, pathText, type TreeFault } from './space-tree.ts'

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
      fc.property(fc.array(fc.string({ minLength: 1, unit: 'binary' }), { minLength: 1 }), (names) => {
        fc.pre(names.join('/').trim() !== '' && names.join('/').trim() !== '/')
        expect(parsePath(pathText(names))).toEqual(names)
      }),
    )
    expect(parsePath('Library/Floor 1\\/2/a\\\\b')).toEqual(['Library', 'Floor 1/2', 'a\\b'])
    expect(parsePath('C:\\dir')).toEqual(['C:\\dir'])
    expect([parsePath(''), parsePath(' / ')]).toEqual([[], []])
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

  test('[TRE-2] all faults are named at once, without a character that would garble a terminal', () => {
    const read = parseSpaceTreeRows(table(['path', 'kind'], ['\u001b[2J', ''], ['B', 'castle'], ['C/D', '']))
    expect(faultsOf(read)).toEqual(['line 2: badName', 'line 3: badKind', 'line 4: missingParent'])
    expect(JSON.stringify(read)).toContain('U+001B')
    expect(JSON.stringify(read)).not.toMatch(/\\u001b/)
  })
})

describe('a nested tree', () => {
  const library = {
    name: 'Library',
    kind: 'building',
    details: { wifi: true, quiet: null },
    children: [
      { name: 'Floor 1', children: [{ name: 'Room 101', seats: 12, hours: { Mon: [['08:00', '23:59']] } }] },
    ],
  }

  test('[TRE-2] a node, a list of nodes, and the university itself say the same', () => {
    const read = parseSpaceTreeJson(library)
    expect(read.ok && read.value.specs).toEqual([
      { path: ['Library'], at: 'Library', kind: 'building', details: { wifi: true, quiet: null } },
      { path: ['Library', 'Floor 1'], at: 'Library/Floor 1' },
      {
        path: ['Library', 'Floor 1', 'Room 101'],
        at: 'Library/Floor 1/Room 101',
        capacity: 12,
        hours: { weekly: [[1, 480, 1440]], closures: [] },
      },
    ])
    expect(parseSpaceTreeJson([library])).toEqual(read)
    expect(parseSpaceTreeJson({ name: 'University', kind: 'university', children: [library] })).toEqual(read)
  })

  test('[TRE-2] an object from names to what stands below them, down to lists of rooms', () => {
    const read = parseSpaceTreeJson({ Main: { '1': [{ name: 'Hall', seats: 9, code: 'H1' }], attic: {} } })
    expect(read.ok && read.value.specs.map((spec) => spec.at)).toEqual([
      'Main',
      'Main/1',
      'Main/attic',
      'Main/1/Hall',
    ])
    expect(read.ok && read.value.ignored).toEqual(['code'])
  })

  const nested = (levels: number): unknown =>
    levels === 0 ? [] : [{ name: `L${levels}`, children: nested(levels - 1) }]

  test.each<[string, unknown, string[]]>([
    ['nothing', [], ['file: badShape']],
    ['a number', 7, ['file: badShape']],
    ['null', null, ['file: badShape']],
    ['a space without a name', [{ seats: 4 }], ['file: badShape']],
    ['children that are no list', { name: 'A', children: 'B' }, ['A: badShape']],
    ['a list in a list', [[{ name: 'A' }]], ['file: badShape']],
    ['two of one name', [{ name: 'A' }, { name: 'A ' }], ['A: duplicatePath']],
    ['a bidi character', [{ name: 'A\u200f' }], ['AU+200F: badName']],
    ['an empty name', { A: [{ name: ' ' }] }, ['A/: badName']],
    ['a strange kind', [{ name: 'A', kind: 'castle' }], ['A: badKind']],
    ['a kind of another sort', [{ name: 'A', kind: 4 }], ['A: badKind']],
    ['a word for seats', [{ name: 'A', seats: '12' }], ['A: badNumber']],
    ['no seats', [{ name: 'A', capacity: 0 }], ['A: badNumber']],
    ['a strange detail', [{ name: 'A', details: { wlan: true } }], ['A: badValue']],
    ['a detail of another sort', [{ name: 'A', details: { wifi: 'yes' } }], ['A: badValue']],
    ['a hidden character in a note', [{ name: 'A', details: { note: 'x\u202e' } }], ['A: badValue']],
    ['strange hours', [{ name: 'A', hours: { Mon: [['8', '20']] } }], ['A: badHours']],
    ['too deep', nested(MAX_TREE_DEPTH + 1), ['L13/L12/L11/L10/L9/L8/L7/L6/L5/L4/L3/L2/L1: tooDeep']],
    [
      'bottomless',
      nested(3000),
      ['L3000/L2999/L2998/L2997/L2996/L2995/L2994/L2993/L2992/L2991/L2990/L2989/L2988: tooDeep'],
    ],
  ])('[TRE-2] %s is named with its path', (_, file, faults) => {
    const found = faultsOf(parseSpaceTreeJson(file))
    expect(found.filter((fault, index) => found.indexOf(fault) === index)).toEqual(faults)
  })

  test('[TRE-2] a file that names too many spaces is not read to its end', () => {
    const file = Array.from({ length: MAX_TREE_SPACES + 5000 }, (_, index) => ({ name: `Room ${index}` }))
    expect(faultsOf(parseSpaceTreeJson(file))).toEqual(['file: tooLarge'])
    expect(parseSpaceTreeJson(file.slice(0, MAX_TREE_SPACES)).ok).toBe(true)
  })
})

describe('hours of a file', () => {
  const weekly = (value: unknown) => {
    const hours = parseHours(value)
    return hours.ok ? hours.value.weekly : hours.refusal
  }

  test('[HRS-1] empty is what the parent has', () => {
    expect([weekly(null), weekly(''), weekly({})]).toEqual([null, null, null])
  })

  test('[TRE-2] days in ranges and lists, spans in lists, every midnight there is', () => {
    expect(weekly('Sat-Mon 10:00-12:00')).toEqual([
      [0, 600, 720],
      [1, 600, 720],
      [6, 600, 720],
    ])
    expect(weekly('mon, wednesday 9:00-12:00, 13:00-17:00; Sun closed')).toEqual([
      [1, 540, 720],
      [1, 780, 1020],
      [3, 540, 720],
      [3, 780, 1020],
    ])
    expect(weekly('Fri 20:00-02:00')).toEqual([
      [5, 1200, 1440],
      [6, 0, 120],
    ])
    expect(weekly('Sat 20:00 – 02:00')).toEqual([
      [0, 0, 120],
      [6, 1200, 1440],
    ])
    for (const midnight of ['23:59', '24:00', '00:00'])
      expect(weekly(`Fri 20:00-${midnight}`)).toEqual([[5, 1200, 1440]])
    expect(weekly('24/7')).toHaveLength(7)
    expect(
      weekly({
        Monday: [
          ['08:00', '12:00'],
          ['11:00', '14:00'],
        ],
      }),
    ).toEqual([[1, 480, 840]])
  })

  test('[HRS-2] with closures, as the line carries them', () => {
    const hours = { weekly: [[1, 480, 1200]], closures: [{ date: '2026-12-25', spans: [] }] }
    expect(parseHours(hours)).toEqual({ ok: true, value: hours })
  })

  test.each([
    'often',
    'Mon',
    'Mon 8-20',
    'Mon 25:00-26:00',
    'Mon 08:60-09:00',
    'Mon 08:00-08:00',
    'Mon-Tue-Wed 08:00-09:00',
    'Mon 08:00-09:00-10:00',
    '08:00-20:00',
    'Sun closed',
    7,
    [],
    { Mon: '08:00' },
    { Someday: [] },
    { weekly: [[1, 1200, 480]] },
    { weekly: [[9, 0, 60]] },
    { closures: [{ date: '2026-02-30', spans: [] }] },
    { closures: [{ date: '2026-13-01', spans: [] }] },
    { weekly: [] },
    {
      closures: [
        { date: '2026-12-25', spans: [] },
        { date: '2026-12-25', spans: [[0, 60]] },
      ],
    },
  ])('[TRE-2] %j is refused', (value) => {
    expect(parseHours(value).ok).toBe(false)
  })
})
