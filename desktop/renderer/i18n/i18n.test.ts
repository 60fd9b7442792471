import { describe, expect, it } from 'vitest'
import { byLanguage } from '#shared/i18n/language.ts'
import type { kiosk as en } from '#shared/i18n/en/kiosk.ts'
import { makeI18n } from './i18n.ts'
import { makeUnknownLanguageReporter } from './languages.ts'

const WORDS = byLanguage(
  import.meta.glob<typeof en>('../../../shared/i18n/*/kiosk.ts', { import: 'kiosk', eager: true }),
)

describe('the languages', () => {
  it('count in Slovenian with four forms', () => {
    const { t } = makeI18n('sl')
    const seats = [1, 2, 3, 4, 5, 101, 102].map((count) => t('door.seats', { count }))
    expect(seats).toEqual([
      '1 sedež',
      '2 sedeža',
      '3 sedeži',
      '4 sedeži',
      '5 sedežev',
      '101 sedež',
      '102 sedeža',
    ])
  })

  it('[LNG-4] tell of each language that they have not, once', () => {
    const told: string[] = []
    const tell = makeUnknownLanguageReporter(({ message }) => told.push(message))
    for (const tag of ['sl', undefined, 'tlh', 'zh-Hant', 'tlh']) tell(tag)
    expect(told).toEqual([
      expect.stringMatching(/^the language "tlh" is not spoken here: there is en, sl, zh-TW/),
    ])
  })

  it('count in English and Chinese', () => {
    expect(makeI18n('en').t('entrance.free', { free: 3, count: 9 })).toBe('3 of 9 places free')
    expect(makeI18n('zh-TW').t('door.seats', { count: 2 })).toBe('共 2 個座位')
  })

  it('have a status word of at most six letters, and of seven where nothing recent was reported', () => {
    for (const words of Object.values(WORDS))
      for (const [tone, word] of Object.entries(words.short))
        expect([...word].length, word).toBeLessThanOrEqual(tone === 'unknown' ? 7 : 6)
  })
})
