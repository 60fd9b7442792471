import type { Locale } from '#shared/domain/university.ts'

/** Which of two names comes first; for `toSorted`. */
export type CompareNames = (left: { name: string }, right: { name: string }) => number

/**
 * Names in the order of a language, and numbers in them as people count: Room 9 before Room 10; in Slovenian Č after C,
 * in Chinese by strokes. Made once and used for a whole list: asking Intl anew for each pair is slow.
 */
export function nameOrder(locale: Locale): CompareNames {
  const collator = new Intl.Collator(locale, { numeric: true })
  return (left, right) => collator.compare(left.name, right.name)
}
