import type { Dice } from '#shared/domain/dice.ts'

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
export function makeValue(dice: Dice, depth = 3): unknown {
  if (depth === 0 || dice.chance(0.4)) return dice.pick(NASTY)
  const items = Array.from({ length: dice.below(4) }, () => makeValue(dice, depth - 1))
  if (dice.chance(0.5)) return items
  return Object.fromEntries(
    items.map((item) => [dice.pick(['id', 'type', '__proto__', 'constructor', '']), item]),
  )
}

/** A valid value with one thing in it that is another one, missing, or too much. */
export function mutateValue(dice: Dice, value: unknown): unknown {
  if (typeof value === 'number' && dice.chance(0.5))
    return dice.pick([value + 1, value - 1, -value, value * 2, value + 0.5, 0])
  if (Array.isArray(value) && value.length > 0) {
    const at = dice.below(value.length)
    const other: unknown = mutateValue(dice, value[at])
    return dice.pick([
      value.with(at, other),
      [...value, other],
      value.toSpliced(at, 1),
      [...value, ...value],
    ]) as unknown
  }
  if (typeof value !== 'object' || value === null || dice.chance(0.1)) return makeValue(dice, 2)
  const entries = Object.entries(value)
  const at = dice.below(entries.length)
  const [key, inner] = entries[at] ?? ['', null]
  const changed = dice.pick<[string, unknown][]>([
    [[key, mutateValue(dice, inner)]],
    [[key, mutateValue(dice, inner)]],
    [[key, mutateValue(dice, inner)]],
    [],
    [
      [key, inner],
      [dice.pick(['more', '__proto__', 'id']), dice.pick(NASTY)],
    ],
  ])
  return Object.fromEntries(entries.toSpliced(at, 1, ...changed))
}

/** A text that was never a message. */
export function makeNonsense(dice: Dice): string {
  switch (dice.below(5)) {
    case 0:
      return '['.repeat(dice.below(3_000))
    case 1:
      return `{"type":"ack","lastMutationId":${'9'.repeat(dice.below(400) + 1)}}`
    case 2:
      return JSON.stringify(makeValue(dice)) ?? ''
    case 3:
      return JSON.stringify({ type: dice.pick(['toString', '__proto__', 'push', 'hello', '']) })
    default:
      return String.fromCharCode(...Array.from({ length: dice.below(60) }, () => dice.below(0x1_00_00)))
  }
}
