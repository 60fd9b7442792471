import i18next, { type i18n } from 'i18next'
import pTimeout from 'p-timeout'
import { initReactI18next } from 'react-i18next'
import type { Locale } from '#shared/domain/university.ts'
import { byLanguage } from '#shared/i18n/language.ts'
import { LANGUAGES } from './languages.ts'

/** A phone begins with the words of one language only: the kiosks' for places, and the portal's own. */
const PLACE = byLanguage(import.meta.glob<object>('../../../shared/i18n/*/kiosk.ts', { import: 'kiosk' }))
const PORTAL = byLanguage(import.meta.glob<object>('../../../shared/i18n/*/portal.ts', { import: 'portal' }))

async function loadWords(locale: Locale): Promise<{ translation: object; portal: object }> {
  const [translation, portal] = await Promise.all([PLACE[locale]?.(), PORTAL[locale]?.()])
  if (translation === undefined || portal === undefined) throw new Error(`no words of ${locale}`)
  return { translation, portal }
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
    resources: { [locale]: await loadWords(locale) },
  })
  return made
}

/** The words of a language are waited for so long, ms. */
const LOAD_MS = 8_000

/**
 * Speaks another language from now on. Rejects where its words cannot be fetched soon: then the old one stays. `isOver`:
 * another one was asked for meanwhile.
 */
export async function changePortalLanguage(
  made: i18n,
  locale: Locale,
  isOver: () => boolean = () => false,
): Promise<void> {
  if (!made.hasResourceBundle(locale, 'portal'))
    await pTimeout(addLanguage(made, locale), { milliseconds: LOAD_MS, message: 'no words came' })
  if (!isOver()) await made.changeLanguage(locale)
}

/** Fetches the words of all other languages, so that they can be had without a connection; silent where that fails. [POR-14] */
export async function keepLanguagesReady(made: i18n): Promise<void> {
  const others = LANGUAGES.map(({ locale }) => locale).filter(
    (locale) => !made.hasResourceBundle(locale, 'portal'),
  )
  await Promise.allSettled(others.map((locale) => addLanguage(made, locale)))
}

async function addLanguage(made: i18n, locale: Locale): Promise<void> {
  const { translation, portal } = await loadWords(locale)
  made.addResourceBundle(locale, 'translation', translation)
  made.addResourceBundle(locale, 'portal', portal)
}
