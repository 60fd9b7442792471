import { describe, expect, it } from 'vitest'
import { shown, type Level } from '#shared/domain/occupancy.ts'
import type { Locale } from '#shared/domain/university.ts'
import { makeI18n } from '../i18n/i18n.ts'
import { toneOf } from './tone.ts'
import { makeSpaceWords, type SpaceCounts, type SpaceWords } from './space-words.ts'

const NOW_MS = 1_800_000_000_000
const MINUTE_MS = 60_000

function words(locale: Locale): SpaceWords {
  return makeSpaceWords(makeI18n(locale).t, locale, 'UTC')
}

function counts(some: Partial<SpaceCounts>): SpaceCounts {
  return { tone: 'busy', freeCount: 2, knownCount: 7, leafCount: 7, closedCount: 0, ...some }
}

/** Seats of the large part, where each small one has two. */
const LARGE = [2, 4, 12, 30, 100]

function fill(count: number, level: Level | null): { level: Level | null; capacity: number }[] {
  return Array.from({ length: count }, () => ({ level, capacity: 2 }))
}

/** What a place with these parts shows, by the sum that kiosk, portal and hub share. */
function sumOf(parts: { level: Level | null; capacity: number }[]): SpaceCounts {
  const place = { id: 1, parentId: null, capacity: null, level: null, reportedAtMs: null }
  const nodes = parts.map((part, index) => ({
    ...part,
    id: index + 2,
    parentId: 1,
    reportedAtMs: part.level === null ? null : NOW_MS,
  }))
  const state = shown([place, ...nodes], NOW_MS, 3_600_000).get(1)
  if (state === undefined) throw new Error('the place is not shown')
  return { ...state, tone: toneOf(state.level, true) }
}

type Read = 'en' | 'sl' | 'zh-TW'

const SEATS: Record<Read, RegExp> = { en: /seats/, sl: /sedežev/, 'zh-TW': /座位/ }
const FREE_OF: Record<Read, RegExp> = {
  en: /(\d+) of (\d+) places? free/,
  sl: /prosto: (\d+) od (\d+) /,
  'zh-TW': /(?<of>\d+) 個地點中有 (?<free>\d+) 個有位/,
}

/** What a passer-by could hold against words beside the word of the level; "nothing" where there is nothing. */
function contradiction(locale: Read, { tone, ...of }: SpaceCounts, said: string): string {
  const found = FREE_OF[locale].exec(said)
  const namesSeats = SEATS[locale].test(said)
  if (of.knownCount === 0) return found === null && !namesSeats ? 'nothing' : 'a figure of nothing known'
  const free = Number(found?.groups?.['free'] ?? found?.[1] ?? 0)
  const count = Number(found?.groups?.['of'] ?? found?.[2] ?? of.knownCount)
  if (free !== of.freeCount || count !== of.knownCount) return 'another figure'
  if (tone === 'busy' && free === 0 && found !== null) return 'none free, beside a level that lets people in'
  const share = free / count
  const agrees = { free: share >= 0.5, busy: share > 0 && share < 0.5, full: share === 0 }[tone as 'free']
  return agrees || namesSeats ? 'nothing' : 'a share of spaces against a level of seats'
}

describe('figures that cannot be misread', () => {
  it.each<[Locale, string[]]>([
    [
      'en',
      [
        'no current reports',
        'reported just now',
        'reported 52 min ago',
        'reported 2 h ago',
        'reported over a day ago',
        'reported at 08:00',
      ],
    ],
    [
      'sl',
      [
        'trenutno ni poročil',
        'poročilo pred trenutkom',
        'poročilo pred 52 min',
        'poročilo pred 2 h',
        'poročilo pred več kot enim dnem',
        'poročilo ob 08:00',
      ],
    ],
    ['zh-TW', ['目前沒有回報', '剛剛回報', '52 分鐘前回報', '2 小時前回報', '超過 1 天前回報', '08:00 回報']],
  ])('[SCR-6] an age in a list says that it is a report’s: %s', (locale, expected) => {
    const { shortAge } = words(locale)
    const ages = [0.5, 52, 125, 3_000].map((minutes) => shortAge(NOW_MS - minutes * MINUTE_MS, NOW_MS))
    expect([shortAge(null, NOW_MS), ...ages, shortAge(NOW_MS, null)]).toEqual(expected)
  })

  it('[SCR-6] the age of a sum is that of its newest report, and says so', () => {
    const at = NOW_MS - 3 * MINUTE_MS
    expect(words('en').newest(at, NOW_MS)).toBe('Latest: reported 3 min ago')
    expect(words('sl').newest(at, NOW_MS)).toBe('Zadnje poročilo pred 3 min')
    expect(words('zh-TW').newest(at, NOW_MS)).toBe('最新：3 分鐘前回報')
    expect(words('en').newest(null, NOW_MS)).toBe('No current reports')
  })

  it('[SCR-7] parts are counted as spaces of any kind, beside a level that is of seats', () => {
    const { spaces } = words('en')
    expect(spaces(counts({}))).toEqual(['2 of 7 places free'])
    expect(spaces(counts({ freeCount: 6 }))).toEqual(['many seats taken, 6 of 7 places free'])
    expect(spaces(counts({ freeCount: 0 }))).toEqual(['some seats left, 7 of 7 places in use'])
    expect(spaces(counts({ tone: 'full' }))).toEqual(['most seats taken, 2 of 7 places free'])
    expect(spaces(counts({ tone: 'full', freeCount: 0 }))).toEqual(['0 of 7 places free'])
    expect(spaces(counts({ tone: 'free' }))).toEqual(['most seats free, 2 of 7 places free'])
    expect(spaces(counts({ tone: 'free', freeCount: 4 }))).toEqual(['4 of 7 places free'])
    expect(spaces(counts({ leafCount: 1, knownCount: 1, freeCount: 1, tone: 'free' }))).toEqual([
      '1 of 1 place free',
    ])
  })

  it('[SCR-7] [OCC-6] free ones are counted of those that are known, and of nothing known none is free or taken', () => {
    const { spaces } = words('en')
    expect(spaces(counts({ knownCount: 5 }))).toEqual(['2 of 5 places free', '5 of 7 reported recently'])
    expect(spaces(counts({ tone: 'free', freeCount: 2, knownCount: 2 }))).toEqual([
      '2 of 2 places free',
      '2 of 7 reported recently',
    ])
    expect(spaces(counts({ tone: 'unknown', knownCount: 0, freeCount: 0 }))).toEqual([
      '7 places, no recent reports',
    ])
    expect(spaces(counts({ tone: 'closed' }))).toEqual([])
    expect(spaces(counts({ tone: 'unknown' }))).toEqual([])
  })

  it('[SCR-7] in Slovenian the word after the number has its form, and in Chinese spaces are no seats', () => {
    const sl = words('sl')
    const of = (leafCount: number): string | undefined =>
      sl
        .spaces(counts({ leafCount, knownCount: leafCount, freeCount: 1, tone: 'free' }))[0]
        ?.split(', ')
        .at(-1)
    expect([1, 2, 3, 5, 101].map(of)).toEqual([
      'prosto: 1 od 1 prostora',
      'prosto: 1 od 2 prostorov',
      'prosto: 1 od 3 prostorov',
      'prosto: 1 od 5 prostorov',
      'prosto: 1 od 101 prostora',
    ])
    const none = (leafCount: number): string | undefined =>
      sl.spaces(counts({ tone: 'unknown', leafCount, knownCount: 0, freeCount: 0 }))[0]
    expect([1, 2, 3, 5].map(none)).toEqual([
      '1 prostor brez svežih poročil',
      '2 prostora brez svežih poročil',
      '3 prostori brez svežih poročil',
      '5 prostorov brez svežih poročil',
    ])
    expect(sl.spaces(counts({ tone: 'full' }))).toEqual(['večina sedežev zasedena, prosto: 2 od 7 prostorov'])
    expect(sl.spaces(counts({ tone: 'free' }))).toEqual(['večina sedežev prosta, prosto: 2 od 7 prostorov'])
    expect(sl.spaces(counts({ freeCount: 6 }))).toEqual([
      'veliko sedežev zasedenih, prosto: 6 od 7 prostorov',
    ])
    expect(sl.spaces(counts({ freeCount: 0 }))).toEqual([
      'še nekaj prostih sedežev, v uporabi: 7 od 7 prostorov',
    ])
    const zh = words('zh-TW')
    expect(zh.spaces(counts({ tone: 'full', knownCount: 5 }))).toEqual([
      '大部分座位已有人，5 個地點中有 2 個有位',
      '7 個中有 5 個近期有回報',
    ])
    expect(zh.spaces(counts({ freeCount: 6 }))).toEqual(['許多座位已有人，7 個地點中有 6 個有位'])
    expect(zh.spaces(counts({ freeCount: 0 }))).toEqual(['還有部分座位，7 個地點中有 7 個使用中'])
  })

  it('[SCR-7] figures are of what is open, and how many are closed stands beside them', () => {
    const said = (locale: Locale, some: Partial<SpaceCounts>): string[] =>
      words(locale).spaces(counts({ tone: 'free', freeCount: 4, knownCount: 5, leafCount: 6, ...some }))
    expect(said('en', { closedCount: 1 })).toEqual(['4 of 5 places free', '1 closed'])
    expect(said('en', { leafCount: 8, closedCount: 1 })).toEqual([
      '4 of 5 places free',
      '5 of 7 reported recently',
      '1 closed',
    ])
    expect(said('en', { tone: 'unknown', freeCount: 0, knownCount: 0, closedCount: 2 })).toEqual([
      '4 places, no recent reports',
      '2 closed',
    ])
    expect(said('sl', { closedCount: 1 }).at(-1)).toBe('zaprto: 1')
    expect(said('zh-TW', { closedCount: 1 }).at(-1)).toBe('1 個未開放')
  })

  it('[SCR-7] of what is closed it is said when it opens, of what is open with all in it closed that all is', () => {
    const opens = { isToday: true, date: '2026-11-20', day: 5, minute: 480 }
    const { closed } = words('en')
    expect(closed({ isOpen: false, changes: opens })).toBe('Opens at 08:00')
    expect(closed({ isOpen: true, changes: opens })).toBe('Everything inside is closed')
  })

  it('[SCR-7] whatever the parts of a place are, its level and its figures do not contradict each other', () => {
    // A large part of each level beside small ones of each level, known and not; the sum is the real one. [OCC-3] [OCC-4]
    const seen = new Set<string>()
    const spoken = (['en', 'sl', 'zh-TW'] as const).map((locale) => [locale, words(locale)] as const)
    for (const large of [0, 1, 2, null] as const)
      for (let free = 0; free <= 6; free += 1)
        for (let busy = 0; free + busy <= 6; busy += 1)
          for (const unreported of [0, 2])
            for (const seats of LARGE) {
              const small = [
                ...fill(free, 0),
                ...fill(busy, 1),
                ...fill(6 - free - busy, 2),
                ...fill(unreported, null),
              ]
              const place = sumOf([{ level: large, capacity: seats }, ...small])
              for (const [locale, { spaces }] of spoken) {
                const said = spaces(place).join(' · ')
                expect(`${JSON.stringify(place)} ${contradiction(locale, place, said)}`, said).toMatch(
                  / nothing$/,
                )
                seen.add(`${locale} ${place.tone} ${said.replaceAll(/\d+/gu, 'n')}`)
              }
            }
    expect([...seen].filter((line) => line.startsWith('en ')).toSorted()).toMatchInlineSnapshot(`
      [
        "en busy many seats taken, n of n places free",
        "en busy many seats taken, n of n places free · n of n reported recently",
        "en busy n of n places free",
        "en busy n of n places free · n of n reported recently",
        "en busy some seats left, n of n places in use",
        "en busy some seats left, n of n places in use · n of n reported recently",
        "en free most seats free, n of n places free",
        "en free most seats free, n of n places free · n of n reported recently",
        "en free n of n places free",
        "en free n of n places free · n of n reported recently",
        "en full most seats taken, n of n places free",
        "en full most seats taken, n of n places free · n of n reported recently",
        "en full n of n places free",
        "en full n of n places free · n of n reported recently",
      ]
    `)
  })

  it('what stands side by side is joined by the marks of the language', () => {
    const said = (locale: string): string[] => {
      const { hours, list, pair } = words(locale)
      return [
        hours([
          [480, 720],
          [780, 1200],
        ]),
        list(['A', 'B', 'C']),
        pair('Wi-Fi', 'X'),
      ]
    }
    expect(said('en')).toEqual(['08:00–12:00, 13:00–20:00', 'A, B, C', 'Wi-Fi: X'])
    expect(said('zh-TW')).toEqual(['08:00–12:00、13:00–20:00', 'A、B、C', 'Wi-Fi：X'])
  })

  it('[SCR-7] seats are told as all there are, never as how many are left', () => {
    const seats = (locale: Locale, count: number): string => makeI18n(locale).t('door.seats', { count })
    expect([1, 6].map((count) => seats('en', count))).toEqual(['1 seat', '6 seats'])
    expect([1, 2, 3, 5].map((count) => seats('sl', count))).toEqual([
      '1 sedež',
      '2 sedeža',
      '3 sedeži',
      '5 sedežev',
    ])
    expect(seats('zh-TW', 6)).toBe('共 6 個座位')
  })
})
