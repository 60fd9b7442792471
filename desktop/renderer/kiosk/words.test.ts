import { describe, expect, it } from 'vitest'
import type { Locale } from '#shared/domain/university.ts'
import { makeI18n } from '../i18n/i18n.ts'
import { makeWords, type RoomCounts, type Words } from './words.ts'

const NOW_MS = 1_800_000_000_000
const MINUTE_MS = 60_000

function words(locale: Locale): Words {
  return makeWords(makeI18n(locale).t, locale, 'UTC')
}

function counts(some: Partial<RoomCounts>): RoomCounts {
  return { tone: 'busy', freeCount: 2, knownCount: 7, leafCount: 7, ...some }
}

describe('figures that cannot be misread', () => {
  it.each<[Locale, string[]]>([
    [
      'en',
      [
        'no report yet',
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
        'še ni javljeno',
        'pravkar javljeno',
        'javljeno pred 52 min',
        'javljeno pred 2 h',
        'javljeno pred več kot enim dnem',
        'javljeno ob 08:00',
      ],
    ],
    ['zh-TW', ['尚無回報', '剛剛回報', '52 分鐘前回報', '2 小時前回報', '超過一天前回報', '08:00 回報']],
  ])('[SCR-6] an age in a list says that it is a report’s: %s', (locale, expected) => {
    const { shortAge } = words(locale)
    const ages = [0.5, 52, 125, 3_000].map((minutes) => shortAge(NOW_MS - minutes * MINUTE_MS, NOW_MS))
    expect([shortAge(null, NOW_MS), ...ages, shortAge(NOW_MS, null)]).toEqual(expected)
  })

  it('[SCR-6] the age of a sum is that of its newest report, and says so', () => {
    const at = NOW_MS - 3 * MINUTE_MS
    expect(words('en').newest(at, NOW_MS)).toBe('Latest: reported 3 min ago')
    expect(words('sl').newest(at, NOW_MS)).toBe('Zadnje: javljeno pred 3 min')
    expect(words('zh-TW').newest(at, NOW_MS)).toBe('最新：3 分鐘前回報')
    expect(words('en').newest(null, NOW_MS)).toBe('Nobody has reported yet')
  })

  it('[SCR-7] rooms are counted as rooms, beside a level that is of seats', () => {
    const { rooms } = words('en')
    expect(rooms(counts({}))).toEqual(['2 of 7 rooms free'])
    expect(rooms(counts({ tone: 'full' }))).toEqual(['most seats taken, 2 of 7 rooms still free'])
    expect(rooms(counts({ tone: 'full', freeCount: 0 }))).toEqual(['0 of 7 rooms free'])
    expect(rooms(counts({ tone: 'free' }))).toEqual(['most seats free, in 2 of 7 rooms'])
    expect(rooms(counts({ tone: 'free', freeCount: 4 }))).toEqual(['4 of 7 rooms free'])
    expect(rooms(counts({ leafCount: 1, knownCount: 1, freeCount: 1, tone: 'free' }))).toEqual([
      '1 of 1 room free',
    ])
  })

  it('[SCR-7] [OCC-6] what is not known is told, and a sum of nothing known counts nothing as free or taken', () => {
    const { rooms } = words('en')
    expect(rooms(counts({ knownCount: 5 }))).toEqual(['2 of 7 rooms free', '5 of 7 known'])
    expect(rooms(counts({ tone: 'unknown', knownCount: 0, freeCount: 0 }))).toEqual([
      '7 rooms, no fresh report',
    ])
    expect(rooms(counts({ tone: 'closed' }))).toEqual([])
  })

  it('[SCR-7] in Slovenian the word after the number has its form, and in Chinese rooms are no seats', () => {
    const sl = words('sl')
    const of = (leafCount: number): string | undefined =>
      sl.rooms(counts({ leafCount, knownCount: leafCount, freeCount: 1 }))[0]
    expect([1, 2, 3, 5, 101].map(of)).toEqual([
      'prosto: 1 od 1 prostora',
      'prosto: 1 od 2 prostorov',
      'prosto: 1 od 3 prostorov',
      'prosto: 1 od 5 prostorov',
      'prosto: 1 od 101 prostora',
    ])
    const none = (leafCount: number): string | undefined =>
      sl.rooms(counts({ tone: 'unknown', leafCount, knownCount: 0, freeCount: 0 }))[0]
    expect([1, 2, 3, 5].map(none)).toEqual([
      '1 prostor brez svežega javljanja',
      '2 prostora brez svežega javljanja',
      '3 prostori brez svežega javljanja',
      '5 prostorov brez svežega javljanja',
    ])
    expect(sl.rooms(counts({ tone: 'full' }))).toEqual([
      'večina sedežev zasedena, še prosto: 2 od 7 prostorov',
    ])
    expect(sl.rooms(counts({ tone: 'free' }))).toEqual(['večina sedežev prosta, v 2 od 7 prostorov'])
    expect(words('zh-TW').rooms(counts({ tone: 'full', knownCount: 5 }))).toEqual([
      '大部分座位已滿，7 個空間中仍有 2 個有位',
      '近期有回報：5／7',
    ])
  })

  it('[SCR-7] seats are told as all there are, never as how many are left', () => {
    const seats = (locale: Locale, count: number): string => makeI18n(locale).t('door.seats', { count })
    expect([1, 6].map((count) => seats('en', count))).toEqual(['seats 1', 'seats 6'])
    expect([1, 2, 3, 5].map((count) => seats('sl', count))).toEqual([
      'skupaj 1 sedež',
      'skupaj 2 sedeža',
      'skupaj 3 sedeži',
      'skupaj 5 sedežev',
    ])
    expect(seats('zh-TW', 6)).toBe('共 6 個座位')
  })
})
