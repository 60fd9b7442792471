/** Strings and the marks between them; whatever else stands in a JSON text does not matter here. */
const TOKENS = /"(?:[^"\\]|\\.)*"|[{}[\],:]/gs

interface Level {
  /** Keys of an object so far; null for a list. */
  keys: Set<string> | null
  /** The key under which this level stands. */
  name: string
}

/**
 * The first key that one object of a valid JSON text names twice, with the keys above it; null when there is none.
 * JSON.parse keeps the last of them and says nothing: half a building would be lost. [TRE-2]
 */
export function findRepeatedKey(json: string): string[] | null {
  const levels: Level[] = []
  let text = ''
  for (const [token] of json.matchAll(TOKENS)) {
    const level = levels.at(-1)
    if (token === '{' || token === '[') {
      levels.push({ keys: token === '{' ? new Set() : null, name: text })
      text = ''
    } else if (token === '}' || token === ']') levels.pop()
    else if (token === ',') text = ''
    else if (token !== ':') text = token
    else if (level?.keys !== undefined && level.keys !== null) {
      const key = JSON.parse(text) as string
      if (level.keys.has(key)) return [...names(levels), key]
      level.keys.add(key)
    }
  }
  return null
}

function names(levels: readonly Level[]): string[] {
  return levels.flatMap(({ name }) => (name === '' ? [] : [JSON.parse(name) as string]))
}
