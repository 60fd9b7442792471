import { describe, expect, it } from 'vitest'
import { nearestInDirection } from './arrow-focus.ts'

describe('arrow keys', () => {
  const box = (left: number, top: number) => ({ left, top, width: 10, height: 10 })

  it('lead to the nearest control in their direction, straight before astray', () => {
    const boxes = [box(20, 0), box(12, 12), box(-20, 0), box(0, 40)]
    const from = box(0, 0)
    expect(nearestInDirection(from, boxes, 'ArrowRight')).toBe(0)
    expect(nearestInDirection(from, boxes, 'ArrowLeft')).toBe(2)
    expect(nearestInDirection(from, boxes, 'ArrowDown')).toBe(3)
    expect(nearestInDirection(from, boxes, 'ArrowUp')).toBe(-1)
    expect(nearestInDirection(from, boxes, 'Enter')).toBe(-1)
  })
})
