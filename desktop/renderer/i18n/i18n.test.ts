import { describe, expect, it } from 'vitest'
import { en } from './en.ts'
import { makeI18n } from './i18n.ts'
import { portalEn } from './portal-en.ts'
import { portalSl } from './portal-sl.ts'
import { portalZhTw } from './portal-zh-tw.ts'
import { sl } from './sl.ts'
import { zhTw } from './zh-tw.ts'

/** Every text of a language by its path. */
function textsOf(words: object, path = ''): Map<string, string> {
  const texts = new Map<string, string>()
  for (const [key, value] of Object.entries(words)) {
    if (typeof value === 'string') texts.set(path + key, value)
    else for (const [inner, text] of textsOf(value as object, `${path}${key}.`)) texts.set(inner, text)
  }
  return texts
}

const namesIn = (text: string): string[] =>
  [...text.matchAll(/\{\{(\w+)\}\}/g)].map((match) => match[1] ?? '').toSorted()
const singular = (key: string): string => key.replace(/_(one|two|few|other)$/, '_other')

describe('the languages', () => {
  it('say every text with the same values in it, and none is empty', () => {
    for (const [english, ...others] of [
      [en, sl, zhTw],
      [portalEn, portalSl, portalZhTw],
    ] as const)
      for (const words of others)
        for (const [key, text] of textsOf(words)) {
          expect(text.trim(), key).not.toBe('')
          expect(namesIn(text), key).toEqual(namesIn(textsOf(english).get(singular(key)) ?? ''))
        }
  })

  it('count in Slovenian with four forms', () => {
    const { t } = makeI18n('sl')
    const seats = [1, 2, 3, 4, 5, 101, 102].map((count) => t('door.seats', { count }))
    expect(seats).toEqual([
      'skupaj 1 sedež',
      'skupaj 2 sedeža',
      'skupaj 3 sedeži',
      'skupaj 4 sedeži',
      'skupaj 5 sedežev',
      'skupaj 101 sedež',
      'skupaj 102 sedeža',
    ])
  })

  it('count in English and Chinese', () => {
    expect(makeI18n('en').t('entrance.free', { free: 3, count: 9 })).toBe('3 of 9 spaces free')
    expect(makeI18n('zh-TW').t('door.seats', { count: 2 })).toBe('共 2 個座位')
  })

  it('have a status word of at most six letters', () => {
    for (const words of [en, sl, zhTw])
      for (const word of Object.values(words.tone)) expect([...word].length).toBeLessThanOrEqual(6)
  })
})
