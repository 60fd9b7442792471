import i18next, { type i18n } from 'i18next'
import { initReactI18next } from 'react-i18next'
import type { Locale } from '#shared/domain/university.ts'
import { en } from './en.ts'
import type { portalEn } from './portal-en.ts'
import { sl } from './sl.ts'
import { zhTw } from './zh-tw.ts'

declare module 'i18next' {
  interface CustomTypeOptions {
    defaultNS: 'translation'
    resources: { translation: typeof en; portal: typeof portalEn }
  }
}

/** The languages in the order of their buttons, each in its own words. */
export const LANGUAGES: readonly { locale: Locale; short: string; name: string }[] = [
  { locale: 'en', short: 'EN', name: 'English' },
  { locale: 'sl', short: 'SL', name: 'Slovenščina' },
  { locale: 'zh-TW', short: '中文', name: '繁體中文' },
]

/** All words of all languages, ready at once: a kiosk changes language offline too. */
export function makeI18n(locale: Locale): i18n {
  const made = i18next.createInstance()
  void made.use(initReactI18next).init({
    lng: locale,
    fallbackLng: false,
    initAsync: false,
    returnNull: false,
    interpolation: { escapeValue: false },
    resources: {
      en: { translation: en },
      sl: { translation: sl },
      'zh-TW': { translation: zhTw },
    },
  })
  return made
}
