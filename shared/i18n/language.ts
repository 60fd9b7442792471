/** The forms that a number can ask of a language (CLDR's plural categories, as `Intl.PluralRules` names them). */
export type PluralForm = 'zero' | 'one' | 'two' | 'few' | 'many' | 'other'

/** What `language.ts` of a language's folder says. The folder's name is its BCP 47 tag, the `lang` of all that it says. */
export interface Language {
  /** Its own name for itself. */
  name: string
  /** The same on a button: a few letters. */
  short: string
  /** Every form that `Intl.PluralRules` has for it: each text with a number is said in each of them. */
  plurals: readonly PluralForm[]
  /** "14:05" */
  time: Intl.DateTimeFormatOptions
  /** "Fri 20 Nov" */
  day: Intl.DateTimeFormatOptions
  /** A day and a time of it as a letter has them: "20 November 2026 at 14:05" */
  moment: Intl.DateTimeFormatOptions
}

/** The language that stands in for one that nobody here speaks, and whose words are the shape of all others'. */
export const FALLBACK = 'en'

/**
 * Which of the languages here is spoken for a tag: that one; else the first of the same language, so that `sl-SI` is served
 * in `sl` and every Chinese in what there is of it; null: none.
 */
export function findLanguage(tag: string, here: readonly string[]): string | null {
  const wanted = tag.toLowerCase()
  const [primary] = wanted.split('-')
  return (
    here.find((one) => one.toLowerCase() === wanted) ??
    here.find((one) => one.toLowerCase().split('-')[0] === primary) ??
    null
  )
}

/** What files of languages export, by their paths; given by the tags, which are the names of their folders, in their order. */
export function byLanguage<Exported>(files: Record<string, Exported>): Record<string, Exported> {
  const entries = Object.entries(files).map(([path, exported]): [string, Exported] => [
    path.split('/').at(-2) ?? '',
    exported,
  ])
  return Object.fromEntries(entries.toSorted(([one], [other]) => (one < other ? -1 : 1)))
}
