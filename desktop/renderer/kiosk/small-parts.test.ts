import { describe, expect, it } from 'vitest'
import { nearestInDirection } from '../ui/arrow-focus.ts'
import { codeWith, codeWithout } from './code-pad.tsx'
import { burnInShift, isDim } from './panel.ts'
import { emWidth, hasDescender } from './word-width.ts'

describe('an enrolment code', () => {
  it('[SYN-20] reads mistaken letters as meant, drops what is no letter, and stops at sixteen', () => {
    expect(codeWith('', 'ab-1o il')).toBe('AB1011')
    expect(codeWith('', '0123456789abcdefghjk')).toBe('0123456789ABCDEF')
    expect(codeWith('A', 'u!')).toBe('A')
    expect(codeWithout('AB')).toBe('A')
    expect(codeWithout('')).toBe('')
  })
})

describe('a panel that rests', () => {
  it('moves at most 3 px, every 90 s, and comes back', () => {
    const places = Array.from({ length: 9 }, (_, step) => burnInShift(step * 90_000))
    for (const [x, y] of places) expect(Math.max(Math.abs(x), Math.abs(y))).toBeLessThanOrEqual(3)
    expect(new Set(places.map(String)).size).toBe(9)
    expect(burnInShift(9 * 90_000)).toEqual(burnInShift(0))
    expect(burnInShift(89_999)).toEqual([0, 0])
  })

  it('is dim at night when nobody is there', () => {
    expect(isDim(22 * 60, 60_000)).toBe(true)
    expect(isDim(5 * 60 + 59, 60_000)).toBe(true)
    expect(isDim(6 * 60, 60_000)).toBe(false)
    expect(isDim(23 * 60, 59_999)).toBe(false)
  })
})

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

describe('a status word', () => {
  it('is never taken for narrower than it is', () => {
    // Measured in a browser at weight 750, in em, letters 0.03 em tighter; "Neznano" as the sum of the font's advance widths.
    const measured = {
      Free: 1.97,
      Busy: 2.17,
      Full: 1.69,
      Unknown: 4.11,
      Prosto: 2.89,
      'Ne vem': 3.44,
      Neznano: 3.89,
      Zaprto: 2.98,
    }
    for (const [word, width] of Object.entries(measured)) {
      expect(emWidth(word)).toBeGreaterThanOrEqual(width)
      expect(emWidth(word)).toBeLessThan(width * 1.12)
    }
    expect(emWidth('已滿')).toBeGreaterThan(1.9)
    expect([hasDescender('Busy'), hasDescender('Free')]).toEqual([true, false])
  })
})
