import { describe, expect, test } from 'vitest'
import { diffSpaceTree, spacesByPath, type ExistingSpace } from './space-tree-diff.ts'
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
      { id: 4, path: ['Library', 'Room 102'] },
      { id: 5, path: ['Annexe'] },
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

  const hidden = { onKiosks: false, createdById: 7 }

  test('[IMP-12] [TRE-13] what somebody hid is not found by its path, nor what stands below it', () => {
    const own = [...existing, space(6, 1, 'Nook', hidden), space(7, 6, 'Seat', { createdById: 8 })]
    const wanted = [spec(['Nook']), spec(['Nook', 'Seat'])]
    const { create, unchangedCount } = diffSpaceTree(own, wanted, { prune: false })
    expect([create.map(({ path }) => path), unchangedCount]).toEqual([[['Nook'], ['Nook', 'Seat']], 0])
  })

  test('[IMP-12] of two at one path the public one is meant, with what stands below it, in whatever order they come', () => {
    const twins = [
      space(2, 1, 'Floor'),
      space(3, 1, 'Floor', { onKiosks: false }),
      space(4, 1, 'Floor', hidden),
      space(5, 3, 'Room'),
    ]
    for (const order of [twins, twins.toReversed()]) {
      const found = spacesByPath([space(1, null, 'U'), ...order])
      expect([...found].map(([path, { id }]) => [path, id])).toEqual([
        ['', 1],
        ['Floor', 2],
      ])
    }
  })

  test('[IMP-12] what an import made is found again although staff hid it', () => {
    const own = [space(1, null, 'U'), space(2, 1, 'Floor', { onKiosks: false }), space(3, 2, 'Room')]
    const wanted = [spec(['Floor']), spec(['Floor', 'Room'])]
    expect(diffSpaceTree(own, wanted, { prune: true })).toMatchObject({
      create: [],
      delete: [],
      unchangedCount: 2,
    })
  })

  test('[IMP-12] [TRE-13] pruning leaves what somebody hid, and takes it along where the place that it stands in goes', () => {
    const own = [
      ...existing,
      space(6, 2, 'Nook', hidden),
      space(7, 6, 'Seat'),
      space(8, 5, 'Nook', hidden),
      space(9, 8, 'Seat', hidden),
    ]
    const wanted = [spec(['Library', 'Room 101'])]
    expect(diffSpaceTree(own, wanted, { prune: true }).delete.map(({ id }) => id)).toEqual([9, 4, 8, 5])
  })
})
