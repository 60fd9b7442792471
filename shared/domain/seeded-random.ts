/** A random source that is passed as an argument: the same seed gives the same values, on every machine. */
export interface SeededRandom {
  /** A fraction in [0, 1). */
  fraction(): number
  /** A whole number in [0, below). `below` is at least 1. */
  integerBelow(below: number): number
  /** True with the given probability (0…1). */
  withProbability(probability: number): boolean
  /** One item of a list that is not empty. */
  pick<Item>(items: readonly Item[]): Item
}

/**
 * Makes a random source from an integer seed: the generator sfc32, seeded through splitmix32
 * (both public domain, see pracrand.sourceforge.net). For jitter, simulations and
 * fixtures; never for secrets.
 */
export function makeSeededRandom(seed: number): SeededRandom {
  let mix = seed >>> 0
  const splitmix = (): number => {
    mix = (mix + 0x9e3779b9) | 0
    let t = mix ^ (mix >>> 16)
    t = Math.imul(t, 0x21f0aaad)
    t ^= t >>> 15
    t = Math.imul(t, 0x735a2d97)
    return (t ^ (t >>> 15)) >>> 0
  }
  let a = splitmix()
  let b = splitmix()
  let c = splitmix()
  let counter = 1
  const next = (): number => {
    const t = (((a + b) | 0) + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (c << 21) | (c >>> 11)
    c = (c + t) | 0
    return t >>> 0
  }
  const random: SeededRandom = {
    fraction: () => next() / 4294967296,
    integerBelow: (below) => Math.floor((next() / 4294967296) * below),
    withProbability: (probability) => next() / 4294967296 < probability,
    pick: (items) => {
      const item = items[random.integerBelow(items.length)]
      if (item === undefined) throw new RangeError('pick from an empty list')
      return item
    },
  }
  return random
}
