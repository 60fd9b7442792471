import type { SeededRandom } from '#shared/domain/seeded-random.ts'

/** A schema of JSON, as far as the document's schemas go. */
export interface JsonSchema {
  type?: string
  enum?: readonly unknown[]
  anyOf?: readonly JsonSchema[]
  properties?: Record<string, JsonSchema>
  required?: readonly string[]
  items?: JsonSchema
  pattern?: string
  minimum?: number
  maximum?: number
  minLength?: number
  maxLength?: number
  minItems?: number
  maxItems?: number
}

/** Texts that have broken programs before. */
export const EVIL_TEXTS: readonly string[] = [
  "' or 1=1 --",
  '"; drop table users; --',
  "\\'); select pg_sleep(5); --",
  '<script>alert(1)</script>',
  '${7*7}{{7*7}}<%= 7*7 %>',
  '../../../../etc/passwd',
  '..%2f..%2fetc%2fpasswd',
  '%00%0d%0aSet-Cookie: a=b',
  'a\r\nX-Injected: yes',
  '*)(uid=*))(|(uid=*',
  '$gt',
  '\u0000',
  'null\u0000byte@example.edu',
  '\ud800',
  '\udc00\ud800',
  '\u202eabc\u2066',
  '\ufeff',
  'ﷺ'.repeat(30),
  'Z̸̢̛̯͓a̷l̸g̵o̶'.repeat(20),
  '👩‍👩‍👧‍👦',
  '__proto__',
  'constructor',
  'toString',
  '=cmd|calc',
  '%s%n%x',
  '{"$ne":null}',
  '１２３',
  'İıßſK',
  '1e999',
  'NaN',
  ' ',
]

/** Numbers at edges. */
export const EVIL_NUMBERS: readonly number[] = [
  0,
  -1,
  -0,
  0.5,
  1e21,
  1e308,
  2_147_483_647,
  2_147_483_648,
  -2_147_483_649,
  8_640_000_000_000_001,
  Number.MAX_SAFE_INTEGER,
  Number.MAX_SAFE_INTEGER + 1,
  2 ** 63,
]

/** Numbers and texts of rows that exist, by the name of the field that may hold them. */
export type Known = Record<string, readonly unknown[]>

/** A value that fits a schema, more or less: evil where the schema leaves room, and often one that exists. */
export function makeValue(random: SeededRandom, schema: JsonSchema, name: string, known: Known): unknown {
  const exists = known[name]
  if (exists !== undefined && schema.type !== 'array' && random.withProbability(0.6))
    return random.pick(exists)
  if (schema.enum !== undefined) return random.pick(schema.enum)
  if (schema.anyOf !== undefined) return makeValue(random, random.pick(schema.anyOf), name, known)
  switch (schema.type) {
    case 'object':
      return makeObject(random, schema, known)
    case 'array': {
      const most = Math.min(schema.maxItems ?? 5, 5)
      const count = Math.max(schema.minItems ?? 0, random.integerBelow(most + 1))
      return Array.from({ length: count }, () => makeValue(random, schema.items ?? {}, name, known))
    }
    case 'string':
      return makeText(random, schema)
    case 'integer':
    case 'number': {
      const { minimum = 0, maximum = Number.MAX_SAFE_INTEGER } = schema
      if (random.withProbability(0.2)) return random.pick([minimum, maximum])
      return Math.min(maximum, minimum + random.integerBelow(20))
    }
    case 'boolean':
      return random.withProbability(0.5)
    case 'null':
      return null
    default:
      return random.pick<unknown>([1, 'x', null, {}, []])
  }
}

function makeObject(random: SeededRandom, schema: JsonSchema, known: Known): Record<string, unknown> {
  const made: Record<string, unknown> = {}
  for (const [key, each] of Object.entries(schema.properties ?? {}))
    if (schema.required?.includes(key) === true || random.withProbability(0.5))
      made[key] = makeValue(random, each, key, known)
  return made
}

function makeText(random: SeededRandom, { pattern, minLength = 0, maxLength = 200 }: JsonSchema): string {
  if (pattern !== undefined)
    return 'A'.repeat(/\{(\d+)/.test(pattern) ? Number(/\{(\d+)/.exec(pattern)?.[1]) : 5)
  // The database takes any character but one.
  if (random.withProbability(0.1)) return 'nul\u0000l'.slice(0, maxLength)
  const text = random.withProbability(0.5)
    ? random.pick(EVIL_TEXTS)
    : `word ${random.integerBelow(1_000_000)}`
  const long = random.withProbability(0.05) ? text.repeat(Math.ceil(maxLength / text.length)) : text
  return long.slice(0, maxLength).padEnd(minLength, 'x')
}
