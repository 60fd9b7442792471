/** The nearest of some names, if it is near enough to be meant: a third of its letters may differ. */
export function nearestName(typed: string, names: readonly string[]): string | null {
  if (typed.length > 64) return null
  const [best] = names
    .map((name) => ({ name, distance: editDistance(typed.toLowerCase(), name.toLowerCase()) }))
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
