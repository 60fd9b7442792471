import type { SeededRandom } from '#shared/domain/seeded-random.ts'

const NASTY: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  0.5,
  1e308,
  8_640_000_000_000_000,
  Number.MAX_SAFE_INTEGER,
  2 ** 53,
  '',
  '__proto__',
  'constructor',
  '\u0000\u202e\ud800',
  'x'.repeat(5_000),
  [],
  {},
  [[[[[[[[]]]]]]]],
  { toString: 1, level: { level: {} } },
]

/** Any value, nested a little. */
export function makeValue(random: SeededRandom, depth = 3): unknown {
  if (depth === 0 || random.withProbability(0.4)) return random.pick(NASTY)
  const items = Array.from({ length: random.integerBelow(4) }, () => makeValue(random, depth - 1))
  if (random.withProbability(0.5)) return items
  return Object.fromEntries(
    items.map((item) => [random.pick(['id', 'type', '__proto__', 'constructor', '']), item]),
  )
}

/** A valid value with one thing in it that is another one, missing, or too much. */
export function mutateValue(random: SeededRandom, value: unknown): unknown {
  if (typeof value === 'number' && random.withProbability(0.5))
    return random.pick([value + 1, value - 1, -value, value * 2, value + 0.5, 0])
  if (Array.isArray(value) && value.length > 0) {
    const at = random.integerBelow(value.length)
    const other: unknown = mutateValue(random, value[at])
    return random.pick([
      value.with(at, other),
      [...value, other],
      value.toSpliced(at, 1),
      [...value, ...value],
    ]) as unknown
  }
  if (typeof value !== 'object' || value === null || random.withProbability(0.1)) return makeValue(random, 2)
  const entries = Object.entries(value)
  const at = random.integerBelow(entries.length)
  const [key, inner] = entries[at] ?? ['', null]
  const changed = random.pick<[string, unknown][]>([
    [[key, mutateValue(random, inner)]],
    [[key, mutateValue(random, inner)]],
    [[key, mutateValue(random, inner)]],
    [],
    [
      [key, inner],
      [random.pick(['more', '__proto__', 'id']), random.pick(NASTY)],
    ],
  ])
  return Object.fromEntries(entries.toSpliced(at, 1, ...changed))
}

/** A text that was never a message. */
export function makeNonsense(random: SeededRandom): string {
  switch (random.integerBelow(5)) {
    case 0:
      return '['.repeat(random.integerBelow(3_000))
    case 1:
      return `{"type":"ack","lastMutationId":${'9'.repeat(random.integerBelow(400) + 1)}}`
    case 2:
      return JSON.stringify(makeValue(random)) ?? ''
    case 3:
      return JSON.stringify({ type: random.pick(['toString', '__proto__', 'push', 'hello', '']) })
    default:
      return String.fromCharCode(
        ...Array.from({ length: random.integerBelow(60) }, () => random.integerBelow(0x1_00_00)),
      )
  }
}
