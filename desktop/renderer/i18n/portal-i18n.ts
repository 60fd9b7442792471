import i18next, { type i18n } from 'i18next'
import { initReactI18next } from 'react-i18next'
import type { Locale } from '#shared/domain/university.ts'

/** All words of one language: the kiosks' for places, and the portal's own. */
interface Language {
  translation: object
  portal: object
}

/** A phone begins with the words of one language only. */
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

/** The words of a language are waited for so long, ms. */
const LOAD_MS = 8_000

/**
 * Speaks another language from now on. Rejects where its words cannot be fetched soon: then the old one stays. `isOver`:
 * another one was wished for meanwhile.
 */
export async function changePortalLanguage(
  made: i18n,
  locale: Locale,
  isOver: () => boolean = () => false,
): Promise<void> {
  if (!made.hasResourceBundle(locale, 'portal')) {
    const late = Promise.withResolvers<never>()
    const timer = setTimeout(() => late.reject(new Error('no words came')), LOAD_MS)
    await Promise.race([addLanguage(made, locale), late.promise]).finally(() => clearTimeout(timer))
  }
  if (!isOver()) await made.changeLanguage(locale)
}

/** Fetches the words of all other languages, so that they can be had without a connection; silent where that fails. [POR-14] */
export async function keepLanguagesReady(made: i18n): Promise<void> {
  const others = (Object.keys(LOAD) as Locale[]).filter((locale) => !made.hasResourceBundle(locale, 'portal'))
  await Promise.allSettled(others.map((locale) => addLanguage(made, locale)))
}

async function addLanguage(made: i18n, locale: Locale): Promise<void> {
  const { translation, portal } = await LOAD[locale]()
  made.addResourceBundle(locale, 'translation', translation)
  made.addResourceBundle(locale, 'portal', portal)
}
