import type { Assignment } from '#shared/domain/kiosk.ts'
import { DEFAULT_SETTINGS } from '#shared/domain/university.ts'
import type { KioskRow } from './kiosk-session-rows.ts'

/** A kiosk's place in the house: its own settings over its university's over the defaults. Names no person. [SYN-21] */
export function makeAssignment(kiosk: KioskRow): Assignment {
  const settings = { ...DEFAULT_SETTINGS, ...kiosk.universitySettings, ...kiosk.settings }
  return {
    kioskId: kiosk.id,
    kioskName: kiosk.name,
    universityId: kiosk.universityId,
    universityName: kiosk.universityName,
    spaceId: kiosk.spaceId,
    role: kiosk.role,
    timezone: kiosk.timezone,
    locale: kiosk.locale,
    staleMs: settings.staleMs,
    reportsPerSecond: settings.kioskReportsPerSecond,
    idleMs: settings.kioskIdleMs,
  }
}
