import { readdirSync } from 'node:fs'
import { FALLBACK, findLanguage, type Language } from '#shared/i18n/language.ts'

const FOLDER = new URL('../../shared/i18n/', import.meta.url)

/** Tags of the languages that are spoken here: what has a folder is one. */
export const LANGUAGES: readonly string[] = readdirSync(FOLDER, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name)
  .toSorted()

/** The language in which somebody is answered whose language this tag names. [LNG-3] */
export function spokenLanguage(tag: string): string {
  return findLanguage(tag, LANGUAGES) ?? FALLBACK
}

/** Whether somebody whose language this tag names is answered in it. */
export function isSpoken(tag: string): boolean {
  return findLanguage(tag, LANGUAGES) !== null
}

/** What one file of each language exports under the file's own name, by tag. Rejects where a folder has no such file. */
export async function loadWords<Words>(file: string): Promise<ReadonlyMap<string, Words>> {
  const load = async (tag: string): Promise<[string, Words]> => {
    const exported = (await import(new URL(`${tag}/${file}.ts`, FOLDER).href)) as Record<string, Words>
    const words = exported[file]
    if (words === undefined) throw new Error(`shared/i18n/${tag}/${file}.ts exports no ${file}`)
    return [tag, words]
  }
  return new Map(await Promise.all(LANGUAGES.map(load)))
}

/** The facts of each language, by tag. */
export const LANGUAGE_FACTS = await loadWords<Language>('language')
