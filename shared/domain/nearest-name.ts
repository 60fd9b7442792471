/** The nearest of some names, if it is near enough to be meant: of three letters one may differ, of six two, and so on. */
export function nearestName(typed: string, names: readonly string[]): string | null {
  if (typed.length > 64) return null
  const [best] = names
    .map((name) => ({ name, distance: editDistance(typed.toLowerCase(), name.toLowerCase()) }))
    .toSorted((left, right) => left.distance - right.distance)
  if (best === undefined || best.distance > Math.max(1, Math.floor(best.name.length / 3))) return null
  return best.name
}

/** So many letters must a word have for a wrong one to be seen in it: "East" and "West" are two words. */
const MIN_WORD_LENGTH = 5

/**
 * Whether a name was perhaps to be another one: the same letters in other capitals, accents or punctuation, or one letter of
 * one longer word another, too many, missing or swapped. Names that differ in a number are two names. [IMP-22]
 */
export function isSlipOf(typed: string, name: string): boolean {
  if (typed === name) return false
  const [left, right] = [wordsOf(typed), wordsOf(name)]
  if (left.join('') === right.join('')) return true
  if (left.length !== right.length) return false
  const differing = left.flatMap((word, index) => (word === right[index] ? [] : [[word, right[index] ?? '']]))
  const [[one = '', other = ''] = [], second] = differing
  return (
    second === undefined &&
    !/\d/.test(one + other) &&
    Math.min(one.length, other.length) >= MIN_WORD_LENGTH &&
    editDistance(one, other) === 1
  )
}

/** Words in small letters, without accents. */
function wordsOf(name: string): string[] {
  return (
    name
      .normalize('NFD')
      .toLowerCase()
      .replaceAll(/\p{M}/gu, '')
      .match(/[\p{L}\p{N}]+/gu) ?? []
  )
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
