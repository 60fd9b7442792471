import { FALLBACK } from '#shared/i18n/language.ts'
import type { portal } from '#shared/i18n/en/portal.ts'
import { loadWords, spokenLanguage } from '../platform/languages.ts'

/** What the log calls acts, by `actKey`, what they say, and actors that are no persons, as the portal's page does. [AUD-10] */
export interface ActWords {
  act: Readonly<Record<string, string>>
  field: Readonly<Record<string, string>>
  actor: Readonly<Record<string, string>>
}

const WORDS = await loadWords<Pick<typeof portal, 'log'>>('portal')

/** In the language that this tag names, or what is spoken in its place. [LNG-3] */
export function wordsOfAct(language: string): ActWords {
  const words = WORDS.get(spokenLanguage(language)) ?? WORDS.get(FALLBACK)
  return words === undefined ? { act: {}, field: {}, actor: {} } : words.log
}

/** Actors whose word has a part of a text, whatever its case: "command" → cli. */
export function actorsNamed(part: string, language: string = FALLBACK): string[] {
  const wanted = part.trim().toLowerCase()
  if (wanted === '') return []
  return Object.entries(wordsOfAct(language).actor)
    .filter(([, word]) => word.toLowerCase().includes(wanted))
    .map(([actor]) => actor)
}
