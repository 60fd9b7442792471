import { accept } from '#shared/domain/decision.ts'
import type { RouteAnswer, RouteName } from '#shared/wire/rest.ts'
import type { Answer } from '../portal/api.ts'
import type { PortalState } from '../portal/store.ts'
import { NOW_MS } from './fixtures.ts'
import { DELETED as SOFA_CORNER, placeAt, ROOM_101 } from './portal-fixtures.ts'

// What the hub of the invented campus answers to the portal's quieter pages.

const UNIVERSITIES: RouteAnswer<'GET /universities'> = {
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

const MY_REPORTS: RouteAnswer<'GET /me/reports'> = {
  reports: [
    report(9, ['Floor 1', 'Room 101'], 0, 3),
    report(8, ['Floor 1', 'Reading Room'], 1, 48),
    report(7, ['Ground floor', 'Café'], 2, 130, true),
    report(6, ['Floor 2', 'Quiet Gallery'], 0, 60 * 26),
    report(5, ['Ground floor', 'Computer Room'], 2, 60 * 27),
  ],
}

const SESSIONS: RouteAnswer<'GET /auth/sessions'> = {
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

const GROUPS: RouteAnswer<'GET /groups'> = {
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

const MEMBERS: RouteAnswer<'GET /groups/:id/members'> = {
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

const REQUESTS: RouteAnswer<'GET /platform/requests'> = {
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
      contact: 'library@postbox.example.org',
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
  names: {} as Record<string, string>,
})

const CHANGES: RouteAnswer<'GET /changes'> = {
  changes: [
    change(90, 4, 'spaces', 'letOnKiosks', { spaceId: 9_007_199_254_740, name: 'Window table' }),
    {
      ...change(89, 31, 'groups', 'member add', { userId: 12, after: { permission: 'member' } }),
      names: { 'user 12': 'Tine Bregar', 'group 3': 'Chemistry' },
    },
    { ...change(88, 55, 'sessions', 'failed', { userId: 31 }), actor: 'visitor', actorName: null },
    change(87, 190, 'kiosks', 'silence', { kioskId: 1, name: 'Door 101' }),
    {
      ...change(86, 200, 'spaces', 'edit', {
        spaceId: 7,
        before: { name: 'Hall', capacity: 4, parentId: 5, details: { quiet: false } },
        after: { name: 'Quiet Hall', capacity: null, parentId: 6, details: { quiet: true } },
      }),
      names: { 'space 7': 'Quiet Hall', 'space 5': 'Floor 1' },
    },
    change(85, 210, 'spaces', 'level', { spaceId: 7, name: 'Quiet Hall', before: 0, after: 2 }),
  ],
  next: 87,
}

const KIOSKS: RouteAnswer<'GET /kiosks'> = {
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

const START_MS = NOW_MS + 20 * 3_600_000
const bookingOf = (path: string[], fromMs = START_MS) => ({
  registrationId: 1,
  spaceId: placeAt(...path),
  room: path.at(-1) ?? '',
  startMs: fromMs,
  endMs: fromMs + 90 * 60_000,
})
const told = (id: number, minutesAgo: number, isNew = false) => ({
  id,
  text: null,
  createdAtMs: NOW_MS - minutesAgo * 60_000,
  groupName: null,
  isNew,
  isArchived: false,
})
const ROOM = ['Floor 1', 'Room 101']
const GALLERY = ['Floor 2', 'Quiet Gallery']

const NOTICES: RouteAnswer<'GET /notifications'> = {
  notices: [
    { ...told(30, 4, true), kind: 'approved', facts: bookingOf(ROOM) },
    {
      ...told(29, 12, true),
      kind: 'requestToApprove',
      groupName: 'Chemistry',
      facts: { ...bookingOf(GALLERY), groupName: 'Chess club' },
    },
    {
      ...told(28, 55),
      kind: 'announcement',
      facts: {},
      text: 'The library closes at 16:00 today.\n\nPlease take your things with you.',
    },
    {
      ...told(27, 130),
      kind: 'moved',
      groupName: 'Chemistry',
      facts: {
        ...bookingOf(ROOM, START_MS + 3_600_000),
        roomBefore: 'Quiet Gallery',
        startBeforeMs: START_MS,
        endBeforeMs: START_MS + 5_400_000,
      },
    },
    { ...told(26, 60 * 26), kind: 'rejected', facts: bookingOf(GALLERY), text: 'The room is being painted.' },
    { ...told(25, 60 * 27), kind: 'closed', facts: bookingOf(ROOM) },
    { ...told(24, 60 * 28), kind: 'displaced', facts: bookingOf(ROOM) },
    { ...told(23, 60 * 29), kind: 'released', facts: bookingOf(GALLERY, NOW_MS - 30 * 3_600_000) },
    { ...told(22, 60 * 50), kind: 'ending', facts: bookingOf(ROOM, NOW_MS - 51 * 3_600_000) },
    {
      ...told(21, 60 * 51),
      kind: 'lapsing',
      facts: { ...bookingOf(ROOM), lapsesAtMs: NOW_MS + 12 * 3_600_000 },
    },
  ],
  hasMore: true,
}

const DELETED: RouteAnswer<'GET /spaces/deleted'> = {
  spaces: [SOFA_CORNER],
}

/** What the hub answers; `waiting`: not yet. */
export type Answers = { [Name in RouteName]?: Answer<Name> | 'waiting' }

/** What the hub answers where a picture does not say otherwise. */
export const USUAL: Answers = {
  'GET /universities': accept(UNIVERSITIES),
  'GET /me/reports': accept(MY_REPORTS),
  'GET /auth/sessions': accept(SESSIONS),
  'GET /groups': accept(GROUPS),
  'GET /groups/:id/members': accept(MEMBERS),
  'GET /groups/:id/deletion': accept({ memberCount: 24, bookingCount: 2 }),
  'GET /platform/requests': accept(REQUESTS),
  'GET /changes': accept(CHANGES),
  'GET /kiosks': accept(KIOSKS),
  'GET /spaces/deleted': accept(DELETED),
  'GET /notifications': accept(NOTICES),
  'POST /notifications/read': accept(null),
}

/** What is done once the page is drawn: a form is filled in or sent, or something is pressed. */
export type PictureStep = { fill: Record<string, string> } | { submit: string } | { press: string }

/** One picture of the portal. */
export interface PortalPicture {
  path: string
  state: PortalState
  answers?: Answers
  steps?: readonly PictureStep[]
}
