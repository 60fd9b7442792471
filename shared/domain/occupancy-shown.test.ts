import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { shown, type Level, type OccupancyNode } from './occupancy.ts'

const NOW_MS = 1_800_000_000_000
const STALE_MS = 2 * 3_600_000

function node(id: number, parentId: number | null, some: Partial<OccupancyNode> = {}): OccupancyNode {
  return { id, parentId, capacity: null, level: null, reportedAtMs: null, ...some }
}

function reported(level: Level, ageMs: number): Pick<OccupancyNode, 'level' | 'reportedAtMs'> {
  return { level, reportedAtMs: NOW_MS - ageMs }
}

describe('what is shown', () => {
  test('[OCC-6] a leaf at the stale limit no longer counts, and is neutral, never free', () => {
    const tree = [node(1, null, reported(0, STALE_MS - 1)), node(2, null, reported(0, STALE_MS))]
    const views = shown(tree, NOW_MS, STALE_MS)
    expect(views.get(1)).toMatchObject({ level: 0, knownCount: 1, freeCount: 1, isLeaf: true })
    expect(views.get(2)).toMatchObject({
      level: null,
      knownCount: 0,
      freeCount: 0,
      reportedAtMs: NOW_MS - STALE_MS,
    })
  })

  test('[OCC-6] coverage and free places of a building', () => {
    const tree = [
      node(1, null),
      node(2, 1),
      node(3, 2, { ...reported(0, 1000), capacity: 10 }),
      node(4, 2, { ...reported(2, 9000), capacity: 30 }),
      node(5, 2, { ...reported(2, STALE_MS), capacity: 5 }),
      node(6, 1, reported(2, 500)),
      node(7, 1),
    ]
    const views = shown(tree, NOW_MS, STALE_MS)
    expect(views.get(2)).toEqual({
      id: 2,
      level: 2,
      meanMillionths: 1_500_000,
      reportedAtMs: NOW_MS - 1000,
      knownCount: 2,
      leafCount: 3,
      closedCount: 0,
      freeCount: 1,
      capacity: 45,
      isLeaf: false,
    })
    // The floor counts with its 45 seats, the two rooms of unknown size with 1; the unreported one is left out.
    expect(views.get(1)).toMatchObject({
      meanMillionths: 1_510_870,
      knownCount: 3,
      leafCount: 5,
      capacity: 45,
    })
  })

  test('[OCC-6] nothing fresh below: neutral, with the age of the newest at all', () => {
    const tree = [node(1, null), node(2, 1, reported(0, STALE_MS + 5)), node(3, 1, reported(0, STALE_MS + 9))]
    expect(shown(tree, NOW_MS, STALE_MS).get(1)).toMatchObject({
      level: null,
      meanMillionths: null,
      reportedAtMs: NOW_MS - STALE_MS - 5,
      knownCount: 0,
      leafCount: 2,
    })
  })

  test('[SCR-7] what is closed counts as closed, and in no level and no other figure of what it stands in', () => {
    const tree = [
      node(1, null),
      node(2, 1, reported(0, 5)),
      node(3, 1, reported(2, 9)),
      node(4, 1),
      node(5, 4, reported(0, 7)),
    ]
    const closed = (...ids: number[]) => shown(tree, NOW_MS, STALE_MS, (id) => !ids.includes(id))
    expect(closed(2, 5).get(2)).toMatchObject({ level: null, knownCount: 0, freeCount: 0, closedCount: 1 })
    expect(closed(2).get(1)).toMatchObject({ freeCount: 1, knownCount: 2, leafCount: 3, closedCount: 1 })
    expect(closed(2, 5).get(1)).toMatchObject({ level: 2, freeCount: 0, knownCount: 1, closedCount: 2 })
    expect(closed(2, 5).get(1)?.reportedAtMs).toBe(NOW_MS - 9)
    expect(closed(5).get(4)).toMatchObject({ level: null, leafCount: 1, closedCount: 1 })
    // A place with parts has the hours of its own for its own word; what counts are those of its parts.
    expect(closed(1, 4)).toEqual(shown(tree, NOW_MS, STALE_MS))
  })

  test('[OCC-9] the own level of a space that got a child is not looked at', () => {
    const tree = [node(1, null, reported(2, 10)), node(2, 1, reported(0, 10))]
    expect(shown(tree, NOW_MS, STALE_MS).get(1)).toMatchObject({ level: 0, meanMillionths: 0 })
  })

  test('[OCC-11] a parent that lost its last child starts unreported', () => {
    expect(shown([node(1, null)], NOW_MS, STALE_MS).get(1)).toMatchObject({ level: null, isLeaf: true })
  })

  /** Trees whose parents stand anywhere in the list. */
  const trees = fc
    .array(
      fc.record({
        seed: fc.nat(),
        capacity: fc.option(fc.integer({ min: 1, max: 500 })),
        level: fc.option(fc.constantFrom<Level>(0, 1, 2)),
        ageMs: fc.integer({ min: 0, max: 2 * STALE_MS }),
      }),
      { minLength: 1, maxLength: 60, size: 'max' },
    )
    .map((spaces) =>
      spaces.map((space, index) =>
        node(index + 1, index === 0 ? null : (space.seed % index) + 1, {
          capacity: space.capacity,
          level: space.level,
          reportedAtMs: space.level === null ? null : NOW_MS - space.ageMs,
        }),
      ),
    )

  /** The same said recursively and plainly. */
  function plainly(
    tree: readonly OccupancyNode[],
    id: number,
  ): { mean: number | null; weight: number; known: number } {
    const below = tree.filter((one) => one.parentId === id).map((one) => plainly(tree, one.id))
    const own = tree.find((one) => one.id === id)
    if (below.length > 0) {
      const counted = below.filter((one) => one.mean !== null)
      const weight = counted.reduce((sum, one) => sum + Math.max(1, one.weight), 0)
      const sum = counted.reduce((total, one) => total + Math.max(1, one.weight) * (one.mean ?? 0), 0)
      return {
        mean: weight === 0 ? null : Math.round(sum / weight),
        weight: below.reduce((seats, one) => seats + one.weight, 0),
        known: below.reduce((total, one) => total + one.known, 0),
      }
    }
    const isFresh = own?.level !== null && NOW_MS - (own?.reportedAtMs ?? 0) < STALE_MS
    return {
      mean: isFresh ? (own?.level ?? 0) * 1_000_000 : null,
      weight: own?.capacity ?? 0,
      known: isFresh ? 1 : 0,
    }
  }

  test('[OCC-3] [OCC-4] [OCC-6] any tree: the same sums as the plain recursion, in any order of rows', () => {
    fc.assert(
      fc.property(trees, (tree) => {
        const views = shown(tree, NOW_MS, STALE_MS)
        const backwards = shown(tree.toReversed(), NOW_MS, STALE_MS)
        for (const { id } of tree) {
          const view = views.get(id)
          const plain = plainly(tree, id)
          expect(view).toEqual(backwards.get(id))
          expect(view).toMatchObject({ meanMillionths: plain.mean, knownCount: plain.known })
          expect(view?.level === null).toBe(plain.known === 0)
        }
      }),
    )
  })

  test('[TRE-1] rows that form a cycle, which the database refuses, are left out instead of hanging a screen', () => {
    const views = shown([node(1, 2), node(2, 1), node(3, null, reported(0, 1))], NOW_MS, STALE_MS)
    expect([...views.keys()]).toEqual([3])
  })
})
