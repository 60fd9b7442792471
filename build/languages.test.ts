import { readdirSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { LANGUAGE_FACTS, LANGUAGES, loadWords } from '../hub/platform/languages.ts'
import type { Avoided } from '#shared/i18n/words.ts'
import { ROOT } from './launcher.mjs'

// What the compiler cannot know of a language's folder: that it is whole, and that its forms are those of Intl.

/** What every folder has, each exporting what it is called; `TERMS.md` beside them is for whoever writes in it. */
const FILES = ['avoid', 'kiosk', 'language', 'mail', 'portal']
const COUNTED = /_(?:zero|one|two|few|many|other)$/

/** Every text of a language by its path. */
function textsOf(words: object, where = ''): Map<string, string> {
  const texts = new Map<string, string>()
  for (const [key, value] of Object.entries(words)) {
    if (typeof value === 'string') texts.set(where + key, value)
    else for (const [inner, text] of textsOf(value as object, `${where}${key}.`)) texts.set(inner, text)
  }
  return texts
}

const valuesIn = (text: string): string[] =>
  [...text.matchAll(/\{\{(\w+)\}\}/g)].map((match) => match[1] ?? '').toSorted()

/** Whether a text has a word of its language's list. Han writing has no gaps between words: there any place in it counts. */
function says(text: string, { not, alone }: Avoided): boolean {
  const isOpen = not.endsWith('*')
  const word = (isOpen ? not.slice(0, -1) : not).replaceAll(/[$()*+.?[\\\]^{|}]/g, String.raw`\$&`)
  const letter = String.raw`[\p{L}--\p{Script=Han}]`
  const [before, after] = alone ? ['^', String.raw`\.?$`] : [`(?<!${letter})`, isOpen ? '' : `(?!${letter})`]
  return new RegExp(before + word + after, 'iv').test(text)
}

const AVOIDED = await loadWords<readonly Avoided[]>('avoid')

const WORDS = new Map(
  await Promise.all(
    ['kiosk', 'portal', 'mail'].map(async (file) => [file, await loadWords<object>(file)] as const),
  ),
)

describe.each([...LANGUAGES])('[LNG-1] %s', (tag) => {
  test('is a tag as BCP 47 writes it, and its folder is whole', () => {
    expect(Intl.getCanonicalLocales(tag)).toEqual([tag])
    const files = readdirSync(path.join(ROOT, 'shared/i18n', tag)).toSorted()
    expect(files.filter((file) => file !== 'TERMS.md')).toEqual(FILES.map((file) => `${file}.ts`))
  })

  test('[LNG-2] has the forms that Intl.PluralRules asks for', () => {
    const { pluralCategories } = new Intl.PluralRules(tag).resolvedOptions()
    expect(LANGUAGE_FACTS.get(tag)?.plurals.toSorted()).toEqual(pluralCategories.toSorted())
  })

  test.each([...WORDS])(
    '[LNG-2] says each text of %s.ts with the same values, each number in each form',
    (_, all) => {
      const texts = textsOf(all.get(tag) ?? {})
      const english = textsOf(all.get('en') ?? {})
      const forms = LANGUAGE_FACTS.get(tag)?.plurals ?? []
      const wanted = [...english.keys()].flatMap((key) => {
        if (!COUNTED.test(key)) return [key]
        return key.endsWith('_other') ? forms.map((form) => key.replace(COUNTED, `_${form}`)) : []
      })
      expect([...texts.keys()].toSorted()).toEqual(wanted.toSorted())
      for (const [key, text] of texts) {
        expect(text.trim(), key).not.toBe('')
        expect(valuesIn(text), key).toEqual(valuesIn(english.get(key.replace(COUNTED, '_other')) ?? ''))
        expect(COUNTED.test(key), `${key} counts`).toBe(text.includes('{{count}}'))
      }
    },
  )

  test.each([...WORDS])('[LNG-4] says no word in %s.ts that its list avoids', (_, all) => {
    const avoided = AVOIDED.get(tag) ?? []
    expect(avoided).not.toEqual([])
    const found = [...textsOf(all.get(tag) ?? {})].flatMap(([key, text]) =>
      avoided
        .filter((word) => says(text, word))
        .map(({ not, say }) => `${key}: "${text}": not ${not}, but ${say}`),
    )
    expect(found).toEqual([])
  })
})

test.each<[string, Avoided, boolean]>([
  ['Nothing fits.', { not: 'fits', say: '' }, true],
  ['Unsure', { not: 'unsure', say: '' }, true],
  ['It benefits you', { not: 'fits', say: '' }, false],
  ['Mine.', { not: 'Mine', say: '', alone: true }, true],
  ['That is mine', { not: 'Mine', say: '', alone: true }, false],
  ['porabljena povezava', { not: 'porabljen*', say: '' }, true],
  ['neporabljena povezava', { not: 'porabljen*', say: '' }, false],
  ['šum', { not: 'um', say: '' }, false],
  ['Your network’s log-in (again)?', { not: 'log-in (again)?', say: '' }, true],
  ['目前客滿了', { not: '客滿', say: '' }, true],
])('[LNG-4] "%s" says %o: %s', (text, word, isFound) => {
  expect(says(text, word)).toBe(isFound)
})
