import { describe, expect, it } from 'vitest'
import * as fixtures from '../gallery/fixtures.ts'
import { NOW_MS } from '../gallery/fixtures.ts'
import { SCREENS } from '../gallery/screens.ts'
import { entranceScreen, orderNow, type EntranceScreen, type TreeChoice } from './entrance-screen.ts'
import { hubNow, type KioskModel } from './model.ts'
import type { SpaceView } from '#shared/wire/bridge.ts'

const UNTOUCHED: TreeChoice = {
  openSpaceId: null,
  toggledSections: new Set(),
  isFreeOnly: false,
  frozenOrder: null,
  locale: 'en',
}

function treeOf(screen: EntranceScreen) {
  if (!('tree' in screen)) throw new Error(`${screen.name} shows no tree`)
  return screen.tree
}

function tree(model: KioskModel, choice: Partial<TreeChoice> = {}, nowMs = NOW_MS) {
  return treeOf(entranceScreen(model, nowMs, { ...UNTOUCHED, ...choice }))
}

describe('entranceScreen', () => {
  it('every picture of the gallery shows the state whose name it carries', () => {
    const names = ['tree', 'treeUnknown', 'treeOffline', 'treeClosed', 'treeClockUnknown', 'treeEmpty']
    for (const name of names) {
      const model = SCREENS.get(`entrance-${name}`)?.model
      if (model === undefined) throw new Error(`no picture of ${name}`)
      expect(entranceScreen(model, hubNow(model, 0), UNTOUCHED).name).toBe(name)
    }
  })

  it('[OCC-6] says how many places are free and how many are known beside the level', () => {
    const { entry } = tree(fixtures.entrance())
    expect(entry).toMatchObject({ tone: 'busy', freeCount: 5, knownCount: 11, leafCount: 14 })
  })

  it('[SCR-7] a room that is closed is called free by no figure, no level and no filter, whatever was reported', () => {
    const model = fixtures.entrance()
    const free = [...model.spaces.values()].find(
      ({ id }) => tree(model, { openSpaceId: id }).panel?.entry.tone === 'free',
    )
    if (free === undefined) throw new Error('no room is free')
    const shut = { ...free, hours: { weekly: [], closures: [] } }
    const closed = { ...model, spaces: new Map([...model.spaces, [free.id, shut]]) }
    const of = (some: KioskModel, choice: Partial<TreeChoice> = {}) => {
      const { entry, sections } = tree(some, choice)
      return { entry, rooms: sections.flatMap(({ spaces }) => spaces.map(({ id }) => id)) }
    }
    expect(of(model, { isFreeOnly: true }).rooms).toContain(free.id)
    expect(of(closed, { isFreeOnly: true }).rooms).not.toContain(free.id)
    expect(of(closed).rooms).toContain(free.id)
    expect(of(closed).entry).toMatchObject({ freeCount: 4, knownCount: 10, leafCount: 14, closedCount: 1 })
  })

  it('[SCR-7] a place of which all parts are closed is closed', () => {
    const model = fixtures.entrance()
    const root = tree(model).entry.id
    const rooms = [...model.spaces.values()].map((space): SpaceView => ({
      ...space,
      ...(space.id === root ? {} : { hours: { weekly: [], closures: [] } }),
    }))
    const screen = entranceScreen(
      { ...model, spaces: new Map(rooms.map((space) => [space.id, space])) },
      NOW_MS,
      UNTOUCHED,
    )
    expect(screen.name).toBe('treeClosed')
    expect(treeOf(screen)).toMatchObject({
      entry: { tone: 'closed', freeCount: 0 },
      openness: { isOpen: true },
    })
  })

  it('[SCR-15] shows the best first: free, busy, full, unknown', () => {
    const tones = tree(fixtures.entrance()).sections.map((section) =>
      section.spaces.map((space) => space.tone),
    )
    const rank = ['free', 'busy', 'full', 'unknown']
    for (const row of tones)
      expect(row).toEqual(row.toSorted((left, right) => rank.indexOf(left) - rank.indexOf(right)))
  })

  it('names stand in the order of the visitor’s language', () => {
    const model = fixtures.entrance()
    const rename = ['Čitalnica', 'Cona']
    const spaces = new Map(model.spaces)
    const ids = [fixtures.inLibrary('Floor 1', 'Room 101'), fixtures.inLibrary('Floor 1', 'Reading Room')]
    ids.forEach((id, index) => {
      const space = spaces.get(id)
      if (space !== undefined)
        spaces.set(id, { ...space, name: rename[index] ?? '', level: 0, reportedAtMs: NOW_MS })
    })
    const names = (locale: TreeChoice['locale']) =>
      tree({ ...model, spaces }, { locale })
        .sections.flatMap((section) => section.spaces.map((space) => space.name))
        .filter((name) => rename.includes(name))
    expect(names('sl')).toEqual(['Cona', 'Čitalnica'])
    expect(names('en')).toEqual(['Čitalnica', 'Cona'])
  })

  it('[POR-10] moves nothing under a finger, and sorts again when nobody reads', () => {
    const model = fixtures.entrance()
    const before = tree(model)
    const [first] = before.sections[0]?.spaces ?? []
    if (first === undefined) throw new Error('no place')
    const space = model.spaces.get(first.id)
    if (space === undefined) throw new Error('no space')
    const spaces = new Map(model.spaces).set(first.id, { ...space, level: 2 })
    const changed = { ...model, spaces }
    const ids = (sections: typeof before.sections) =>
      sections.flatMap((section) => section.spaces.map(({ id }) => id))
    expect(ids(tree(changed, { frozenOrder: orderNow(before) }).sections)).toEqual(ids(before.sections))
    expect(ids(tree(changed).sections)).not.toEqual(ids(before.sections))
  })

  it('[SCR-15] opens only the best section of a large building, and what a visitor taps', () => {
    const model = fixtures.largeEntrance()
    const { sections } = tree(model)
    const open = sections.filter((section) => section.isOpen)
    expect(open).toHaveLength(1)
    const rank = ['free', 'busy', 'full', 'unknown']
    const tones = sections.map(({ entry }) => rank.indexOf(entry.tone))
    expect(rank.indexOf(open[0]?.entry.tone ?? '')).toBe(Math.min(...tones))
    const last = sections.at(-1)?.entry.id ?? 0
    const opened = tree(model, { toggledSections: new Set([last]) }).sections
    expect(opened.at(-1)).toMatchObject({ isOpen: true })
    expect(opened.at(-1)?.spaces).toHaveLength(100)
  })

  it('[SCR-15] shows floors as the tree has them, however full they are, and the best places of each first', () => {
    const model = fixtures.largeEntrance()
    const ids = tree(model).sections.map(({ entry }) => entry.id)
    expect(ids).toHaveLength(20)
    expect(ids).toEqual(ids.toSorted((left, right) => left - right))
    const spaces = new Map(
      [...model.spaces].map(([id, space]) => [
        id,
        {
          ...space,
          level: space.level === null ? null : space.parentId === ids.at(-1) ? (0 as const) : (2 as const),
        },
      ]),
    )
    const changed = tree({ ...model, spaces })
    expect(changed.sections.map(({ entry }) => entry.id)).toEqual(ids)
    expect(changed.openSectionId).toBe(ids.at(-1))
    // Under a finger the floor that was open stays open, and no other opens.
    const frozen = tree({ ...model, spaces }, { frozenOrder: orderNow(tree(model)) })
    expect(frozen.openSectionId).toBe(tree(model).openSectionId)
    expect(frozen.sections.filter(({ isOpen }) => isOpen).map(({ entry }) => entry.id)).toEqual([
      tree(model).openSectionId,
    ])
  })

  it('keeps only what holds something free when asked to', () => {
    const { sections } = tree(fixtures.entrance(), { isFreeOnly: true })
    const spaces = sections.flatMap((section) => section.spaces)
    expect(spaces.map((space) => space.tone)).toEqual(spaces.map(() => 'free'))
    expect(spaces).toHaveLength(5)
  })

  it('[OCC-9] a panel may report on a leaf that is open', () => {
    const id = fixtures.inLibrary('Floor 1', 'Reading Room')
    expect(tree(fixtures.entrance(), { openSpaceId: id }).panel).toMatchObject({ id, canReport: true })
    const floor = fixtures.inLibrary('Floor 1')
    expect(tree(fixtures.entrance(), { openSpaceId: floor }).panel).toMatchObject({ canReport: false })
  })

  it('[OCC-6] a tree of two thousand places is worked out by looking at each of them a few times', () => {
    const model = fixtures.largeEntrance()
    let lookCount = 0
    const watched = [...model.spaces].map(([id, space]): [number, SpaceView] => [
      id,
      new Proxy(space, {
        get: (of, key) => {
          lookCount += 1
          return Reflect.get(of, key)
        },
      }),
    ])
    tree({ ...model, spaces: new Map(watched) })
    expect(watched.length).toBeGreaterThan(2_000)
    // Sorting by name takes two looks for each of eleven comparisons.
    expect(lookCount / watched.length).toBeLessThan(100)
    expect(lookCount).toBeGreaterThan(watched.length)
  })
})
