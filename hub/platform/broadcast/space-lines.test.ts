import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { SpaceLines, type PlacedSpace } from './space-lines.ts'

/** The line of a space, worked out from nothing. */
function lineOf(tree: ReadonlyMap<number, number | null>, id: number): number[] {
  const above = (of: number): number[] => {
    const parentId = tree.get(of) ?? null
    return parentId === null ? [] : [parentId, ...above(parentId)]
  }
  const line = [...tree.keys()].filter((other) => above(other).includes(id) || above(id).includes(other))
  return [...new Set([id, ...line, ...above(id)])].toSorted((one, other) => one - other)
}

const sorted = (ids: Iterable<number>): number[] => [...ids].toSorted((one, other) => one - other)

/** Trees of up to ten spaces: each below one with a smaller number, or of another order after a renaming. */
const someTree = fc
  .tuple(
    fc.array(fc.nat(20), { maxLength: 9 }),
    fc.shuffledSubarray([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], { minLength: 10 }),
  )
  .map(([parents, names]) => {
    const name = (index: number): number => names[index] ?? 0
    const places = parents.map((parent, index): [number, number] => [
      name(index + 1),
      name(parent % (index + 1)),
    ])
    return new Map<number, number | null>([[name(0), null], ...places])
  })

test('[SYN-32] whatever is moved, made and taken away at once: lines are those of the new tree, and who has another one is named', () => {
  fc.assert(
    fc.property(someTree, someTree, (before, after) => {
      const placed = (tree: ReadonlyMap<number, number | null>): PlacedSpace[] =>
        [...tree].map(([id, parentId]) => ({ id, parentId }))
      const lines = new SpaceLines(placed(before))
      const gone = [...before.keys()].filter((id) => !after.has(id))
      const changed = lines.change(placed(after), gone)
      for (const id of new Set([...before.keys(), ...after.keys()])) {
        const [old, now] = [lineOf(before, id), lineOf(after, id)]
        if (after.has(id)) expect(sorted(lines.lineOf(id))).toEqual(now)
        // More may be named: who gets a snapshot without need loses nothing.
        if (JSON.stringify(old) !== JSON.stringify(now)) expect(changed).toContain(id)
        for (const other of after.keys())
          if (after.has(id)) expect(lines.areInLine(id, other)).toBe(now.includes(other))
      }
    }),
  )
})

test('[SYN-32] what is only renamed changes no line', () => {
  const tree = [
    { id: 1, parentId: null },
    { id: 2, parentId: 1 },
    { id: 3, parentId: 1 },
  ]
  const lines = new SpaceLines(tree)
  expect(lines.change(tree, [9]).size).toBe(0)
  expect(sorted(lines.change([{ id: 4, parentId: 2 }], []))).toEqual([1, 2, 4])
})
