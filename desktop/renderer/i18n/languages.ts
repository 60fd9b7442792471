import type { Language } from '#shared/i18n/language.ts'
import type { Locale } from '#shared/domain/university.ts'

/** A language as it is offered: its tag, its name in its own words, and the same in a few letters. */
export type OfferedLanguage = Pick<Language, 'name' | 'short'> & { locale: Locale }

const FACTS = byLanguage(
  import.meta.glob<Language>('../../../shared/i18n/*/language.ts', { import: 'language', eager: true }),
)

/** All languages: what has a folder in `shared/i18n` is one. In the order of their tags. */
export const LANGUAGES: readonly OfferedLanguage[] = Object.entries(FACTS).map(
  ([locale, { name, short }]) => ({
    locale: locale as Locale,
    name,
    short,
  }),
)

/** Facts of a language, such as how it writes times. */
export function factsOf(locale: Locale): Language {
  const facts = FACTS[locale] ?? FACTS['en']
  if (facts === undefined) throw new Error('English is missing')
  return facts
}

/** The same by the names of the folders in which the files lie, in their order. */
export function byLanguage<Exported>(files: Record<string, Exported>): Record<string, Exported> {
  const entries = Object.entries(files).map(([path, exported]): [string, Exported] => [
    path.split('/').at(-2) ?? '',
    exported,
  ])
  return Object.fromEntries(entries.toSorted(([one], [other]) => (one < other ? -1 : 1)))
}
