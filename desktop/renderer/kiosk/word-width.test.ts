import { describe, expect, it } from 'vitest'
import { emWidth, hasDescender } from './word-width.ts'

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
