import { DEMO_CAMPUS, DEMO_REPORTS } from '#shared/fixtures/campus.ts'
import { idAt, largeLibrary, placeSpaces, spaceViews, type PlacedSpace } from '#shared/fixtures/builders.ts'
import type { Me } from '#shared/domain/account.ts'
import type { PeopleSpace } from '#shared/wire/rest-spaces.ts'
import { spaceMap, type PortalSpace } from '../portal/portal-spaces.ts'
import { freshState, type PortalState } from '../portal/store.ts'
import { NIGHT_MS, NOW_MS } from './fixtures.ts'

// Members, spaces and answers of the portal's pictures, all of the invented campus.

const UNIVERSITY = { id: 1, name: 'Lipnik University', timezone: 'Europe/Ljubljana', locale: 'en' as const }

/** A student; `some` says what differs. */
export function student(some: Partial<Me> = {}): Me {
  return {
    id: 12,
    university: UNIVERSITY,
    isPlatformAdmin: false,
    username: null,
    email: 'ana.novak@student.lipnik.example',
    displayname: 'Ana Novak',
    locale: null,
    isFromDirectory: false,
    groups: [],
    ...some,
  }
}

/** Somebody of the super group. */
export const STAFF = student({
  id: 3,
  displayname: 'Miha Kovač',
  email: 'miha.kovac@lipnik.example',
  groups: [{ id: 1, name: 'cspace', isSuper: true, permission: 'admin' }],
})

/** Somebody who approves universities. */
export const PLATFORM_ADMIN = student({
  id: 1,
  university: null,
  isPlatformAdmin: true,
  displayname: null,
  email: 'platform@carrel.example',
})

const PLACED = placeSpaces(DEMO_CAMPUS.spaces)
const LIBRARY = ['Lipnik University', 'University Library']

/** Number of a space by its path below the university library. */
export const placeAt = (...path: string[]): number => idAt(PLACED, [...LIBRARY, ...path])
/** The number of a room of another library. */
export const LAW_ROOM = idAt(PLACED, ['Lipnik University', 'Law Library', 'Floor 2', 'Study Room'])
/** The number of the room that most pictures are about. */
export const ROOM_101 = placeAt('Floor 1', 'Room 101')
/** The number of an area on Floor 2. */
export const QUIET_GALLERY = placeAt('Floor 2', 'Quiet Gallery')
/** The number of a composite. */
export const FLOOR_1 = placeAt('Floor 1')
/** A table that a student added, below Floor 2. */
export const TABLE = 500

const TRACKED = new Set([ROOM_101, placeAt('Floor 1', 'Reading Room'), placeAt('Ground floor', 'Café')])

function rowsOf(placed: readonly PlacedSpace[], nowMs: number, isStaff: boolean): PeopleSpace[] {
  const views = new Map(spaceViews(placed, DEMO_REPORTS, nowMs).map((view) => [view.id, view]))
  return placed.map(({ id, facts }) => ({
    id,
    clock: id,
    level: views.get(id)?.level ?? null,
    reportedAtMs: views.get(id)?.reportedAtMs ?? null,
    facts,
    version: 1,
    isOnKiosks: true,
    isMine: false,
    isTracked: TRACKED.has(id),
    isMineToEdit: isStaff,
  }))
}

/** The table that a student added; not on public screens yet. */
export function tableRow(nowMs: number = NOW_MS): PeopleSpace {
  return {
    id: TABLE,
    clock: TABLE,
    level: 0,
    reportedAtMs: nowMs - 9 * 60_000,
    facts: {
      parentId: placeAt('Floor 2'),
      name: 'Window table',
      kind: 'area',
      location: 'Behind the atlas shelves',
      details: { quiet: true, sockets: false, wifi: true, note: 'Best before noon, then the sun blinds.' },
      capacity: 4,
      hours: { weekly: null, closures: [] },
    },
    version: 2,
    isOnKiosks: false,
    isMine: true,
    isTracked: false,
    isMineToEdit: true,
  }
}

/** A corner that was deleted three days ago. */
export const DELETED = {
  id: 501,
  name: 'Sofa corner',
  parentName: 'Ground floor',
  within: ['University Library', 'Ground floor'],
  deletedAtMs: NOW_MS - 3 * 86_400_000,
  version: 3,
}

/** The whole campus as the hub sends it to a student, or to staff. */
export function campusRows(nowMs: number = NOW_MS, isStaff = false): PeopleSpace[] {
  return [...rowsOf(PLACED, nowMs, isStaff), tableRow(nowMs)]
}

/** A tree that is loaded. */
export function treeOf(rows: readonly PeopleSpace[]): PortalState['tree'] {
  return { state: 'ready', spaces: spaceMap(rows), staleMs: 7_200_000, epoch: 'q7Wm2c1pTfE', head: 900 }
}

/** The campus with one space changed. */
export function campusWith(id: number, change: Partial<PortalSpace>): PortalState['tree'] {
  const spaces = new Map(spaceMap(campusRows()))
  const space = spaces.get(id)
  if (space !== undefined) spaces.set(id, { ...space, ...change })
  return { state: 'ready', spaces, staleMs: 7_200_000, epoch: 'q7Wm2c1pTfE', head: 900 }
}

/** Two thousand places. */
export function largeTree(): PortalState['tree'] {
  const placed = placeSpaces([
    { name: 'Lipnik University', kind: 'university', children: [largeLibrary('Great Library', 10, 100)] },
  ])
  const rows = rowsOf(placed, NOW_MS, false).map((row, index): PeopleSpace => {
    if (row.facts.kind !== 'room') return row
    const level = index % 7 === 0 ? 0 : index % 3 === 0 ? 2 : 1
    return { ...row, level, reportedAtMs: NOW_MS - ((index * 7) % 150) * 60_000 }
  })
  return treeOf(rows)
}

/** The state of somebody who is signed in, with the campus loaded. */
export function stateOf(me: Me, some: Partial<PortalState> = {}): PortalState {
  return {
    ...freshState(NOW_MS),
    visitor: { state: 'signedIn', me },
    tree: treeOf(
      campusRows(
        NOW_MS,
        me.groups.some(({ isSuper }) => isSuper),
      ),
    ),
    connection: { status: 'live', contactMs: NOW_MS - 2_000 },
    ...some,
  }
}

/** The state of who is not. */
export function openState(some: Partial<PortalState> = {}): PortalState {
  return { ...freshState(NOW_MS), visitor: { state: 'signedOut', reason: null }, ...some }
}

/** The same Friday night: the law library is shut. */
export function nightState(): PortalState {
  return stateOf(student(), {
    nowMs: NIGHT_MS,
    tree: treeOf(campusRows(NIGHT_MS)),
    connection: { status: 'live', contactMs: NIGHT_MS },
  })
}
