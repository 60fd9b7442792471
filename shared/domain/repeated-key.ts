/** Strings and the marks between them; whatever else is in a JSON text does not matter here. */
const TOKENS = /"(?:[^"\\]|\\.)*"|[{}[\],:]/gs

interface Nesting {
  /** Keys of an object so far; null for a list. */
  keys: Set<string> | null
  /** The key under which it is. */
  name: string
}

/**
 * The first key that one object of a valid JSON text names twice, with the keys above it; null when there is none.
 * JSON.parse keeps the last of them and says nothing: half a building would be lost. [TRE-2]
 */
export function findRepeatedKey(json: string): string[] | null {
  const open: Nesting[] = []
  let text = ''
  for (const [token] of json.matchAll(TOKENS)) {
    const innermost = open.at(-1)
    if (token === '{' || token === '[') {
      open.push({ keys: token === '{' ? new Set() : null, name: text })
      text = ''
    } else if (token === '}' || token === ']') open.pop()
    else if (token === ',') text = ''
    else if (token !== ':') text = token
    else if (innermost?.keys !== undefined && innermost.keys !== null) {
      const key = JSON.parse(text) as string
      if (innermost.keys.has(key)) return [...names(open), key]
      innermost.keys.add(key)
    }
  }
  return null
}

function names(open: readonly Nesting[]): string[] {
  return open.flatMap(({ name }) => (name === '' ? [] : [JSON.parse(name) as string]))
}
