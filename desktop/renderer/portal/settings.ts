import type { Locale } from '#shared/domain/university.ts'
import { FALLBACK } from '#shared/i18n/language.ts'
import { LANGUAGES, spokenHere } from '../i18n/languages.ts'

/** How somebody wants the portal to look and speak. Nothing private: it is kept in the browser. */
export interface PortalSettings {
  /** Null: the account's, else the browser's. */
  locale: Locale | null
  theme: 'auto' | 'light' | 'dark'
  isHighContrast: boolean
  isLargeText: boolean
}

/** Settings of a browser in which nobody has chosen any. */
export const DEFAULT_SETTINGS: PortalSettings = {
  locale: null,
  theme: 'auto',
  isHighContrast: false,
  isLargeText: false,
}

const KEY = 'carrel.look'

type SettingsStorage = Pick<Storage, 'getItem' | 'setItem'>

/** What was chosen in this browser before; what does not fit is as if nothing was. */
export function readSettings(storage: SettingsStorage): PortalSettings {
  try {
    const kept = JSON.parse(storage.getItem(KEY) ?? '{}') as Partial<Record<keyof PortalSettings, unknown>>
    const locale = LANGUAGES.find((one) => one.locale === kept.locale)?.locale ?? null
    const theme = (['light', 'dark'] as const).find((one) => one === kept.theme) ?? 'auto'
    return {
      locale,
      theme,
      isHighContrast: kept.isHighContrast === true,
      isLargeText: kept.isLargeText === true,
    }
  } catch {
    return DEFAULT_SETTINGS
  }
}

/** Keeps a choice; where the browser keeps nothing it holds until the page is closed. */
export function saveSettings(storage: SettingsStorage, settings: PortalSettings): void {
  try {
    storage.setItem(KEY, JSON.stringify(settings))
  } catch {
    // A private window without storage: nothing is lost but the choice.
  }
}

/** The language to speak: the first that is spoken here of what was chosen, the account's, the university's, the browser's; else English. [LNG-3] */
export function localeFor(
  chosen: Locale | null,
  account: Locale | null | undefined,
  university: Locale | null | undefined,
  browser: readonly string[],
): Locale {
  const candidates = [chosen, account, university, ...browser].filter((one) => typeof one === 'string')
  return candidates.map(localeOf).find((one) => one !== null) ?? FALLBACK
}

/** The language of a BCP 47 tag as far as the portal speaks it: every Chinese is served in the traditional signs. */
export function localeOf(tag: string): Locale | null {
  return spokenHere(tag)
}
