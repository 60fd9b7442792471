import type { TSchema } from 'typebox'
import { nearestName } from '#shared/domain/nearest-name.ts'

/** A key that is no setting: probably misspelt. */
export interface UnknownKey {
  /** Path inside the file, for example "screen.langauge". */
  at: string
  /** The setting with the nearest name; null when none is near. */
  suggestion: string | null
}

/** A copy without the keys that the schema does not know, and those keys. Only of objects; lists stay as they are. */
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
      const near = nearestName(key, Object.keys(properties))
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
