import type { SeededRandom } from '#shared/domain/seeded-random.ts'

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
export function nonsense(random: SeededRandom): string {
  switch (random.integerBelow(8)) {
    case 0:
      return ''
    case 1:
      return '{"type":"push","mutations":['
    case 2:
      return JSON.stringify(random.pick(ODD))
    case 3:
      return JSON.stringify({
        type: random.pick(['hello', 'welcome', '', 'pull', '__proto__', 'constructor']),
      })
    case 4:
      return `{"type":"${'a'.repeat(random.integerBelow(3_000))}"}`
    case 5:
      return '['.repeat(random.integerBelow(2_000))
    case 6:
      return `{"type":"pull","cursor":${'9'.repeat(random.integerBelow(400) + 1)}}`
    default:
      return Array.from({ length: random.integerBelow(200) }, () =>
        String.fromCharCode(random.integerBelow(0x1_00_00)),
      ).join('')
  }
}

/** A valid message with one to three things wrong: a value swapped, a key lost, added or renamed, a text cut or doubled. */
export function mutateMessage(random: SeededRandom, message: unknown): string {
  let value: unknown = structuredClone(message)
  const changes = 1 + random.integerBelow(3)
  for (let change = 0; change < changes; change += 1) value = mutateValue(random, value, 0)
  const text = JSON.stringify(value) ?? ''
  switch (random.integerBelow(12)) {
    case 0:
      return text.slice(0, random.integerBelow(text.length + 1))
    case 1:
      return text + text
    case 2: {
      const at = random.integerBelow(text.length + 1)
      return text.slice(0, at) + String.fromCharCode(random.integerBelow(256)) + text.slice(at + 1)
    }
    default:
      return text
  }
}

function mutateValue(random: SeededRandom, value: unknown, depth: number): unknown {
  if (Array.isArray(value)) return mutateList(random, value, depth)
  if (typeof value === 'object' && value !== null) return mutateObject(random, { ...value }, depth)
  if (typeof value === 'number' && random.withProbability(0.6))
    return random.pick([value + 1, value - 1, -value, value * 2, value + 0.5, 0])
  if (typeof value === 'string' && random.withProbability(0.5))
    return random.pick([
      value.slice(1),
      `${value}x`,
      value.toUpperCase(),
      value + value,
      value.replace(/./, '_'),
    ])
  return random.pick(ODD)
}

function mutateList(random: SeededRandom, list: readonly unknown[], depth: number): unknown[] {
  if (list.length === 0 || random.withProbability(0.2)) return [...list, random.pick(ODD)]
  const at = random.integerBelow(list.length)
  if (random.withProbability(0.2)) return list.filter((_, index) => index !== at)
  if (random.withProbability(0.2)) return [...list, list[at]]
  return list.map((item, index) => (index === at ? mutateValue(random, item, depth + 1) : item))
}

function mutateObject(
  random: SeededRandom,
  object: Record<string, unknown>,
  depth: number,
): Record<string, unknown> {
  const keys = Object.keys(object)
  const key = keys.length === 0 ? 'type' : random.pick(keys)
  if (depth < 6 && random.withProbability(0.6)) object[key] = mutateValue(random, object[key], depth + 1)
  else if (random.withProbability(0.4)) delete object[key]
  else if (random.withProbability(0.5))
    object[random.pick(['extra', 'constructor', '__proto__x', 'id'])] = random.pick(ODD)
  else {
    object[`${key}x`] = object[key]
    delete object[key]
  }
  return object
}
