import type { TSchema } from 'typebox'

/** A key that no setting has: probably a slip of the pen. */
export interface UnknownKey {
  /** Path inside the file, for example "screen.langauge". */
  at: string
  /** The setting that was perhaps meant; null when none is near. */
  suggestion: string | null
}

/** A copy without the keys that the schema does not know, and what they were. Objects only; lists are left alone. */
export function dropUnknownKeys(
  schema: TSchema,
  value: unknown,
  path: readonly string[] = [],
): { known: unknown; unknownKeys: UnknownKey[] } {
  const properties = propertiesOf(schema)
  if (properties === null || typeof value !== 'object' || value === null || Array.isArray(value))
    return { known: value, unknownKeys: [] }
  const known: [string, unknown][] = []
  const unknownKeys: UnknownKey[] = []
  for (const [key, item] of Object.entries(value)) {
    const inner = Object.hasOwn(properties, key) ? properties[key] : undefined
    if (inner === undefined) {
      const near = nearest(key, Object.keys(properties))
      const suggestion = near === null ? null : [...path, near].join('.')
      unknownKeys.push({ at: [...path, key].join('.'), suggestion })
      continue
    }
    const below = dropUnknownKeys(inner, item, [...path, key])
    known.push([key, below.known])
    unknownKeys.push(...below.unknownKeys)
  }
  return { known: Object.fromEntries(known), unknownKeys }
}

function propertiesOf(schema: TSchema): Record<string, TSchema> | null {
  return 'properties' in schema ? (schema.properties as Record<string, TSchema>) : null
}

/** The nearest of some names, if it is near enough to be meant: a third of its letters may differ. */
export function nearest(key: string, names: readonly string[]): string | null {
  if (key.length > 64) return null
  const [best] = names
    .map((name) => ({ name, distance: editDistance(key.toLowerCase(), name.toLowerCase()) }))
    .toSorted((left, right) => left.distance - right.distance)
  if (best === undefined || best.distance > Math.max(2, Math.floor(best.name.length / 3))) return null
  return best.name
}

/** How many letters must be added, taken out or changed to make one word of the other (Levenshtein). */
function editDistance(left: string, right: string): number {
  let row = Array.from({ length: right.length + 1 }, (_, index) => index)
  for (let i = 1; i <= left.length; i += 1) {
    const next = [i]
    for (let j = 1; j <= right.length; j += 1) {
      const changed = (row[j - 1] ?? 0) + (left[i - 1] === right[j - 1] ? 0 : 1)
      next.push(Math.min(changed, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[right.length] ?? 0
}
