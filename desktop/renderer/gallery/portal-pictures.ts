import { accept, refuse } from '#shared/domain/decision.ts'
import type { Refusal } from '../portal/api.ts'
import { NO_FILTER } from '../portal/space-list.ts'
import { DEFAULT_SETTINGS } from '../portal/settings.ts'
import type { PortalState } from '../portal/store.ts'
import { NOW_MS } from './fixtures.ts'
import * as fixtures from './portal-fixtures.ts'
import {
  FLOOR_1,
  LAW_ROOM,
  openState,
  PLATFORM_ADMIN,
  QUIET_GALLERY,
  ROOM_101,
  STAFF,
  stateOf,
  student,
  TABLE,
} from './portal-fixtures.ts'
import type { PictureStep, PortalPicture } from './portal-answers.ts'
import { WAITING } from './portal-waiting.ts'

const TOKEN = 'x'.repeat(43)

function refused(why: Refusal['why'], more: Partial<Refusal> = {}): { ok: false; refusal: Refusal } {
  return refuse({ why, retryAfterS: null, ...more })
}

function savingOf(isSlow: boolean): PortalState['report'] {
  return { step: 'saving', spaceId: ROOM_101, level: 1, key: 'k'.repeat(32), isSlow }
}

function link(path: string): PortalState {
  return openState({ link: { path, token: TOKEN } })
}

const PASSWORD = 'correct horse battery'
const SIGN_IN: PictureStep[] = [{ fill: { identifier: 'ana', password: PASSWORD } }, { submit: 'form' }]
const me = student()
const MEMBER = student({ groups: [{ id: 2, name: 'Chemistry', isSuper: false, permission: 'member' }] })

const open: Record<string, PortalPicture> = {
  opening: { path: '/', state: { ...openState(), visitor: { state: 'unknown' } } },
  away: {
    path: '/',
    state: { ...openState(), visitor: { state: 'away', refusal: refused('offline').refusal } },
  },
  signIn: { path: '/', state: openState() },
  signInEnded: { path: '/', state: openState({ visitor: { state: 'signedOut', reason: 'ended' } }) },
  signInVerified: {
    path: '/sign-in',
    state: openState({ visitor: { state: 'signedOut', reason: 'verified' } }),
  },
  signInRefused: {
    path: '/sign-in',
    state: openState(),
    answers: { 'POST /auth/token': refused('credentialsRefused') },
    steps: SIGN_IN,
  },
  signInEndedRefused: {
    path: '/sign-in',
    state: openState({ visitor: { state: 'signedOut', reason: 'ended' } }),
    answers: { 'POST /auth/token': refused('credentialsRefused') },
    steps: SIGN_IN,
  },
  signInUniversity: {
    path: '/sign-in',
    state: openState(),
    answers: { 'POST /auth/token': refused('universityNeeded') },
    steps: SIGN_IN,
  },
  signInTooMany: {
    path: '/sign-in',
    state: openState(),
    answers: { 'POST /auth/token': refused('tooMany', { retryAfterS: 40 }) },
    steps: SIGN_IN,
  },
  signInMissing: { path: '/sign-in', state: openState(), steps: [{ submit: 'form' }] },
  signInBusy: {
    path: '/sign-in',
    state: openState(),
    answers: { 'POST /auth/token': 'waiting' },
    steps: SIGN_IN,
  },
  signUp: { path: '/sign-up', state: openState() },
  signUpRefused: {
    path: '/sign-up',
    state: openState(),
    answers: { 'POST /auth/register': refused('passwordRefused', { faults: ['common', 'onlyDigits'] }) },
    steps: [{ fill: { email: 'ana@lipnik.example', password: '1234567890' } }, { submit: 'form' }],
  },
  signUpCorrected: {
    path: '/sign-up',
    state: openState(),
    answers: { 'POST /auth/register': refused('addressRefused', { at: '/contact' }) },
    steps: [
      { fill: { email: 'ana@postbox.example', password: PASSWORD } },
      { submit: 'form' },
      { fill: { email: 'ana@lipnik.example', password: '' } },
      { submit: 'form' },
    ],
  },
  signUpElsewhere: {
    path: '/sign-up',
    state: openState(),
    answers: { 'POST /auth/register': refused('addressRefused', { at: '/email' }) },
    steps: [{ fill: { email: 'ana@postbox.example', password: PASSWORD } }, { submit: 'form' }],
  },
  signUpSent: {
    path: '/sign-up/sent',
    state: openState({ mailedTo: { page: 'signUp', email: 'ana.novak@student.lipnik.example' } }),
  },
  verify: { path: '/verify', state: link('/verify') },
  verifyNoToken: { path: '/verify', state: openState() },
  verifyRefused: {
    path: '/verify',
    state: link('/verify'),
    answers: { 'POST /auth/verify': refused('linkRefused') },
    steps: [{ submit: 'form' }],
  },
  forgotten: { path: '/forgotten', state: openState() },
  forgottenSent: {
    path: '/forgotten',
    state: openState({ mailedTo: { page: 'forgotten', email: 'ana@lipnik.example' } }),
  },
  forgottenRefused: {
    path: '/forgotten',
    state: openState(),
    answers: { 'POST /auth/forgotten': refused('addressRefused', { at: '/email' }) },
    steps: [{ fill: { email: 'ana@lipnik.example' } }, { submit: 'form' }],
  },
  forgottenSentTooMany: {
    path: '/forgotten',
    state: openState({ mailedTo: { page: 'forgotten', email: 'ana@lipnik.example' } }),
    answers: { 'POST /auth/forgotten': refused('tooMany', { retryAfterS: 40 }) },
    steps: [{ fill: { email: 'ana@lipnik.example' } }, { submit: 'form' }],
  },
  reset: { path: '/reset', state: link('/reset') },
  email: { path: '/email', state: link('/email') },
  setup: { path: '/setup', state: link('/setup') },
  setupNoToken: { path: '/setup', state: openState() },
  askUniversity: { path: '/universities/new', state: openState() },
  askUniversityDomain: {
    path: '/universities/new',
    state: openState(),
    answers: { 'POST /universities': refused('valueRefused', { at: '/domains/0' }) },
    steps: [
      {
        fill: {
          name: 'Lipnik',
          domains: 'lipnik',
          timezone: 'Europe/Ljubljana',
          contact: 'a@lipnik.example',
        },
      },
      { submit: 'form' },
    ],
  },
  confirmUniversity: { path: '/universities/confirm', state: link('/universities/confirm') },
}

const OFFLINE: PortalState['connection'] = { status: 'offline', contactMs: NOW_MS - 12 * 60_000 }

const places: Record<string, PortalPicture> = {
  places: { path: '/', state: stateOf(me) },
  placesLoading: { path: '/', state: stateOf(me, { tree: { state: 'loading' } }) },
  placesFailed: {
    path: '/',
    state: stateOf(me, { tree: { state: 'failed', refusal: refused('unavailable').refusal } }),
  },
  placesOffline: { path: '/', state: stateOf(me, { connection: OFFLINE }) },
  placesEmpty: { path: '/', state: stateOf(me, { tree: fixtures.treeOf([]) }) },
  placesNothing: { path: '/', state: stateOf(me, { filter: { ...NO_FILTER, search: 'observatory' } }) },
  placesFiltered: {
    path: '/',
    state: stateOf(me, { filter: { ...NO_FILTER, isFreeNow: true, isQuiet: true } }),
    steps: [{ press: '.p-search button' }],
  },
  placesLarge: { path: '/', state: stateOf(me, { tree: fixtures.largeTree() }) },
  mine: { path: '/mine', state: stateOf(me) },
  mineUndone: {
    path: '/mine',
    state: stateOf(me),
    answers: {
      'GET /spaces/deleted': accept({ spaces: [fixtures.DELETED, { ...fixtures.DELETED, id: TABLE }] }),
    },
  },
  mineEmpty: {
    path: '/mine',
    state: stateOf(me, { tree: fixtures.treeOf([]) }),
    answers: { 'GET /spaces/deleted': accept({ spaces: [] }) },
  },
}

const at = (id: number): string => `/spaces/${id}`

const space: Record<string, PortalPicture> = {
  free: { path: at(ROOM_101), state: stateOf(me) },
  busy: {
    path: at(ROOM_101),
    state: stateOf(me, { tree: fixtures.campusWith(ROOM_101, { level: 1 }), connection: OFFLINE }),
  },
  full: { path: at(ROOM_101), state: stateOf(me, { tree: fixtures.campusWith(ROOM_101, { level: 2 }) }) },
  unknown: {
    path: at(ROOM_101),
    state: stateOf(me, { tree: fixtures.campusWith(ROOM_101, { level: null, reportedAtMs: null }) }),
  },
  closed: { path: at(LAW_ROOM), state: fixtures.nightState() },
  composite: { path: at(FLOOR_1), state: stateOf(me) },
  own: { path: at(TABLE), state: stateOf(me) },
  saving: {
    path: at(ROOM_101),
    state: stateOf(me, { report: savingOf(false) }),
  },
  savingSlowly: { path: at(ROOM_101), state: stateOf(me, { report: savingOf(true) }) },
  thanks: {
    path: at(ROOM_101),
    state: stateOf(me, {
      report: {
        step: 'thanks',
        spaceId: ROOM_101,
        level: 0,
        reportId: 9,
        undoUntilMs: NOW_MS + 3_500,
      },
    }),
  },
  undone: {
    path: at(ROOM_101),
    state: stateOf(me, { report: { step: 'undone', spaceId: ROOM_101, untilMs: NOW_MS + 2_000 } }),
  },
  refused: {
    path: at(ROOM_101),
    state: stateOf(me, {
      report: {
        step: 'refused',
        spaceId: ROOM_101,
        level: 0,
        request: { key: 'k'.repeat(32) },
        refusal: refused('offline').refusal,
      },
    }),
  },
  gone: { path: at(9_999), state: stateOf(me) },
  goneMine: { path: at(fixtures.DELETED.id), state: stateOf(me) },
  staff: {
    path: at(QUIET_GALLERY),
    state: stateOf(STAFF),
    answers: { 'PUT /spaces/:id/level': accept(fixtures.tableRow()) },
  },
  staffToast: {
    path: at(QUIET_GALLERY),
    state: stateOf(STAFF, { toast: { id: 1, text: 'No answer yet.', undo: null } }),
  },
  undoing: {
    path: at(ROOM_101),
    state: stateOf(me, {
      report: { step: 'undoing', spaceId: ROOM_101, level: 0, reportId: 9, isSlow: true },
    }),
  },
  delete: { path: at(TABLE), state: stateOf(me), steps: [{ press: '.p-actions button' }] },
  deleteParts: {
    path: at(FLOOR_1),
    state: stateOf(STAFF),
    answers: {
      'DELETE /spaces/:id': refused('hasChildren', {
        spaces: [
          { id: 1, name: 'Room 101' },
          { id: 2, name: 'Reading Room' },
        ],
      }),
    },
    steps: [{ press: '.p-actions button' }],
  },
  deleteWithKiosk: { path: at(ROOM_101), state: stateOf(STAFF), steps: [{ press: '.p-actions button' }] },
  toast: {
    path: '/mine',
    state: stateOf(me, {
      toast: { id: 1, text: 'Window table was deleted.', undo: () => undefined },
    }),
  },
  new: { path: '/spaces/new', state: stateOf(me) },
  newNameTaken: {
    path: '/spaces/new',
    state: stateOf(me),
    answers: { 'POST /spaces': refused('nameTaken') },
    steps: [{ fill: { name: 'Stairs', parent: String(FLOOR_1) } }, { submit: 'form' }],
  },
  newNoteRefused: {
    path: '/spaces/new',
    state: stateOf(me),
    answers: { 'POST /spaces': refused('valueRefused', { at: '/details/note' }) },
    steps: [{ fill: { name: 'Stairs', parent: String(FLOOR_1) } }, { submit: 'form' }],
  },
  newQuota: {
    path: '/spaces/new',
    state: stateOf(me),
    answers: { 'POST /spaces': refused('quotaReached') },
    steps: [{ fill: { name: 'Stairs', parent: String(FLOOR_1) } }, { submit: 'form' }],
  },
  edit: { path: `${at(TABLE)}/edit`, state: stateOf(me) },
  editLanguages: {
    path: `${at(ROOM_101)}/edit`,
    state: stateOf(STAFF),
    answers: { 'PATCH /spaces/:id': refused('valueRefused', { at: '/texts/sl/equipment' }) },
    steps: [{ press: 'summary' }, { fill: { 'texts/sl/equipment': 'Zaslon' } }, { submit: 'form' }],
  },
  editStale: {
    path: `${at(TABLE)}/edit`,
    state: stateOf(me),
    answers: { 'PATCH /spaces/:id': refused('stale', { current: staleRow() }) },
    steps: [{ fill: { name: 'Table by the window', capacity: '6' } }, { submit: 'form' }],
  },
}

function staleRow(): unknown {
  const row = fixtures.tableRow()
  return { ...row, version: 3, facts: { ...row.facts, name: 'Sunny table', capacity: 5 } }
}

const pages: Record<string, PortalPicture> = {
  reports: { path: '/reports', state: stateOf(me) },
  reportsEmpty: {
    path: '/reports',
    state: stateOf(me),
    answers: { 'GET /me/reports': accept({ reports: [] }) },
  },
  inbox: { path: '/inbox', state: stateOf(me, { inbox: { newCount: 2, newestId: 30, clock: 9 } }) },
  inboxMany: { path: '/inbox', state: stateOf(STAFF, { inbox: { newCount: 120, newestId: 30, clock: 9 } }) },
  inboxEmpty: {
    path: '/inbox',
    state: stateOf(me),
    answers: { 'GET /notifications': accept({ notices: [], hasMore: false }) },
  },
  inboxArchiveEmpty: {
    path: '/inbox',
    state: stateOf(me),
    answers: { 'GET /notifications': accept({ notices: [], hasMore: false }) },
    steps: [{ press: '.p-chips button:last-child' }],
  },
  inboxOffline: {
    path: '/inbox',
    state: stateOf(me, { connection: OFFLINE }),
    answers: { 'GET /notifications': refused('offline') },
  },
  inboxWrite: { path: '/inbox', state: stateOf(STAFF), steps: [{ press: '.p-page-title button' }] },
  inboxWriteRefused: {
    path: '/inbox',
    state: stateOf(STAFF),
    answers: { 'POST /notices': refused('valueRefused', { at: '/text' }) },
    steps: [
      { press: '.p-page-title button' },
      { fill: { text: 'Closed today.' } },
      { submit: 'dialog form' },
    ],
  },
  profile: { path: '/profile', state: stateOf(MEMBER) },
  profileDirectory: {
    path: '/profile',
    state: stateOf(student({ isFromDirectory: true, username: 'anovak', email: null })),
  },
  emailSame: {
    path: '/profile',
    state: stateOf(me),
    answers: { 'POST /me/email': refused('addressRefused', { at: '/email' }) },
    steps: [{ fill: { email: me.email?.toUpperCase() ?? '' } }, { submit: 'form:has([name="email"])' }],
  },
  emailElsewhere: {
    path: '/profile',
    state: stateOf(me),
    answers: { 'POST /me/email': refused('addressRefused', { at: '/email' }) },
    steps: [{ fill: { email: 'ana@postbox.example' } }, { submit: 'form:has([name="email"])' }],
  },
  passwordWaits: {
    path: '/profile',
    state: stateOf(me),
    answers: { 'GET /me/export': refused('passwordNeeded') },
    steps: [{ submit: 'form:not(:has(input))' }],
  },
  confirmPassword: { path: '/profile', state: stateOf(me, { asking: { resolve: () => undefined } }) },
  deleteAccount: { path: '/profile', state: stateOf(me), steps: [{ press: '.p-button-quiet-danger' }] },
  groups: { path: '/groups', state: stateOf(STAFF) },
  groupsEmpty: { path: '/groups', state: stateOf(me), answers: { 'GET /groups': accept({ groups: [] }) } },
  groupNew: { path: '/groups', state: stateOf(STAFF), steps: [{ press: '.p-page-title button' }] },
  group: { path: '/groups/2', state: stateOf(STAFF) },
  groupAlready: {
    path: '/groups/2',
    state: stateOf(STAFF),
    answers: { 'POST /groups/:id/members': refused('valueRefused', { at: '/permission' }) },
    steps: [{ fill: { person: 'ta217' } }, { submit: 'form' }],
  },
  groupNobody: {
    path: '/groups/2',
    state: stateOf(STAFF),
    answers: { 'POST /groups/:id/members': refused('valueRefused', { at: '/person' }) },
    steps: [{ fill: { person: 'ta218' } }, { submit: 'form' }],
  },
  groupAddedTwice: {
    path: '/groups/2',
    state: stateOf(STAFF),
    answers: {
      'POST /groups/:id/members': accept({
        userId: 12,
        name: 'Ana Novak',
        email: 'ana.novak@student.lipnik.example',
        permission: 'member',
        isFromDirectory: false,
      }),
    },
    steps: [{ fill: { person: 'ana.novak@student.lipnik.example' } }, { submit: 'form' }],
  },
  groupAsMember: { path: '/groups/2', state: stateOf(MEMBER) },
  groupDelete: {
    path: '/groups/2',
    state: stateOf(STAFF),
    steps: [{ press: '.p-actions button:last-child' }],
  },
  platform: { path: '/platform', state: stateOf(PLATFORM_ADMIN) },
  platformEmpty: {
    path: '/platform',
    state: stateOf(PLATFORM_ADMIN),
    answers: { 'GET /platform/requests': accept({ requests: [] }) },
  },
  platformDomainTaken: {
    path: '/platform',
    state: stateOf(PLATFORM_ADMIN),
    answers: { 'POST /platform/requests/:id/approve': refused('nameTaken', { at: '/domains/1' }) },
    steps: [{ press: '.p-actions button' }, { submit: 'dialog form' }],
  },
  platformReject: {
    path: '/platform',
    state: stateOf(PLATFORM_ADMIN),
    steps: [{ press: '.p-actions button:last-child' }],
  },
  changes: { path: '/changes', state: stateOf(STAFF) },
  changesEmpty: {
    path: '/changes',
    state: stateOf(STAFF),
    answers: { 'GET /changes': accept({ changes: [], next: null }) },
  },
  changesSwapped: {
    path: '/changes',
    state: stateOf(STAFF),
    steps: [{ fill: { from: '2026-11-20', to: '2026-11-19' } }, { submit: 'form' }],
  },
  changesFailed: {
    path: '/changes',
    state: stateOf(STAFF),
    answers: { 'GET /changes': refused('offline') },
  },
  changesNotForYou: { path: '/changes', state: stateOf(me) },
  platformNotForYou: { path: '/platform', state: stateOf(STAFF) },
  notFound: { path: '/nowhere', state: stateOf(me) },
}

/** Every picture of the portal by name. */
export const PORTAL_PICTURES: ReadonlyMap<string, PortalPicture> = new Map(
  Object.entries({ open, places, space, pages, waiting: WAITING }).flatMap(([family, pictures]) =>
    Object.entries(pictures).map(([name, picture]) => [
      `portal-${family}-${name}`,
      { ...picture, state: { ...picture.state, settings: DEFAULT_SETTINGS } },
    ]),
  ),
)
