import { describe, expect, it } from 'vitest'
import { burnInShift, isDim } from './panel.ts'

describe('a panel that nobody uses', () => {
  it('[SCR-36] moves at most 3 px, every 90 s, and comes back', () => {
    const places = Array.from({ length: 9 }, (_, step) => burnInShift(step * 90_000))
    for (const [x, y] of places) expect(Math.max(Math.abs(x), Math.abs(y))).toBeLessThanOrEqual(3)
    expect(new Set(places.map(String)).size).toBe(9)
    expect(burnInShift(9 * 90_000)).toEqual(burnInShift(0))
    expect(burnInShift(89_999)).toEqual([0, 0])
  })

  it('[SCR-36] is dim at night when nobody is there', () => {
    expect(isDim(22 * 60, 60_000)).toBe(true)
    expect(isDim(5 * 60 + 59, 60_000)).toBe(true)
    expect(isDim(6 * 60, 60_000)).toBe(false)
    expect(isDim(23 * 60, 59_999)).toBe(false)
  })
})
