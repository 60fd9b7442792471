import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { MAX_TREE_DEPTH, MAX_TREE_SPACES } from './space.ts'
import { parseSpaceTreeJson } from './space-tree-json.ts'
import type { TreeFault } from './space-tree.ts'

function faultsOf(decision: { ok: true } | { ok: false; refusal: TreeFault[] }): string[] {
  return decision.ok ? [] : decision.refusal.map(({ at, why }) => `${at}: ${why}`)
}

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
    ['seats said twice', [{ name: 'A', capacity: 4, seats: 6 }], ['A: badShape']],
    ['a strange detail', [{ name: 'A', details: { wlan: true } }], ['A: badValue']],
    ['a detail of another sort', [{ name: 'A', details: { wifi: 'yes' } }], ['A: badValue']],
    ['lines in a price', [{ name: 'A', details: { price: '1\n2' } }], ['A: badValue']],
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

  test('[TRE-2] whatever JSON comes, it is taken or its faults are named', () => {
    const word = fc.constantFrom(
      'name',
      'kind',
      'children',
      'seats',
      'capacity',
      'hours',
      'details',
      'room',
      'A',
      'B',
    )
    const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
      tree: fc.oneof(
        { maxDepth: 5 },
        fc.constantFrom(null, 0, 7, -1.5, true, '', 'A', 'room', 'Mon 08:00-20:00'),
        fc.array(tie('tree'), { maxLength: 3 }),
        fc.dictionary(word, tie('tree'), { maxKeys: 4 }),
      ),
    }))
    fc.assert(
      fc.property(tree, (file) => {
        const read = parseSpaceTreeJson(file)
        const count = read.ok ? read.value.specs.length : read.refusal.length
        expect(count).toBeGreaterThan(0)
      }),
      { numRuns: 1000 },
    )
  })
})

test('[TXT-7] texts stand by language, in any case; one that is not offered is named, and what does not fit is a fault', () => {
  const read = parseSpaceTreeJson(
    [{ name: 'A', texts: { 'ZH-tw': { name: '甲', price: null }, de: { name: 'X' } } }],
    new Set(),
    ['sl', 'zh-TW'],
  )
  expect(read).toMatchObject({
    ok: true,
    value: { ignored: ['texts.de'], specs: [{ texts: { 'zh-TW': { name: '甲', price: null } } }] },
  })
  const named = parseSpaceTreeJson([
    { name: 'A', texts: { ['d\u001b[31m\n']: {}, ['x'.repeat(60_000)]: {} } },
  ])
  expect(named.ok && named.value.ignored).toEqual(['texts.dU+001B[31mU+000A', `texts.${'x'.repeat(60)}…`])
  const faults = (texts: object): unknown => {
    const refused = parseSpaceTreeJson([{ name: 'A', texts }], new Set(), ['sl'])
    return refused.ok ? null : refused.refusal.map(({ at, detail }) => `${at}: ${detail}`)
  }
  expect(faults({ sl: { title: 'X' } })).toEqual([expect.stringMatching(/^A: texts\.sl/)])
  expect(faults({ sl: { equipment: 'X' } })).toEqual([expect.stringMatching(/^A: texts\.sl\.equipment/)])
  expect(faults({ sl: { name: 'X\u202e' } })).toEqual([
    'A: texts.sl.name: it has the invisible character U+202E',
  ])
  expect(faults({ SL: { location: 'X' }, sl: { name: 'Y' } })).toEqual([
    'A: texts."sl": this language is named twice',
  ])
})
