import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { makeSeededRandom } from './seeded-random.ts'

describe('a random source', () => {
  test('the same seed gives the same throws, on every machine and in every version', () => {
    const random = makeSeededRandom(42)
    expect(Array.from({ length: 6 }, () => random.integerBelow(1_000_000))).toEqual([
      162_016, 709_358, 271_716, 472_697, 8_868, 636_025,
    ])
  })

  test('another seed gives other throws', () => {
    const firsts = new Set(Array.from({ length: 1000 }, (_, seed) => makeSeededRandom(seed).fraction()))
    expect(firsts.size).toBe(1000)
  })

  test('a throw is within its bounds', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 1, max: 1_000_000 }), (seed, below) => {
        const random = makeSeededRandom(seed)
        const fraction = random.fraction()
        const whole = random.integerBelow(below)
        expect(fraction >= 0 && fraction < 1).toBe(true)
        expect(Number.isInteger(whole) && whole >= 0 && whole < below).toBe(true)
      }),
    )
  })

  test('throws are spread evenly', () => {
    const random = makeSeededRandom(7)
    const counts = Array.from({ length: 10 }, () => 0)
    for (let index = 0; index < 100_000; index += 1) {
      const face = random.integerBelow(10)
      counts[face] = (counts[face] ?? 0) + 1
    }
    // Ten thousand each; six standard deviations (95) are 570.
    for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(570)
  })

  test('a probability of 0 never happens, one of 1 always, a quarter about as often as it says', () => {
    const random = makeSeededRandom(3)
    const rolls = Array.from({ length: 4000 }, () => random.withProbability(0.25)).filter(Boolean).length
    expect(random.withProbability(0)).toBe(false)
    expect(random.withProbability(1)).toBe(true)
    expect(Math.abs(rolls - 1000)).toBeLessThan(165)
  })

  test('every item is picked some time, and nothing from nothing', () => {
    const random = makeSeededRandom(9)
    expect(new Set(Array.from({ length: 100 }, () => random.pick(['a', 'b', 'c'])))).toEqual(
      new Set(['a', 'b', 'c']),
    )
    expect(() => random.pick([])).toThrow(RangeError)
  })
})
