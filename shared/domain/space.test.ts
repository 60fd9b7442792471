import { describe, expect, test } from 'vitest'
import { childrenByParent, getAllDescendants, isWithin, pathToRoot } from './space.ts'

const tree = [
  { id: 1, parentId: null },
  { id: 2, parentId: 1 },
  { id: 3, parentId: 2 },
  { id: 4, parentId: 1 },
  { id: 9, parentId: 77 },
]
const byId = new Map(tree.map((node) => [node.id, node]))
const ids = (nodes: readonly { id: number }[]): number[] => nodes.map((node) => node.id)

describe('tree of spaces', () => {
  test('[OCC-9] children of each parent; a node whose parent is not held counts as a root', () => {
    const children = childrenByParent(tree)
    expect(ids(children.get(1) ?? [])).toEqual([2, 4])
    expect(ids(children.get(null) ?? [])).toEqual([1, 9])
  })

  test('[OCC-10] a space is within itself and its ancestors, and within nothing else', () => {
    expect(isWithin(byId, 3, 3)).toBe(true)
    expect(isWithin(byId, 3, 1)).toBe(true)
    expect(isWithin(byId, 1, 3)).toBe(false)
    expect(isWithin(byId, 4, 2)).toBe(false)
    expect(isWithin(byId, 99, 99)).toBe(false)
  })

  test('[TRE-1] descendants come parents first; neither they nor a path run round a cycle', () => {
    expect(ids(getAllDescendants(childrenByParent(tree), 1))).toEqual([2, 4, 3])
    const ring = new Map([
      [1, { id: 1, parentId: 2 }],
      [2, { id: 2, parentId: 1 }],
    ])
    expect(ids(pathToRoot(ring, 1))).toEqual([1, 2])
    expect(ids(getAllDescendants(childrenByParent([...ring.values()]), 1))).toEqual([2])
  })
})
