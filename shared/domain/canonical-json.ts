/** Neither a message nor a space's facts go deeper than a handful. */
const MAX_JSON_DEPTH = 64

/**
 * JSON with sorted keys and without absent ones: one text for one value. Below 64 levels, where nothing of ours
 * goes, everything reads as null: a body made to exhaust the stack must not. [SYN-15]
 */
export function canonicalJson(value: unknown, depth = 0): string {
  if (value === undefined || depth > MAX_JSON_DEPTH) return 'null'
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item, depth + 1)).join(',')}]`
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value)
      .filter(([, item]) => item !== undefined)
      .toSorted(([left], [right]) => (left < right ? -1 : 1))
    return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonicalJson(item, depth + 1)}`).join(',')}}`
  }
  return JSON.stringify(value)
}
