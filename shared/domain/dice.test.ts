import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { makeDice } from './dice.ts'

describe('dice', () => {
  test('the same seed gives the same throws, on every machine and in every version', () => {
    const dice = makeDice(42)
    expect(Array.from({ length: 6 }, () => dice.below(1_000_000))).toEqual([
      162_016, 709_358, 271_716, 472_697, 8_868, 636_025,
    ])
  })

  test('another seed gives other throws', () => {
    const firsts = new Set(Array.from({ length: 1000 }, (_, seed) => makeDice(seed).fraction()))
    expect(firsts.size).toBe(1000)
  })

  test('a throw is within its bounds', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 1, max: 1_000_000 }), (seed, below) => {
        const dice = makeDice(seed)
        const fraction = dice.fraction()
        const whole = dice.below(below)
        expect(fraction >= 0 && fraction < 1).toBe(true)
        expect(Number.isInteger(whole) && whole >= 0 && whole < below).toBe(true)
      }),
    )
  })

  test('throws are spread evenly', () => {
    const dice = makeDice(7)
    const counts = Array.from({ length: 10 }, () => 0)
    for (let index = 0; index < 100_000; index += 1) {
      const face = dice.below(10)
      counts[face] = (counts[face] ?? 0) + 1
    }
    // Ten thousand each; six standard deviations (95) are 570.
    for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(570)
  })

  test('a chance of nought never happens, one of one always, a quarter about as often as it says', () => {
    const dice = makeDice(3)
    const rolls = Array.from({ length: 4000 }, () => dice.chance(0.25)).filter(Boolean).length
    expect(dice.chance(0)).toBe(false)
    expect(dice.chance(1)).toBe(true)
    expect(Math.abs(rolls - 1000)).toBeLessThan(165)
  })

  test('every item is picked some time, and nothing from nothing', () => {
    const dice = makeDice(9)
    expect(new Set(Array.from({ length: 100 }, () => dice.pick(['a', 'b', 'c'])))).toEqual(
      new Set(['a', 'b', 'c']),
    )
    expect(() => dice.pick([])).toThrow(RangeError)
  })
})
