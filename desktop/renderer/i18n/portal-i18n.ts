import i18next, { type i18n } from 'i18next'
import { initReactI18next } from 'react-i18next'
import type { Locale } from '#shared/domain/university.ts'

/** All words of one language: the kiosks' for places, and the portal's own. */
interface Language {
  translation: object
  portal: object
}

/** A phone fetches the words of one language only. */
const LOAD: Record<Locale, () => Promise<Language>> = {
  en: async () => {
    const [place, portal] = await Promise.all([import('./en.ts'), import('./portal-en.ts')])
    return { translation: place.en, portal: portal.portalEn }
  },
  sl: async () => {
    const [place, portal] = await Promise.all([import('./sl.ts'), import('./portal-sl.ts')])
    return { translation: place.sl, portal: portal.portalSl }
  },
  'zh-TW': async () => {
    const [place, portal] = await Promise.all([import('./zh-tw.ts'), import('./portal-zh-tw.ts')])
    return { translation: place.zhTw, portal: portal.portalZhTw }
  },
}

/** The portal's words in a language. */
export async function makePortalI18n(locale: Locale): Promise<i18n> {
  const made = i18next.createInstance()
  await made.use(initReactI18next).init({
    lng: locale,
    fallbackLng: false,
    returnNull: false,
    ns: ['portal', 'translation'],
    interpolation: { escapeValue: false },
    resources: { [locale]: { ...(await LOAD[locale]()) } },
  })
  return made
}

/** Speaks another language from now on. Rejects where its words cannot be fetched: then the old one stays. */
export async function changePortalLanguage(made: i18n, locale: Locale): Promise<void> {
  const { translation, portal } = await LOAD[locale]()
  made.addResourceBundle(locale, 'translation', translation)
  made.addResourceBundle(locale, 'portal', portal)
  await made.changeLanguage(locale)
}
