import { DEMO_CAMPUS, DEMO_REPORTS } from '#shared/fixtures/campus.ts'
import { idAt, largeLibrary, placeSpaces, spaceViews, type PlacedSpace } from '#shared/fixtures/builders.ts'
import type { Me } from '#shared/domain/account.ts'
import type { RouteAnswer } from '#shared/wire/rest.ts'
import type { PeopleSpace } from '#shared/wire/rest-spaces.ts'
import { spaceMap, type PortalSpace } from '../portal/spaces.ts'
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

/** Somebody who lets universities in. */
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
export const LAW_ROOM = idAt(PLACED, ['Lipnik University', 'Law Library', 'Floor 2', 'Study Room'])
export const ROOM_101 = placeAt('Floor 1', 'Room 101')
export const QUIET_GALLERY = placeAt('Floor 2', 'Quiet Gallery')
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

/** The whole campus as the hub tells it to a student, or to staff. */
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

/** The state of somebody who is signed in, with the campus at hand. */
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
    line: { status: 'live', contactMs: NOW_MS - 2_000 },
    ...some,
  }
}

/** The state of who is not. */
export function openState(some: Partial<PortalState> = {}): PortalState {
  return { ...freshState(NOW_MS), visitor: { state: 'signedOut', because: null }, ...some }
}

/** The same Friday night: the law library is shut. */
export function nightState(): PortalState {
  return stateOf(student(), {
    nowMs: NIGHT_MS,
    tree: treeOf(campusRows(NIGHT_MS)),
    line: { status: 'live', contactMs: NIGHT_MS },
  })
}

export const UNIVERSITIES: RouteAnswer<'GET /universities'> = {
  universities: [
    { id: 1, name: 'Lipnik University', hasDirectory: true },
    { id: 2, name: 'Jasna Polytechnic', hasDirectory: true },
    { id: 3, name: 'Academy of Music Brod', hasDirectory: false },
  ],
}

const report = (id: number, path: string[], level: 0 | 1 | 2, minutesAgo: number, isWithdrawn = false) => ({
  id,
  spaceId: placeAt(...path),
  spaceName: path.at(-1) ?? '',
  level,
  reportedAtMs: NOW_MS - minutesAgo * 60_000,
  isWithdrawn,
})

export const MY_REPORTS: RouteAnswer<'GET /me/reports'> = {
  reports: [
    report(9, ['Floor 1', 'Room 101'], 0, 3),
    report(8, ['Floor 1', 'Reading Room'], 1, 48),
    report(7, ['Ground floor', 'Café'], 2, 130, true),
    report(6, ['Floor 2', 'Quiet Gallery'], 0, 60 * 26),
    report(5, ['Ground floor', 'Computer Room'], 2, 60 * 27),
  ],
}

export const SESSIONS: RouteAnswer<'GET /auth/sessions'> = {
  sessions: [
    {
      id: 4,
      isThis: true,
      userAgent: 'Mozilla/5.0 (Linux; Android 16) AppleWebKit/537.36 Chrome/153.0 Mobile Safari/537.36',
      address: '192.0.2.17',
      signedInAtMs: NOW_MS - 2 * 3_600_000,
      lastSeenAtMs: NOW_MS,
    },
    {
      id: 3,
      isThis: false,
      userAgent: 'Mozilla/5.0 (Windows NT 10.0; rv:150.0) Gecko/20100101 Firefox/150.0',
      address: '203.0.113.9',
      signedInAtMs: NOW_MS - 3 * 86_400_000,
      lastSeenAtMs: NOW_MS - 26 * 3_600_000,
    },
  ],
}

export const GROUPS: RouteAnswer<'GET /groups'> = {
  groups: [
    {
      id: 1,
      name: 'cspace',
      description: 'Staff who look after all spaces.',
      gidNumber: null,
      isSuper: true,
      memberCount: 3,
      version: 1,
    },
    {
      id: 2,
      name: 'Chemistry',
      description: 'Department of Chemistry',
      gidNumber: 100,
      isSuper: false,
      memberCount: 24,
      version: 3,
    },
    {
      id: 3,
      name: 'Chess club',
      description: null,
      gidNumber: null,
      isSuper: false,
      memberCount: 1,
      version: 1,
    },
  ],
}

export const MEMBERS: RouteAnswer<'GET /groups/:id/members'> = {
  members: [
    {
      userId: 3,
      name: 'Miha Kovač',
      email: 'miha.kovac@lipnik.example',
      permission: 'admin',
      isFromDirectory: false,
    },
    {
      userId: 12,
      name: 'Ana Novak',
      email: 'ana.novak@student.lipnik.example',
      permission: 'member',
      isFromDirectory: false,
    },
    { userId: 31, name: 'j.zupan', email: null, permission: 'member', isFromDirectory: true },
  ],
}

export const REQUESTS: RouteAnswer<'GET /platform/requests'> = {
  requests: [
    {
      id: 7,
      name: 'University of Brezje',
      domains: ['brezje.example', 'student.brezje.example'],
      timezone: 'Europe/Ljubljana',
      locale: 'sl',
      contact: 'knjiznica@brezje.example',
      isContactConfirmed: true,
      requestedAtMs: NOW_MS - 5 * 3_600_000,
      collisions: [],
    },
    {
      id: 8,
      name: 'Lipnik Medical School',
      domains: ['med.lipnik.example', 'postbox.example'],
      timezone: 'Europe/Ljubljana',
      locale: 'en',
      contact: 'library@med.lipnik.example',
      isContactConfirmed: true,
      requestedAtMs: NOW_MS - 26 * 3_600_000,
      collisions: [
        { kind: 'subdomain', domain: 'med.lipnik.example', university: 'Lipnik University' },
        { kind: 'publicProvider', domain: 'postbox.example', university: null },
      ],
    },
  ],
}

const change = (id: number, minutesAgo: number, service: string, subject: string, log: object) => ({
  id,
  atMs: NOW_MS - minutesAgo * 60_000,
  actor: 'user 3',
  actorName: 'Miha Kovač',
  service,
  subject,
  address: '192.0.2.17',
  log: log as Record<string, unknown>,
})

export const CHANGES: RouteAnswer<'GET /changes'> = {
  changes: [
    change(90, 4, 'spaces', 'letOn', { space: 'Window table', before: false, after: true }),
    change(89, 31, 'groups', 'add', { group: 'Chemistry', user: 12, permission: 'member' }),
    { ...change(88, 55, 'auth', 'failed', { reason: 'credentials' }), actor: 'user 31', actorName: null },
    change(87, 190, 'kiosks', 'silence', { kiosk: 'Door 101' }),
  ],
  next: 87,
}

export const KIOSKS: RouteAnswer<'GET /kiosks'> = {
  kiosks: [
    {
      id: 1,
      name: 'Door 101',
      role: 'door',
      spaceId: ROOM_101,
      spaceName: 'Room 101',
      isSilenced: false,
      lastSeenAtMs: NOW_MS - 60_000,
    },
    {
      id: 2,
      name: 'Lobby',
      role: 'entrance',
      spaceId: placeAt(),
      spaceName: 'University Library',
      isSilenced: true,
      lastSeenAtMs: null,
    },
  ],
}

export const DELETED: RouteAnswer<'GET /spaces/deleted'> = {
  spaces: [{ id: 501, name: 'Sofa corner', parentName: 'Ground floor', version: 3 }],
}
