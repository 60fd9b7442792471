import type { TFunction } from 'i18next'
import type { Level } from '#shared/domain/occupancy.ts'
import type { Locale } from '#shared/domain/university.ts'
import type { Openness } from '#shared/domain/week-time.ts'
import type { Tone } from '../ui/shapes.tsx'
import { toneOf } from './tone.ts'
import { ageOf, minuteText, timeFormats } from './times.ts'

/** How many spaces without parts stand behind the level of a place with parts. */
export interface SpaceCounts {
  tone: Tone
  freeCount: number
  knownCount: number
  leafCount: number
  /** Those of them that are closed: the others are what the figures are of. */
  closedCount: number
}

/** Sentences about spaces in one language, with times in one zone; the same on every screen. Times are ms since 1970. */
export interface SpaceWords {
  t: TFunction
  /** "14:05"; "14:05 UTC" where the zone is unknown here. [SCR-12] */
  time(atMs: number): string
  /** "Fri 20 Nov" */
  date(atMs: number): string
  /** "Screen, Whiteboard" */
  list(of: readonly string[]): string
  /** "Quiet: no" */
  pair(name: string, value: string): string
  tone(of: Tone): string
  /** The same as short as can be: for a door, which is read from five metres, and for buttons. */
  short(of: Tone): string
  level(of: Level): string
  /** "Open until 20:00"; empty when no hours are known or nothing changes today. */
  open(openness: Openness): string
  /** Of what is closed, when it opens; of what is open itself, that all in it is closed. [SCR-7] */
  closed(openness: Openness): string
  /** "08:00–12:00, 13:00–20:00": the hours of a day of which these spans (minutes) are open. */
  hours(spans: readonly [number, number][]): string
  /** The same of a day that need not be today: "Closed". */
  dayHours(spans: readonly [number, number][]): string
  /** "Reported 3 min ago" */
  age(reportedAtMs: number | null, nowMs: number | null): string
  /** "Latest: reported 3 min ago": the age of a place with parts is that of its newest report. [SCR-6] */
  newest(reportedAtMs: number | null, nowMs: number | null): string
  /** "2 of 5 places free", "5 of 7 known", "1 closed"; empty when closed. [SCR-7] */
  spaces(of: SpaceCounts): string[]
  /** "reported 3 min ago" [SCR-6] */
  shortAge(reportedAtMs: number | null, nowMs: number | null): string
}

/** The words of a language; `t` must speak it already. */
export function makeSpaceWords(t: TFunction, locale: Locale, timezone: string): SpaceWords {
  const words: SpaceWords = {
    t,
    ...timeFormats(locale, timezone),
    list: (of) => of.join(t('join.list')),
    pair: (name, value) => t('join.pair', { name, value }),
    tone: (of) => t(`tone.${of}`),
    short: (of) => t(`short.${of}`),
    level: (of) => t(`tone.${toneOf(of, true)}`),
    open: (openness) => openText(t, openness),
    closed: (openness) => (openness.isOpen ? t('entrance.allClosed') : openText(t, openness)),
    hours: (spans) => hoursText(t, spans),
    dayHours: (spans) => (spans.length === 0 ? t('tone.closed') : hoursText(t, spans)),
    age: (reportedAtMs, nowMs) => ageText(words, reportedAtMs, nowMs),
    newest: (reportedAtMs, nowMs) =>
      reportedAtMs === null ? t('age.never') : t('age.newest', { age: words.shortAge(reportedAtMs, nowMs) }),
    spaces: (of) => spacesText(t, of),
    shortAge: (reportedAtMs, nowMs) => shortAgeText(words, reportedAtMs, nowMs),
  }
  return words
}

const DAY_KEYS = [0, 1, 2, 3, 4, 5, 6] as const

function openText(t: TFunction, { isOpen, changes }: Openness): string {
  if (changes === null) return ''
  const time = minuteText(changes.minute)
  if (isOpen) return changes.isToday ? t('door.openUntil', { time }) : ''
  if (changes.isToday) return t('door.opens', { time })
  return t('door.opensOn', { day: t(`day.${DAY_KEYS[changes.day] ?? 0}`), time })
}

const DAY_MINUTES = 1_440

function hoursText(t: TFunction, spans: readonly [number, number][]): string {
  const [first] = spans
  if (first === undefined) return t('door.closedToday')
  if (first[0] === 0 && first[1] === DAY_MINUTES) return t('door.openAllDay')
  return spans.map(([from, to]) => `${minuteText(from)}–${minuteText(to)}`).join(t('join.list'))
}

function ageText({ t, time, date }: SpaceWords, reportedAtMs: number | null, nowMs: number | null): string {
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
}

/**
 * The level of a place with parts is of its seats, these figures are of the spaces in it: where the two seem to contradict
 * each other, both are said. Only what is open and known is counted, of nothing known none is called free or taken, and how many
 * are closed stands beside it. [SCR-7] [OCC-6]
 */
function spacesText(t: TFunction, of: SpaceCounts): string[] {
  const { tone, freeCount, knownCount, leafCount, closedCount } = of
  if (tone === 'closed') return []
  const openCount = leafCount - closedCount
  const closed = closedCount === 0 ? [] : [t('entrance.closed', { count: closedCount })]
  if (knownCount === 0) return [t('entrance.noneKnown', { count: openCount }), ...closed]
  if (tone === 'unknown') return []
  const isNoneFree = freeCount === 0 && tone === 'busy'
  const figure = isNoneFree
    ? t('entrance.inUse', { count: knownCount })
    : t('entrance.free', { free: freeCount, count: knownCount })
  const seats = seatsKey(tone, freeCount / knownCount)
  const first = seats === null ? figure : t(`entrance.${seats}`, { figure })
  const known = t('entrance.known', { known: knownCount, count: openCount })
  return [first, ...(knownCount < openCount ? [known] : []), ...closed]
}

/** What is said of the seats where the share of free spaces alone would say something else than the level. [SCR-7] */
function seatsKey(
  tone: 'free' | 'busy' | 'full',
  freeShare: number,
): 'mostFree' | 'someLeft' | 'manyTaken' | 'mostTaken' | null {
  switch (tone) {
    case 'free':
      return freeShare < 0.5 ? 'mostFree' : null
    case 'busy':
      if (freeShare === 0) return 'someLeft'
      return freeShare < 0.5 ? null : 'manyTaken'
    case 'full':
      return freeShare > 0 ? 'mostTaken' : null
  }
}

function shortAgeText({ t, time }: SpaceWords, reportedAtMs: number | null, nowMs: number | null): string {
  if (reportedAtMs === null) return t('age.shortNever')
  const age = ageOf(reportedAtMs, nowMs)
  switch (age.unit) {
    case 'unknown':
      return t('age.shortAt', { time: time(reportedAtMs) })
    case 'now':
      return t('age.shortNow')
    case 'minutes':
      return t('age.shortMinutes', { count: age.count })
    case 'hours':
      return t('age.shortHours', { count: age.count })
    case 'days':
      return t('age.shortOld')
  }
}
