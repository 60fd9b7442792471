import { readdirSync } from 'node:fs'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { FALLBACK, type Language } from '#shared/i18n/language.ts'
import type { Avoided } from '#shared/i18n/words.ts'
import { ROOT } from './launcher.mjs'
import type { TreeFile } from './tree.ts'

/** What every language's folder has; each file exports what it is called. `TERMS.md` beside them is for whoever translates. */
const FILES = ['avoid', 'fault', 'kiosk', 'language', 'mail', 'portal']
const WORDS = ['fault', 'kiosk', 'mail', 'portal']
const COUNTED = /_(?:zero|one|two|few|many|other)$/

/**
 * What the compiler cannot know of the languages: that each folder is whole and called by a tag, that its plural forms are
 * those of `Intl.PluralRules`, that what a text says keeps its values, and that no text says a word that its language
 * avoids. [LNG-1] [LNG-2] [LNG-6]
 */
export async function checkLanguages(folder: string = path.join(ROOT, 'shared/i18n')): Promise<string[]> {
  const tags = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .toSorted()
  const english = await loadAll(folder, FALLBACK)
  const problems = await Promise.all(tags.map((tag) => checkLanguage(folder, tag, english)))
  return problems.flat()
}

async function checkLanguage(folder: string, tag: string, english: Map<string, object>): Promise<string[]> {
  if (canonical(tag) !== tag) return [`shared/i18n/${tag} is not called by a tag of BCP 47`]
  const there = readdirSync(path.join(folder, tag)).toSorted()
  const wanted = FILES.map((file) => `${file}.ts`)
  const missing = wanted.filter((file) => !there.includes(file))
  const other = there.filter((file) => !wanted.includes(file) && file !== 'TERMS.md')
  if (missing.length > 0) return missing.map((file) => `shared/i18n/${tag}/${file} is missing`)
  const all = await loadAll(folder, tag)
  const { plurals } = all.get('language') as Language
  const rules = new Intl.PluralRules(tag).resolvedOptions().pluralCategories
  const wrongForms =
    plurals.toSorted().join() === rules.toSorted().join()
      ? []
      : [`shared/i18n/${tag}/language.ts: plurals are ${rules.toSorted().join(', ')}`]
  const avoided = all.get('avoid') as readonly Avoided[]
  const wrongWords = WORDS.flatMap((file) => {
    const texts = textsOf(all.get(file) ?? {})
    const problems = [
      ...compare(texts, textsOf(english.get(file) ?? {}), plurals),
      ...findAvoided(texts, avoided),
    ]
    return problems.map((problem) => `shared/i18n/${tag}/${file}.ts: ${problem}`)
  })
  return [...other.map((file) => `shared/i18n/${tag}/${file} is nothing`), ...wrongForms, ...wrongWords]
}

/** Texts of kiosk and portal that no screen says: named whole nowhere, nor by a beginning that something is added to. [LNG-7] */
export async function checkTextsUsed(
  tree: readonly TreeFile[],
  folder: string = path.join(ROOT, 'shared/i18n'),
): Promise<string[]> {
  const english = await loadAll(folder, FALLBACK)
  const sources = tree.filter(
    ({ path: file }) =>
      /^(?:desktop\/renderer\/.*\.tsx?|build\/vite\.renderer\.ts)$/.test(file) && !/\.test\.tsx?$/.test(file),
  )
  const code = sources.map(({ text }) => text).join('\n')
  return ['kiosk', 'portal'].flatMap((file) =>
    findUnused([...textsOf(english.get(file) ?? {}).keys()], code).map(
      (key) => `shared/i18n/*/${file}.ts: ${key} is said nowhere`,
    ),
  )
}

/** Keys, without their plural forms, that code names neither whole nor by their beginning in a template. */
export function findUnused(keys: readonly string[], code: string): string[] {
  const named = new Set([...code.matchAll(/\w+(?:\.\w+)*/g)].map(([key]) => key))
  const beginnings = [...code.matchAll(/`(?:\w+:)?([\w.]+)\$\{/g)].map(([, beginning]) => beginning ?? '')
  return [...new Set(keys.map((key) => key.replace(COUNTED, '')))].filter(
    (key) => !named.has(key) && !beginnings.some((beginning) => key.startsWith(beginning)),
  )
}

function canonical(tag: string): string | null {
  try {
    return Intl.getCanonicalLocales(tag)[0] ?? null
  } catch {
    return null
  }
}

/** What the files of a language export, by their names. Rejects where one cannot be read. */
async function loadAll(folder: string, tag: string): Promise<Map<string, object>> {
  const load = async (file: string): Promise<[string, object]> => {
    const url = pathToFileURL(path.join(folder, tag, `${file}.ts`)).href
    const exported = (await import(url)) as Record<string, object>
    return [file, exported[file] ?? {}]
  }
  return new Map(await Promise.all(FILES.map(load)))
}

/** Every text of a language by its path. */
function textsOf(words: object, where = ''): Map<string, string> {
  const texts = new Map<string, string>()
  for (const [key, value] of Object.entries(words)) {
    if (typeof value === 'string') texts.set(where + key, value)
    else for (const [inner, text] of textsOf(value as object, `${where}${key}.`)) texts.set(inner, text)
  }
  return texts
}

const valuesIn = (text: string): string =>
  [...text.matchAll(/\{\{(\w+)\}\}/g)]
    .map((match) => match[0])
    .toSorted()
    .join(' ')

function compare(
  texts: ReadonlyMap<string, string>,
  english: ReadonlyMap<string, string>,
  plurals: readonly string[],
): string[] {
  const wanted = new Set(
    [...english.keys()].flatMap((key) => {
      if (!COUNTED.test(key)) return [key]
      return key.endsWith('_other') ? plurals.map((form) => key.replace(COUNTED, `_${form}`)) : []
    }),
  )
  const missing = [...wanted].filter((key) => !texts.has(key)).map((key) => `${key} is missing`)
  const wrong = [...texts].flatMap(([key, text]) => {
    if (!wanted.has(key)) return [`${key} is too many`]
    if (text.trim() === '') return [`${key} is empty`]
    const values = valuesIn(english.get(key.replace(COUNTED, '_other')) ?? '')
    if (valuesIn(text) !== values) return [`${key} must have ${values || 'no value'} in it`]
    return COUNTED.test(key) === text.includes('{{count}}')
      ? []
      : [`${key} has a number, and no plural forms`]
  })
  return [...missing, ...wrong]
}

function findAvoided(texts: ReadonlyMap<string, string>, avoided: readonly Avoided[]): string[] {
  return [...texts].flatMap(([key, text]) =>
    avoided
      .filter((word) => saysAvoided(text, word))
      .map(({ not, say }) => `${key} says "${not}": say "${say}"`),
  )
}

/** Whether a text has a word of its language's list. Han writing has no gaps between words: there any place in it counts. [LNG-6] */
export function saysAvoided(text: string, { not, alone }: Avoided): boolean {
  const isOpen = not.endsWith('*')
  const word = (isOpen ? not.slice(0, -1) : not).replaceAll(/[$()*+.?[\\\]^{|}]/g, String.raw`\$&`)
  const letter = String.raw`[\p{L}--\p{Script=Han}]`
  const [before, after] = alone ? ['^', String.raw`\.?$`] : [`(?<!${letter})`, isOpen ? '' : `(?!${letter})`]
  return new RegExp(before + word + after, 'iv').test(text)
}
