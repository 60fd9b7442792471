import type { Dice } from '#shared/domain/dice.ts'

const ODD: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  0.5,
  1e308,
  Number.MAX_SAFE_INTEGER,
  Number.MAX_SAFE_INTEGER + 1,
  '',
  'x'.repeat(5_000),
  '\u0000\u202E\uD800',
  '2026-01-01',
  [],
  {},
  [[[[[[]]]]]],
  { __proto__: null, constructor: 1, toString: 'no' },
  Array.from({ length: 300 }, () => 1),
]

/** Texts that were never a message at all. */
export function nonsense(dice: Dice): string {
  switch (dice.below(8)) {
    case 0:
      return ''
    case 1:
      return '{"type":"push","mutations":['
    case 2:
      return JSON.stringify(dice.pick(ODD))
    case 3:
      return JSON.stringify({ type: dice.pick(['hello', 'welcome', '', 'pull', '__proto__', 'constructor']) })
    case 4:
      return `{"type":"${'a'.repeat(dice.below(3_000))}"}`
    case 5:
      return '['.repeat(dice.below(2_000))
    case 6:
      return `{"type":"pull","cursor":${'9'.repeat(dice.below(400) + 1)}}`
    default:
      return Array.from({ length: dice.below(200) }, () => String.fromCharCode(dice.below(0x1_00_00))).join(
        '',
      )
  }
}

/** A valid message with one to three things wrong: a value swapped, a key lost, added or renamed, a text cut or doubled. */
export function mutateMessage(dice: Dice, message: unknown): string {
  let value: unknown = structuredClone(message)
  const changes = 1 + dice.below(3)
  for (let change = 0; change < changes; change += 1) value = mutateValue(dice, value, 0)
  const text = JSON.stringify(value) ?? ''
  switch (dice.below(12)) {
    case 0:
      return text.slice(0, dice.below(text.length + 1))
    case 1:
      return text + text
    case 2: {
      const at = dice.below(text.length + 1)
      return text.slice(0, at) + String.fromCharCode(dice.below(256)) + text.slice(at + 1)
    }
    default:
      return text
  }
}

function mutateValue(dice: Dice, value: unknown, depth: number): unknown {
  if (Array.isArray(value)) return mutateList(dice, value, depth)
  if (typeof value === 'object' && value !== null) return mutateObject(dice, { ...value }, depth)
  if (typeof value === 'number' && dice.chance(0.6))
    return dice.pick([value + 1, value - 1, -value, value * 2, value + 0.5, 0])
  if (typeof value === 'string' && dice.chance(0.5))
    return dice.pick([
      value.slice(1),
      `${value}x`,
      value.toUpperCase(),
      value + value,
      value.replace(/./, '_'),
    ])
  return dice.pick(ODD)
}

function mutateList(dice: Dice, list: readonly unknown[], depth: number): unknown[] {
  if (list.length === 0 || dice.chance(0.2)) return [...list, dice.pick(ODD)]
  const at = dice.below(list.length)
  if (dice.chance(0.2)) return list.filter((_, index) => index !== at)
  if (dice.chance(0.2)) return [...list, list[at]]
  return list.map((item, index) => (index === at ? mutateValue(dice, item, depth + 1) : item))
}

function mutateObject(dice: Dice, object: Record<string, unknown>, depth: number): Record<string, unknown> {
  const keys = Object.keys(object)
  const key = keys.length === 0 ? 'type' : dice.pick(keys)
  if (depth < 6 && dice.chance(0.6)) object[key] = mutateValue(dice, object[key], depth + 1)
  else if (dice.chance(0.4)) delete object[key]
  else if (dice.chance(0.5)) object[dice.pick(['extra', 'constructor', '__proto__x', 'id'])] = dice.pick(ODD)
  else {
    object[`${key}x`] = object[key]
    delete object[key]
  }
  return object
}
