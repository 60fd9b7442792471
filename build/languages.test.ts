import { readdirSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { LANGUAGE_FACTS, LANGUAGES, loadWords } from '../hub/platform/languages.ts'
import { ROOT } from './house.mjs'

// What the compiler cannot know of a language's folder: that it is whole, and that its forms are those of Intl.

/** What every folder has, each exporting what it is called. */
const FILES = ['kiosk', 'language', 'mail', 'portal']
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

const WORDS = new Map(
  await Promise.all(
    ['kiosk', 'portal', 'mail'].map(async (file) => [file, await loadWords<object>(file)] as const),
  ),
)

describe.each([...LANGUAGES])('[LNG-1] %s', (tag) => {
  test('is a tag as BCP 47 writes it, and its folder is whole', () => {
    expect(Intl.getCanonicalLocales(tag)).toEqual([tag])
    const files = readdirSync(path.join(ROOT, 'shared/i18n', tag)).toSorted()
    expect(files).toEqual(FILES.map((file) => `${file}.ts`))
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
})
