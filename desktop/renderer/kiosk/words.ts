import { useMemo } from 'react'
import type { TFunction } from 'i18next'
import { useTranslation } from 'react-i18next'
import type { Locale } from '#shared/domain/university.ts'
import { makeSpaceWords, type SpaceWords } from '../common/space-words.ts'
import type { Announcement } from './announcement.ts'
import { useKiosk } from './kiosk-context.ts'
import type { ScreenRefusal } from './session.ts'

/** Sentences of a kiosk: those about spaces, why the engine refused something, and what a screen reader hears. */
export interface KioskWords extends SpaceWords {
  refusal(why: ScreenRefusal['why']): string
  announcementText(announcement: Announcement): string
}

/** The words of a language; `t` must speak it already. */
export function makeKioskWords(t: TFunction, locale: Locale, timezone: string): KioskWords {
  const words: KioskWords = {
    ...makeSpaceWords(t, locale, timezone),
    refusal: (why) => t(`refusal.${why}`),
    announcementText: (announcement) => announce(words, announcement),
  }
  return words
}

/** Sentences of the visitor's language, in the university's time zone. */
export function useWords(): KioskWords {
  const { t } = useTranslation()
  const locale = useKiosk((state) => state.session.settings.locale)
  const timezone = useKiosk(({ model }) =>
    model.kiosk.state === 'enrolled' ? model.kiosk.assignment.timezone : 'UTC',
  )
  return useMemo(() => makeKioskWords(t, locale, timezone), [t, locale, timezone])
}

function announce({ t, tone, level, refusal }: KioskWords, announcement: Announcement): string {
  switch (announcement.what) {
    case 'state': {
      const values = { place: announcement.placeName, tone: tone(announcement.tone) }
      return announcement.isOffline ? t('say.stateOffline', values) : t('say.state', values)
    }
    case 'slow':
      return t('report.slow')
    case 'thanks':
      return t('say.thanks', { level: level(announcement.level) })
    case 'alreadySaid':
      return t('say.already', { level: level(announcement.level) })
    case 'undone':
      return t('report.undone')
    case 'refused':
      return t('say.refused', { reason: refusal(announcement.why) })
    case 'screen':
      return t(SCREEN_SAYS[announcement.name])
  }
}

const SCREEN_SAYS = {
  free: 'tone.free',
  busy: 'tone.busy',
  full: 'tone.full',
  offlineFresh: 'line.offline',
  offlineStale: 'say.offlineStale',
  stale: 'say.stale',
  neverReported: 'say.neverReported',
  closed: 'say.closed',
  clockUnknown: 'say.clockUnknown',
  starting: 'setup.starting',
  engineAway: 'setup.engineAway',
  engineRefused: 'setup.engineRefused',
  configError: 'setup.configError',
  storeError: 'setup.storeError',
  notEnrolled: 'setup.notEnrolled',
  revoked: 'setup.revoked',
  moved: 'setup.moved',
  spaceGone: 'setup.spaceGone',
  treeUnknown: 'say.stale',
  treeOffline: 'say.treeOffline',
  treeClosed: 'say.closed',
  treeClockUnknown: 'say.clockUnknown',
  treeEmpty: 'entrance.empty',
} as const satisfies Record<Extract<Announcement, { what: 'screen' }>['name'], string>
