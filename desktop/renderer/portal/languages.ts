import type { Locale } from '#shared/domain/university.ts'

/** The languages of the portal, each in its own words. */
export const LANGUAGES: readonly { locale: Locale; name: string }[] = [
  { locale: 'en', name: 'English' },
  { locale: 'sl', name: 'Slovenščina' },
  { locale: 'zh-TW', name: '繁體中文' },
]
