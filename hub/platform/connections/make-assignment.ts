import type { Assignment } from '#shared/domain/kiosk.ts'
import { DEFAULT_SETTINGS } from '#shared/domain/university.ts'
import { FALLBACK, findLanguage } from '#shared/i18n/language.ts'
import { takesAnyLanguage } from '#shared/wire/version.ts'
import type { KioskRow } from './kiosk-session-rows.ts'

/** What release 0.1 spoke: fixed for ever, whatever is spoken here. */
const LANGUAGES_OF_BEFORE = ['en', 'sl', 'zh-TW']

/**
 * A kiosk's space and role: its own settings over its university's over the defaults. Names no person, and to a kiosk of
 * an older protocol no language that it would refuse. [SYN-21] [LNG-5]
 */
export function makeAssignment(kiosk: KioskRow, protocol: number): Assignment {
  const settings = { ...DEFAULT_SETTINGS, ...kiosk.universitySettings, ...kiosk.settings }
  return {
    kioskId: kiosk.id,
    kioskName: kiosk.name,
    universityId: kiosk.universityId,
    universityName: kiosk.universityName,
    spaceId: kiosk.spaceId,
    role: kiosk.role,
    timezone: kiosk.timezone,
    locale: takesAnyLanguage(protocol)
      ? kiosk.locale
      : (findLanguage(kiosk.locale, LANGUAGES_OF_BEFORE) ?? FALLBACK),
    staleMs: settings.staleMs,
    reportsPerSecond: settings.kioskReportsPerSecond,
    idleMs: settings.kioskIdleMs,
  }
}
