import i18next, { type i18n } from 'i18next'
import { initReactI18next } from 'react-i18next'
import type { kiosk } from '#shared/i18n/en/kiosk.ts'
import type { portal } from '#shared/i18n/en/portal.ts'
import type { Locale } from '#shared/domain/university.ts'
import { byLanguage } from '#shared/i18n/language.ts'

declare module 'i18next' {
  interface CustomTypeOptions {
    defaultNS: 'translation'
    resources: { translation: typeof kiosk; portal: typeof portal }
  }
}

const WORDS = byLanguage(
  import.meta.glob<object>('../../../shared/i18n/*/kiosk.ts', { import: 'kiosk', eager: true }),
)

/** All words of all languages, ready at once: a kiosk changes language offline too. */
export function makeI18n(locale: Locale): i18n {
  const made = i18next.createInstance()
  void made.use(initReactI18next).init({
    lng: locale,
    fallbackLng: false,
    initAsync: false,
    returnNull: false,
    interpolation: { escapeValue: false },
    resources: Object.fromEntries(
      Object.entries(WORDS).map(([language, translation]) => [language, { translation }]),
    ),
  })
  return made
}
