import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { frozenOrder, withFrozenOrder } from './frozen-list.ts'

const byId = (left: { id: number }, right: { id: number }): number => left.id - right.id

describe('an order that is kept', () => {
  it('[POR-10] what was there stands as it stood, whatever its state is now; what is new comes after it', () => {
    const items = [1, 2, 3, 4, 5].map((id) => ({ id }))
    const kept = withFrozenOrder(byId, frozenOrder([4, 2, 5]))
    expect(items.toSorted(kept).map(({ id }) => id)).toEqual([4, 2, 5, 1, 3])
    expect(items.toReversed().toSorted(withFrozenOrder(byId, null))).toEqual(items)
  })

  it('[POR-10] is an order: nothing comes before itself by a detour', () => {
    const id = fc.integer({ min: 0, max: 9 })
    fc.assert(
      fc.property(fc.uniqueArray(id), fc.tuple(id, id, id), (ids, [a, b, c]) => {
        const kept = withFrozenOrder((left: { id: number }, right) => right.id - left.id, frozenOrder(ids))
        const sign = (left: number, right: number): number => Math.sign(kept({ id: left }, { id: right }))
        expect(sign(a, b)).toBe(0 - sign(b, a))
        if (sign(a, b) <= 0 && sign(b, c) <= 0) expect(sign(a, c)).toBeLessThanOrEqual(0)
      }),
    )
  })
})
