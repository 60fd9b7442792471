import { describe, expect, it } from 'vitest'
import { doorScreen, isDisconnected, SILENT_MS, type DoorScreen } from './door-screen.ts'
import { hubNow } from './model.ts'
import * as fixtures from '../gallery/fixtures.ts'
import { NOW_MS } from '../gallery/fixtures.ts'
import { SCREENS } from '../gallery/screens.ts'
import { shownSpaces } from '../common/shown-spaces.ts'

const HOUR_MS = 3_600_000

function placeOf(screen: DoorScreen) {
  if (!('space' in screen)) throw new Error(`${screen.name} shows no place`)
  return screen.space
}

describe('doorScreen', () => {
  it('every picture of the gallery shows the state whose name it carries', () => {
    const doors = [...SCREENS].filter(([name, fixture]) => {
      return (
        name.startsWith('door-') &&
        !['door-floor', 'door-alarm', 'door-notices', 'door-waiting'].includes(name) &&
        fixture.model !== undefined
      )
    })
    expect(doors.length).toBeGreaterThan(15)
    for (const [name, { model }] of doors)
      expect(`door-${doorScreen(model, hubNow(model, 0)).name}`).toBe(name)
  })

  it('[OCC-6] a free room turns neutral at the stale limit, never staying free', () => {
    const model = fixtures.door({ level: 0, minutesAgo: 0 })
    expect(doorScreen(model, NOW_MS + 2 * HOUR_MS - 1).name).toBe('free')
    const stale = doorScreen(model, NOW_MS + 2 * HOUR_MS)
    expect(stale.name).toBe('stale')
    expect(placeOf(stale).tone).toBe('unknown')
  })

  it('[OCC-6] without a known time nothing counts as fresh', () => {
    const screen = doorScreen(fixtures.door({ level: 0, minutesAgo: 0 }), null)
    expect(screen.name).toBe('clockUnknown')
    expect(placeOf(screen).tone).toBe('unknown')
  })

  it('[SYN-23] offline it shows the level while it is fresh, and its age always', () => {
    const offline = fixtures.link({ status: 'offline', lastContactMs: NOW_MS - 5 * 60_000 })
    const fresh = doorScreen(fixtures.door({ level: 0, minutesAgo: 6 }, { link: offline }), NOW_MS)
    expect(fresh).toMatchObject({ name: 'offlineFresh', level: 0 })
    expect(placeOf(fresh).reportedAtMs).toBe(NOW_MS - 6 * 60_000)
    const stale = doorScreen(fixtures.door({ level: 0, minutesAgo: 121 }, { link: offline }), NOW_MS)
    expect(stale.name).toBe('offlineStale')
  })

  it('[SYN-23] a connection that only says it is connecting counts as offline after two heartbeats of silence', () => {
    const link = fixtures.link({ status: 'connecting', lastContactMs: NOW_MS - SILENT_MS + 1 })
    expect(isDisconnected(link, NOW_MS)).toBe(false)
    expect(isDisconnected(link, NOW_MS + 1)).toBe(true)
    expect(isDisconnected(fixtures.link(), NOW_MS + HOUR_MS)).toBe(false)
  })

  it('[BRG-2] misses its space only once other spaces have come', () => {
    const model = fixtures.door(null)
    expect(doorScreen({ ...model, spaces: new Map() }, NOW_MS).name).toBe('starting')
    const others = new Map([...model.spaces].filter(([id]) => id !== fixtures.ROOM_ID))
    expect(doorScreen({ ...model, spaces: others }, NOW_MS).name).toBe('spaceGone')
  })

  it('[OCC-9] a door whose space has parts shows their sum and takes no report', () => {
    const space = placeOf(doorScreen(fixtures.floorDoor(), NOW_MS))
    expect(space.canReport).toBe(false)
    expect(space.parts).toEqual({ knownCount: 3, freeCount: 1, leafCount: 4, closedCount: 0 })
  })

  it('[HRS-1] hours come from the library; closed, nobody is asked and the opening time is told', () => {
    const space = placeOf(doorScreen(fixtures.closedDoor(), fixtures.NIGHT_MS))
    expect(space.canReport).toBe(false)
    expect(space.openness).toMatchObject({ isOpen: false, changes: { day: 6, minute: 540 } })
  })

  it('[OCC-15] points from a full room to a free one on the same floor before any other', () => {
    const model = fixtures.door({ level: 2, minutesAgo: 1 })
    const other = fixtures.inLibrary('Floor 1', 'Room 103')
    const spaces = new Map(model.spaces)
    const room = spaces.get(other)
    if (room === undefined) throw new Error('no Room 103')
    spaces.set(other, { ...room, level: 0, reportedAtMs: NOW_MS })
    expect(placeOf(doorScreen({ ...model, spaces }, NOW_MS)).nearby).toMatchObject({
      name: 'Room 103',
      nearness: 'sameFloor',
      way: [],
    })
    expect(placeOf(doorScreen(model, NOW_MS)).nearby).toMatchObject({
      nearness: 'sameBuilding',
      way: ['Floor 2'],
    })
  })

  it('[OCC-6] never points to a room whose report is stale', () => {
    const model = fixtures.door({ level: 2, minutesAgo: 1 })
    const later = NOW_MS + HOUR_MS * 1.9
    const nearby = placeOf(doorScreen(model, later)).nearby
    expect(nearby === null || (model.spaces.get(nearby.id)?.reportedAtMs ?? 0) > later - 2 * HOUR_MS).toBe(
      true,
    )
  })
})

describe('[TXT-2] a door in another language', () => {
  const model = fixtures.door({ level: 2, minutesAgo: 3 })
  const said = (locale: string): unknown[] => {
    const shown = { ...model, spaces: shownSpaces(model.spaces, locale) }
    const { name, within, location, details, nearby } = placeOf(doorScreen(shown, NOW_MS))
    return [name, within.join(), location, details.equipment?.join(), nearby?.name]
  }

  it('[TXT-2] says the place, what it stands in, what it has and where else to go in that language', () => {
    expect(said('sl')).toEqual([
      'Soba 101',
      '1. nadstropje,Univerzitetna knjižnica',
      'Levo od stopnic',
      'Zaslon,Bela tabla',
      'Soba 201',
    ])
    expect(said('zh-TW')).toEqual(['101 室', '1 樓,大學圖書館', '樓梯左側', '螢幕,白板', '201 室'])
  })

  it('[TXT-2] says the main texts in one in which nothing was entered', () => {
    expect(said('en')).toEqual([
      'Room 101',
      'Floor 1,University Library',
      'Left of the stairs',
      'Screen,Whiteboard',
      'Room 201',
    ])
    expect(shownSpaces(model.spaces, 'de')).toBe(model.spaces)
  })
})
