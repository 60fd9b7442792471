import { useTranslation } from 'react-i18next'
import type { Level } from '#shared/domain/occupancy.ts'
import type { Openness } from '#shared/domain/week-time.ts'
import type { CallRefusal } from '#shared/wire/bridge.ts'
import { useKiosk } from './kiosk-context.ts'
import { ageOf } from './age.ts'
import type { Said } from './announcement.ts'
import type { DoorPlace } from './door-screen.ts'
import type { Tone } from './place.ts'

const TONE_OF: Record<Level, Tone> = { 0: 'free', 1: 'busy', 2: 'full' }

/** Sentences of the visitor's language, in the university's time zone. */
export function useWords() {
  const { t } = useTranslation()
  const locale = useKiosk((state) => state.session.settings.locale)
  const timeZone = useKiosk(({ model }) =>
    model.kiosk.state === 'enrolled' ? model.kiosk.assignment.timezone : 'UTC',
  )
  const time = (atMs: number): string =>
    new Intl.DateTimeFormat(locale, {
      timeZone,
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
    }).format(atMs)
  const date = (atMs: number): string =>
    new Intl.DateTimeFormat(locale, { timeZone, weekday: 'short', day: 'numeric', month: 'short' }).format(
      atMs,
    )
  const tone = (of: Tone): string => t(`tone.${of}`)
  const level = (of: Level): string => tone(TONE_OF[of])
  const refusal = (why: CallRefusal['why']): string => t(`refusal.${why}`)
  return {
    t,
    time,
    date,
    tone,
    level,
    refusal,
    /** "Open until 20:00"; empty when no hours are known. */
    open: ({ isOpen, changes }: Openness): string => {
      if (changes === null) return ''
      const at = minuteText(changes.minute)
      if (isOpen) return changes.isToday ? t('door.openUntil', { time: at }) : ''
      if (changes.isToday) return t('door.opens', { time: at })
      return t('door.opensOn', { day: t(`day.${DAY_KEYS[changes.day] ?? 0}`), time: at })
    },
    age: (place: Pick<DoorPlace, 'reportedAtMs' | 'nowMs'>): string => {
      const { reportedAtMs, nowMs } = place
      if (reportedAtMs === null) return t('age.never')
      const age = ageOf(reportedAtMs, nowMs)
      switch (age.unit) {
        case 'unknown':
          return t('age.at', { time: time(reportedAtMs) })
        case 'now':
          return t('age.justNow')
        case 'minutes':
          return t('age.minutes', { count: age.count })
        case 'hours':
          return t('age.hours', { count: age.count })
        case 'days':
          return t('age.staleOn', { date: date(reportedAtMs) })
      }
    },
    shortAge: (reportedAtMs: number | null, nowMs: number | null): string => {
      if (reportedAtMs === null) return t('age.shortNever')
      const age = ageOf(reportedAtMs, nowMs)
      switch (age.unit) {
        case 'unknown':
          return time(reportedAtMs)
        case 'now':
          return t('age.shortNow')
        case 'minutes':
          return t('age.shortMinutes', { count: age.count })
        case 'hours':
          return t('age.shortHours', { count: age.count })
        case 'days':
          return t('age.shortOld')
      }
    },
    say: (said: Said): string => {
      switch (said.what) {
        case 'state': {
          const words = { place: said.placeName, tone: tone(said.tone) }
          return said.isOffline ? t('say.stateOffline', words) : t('say.state', words)
        }
        case 'thanks':
          return t(said.isRepeat ? 'say.already' : 'say.thanks', { level: level(said.level) })
        case 'undone':
          return t('report.undone')
        case 'refused':
          return t('say.refused', { reason: refusal(said.why) })
        case 'screen':
          return t(SCREEN_SAYS[said.name])
      }
    },
  }
}

const DAY_KEYS = [0, 1, 2, 3, 4, 5, 6] as const

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
} as const satisfies Record<Extract<Said, { what: 'screen' }>['name'], string>

/** A minute of the day as a clock shows it; 1440 is 24:00. */
export function minuteText(minute: number): string {
  return `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`
}
