import { describe, expect, test } from 'vitest'
import {
  diffSpaceTree,
  faultsOfTexts,
  spacesByPath,
  type ExistingSpace,
  type TreeDifference,
} from './space-tree-diff.ts'
import type { SpaceSpec } from './space-tree.ts'

const noHours = { weekly: null, closures: [] }

function space(
  id: number,
  parentId: number | null,
  name: string,
  some: Partial<ExistingSpace> = {},
): ExistingSpace {
  return {
    id,
    parentId,
    name,
    kind: 'room',
    location: null,
    details: {},
    capacity: null,
    hours: noHours,
    onKiosks: true,
    wasOnKiosks: true,
    createdById: null,
    ...some,
  }
}

function spec(path: string[], some: Partial<SpaceSpec> = {}): SpaceSpec {
  return { path, at: 'line 1', ...some }
}

const existing = [
  space(1, null, 'University', { kind: 'university' }),
  space(2, 1, 'Library', { kind: 'building' }),
  space(3, 2, 'Room 101', { capacity: 12, details: { wifi: true, note: 'no food' } }),
  space(4, 2, 'Room 102'),
  space(5, 1, 'Annexe'),
]

function idsOf(found: ReadonlyMap<string, ExistingSpace>): Record<string, number> {
  return Object.fromEntries([...found].map(([path, { id }]) => [path, id]))
}

describe('difference of two trees', () => {
  test('[TRE-4] the same tree again changes nothing', () => {
    const wanted = [spec(['Library'], { kind: 'building' }), spec(['Library', 'Room 101'], { capacity: 12 })]
    expect(diffSpaceTree(existing, wanted, { prune: false })).toEqual({
      create: [],
      update: [],
      delete: [],
      unchangedCount: 2,
    })
  })

  test('[TRE-4] what the file does not say of a space stays, what it says to be none goes', () => {
    const wanted = [spec(['Library', 'Room 101'], { location: 'left', details: { note: null, quiet: true } })]
    expect(diffSpaceTree(existing, wanted, { prune: false }).update).toEqual([
      {
        id: 3,
        path: ['Library', 'Room 101'],
        changed: ['location', 'details'],
        facts: {
          parentId: 2,
          name: 'Room 101',
          kind: 'room',
          location: 'left',
          details: { wifi: true, quiet: true },
          capacity: 12,
          hours: noHours,
        },
      },
    ])
  })

  test('[TRE-4] new spaces come parents first, of the kind that their place suggests', () => {
    const wanted = [spec(['New']), spec(['New', 'Ground']), spec(['New', 'Ground', 'Desk'], { capacity: 1 })]
    const { create } = diffSpaceTree(existing, wanted, { prune: false })
    expect(create.map(({ path, facts }) => [path.at(-1), facts.kind, facts.capacity])).toEqual([
      ['New', 'building', null],
      ['Ground', 'floor', null],
      ['Desk', 'room', 1],
    ])
  })

  test('[TRE-4] a space of the same name elsewhere is another space', () => {
    const { create } = diffSpaceTree(existing, [spec(['Annexe', 'Room 101'])], { prune: false })
    expect(create.map(({ path }) => path)).toEqual([['Annexe', 'Room 101']])
  })

  test('[TRE-4] nothing is deleted unless asked; then what is not named, children first, but nothing that bears a named one', () => {
    const wanted = [spec(['Library', 'Room 101'])]
    expect(diffSpaceTree(existing, wanted, { prune: false }).delete).toEqual([])
    expect(diffSpaceTree(existing, wanted, { prune: true }).delete).toEqual([
      { id: 4, path: ['Library', 'Room 102'], isHidden: false },
      { id: 5, path: ['Annexe'], isHidden: false },
    ])
  })

  test('[TRE-3] names stored before they were normalised are found again', () => {
    const old = [space(1, null, 'U'), space(2, 1, 'Cafe\u0301  east')]
    expect(diffSpaceTree(old, [spec(['Caf\u00e9 east'])], { prune: true })).toMatchObject({
      create: [],
      delete: [],
      unchangedCount: 1,
    })
  })

  test('[TRE-4] hours and details are compared by what they say, not by the order of their keys', () => {
    const hours = { closures: [], weekly: [[1, 480, 1200] as [number, number, number]] }
    const old = [space(1, null, 'U'), space(2, 1, 'A', { hours, details: { wifi: true, quiet: false } })]
    const wanted = [
      spec(['A'], {
        hours: { weekly: [[1, 480, 1200]], closures: [] },
        details: { quiet: false, wifi: true },
      }),
    ]
    expect(diffSpaceTree(old, wanted, { prune: false }).unchangedCount).toBe(1)
  })

  const hidden = { onKiosks: false, wasOnKiosks: false }
  const off = { onKiosks: false }

  test('[IMP-12] [TRE-13] what was never public is not found by its path, nor what stands below it', () => {
    const own = [...existing, space(6, 1, 'Nook', hidden), space(7, 6, 'Seat')]
    const wanted = [spec(['Nook']), spec(['Nook', 'Seat'])]
    const { create, unchangedCount } = diffSpaceTree(own, wanted, { prune: false })
    expect([create.map(({ path }) => path), unchangedCount]).toEqual([[['Nook'], ['Nook', 'Seat']], 0])
  })

  test('[IMP-12] of two at one path the public one is meant, with what stands below it, in whatever order they come', () => {
    const twins = [
      space(2, 1, 'Floor', off),
      space(3, 1, 'Floor', hidden),
      space(4, 1, 'Floor'),
      space(5, 1, 'Floor', off),
      space(6, 2, 'Room'),
      space(7, 5, 'Room'),
      space(8, 4, 'Hall'),
    ]
    for (const order of [twins, twins.toReversed()])
      expect(idsOf(spacesByPath([space(1, null, 'U'), ...order]))).toEqual({
        '': 1,
        Floor: 4,
        'Floor/Hall': 8,
      })
  })

  test('[IMP-12] of two at one path that were public once the oldest is meant, in whatever order they come', () => {
    const twins = [
      space(2, 1, 'Floor', hidden),
      space(3, 1, 'Floor', off),
      space(4, 1, 'Floor', off),
      space(5, 4, 'Room'),
      space(6, 3, 'Room'),
    ]
    for (const order of [twins, twins.toReversed()])
      expect(idsOf(spacesByPath([space(1, null, 'U'), ...order]))).toEqual({
        '': 1,
        Floor: 3,
        'Floor/Room': 6,
      })
  })

  test('[IMP-12] what was public once is found again, with what stands below it', () => {
    const own = [space(1, null, 'U'), space(2, 1, 'Floor', off), space(3, 2, 'Room')]
    const wanted = [spec(['Floor']), spec(['Floor', 'Room'])]
    expect(diffSpaceTree(own, wanted, { prune: true })).toMatchObject({
      create: [],
      delete: [],
      unchangedCount: 2,
    })
  })

  test('[IMP-12] [TRE-13] pruning leaves what was never public, and takes it along where the place that it stands in goes', () => {
    const own = [
      ...existing,
      space(6, 2, 'Nook', hidden),
      space(7, 6, 'Seat'),
      space(8, 5, 'Nook', hidden),
      space(9, 8, 'Seat', hidden),
    ]
    const wanted = [spec(['Library', 'Room 101'])]
    const gone = diffSpaceTree(own, wanted, { prune: true }).delete
    expect(gone.map(({ id, isHidden }) => [id, isHidden])).toEqual([
      [9, true],
      [4, false],
      [8, true],
      [5, false],
    ])
  })

  test('[IMP-12] [TRE-13] pruning leaves what stands in a hidden place although the file names its path', () => {
    const own = [
      ...existing,
      space(6, 2, 'Room 101', hidden),
      space(7, 6, 'Desk'),
      space(8, 2, 'Room 101', off),
      space(9, 8, 'Desk'),
      space(10, 1, 'Nook', hidden),
      space(11, 10, 'Desk'),
    ]
    const wanted = [spec(['Library', 'Room 101']), spec(['Nook'])]
    const { create, delete: gone } = diffSpaceTree(own, wanted, { prune: true })
    expect(create.map(({ path }) => path)).toEqual([['Nook']])
    expect(gone.map(({ id }) => id)).toEqual([4, 5])
  })

  test('[IMP-12] pruning takes what was public once and is named no more', () => {
    const own = [
      space(1, null, 'U'),
      space(2, 1, 'Hall', off),
      space(3, 1, 'Hall'),
      space(4, 1, 'Annex', off),
    ]
    expect(diffSpaceTree(own, [], { prune: true }).delete.map(({ id }) => id)).toEqual([2, 3, 4])
  })
})

describe('texts in other languages', () => {
  const listed = space(3, 1, 'Room', {
    details: { equipment: ['Screen', 'Lamp'] },
    texts: { sl: { name: 'Soba', equipment: ['Zaslon', 'Luč'] } },
  })
  const before = [space(1, null, 'University', { kind: 'university' }), listed]
  const change = (some: Partial<SpaceSpec>): TreeDifference =>
    diffSpaceTree(before, [spec(['Room'], some)], { prune: false })

  test('[TXT-1] a space is matched by its main name, whatever it is called elsewhere', () => {
    expect(change({}).unchangedCount).toBe(1)
    expect(diffSpaceTree(before, [spec(['Soba'])], { prune: false }).create).toHaveLength(1)
  })

  test('[TXT-6] the difference names language and field; what the file does not say stays', () => {
    const { update } = change({ texts: { sl: { note: 'Tiho' }, 'zh-TW': { name: '室' } } })
    expect(update[0]?.changed).toEqual(['note:sl', 'name:zh-TW'])
    expect(update[0]?.facts.texts).toEqual({
      sl: { name: 'Soba', equipment: ['Zaslon', 'Luč'], note: 'Tiho' },
      'zh-TW': { name: '室' },
    })
    expect(change({ texts: { sl: null } }).update[0]?.facts).not.toHaveProperty('texts')
  })

  test('[TXT-3] a list that does not fit is a fault of its line; one that the file leaves behind goes', () => {
    const wanted = [spec(['Room'], { texts: { sl: { equipment: ['Zaslon'] } } })]
    expect(faultsOfTexts(diffSpaceTree(before, wanted, { prune: false }), wanted)).toEqual([
      {
        at: 'line 1',
        why: 'badValue',
        detail: 'equipment:sl: it lists 1 and the main list 2: list the same number, in the same order',
      },
    ])
    const { update } = change({ details: { equipment: ['Screen', 'Camera'] } })
    expect(update[0]?.changed).toEqual(['details', 'equipment:sl'])
    expect(faultsOfTexts({ create: [], update }, [spec(['Room'])])).toEqual([])
  })
})
