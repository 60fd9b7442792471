import { describe, expect, it } from 'vitest'
import { idAt, largeLibrary, placeSpaces, type PlacedSpace } from '#shared/fixtures/builders.ts'
import { DEMO_CAMPUS } from '#shared/fixtures/campus.ts'
import type { Level } from '#shared/domain/occupancy.ts'
import {
  bestSpaces,
  filterCount,
  folded,
  idsOfSpaceList,
  kindsListed,
  ownListsOf,
  NO_FILTER,
  spaceListOf,
  type Filter,
  universityEntry,
} from './space-list.ts'
import { frozenOrder } from '../common/frozen-list.ts'
import { branchesOf, isPublic, portalMoment, type PortalMoment, type PortalSpace } from './portal-spaces.ts'

// A Friday afternoon, 14:05 in Lipnik.
const NOW_MS = Date.UTC(2026, 10, 20, 13, 5)
const PLACED = placeSpaces(DEMO_CAMPUS.spaces)
const at = (...path: string[]): number => idAt(PLACED, ['Lipnik University', ...path])
const ROOM_101 = at('University Library', 'Floor 1', 'Room 101')
const GALLERY = at('University Library', 'Floor 2', 'Quiet Gallery')
const HALL = at('Law Library', 'Floor 1', 'Reading Hall')

/** The first place that a test adds; more follow. */
const SEAT = 900

function momentWith(
  levels: Record<number, [Level, number]>,
  change: (space: PortalSpace) => Partial<PortalSpace> = () => ({}),
  added: readonly [parentId: number, change: Partial<PortalSpace>][] = [],
  placed: readonly PlacedSpace[] = PLACED,
  locale = 'en',
): PortalMoment {
  const blank = { name: '', kind: 'area', location: null, capacity: null, details: {} } as const
  const hours = { weekly: null, closures: [] }
  const more = added.map(([parentId, facts], index) => ({
    id: SEAT + index,
    facts: { ...blank, hours, parentId },
    changed: facts,
  }))
  const spaces = [...placed, ...more].map((one): PortalSpace => {
    const { id, facts } = one
    const changed = 'changed' in one ? one.changed : {}
    const told = levels[id]
    const space = {
      ...facts,
      id,
      clock: 1,
      hoursClock: 1,
      version: 1,
      level: told?.[0] ?? null,
      reportedAtMs: told === undefined ? null : NOW_MS - told[1] * 60_000,
      isOnKiosks: true,
      isMine: false,
      isTracked: false,
      isMineToEdit: false,
      isWaiting: false,
    }
    return { ...space, ...change(space), ...changed }
  })
  return portalMoment(
    new Map(spaces.map((one) => [one.id, one])),
    'Europe/Ljubljana',
    7_200_000,
    NOW_MS,
    locale,
  )
}

const find = (moment: PortalMoment, some: Partial<Filter>): string[] =>
  spaceListOf(moment, { ...NO_FILTER, ...some }).branches.flatMap(({ spaces, groups }) =>
    [...spaces, ...groups.flatMap((group) => group.spaces)].map(({ name }) => name),
  )

describe('[SCR-7] what is closed', () => {
  it('is free in no list, no heading and no suggestion', () => {
    const levels: Record<number, [Level, number]> = { [ROOM_101]: [0, 3], [GALLERY]: [0, 10] }
    const shut = { hours: { weekly: [], closures: [] } }
    const moment = momentWith(levels, ({ id }) => (id === ROOM_101 ? shut : {}))
    expect(find(moment, { isFreeNow: true })).toEqual(['Quiet Gallery'])
    expect(bestSpaces(moment, 9).map(({ id }) => id)).toEqual([GALLERY])
    expect(universityEntry(moment)).toMatchObject({ freeCount: 1, knownCount: 1 })
    const floor = spaceListOf(moment, NO_FILTER)
      .branches.flatMap(({ groups }) => groups)
      .find(({ spaces }) => spaces.some(({ id }) => id === ROOM_101))
    expect(floor?.entry).toMatchObject({ tone: 'unknown', freeCount: 0, closedCount: 1 })
  })
})

describe('the dashboard of a university', () => {
  const moment = momentWith({ [ROOM_101]: [0, 3], [GALLERY]: [1, 10], [HALL]: [0, 200] })

  it('is the tree: buildings, in them floors, in them places, with coverage', () => {
    const { branches, leafCount } = spaceListOf(moment, NO_FILTER)
    expect(universityEntry(moment)).toMatchObject({
      name: 'Lipnik University',
      freeCount: 1,
      knownCount: 2,
      leafCount: 18,
    })
    expect(leafCount).toBe(18)
    expect(branches.map(({ entry }) => entry?.name)).toEqual(['University Library', 'Law Library'])
    expect(branches[0]?.groups.map(({ entry }) => entry.name)).toEqual(['Ground floor', 'Floor 1', 'Floor 2'])
  })

  it('[POR-4] what is older than the stale limit is neither free nor found as free', () => {
    expect(find(moment, { isFreeNow: true })).toEqual(['Room 101'])
    expect(bestSpaces(moment, 5).map(({ name }) => name)).toEqual(['Room 101'])
  })

  it('is searched by words of the name, of what it stands in and of where it is, without case and accents', () => {
    expect(find(moment, { search: 'cafe' })).toEqual(['Café'])
    expect(find(moment, { search: 'LAW hall' })).toEqual(['Reading Hall'])
    expect(find(moment, { search: 'arch' })).toEqual(['Reading Room'])
    expect(find(moment, { search: 'hall nowhere' })).toEqual([])
    expect(folded('  ČŠŽ Ａ１ ')).toBe('csz a1')
  })

  it('[TXT-2] is in the reader’s language throughout, and finds what is searched by its main name too', () => {
    const slovene = momentWith({ [ROOM_101]: [0, 3] }, () => ({}), [], PLACED, 'sl')
    expect(find(slovene, { isFreeNow: true })).toEqual(['Soba 101'])
    expect(bestSpaces(slovene, 1)).toMatchObject([
      { name: 'Soba 101', within: ['Univerzitetna knjižnica', '1. nadstropje'] },
    ])
    expect(find(slovene, { search: 'soba 101' })).toEqual(['Soba 101'])
    expect(find(slovene, { search: 'room 101 univerzitetna' })).toEqual(['Soba 101'])
    expect(find(slovene, { search: 'law hall' })).toEqual(['Velika čitalnica'])
    expect(find(slovene, { search: 'stopnic' })).toEqual(['Soba 101', 'Soba 102'])
    // The university's own name is in no path.
    expect(find(slovene, { search: 'lipnik' })).toEqual([])
    expect(find(slovene, { sort: 'name', branchId: at('Law Library') }).toSorted()).toEqual(
      ['Seminarska soba', 'Sodna dvorana', 'Študijska soba', 'Velika čitalnica'].toSorted(),
    )
  })

  it('[POR-33] is filtered by branch, kind and what a place has; what is unknown does not count as had', () => {
    expect(find(moment, { branchId: at('Law Library') })).toHaveLength(4)
    expect(find(moment, { branchId: at('University Library', 'Floor 2'), kind: 'carrel' })).toHaveLength(4)
    expect(find(moment, { isQuiet: true, hasSockets: true, isStepFree: true }).toSorted()).toEqual([
      'Quiet Gallery',
      'Reading Hall',
      'Reading Room',
    ])
    expect(find(moment, { hasWifi: true, search: 'carrel' })).toHaveLength(4)
    expect(filterCount({ ...NO_FILTER, sort: 'name', search: ' ', isQuiet: true, branchId: 3 })).toBe(2)
  })

  it.each([
    ['isQuiet', 'quiet'],
    ['hasSockets', 'sockets'],
    ['hasWifi', 'wifi'],
    ['isStepFree', 'stepFree'],
  ] as const)(
    '[POR-33] %s alone finds what is known to have it, and neither what has not nor what is unknown',
    (flag, detail) => {
      const told = { [ROOM_101]: true, [GALLERY]: false }
      const others = { quiet: true, sockets: true, wifi: true, stepFree: true }
      const known = momentWith({}, ({ id }) => {
        const has = told[id]
        const { [detail]: _unknown, ...without } = others
        return { details: has === undefined ? without : { ...without, [detail]: has } }
      })
      expect(find(known, { [flag]: true })).toEqual(['Room 101'])
      expect(filterCount({ ...NO_FILTER, [flag]: true })).toBe(1)
    },
  )

  it('is ordered: free first, by name as people count, or latest report first', () => {
    expect(find(moment, { branchId: at('University Library', 'Floor 1') })[0]).toBe('Room 101')
    const named = spaceListOf(moment, { ...NO_FILTER, sort: 'name' })
    expect(named.branches.map(({ entry }) => entry?.name)).toEqual(['Law Library', 'University Library'])
    const newest = find(momentWith({ [GALLERY]: [2, 1], [ROOM_101]: [0, 30] }), { sort: 'latest' })
    expect(newest.indexOf('Quiet Gallery')).toBeLessThan(newest.indexOf('Room 101'))
  })

  it('[SCR-15] shows floors as the tree has them, however full they are; by name and by latest report where somebody asks for that', () => {
    const floorsOf = (levels: Parameters<typeof momentWith>[0], sort: Filter['sort'] = 'free') =>
      spaceListOf(momentWith(levels), { ...NO_FILTER, sort })
        .branches.find(({ entry }) => entry?.name === 'University Library')
        ?.groups.map(({ entry }) => entry.name)
    const inOrder = ['Ground floor', 'Floor 1', 'Floor 2']
    expect(floorsOf({ [ROOM_101]: [2, 3], [GALLERY]: [0, 1] })).toEqual(inOrder)
    expect(floorsOf({ [ROOM_101]: [0, 3], [GALLERY]: [2, 1] })).toEqual(inOrder)
    expect(floorsOf({ [GALLERY]: [2, 1] }, 'latest')?.[0]).toBe('Floor 2')
    expect(floorsOf({}, 'name')).toEqual(['Floor 1', 'Floor 2', 'Ground floor'])
  })

  it('[TRE-6] what is not on public screens counts in no building, and has a level of its own', () => {
    const hidden = momentWith({ [ROOM_101]: [0, 3] }, ({ id }) => ({
      isOnKiosks: id !== ROOM_101,
      isMine: id === ROOM_101,
    }))
    expect(universityEntry(hidden)).toMatchObject({
      freeCount: 0,
      knownCount: 0,
      leafCount: 17,
      tone: 'unknown',
    })
    expect(find(hidden, { isFreeNow: true })).toEqual(['Room 101'])
    expect(bestSpaces(hidden, 5)).toEqual([])
    const floor = at('University Library', 'Floor 1')
    const cut = momentWith({ [ROOM_101]: [0, 3] }, ({ id }) => ({ isOnKiosks: id !== floor }))
    expect(universityEntry(cut)).toMatchObject({ freeCount: 0, leafCount: 14 })
    expect(cut.shown.get(floor)).toMatchObject({ freeCount: 1, leafCount: 4 })
    expect([isPublic(cut.spaces, ROOM_101), isPublic(cut.spaces, GALLERY)]).toEqual([false, true])
  })

  describe('a student puts a place into Room 101, not public', () => {
    const levels: Record<number, [Level, number]> = { [ROOM_101]: [0, 3], [GALLERY]: [1, 10], [SEAT]: [2, 1] }
    const seat = {
      kind: 'library',
      name: 'Window seat',
      location: 'by the stairs',
      isOnKiosks: false,
    } as const
    const without = momentWith(levels)
    const asOthers = momentWith(levels, () => ({}), [[ROOM_101, seat]])
    const asMaker = momentWith(levels, () => ({}), [[ROOM_101, { ...seat, isMine: true }]])
    const filters: Partial<Filter>[] = [
      {},
      { isFreeNow: true },
      { search: 'window' },
      { search: 'stairs' },
      { search: 'room 101' },
      { kind: 'room' },
      { kind: 'library' },
      { branchId: ROOM_101 },
      { branchId: at('University Library', 'Floor 1'), sort: 'name' },
      { sort: 'latest' },
    ]

    it('[TRE-13] others find what they found before: in lists, filters, counts and searches', () => {
      for (const filter of filters) {
        const [before, after] = [without, asOthers].map((one) =>
          spaceListOf(one, { ...NO_FILTER, ...filter }),
        )
        expect(after, JSON.stringify(filter)).toEqual(before)
      }
      expect(universityEntry(asOthers)).toEqual(universityEntry(without))
      expect(bestSpaces(asOthers, 9)).toEqual(bestSpaces(without, 9))
      expect(branchesOf(asOthers)).toEqual(branchesOf(without))
      expect([...asOthers.listed.keys()]).toEqual([...without.listed.keys()])
    })

    it('[TRE-13] the room stays a place with its own level, for its maker too, who sees the seat below it, marked', () => {
      expect(find(asMaker, { isFreeNow: true })).toEqual(['Room 101'])
      expect(find(asMaker, { search: 'window' })).toEqual(['Window seat'])
      const [branch] = spaceListOf(asMaker, NO_FILTER).branches
      const floor = branch?.groups.find(({ entry }) => entry.name === 'Floor 1')
      expect(branch?.groups.map(({ entry }) => entry.name)).toEqual(['Ground floor', 'Floor 1', 'Floor 2'])
      expect(floor?.spaces.slice(0, 2)).toMatchObject([
        { name: 'Room 101', tone: 'free', isLeaf: true, isPublic: true, inPlace: null },
        { name: 'Window seat', tone: 'full', isLeaf: true, isPublic: false, inPlace: 'Room 101' },
      ])
      expect(universityEntry(asMaker)).toEqual(universityEntry(without))
      expect(branchesOf(asMaker)).toEqual(branchesOf(without))
      expect(bestSpaces(asMaker, 9)).toEqual(bestSpaces(without, 9))
    })

    it('[TRE-13] who tracks it, and whoever may approve it for public screens, finds it too; an approved one makes a composite', () => {
      for (const tie of [{ isTracked: true }, { isMineToEdit: true }])
        expect(
          find(
            momentWith(levels, () => ({}), [[ROOM_101, { ...seat, ...tie }]]),
            { search: 'seat' },
          ),
        ).toEqual(['Window seat'])
      const isOn = momentWith(levels, () => ({}), [[ROOM_101, { ...seat, isOnKiosks: true }]])
      expect(find(isOn, {})).not.toContain('Room 101')
      expect(find(isOn, { branchId: ROOM_101 })).toEqual(['Window seat'])
    })

    it('[TRE-13] what is mine in somebody else’s hidden place is listed with what it stands in', () => {
      const nested = momentWith(levels, () => ({}), [
        [ROOM_101, { ...seat, name: 'Nook' }],
        [SEAT, { ...seat, isOnKiosks: true, isMine: true }],
      ])
      const groups = spaceListOf(nested, NO_FILTER).branches[0]?.groups ?? []
      expect(groups.find(({ entry }) => entry.name === 'Nook')?.spaces).toMatchObject([
        { name: 'Window seat' },
      ])
      expect(find(nested, { isFreeNow: true })).toEqual(['Room 101'])
    })
  })

  it('[TRE-13] a university without a place yet has none, also when a student has begun to add some', () => {
    const [root] = placeSpaces([{ name: 'Fresh', kind: 'university' }])
    const only = momentWith({}, () => ({}), [], root === undefined ? [] : [root])
    expect(spaceListOf(only, NO_FILTER)).toEqual({ branches: [], foundCount: 0, leafCount: 0 })
    const begun = { name: 'My corner', isOnKiosks: false }
    const others = momentWith({}, () => ({}), [[1, begun]], root === undefined ? [] : [root])
    expect(spaceListOf(others, NO_FILTER)).toEqual(spaceListOf(only, NO_FILTER))
    const mine = momentWith(
      {},
      () => ({}),
      [[1, { ...begun, isMine: true }]],
      root === undefined ? [] : [root],
    )
    expect(find(mine, {})).toEqual(['My corner'])
  })

  it('my own list: what I track and what I made', () => {
    const mine = ownListsOf(
      momentWith({ [GALLERY]: [0, 1] }, ({ id }) => ({
        isTracked: id === GALLERY || id === HALL,
        isMine: id === ROOM_101,
      })),
    )
    expect(mine.tracked.map(({ name }) => name)).toEqual(['Quiet Gallery', 'Reading Hall'])
    expect(mine.own).toMatchObject([{ name: 'Room 101', within: ['University Library', 'Floor 1'] }])
  })

  it('a large university starts with its best branch open; a tap turns that round; a filter opens all', () => {
    const placed = placeSpaces([
      { name: 'Great', kind: 'university', children: [largeLibrary('A', 2, 50), largeLibrary('B', 2, 50)] },
    ])
    const spaces = placed.map(({ id, facts }): PortalSpace => ({
      ...facts,
      id,
      clock: 1,
      hoursClock: 1,
      version: 1,
      level: null,
      reportedAtMs: null,
      isOnKiosks: true,
      isMine: false,
      isTracked: false,
      isMineToEdit: false,
      isWaiting: false,
    }))
    const great = portalMoment(new Map(spaces.map((one) => [one.id, one])), 'UTC', 1, NOW_MS, 'en')
    const open = (filter: Filter, toggled?: Set<number>) =>
      spaceListOf(great, filter, toggled === undefined ? {} : { toggled }).branches.map(
        ({ isOpen }) => isOpen,
      )
    expect(open(NO_FILTER)).toEqual([true, false])
    const second = spaceListOf(great, NO_FILTER).branches[1]?.entry?.id ?? 0
    expect(open(NO_FILTER, new Set([second]))).toEqual([true, true])
    expect(open({ ...NO_FILTER, search: 'room' })).toEqual([true, true])
    // The best one was another when the list was opened: what is open does not shut by itself.
    const kept = spaceListOf(great, NO_FILTER, { openId: second }).branches
    expect(kept.map(({ isOpen }) => isOpen)).toEqual([false, true])
    expect(spaceListOf(great, NO_FILTER, { openId: 4_711 }).branches.map(({ isOpen }) => isOpen)).toEqual([
      true,
      false,
    ])
  })

  it('[POR-10] a list that is handled keeps its rows and their order, with the latest levels', () => {
    const filter = { ...NO_FILTER, isFreeNow: true }
    const rows = (spaces: ReturnType<typeof spaceListOf>): string[] =>
      spaces.branches.flatMap(({ groups }) =>
        groups.flatMap((group) => group.spaces.map(({ name, tone }) => `${name} ${tone}`)),
      )
    const before = spaceListOf(momentWith({ [ROOM_101]: [0, 9], [GALLERY]: [0, 10] }), filter)
    expect(rows(before)).toEqual(['Room 101 free', 'Quiet Gallery free'])
    const latest = momentWith({ [ROOM_101]: [2, 0], [GALLERY]: [0, 10], [HALL]: [0, 0] })
    const frozen = frozenOrder(idsOfSpaceList(before))
    expect(rows(spaceListOf(latest, filter, { frozen }))).toEqual(['Room 101 full', 'Quiet Gallery free'])
    expect(rows(spaceListOf(latest, filter)).toSorted()).toEqual(['Quiet Gallery free', 'Reading Hall free'])
    const whole = spaceListOf(momentWith({ [GALLERY]: [0, 1] }), NO_FILTER)
    const moved = spaceListOf(latest, NO_FILTER, { frozen: frozenOrder(idsOfSpaceList(whole)) })
    expect(idsOfSpaceList(moved)).toEqual(idsOfSpaceList(whole))
    expect(idsOfSpaceList(spaceListOf(latest, NO_FILTER))).not.toEqual(idsOfSpaceList(whole))
    const best = bestSpaces(momentWith({ [ROOM_101]: [0, 1] }), 6)
    expect(bestSpaces(latest, 6, frozenOrder(best.map(({ id }) => id)))).toMatchObject([
      { name: 'Room 101', tone: 'full' },
    ])
    const isTracked = ({ id }: PortalSpace) => ({ isTracked: id === GALLERY || id === ROOM_101 })
    const mine = ownListsOf(momentWith({ [ROOM_101]: [0, 1] }, isTracked)).tracked
    const mineNow = momentWith({ [ROOM_101]: [2, 0], [GALLERY]: [0, 0] }, isTracked)
    const order = frozenOrder(mine.map(({ id }) => id))
    expect(ownListsOf(mineNow, order).tracked.map(({ name }) => name)).toEqual(['Room 101', 'Quiet Gallery'])
    expect(ownListsOf(mineNow).tracked.map(({ name }) => name)).toEqual(['Quiet Gallery', 'Room 101'])
  })

  it('kinds to look for are those of which a list has a place: headings have none', () => {
    const kinds = kindsListed(moment)
    expect(kinds).toContain('room')
    for (const kind of ['university', 'library', 'floor'] as const) expect(kinds).not.toContain(kind)
    for (const kind of kinds)
      expect(spaceListOf(moment, { ...NO_FILTER, kind }).foundCount).toBeGreaterThan(0)
  })

  it('of two that have one name each says what it stands in', () => {
    const floors = branchesOf(moment).filter(({ name }) => name === 'Floor 1')
    expect(floors.map(({ within }) => within)).toEqual(['Law Library', 'University Library'])
    expect(branchesOf(moment)[1]).toMatchObject({ name: 'Law Library', within: null })
  })

  it('composites in tree order are offered as places to stand in', () => {
    expect(branchesOf(moment).slice(0, 4)).toMatchObject([
      { name: 'Lipnik University', depth: 0 },
      { name: 'Law Library', depth: 1 },
      { name: 'Floor 1', depth: 2 },
      { name: 'Floor 2', depth: 2 },
    ])
  })
})
