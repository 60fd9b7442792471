/** The nearest of some names, if it is near enough to be meant: of three letters one may differ, of six two, and so on. */
export function nearestName(typed: string, names: readonly string[]): string | null {
  if (typed.length > 64) return null
  const [best] = names
    .map((name) => ({ name, distance: editDistance(typed.toLowerCase(), name.toLowerCase()) }))
    .toSorted((left, right) => left.distance - right.distance)
  if (best === undefined || best.distance > Math.max(1, Math.floor(best.name.length / 3))) return null
  return best.name
}

/**
 * How many letters must be added, taken out, changed or swapped with the next one to make one word of the other
 * (Damerau and Levenshtein, optimal string alignment).
 */
function editDistance(left: string, right: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: right.length + 1 }, (_, index) => index)
  for (let i = 1; i <= left.length; i += 1) {
    const row = [i]
    for (let j = 1; j <= right.length; j += 1) {
      const changed = (last[j - 1] ?? 0) + (left[i - 1] === right[j - 1] ? 0 : 1)
      const isSwap = i > 1 && j > 1 && left[i - 1] === right[j - 2] && left[i - 2] === right[j - 1]
      const swapped = isSwap ? (beforeLast[j - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY
      row.push(Math.min(changed, swapped, (last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1))
    }
    beforeLast = last
    last = row
  }
  return last[right.length] ?? 0
}
