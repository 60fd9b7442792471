import type { Locale } from '#shared/domain/university.ts'
import { byLanguage, FALLBACK, findLanguage, type Language } from '#shared/i18n/language.ts'

/** A language as it is offered: its tag, its name in its own words, and the same in a few letters. */
export type OfferedLanguage = Pick<Language, 'name' | 'short'> & { locale: Locale }

const FACTS = byLanguage(
  import.meta.glob<Language>('../../../shared/i18n/*/language.ts', { import: 'language', eager: true }),
)

/** All languages: what has a folder in `shared/i18n` is one. In the order of their tags. */
export const LANGUAGES: readonly OfferedLanguage[] = Object.entries(FACTS).map(
  ([locale, { name, short }]) => ({
    locale,
    name,
    short,
  }),
)

/** The language that is spoken for a tag; null where none of that language is spoken here. [LNG-3] */
export function spokenHere(tag: string): Locale | null {
  return findLanguage(tag, Object.keys(FACTS))
}

/** Makes a function that reports each language that is not spoken here, once. Throws nothing. [LNG-4] */
export function makeUnknownLanguageReporter(tell: (fault: Error) => void): (tag: string | undefined) => void {
  const logged = new Set<string>()
  return (tag) => {
    if (tag === undefined || logged.has(tag) || spokenHere(tag) !== null) return
    logged.add(tag)
    tell(new Error(`the language "${tag}" is not spoken here: there is ${Object.keys(FACTS).join(', ')}`))
  }
}

/** Facts of a language, such as how it writes times. */
export function languageFactsOf(locale: Locale): Language {
  const facts = FACTS[locale] ?? FACTS[FALLBACK]
  if (facts === undefined) throw new Error(`no language ${FALLBACK}`)
  return facts
}
