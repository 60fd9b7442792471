import type { FastifyInstance } from 'fastify'
import { ACCOUNT_LIMITS, type AccountLimits } from '#shared/domain/conduct.ts'
import type { ROUTES, RouteName } from '#shared/wire/rest.ts'
import { query, type Database } from '../platform/postgres/database.ts'
import { makeFullUniversity, TEST_PASSWORD, testSpan, type FullUniversity } from './testing-university.ts'

/** What is sent along with a call. */
export interface WalkInput {
  params?: Record<string, unknown>
  query?: Record<string, unknown>
  body?: unknown
}

/** What the walk knows: two universities, and a request that waits for a decision. */
export interface WalkWorld {
  ours: FullUniversity
  theirs: FullUniversity
  requestId: number
}

/** How one call is walked. */
export interface WalkStep {
  /** Who may make it: a person of the first university, or a platform administrator. */
  rightful: 'student' | 'chief' | 'keeper'
  /** The call on real rows of the first university, as the rightful one makes it. */
  input(world: WalkWorld): WalkInput
  /**
   * What somebody of another university is answered: that it is not there, that they may not, or whatever is theirs, where the call names no
   * row of anybody.
   */
  foreign: 404 | 403 | 'own'
  /** Further calls by the administrator of the other university, that mix rows of both; each is refused with this. */
  mixed?(world: WalkWorld): [WalkInput, number][]
}

type SignedInRoute = {
  [Name in RouteName]: (typeof ROUTES)[Name]['who'] extends 'signedIn' ? Name : never
}[RouteName]

const nothing = (): WalkInput => ({})
const ourGroup = ({ ours }: WalkWorld): WalkInput => ({ params: { id: ours.group.id } })
const ourRoom = ({ ours }: WalkWorld): WalkInput => ({ params: { id: ours.room } })
const ourOwn = ({ ours }: WalkWorld): WalkInput => ({ params: { id: ours.own.id } })
const ourMember = ({ ours }: WalkWorld): WalkInput => ({
  params: { id: ours.group.id, userId: ours.friend.userId },
})
const ourBooking = ({ ours }: WalkWorld): WalkInput => ({ params: { id: ours.bookingId } })
const freeQuery = (): WalkInput => ({ query: { from: testSpan(4).start, to: testSpan(4).end } })
/** A member of one university in a group of the other, both ways. */
const mixedMembers =
  (body?: object) =>
  ({ ours, theirs }: WalkWorld): [WalkInput, number][] => [
    [{ params: { id: theirs.group.id, userId: ours.friend.userId }, body }, 404],
    [{ params: { id: ours.group.id, userId: theirs.friend.userId }, body }, 404],
  ]
const own = (rightful: WalkStep['rightful'], input: WalkStep['input'] = nothing): WalkStep => ({
  rightful,
  input,
  foreign: 'own',
})
const absent = (rightful: WalkStep['rightful'], input: WalkStep['input']): WalkStep => ({
  rightful,
  input,
  foreign: 404,
})

/** Every call that needs somebody signed in. One that is missing here is a fault of types, and of the walk's test. */
export const WALK = {
  'POST /auth/confirm': own('student', () => ({ body: { password: TEST_PASSWORD } })),
  'GET /auth/sessions': own('student'),
  'DELETE /auth/sessions/:id': absent('student', ({ ours }) => ({ params: { id: ours.student.sessionId } })),
  'DELETE /auth/sessions': own('student'),
  'GET /me': own('student'),
  'PATCH /me': own('student', () => ({ body: { displayname: 'Somebody' } })),
  'POST /me/password': own('student', () => ({ body: { password: `${TEST_PASSWORD} twice` } })),
  'POST /me/email': own('student', ({ ours }) => ({
    body: { email: `new@${ours.domain}` },
  })),
  'GET /me/export': own('student'),
  'DELETE /me': own('student'),
  'GET /me/reports': own('student'),

  'GET /platform/requests': { rightful: 'keeper', input: nothing, foreign: 403 },
  'POST /platform/requests/:id/approve': {
    rightful: 'keeper',
    foreign: 403,
    input: ({ requestId }) => ({ params: { id: requestId } }),
  },
  'POST /platform/requests/:id/reject': {
    rightful: 'keeper',
    foreign: 403,
    input: ({ requestId }) => ({
      params: { id: requestId },
      body: {},
    }),
  },

  'GET /groups': own('student'),
  'POST /groups': own('chief', () => ({ body: { name: 'Fresh' } })),
  'PATCH /groups/:id': absent('chief', (world) => ({
    ...ourGroup(world),
    body: { version: 1, name: 'Taken over' },
  })),
  'GET /groups/:id/deletion': absent('chief', ourGroup),
  'DELETE /groups/:id': absent('chief', (world) => ({ ...ourGroup(world), query: { version: 1 } })),
  'GET /groups/:id/members': absent('student', ourGroup),
  'POST /groups/:id/members': {
    ...absent('student', (world) => ({
      ...ourGroup(world),
      body: { person: `${world.ours.mark}-chief`, permission: 'member' },
    })),
    mixed: ({ ours, theirs }) =>
      [ours.friendName, `${ours.mark}-friend@${ours.domain}`].map((person) => [
        { params: { id: theirs.group.id }, body: { person, permission: 'member' } },
        422,
      ]),
  },
  'PUT /groups/:id/members/:userId': {
    ...absent('student', (world) => ({ ...ourMember(world), body: { permission: 'admin' } })),
    mixed: mixedMembers({ permission: 'admin' }),
  },
  'DELETE /groups/:id/members/:userId': { ...absent('student', ourMember), mixed: mixedMembers() },

  'GET /spaces': own('student'),
  'GET /spaces/deleted': own('student'),
  'POST /spaces': absent('student', ({ ours }) => ({
    body: { name: 'Mine', kind: 'carrel', parentId: ours.campus.floors[0] },
  })),
  'PATCH /spaces/:id': {
    ...absent('student', (world) => ({
      ...ourOwn(world),
      body: { version: world.ours.own.version, name: 'Renamed' },
    })),
    mixed: ({ ours, theirs }) => [
      [
        {
          params: { id: theirs.own.id },
          body: { version: theirs.own.version, parentId: ours.campus.floors[0] },
        },
        404,
      ],
    ],
  },
  'DELETE /spaces/:id': absent('student', (world) => ({
    ...ourOwn(world),
    query: { version: world.ours.own.version },
  })),
  'POST /spaces/:id/restore': absent('student', ({ ours }) => ({ params: { id: ours.goneId } })),
  'PUT /spaces/:id/on-kiosks': absent('chief', (world) => ({
    ...ourOwn(world),
    body: { isOnKiosks: true },
  })),
  'PUT /spaces/:id/tracked': absent('student', ourOwn),
  'DELETE /spaces/:id/tracked': absent('student', ourRoom),
  'POST /spaces/:id/reports': absent('student', (world) => ({
    ...ourRoom(world),
    body: { level: 2, key: 'walk-0123456789abcdef' },
  })),
  'POST /reports/:id/withdraw': absent('student', ({ ours }) => ({ params: { id: ours.reportId } })),
  'PUT /spaces/:id/level': absent('chief', (world) => ({ ...ourRoom(world), body: { level: 0 } })),
  'GET /kiosks': own('chief'),
  'PUT /kiosks/:id/silenced': absent('chief', ({ ours }) => ({
    params: { id: ours.kioskId },
    body: { isSilenced: true },
  })),
  'POST /live/ticket': own('student'),

  'GET /classrooms': own('student'),
  'GET /classrooms/free': own('student', () => freeQuery()),
  'GET /classrooms/:id/alternatives': absent('student', ({ ours }) => ({
    params: { id: ours.classroomId },
    ...freeQuery(),
  })),
  'GET /timetable': own('student', () => freeQuery()),
  'PUT /spaces/:id/classroom': absent('chief', (world) => ({
    ...ourRoom(world),
    body: { isValid: true, requirePermission: false, checkIn: 'off' },
  })),
  'POST /registrations': {
    ...absent('student', ({ ours }) => ({
      body: { classroomId: ours.classroomId, groupId: ours.group.id, ...testSpan(2) },
    })),
    mixed: ({ ours, theirs }) => [
      [{ body: { classroomId: theirs.classroomId, groupId: ours.group.id, ...testSpan(3) } }, 403],
      [{ body: { classroomId: ours.classroomId, groupId: theirs.group.id, ...testSpan(3) } }, 404],
    ],
  },
  'GET /registrations': own('student', () => ({
    query: { mine: true, from: testSpan(0).start, to: testSpan(9).end },
  })),
  'GET /registrations/:id': absent('student', ourBooking),
  'PATCH /registrations/:id': absent('student', (world) => ({
    ...ourBooking(world),
    body: { version: 1, description: 'Mine' },
  })),
  'DELETE /registrations/:id': absent('student', (world) => ({
    ...ourBooking(world),
    query: { version: 1 },
  })),
  'POST /registrations/:id/restore': absent('student', ourBooking),
  'POST /registrations/:id/check-in': absent('student', ({ ours }) => ({ params: { id: ours.currentId } })),
  'POST /registrations/:id/approve': absent('chief', ({ ours }) => ({
    params: { id: ours.pendingId },
    body: { version: 1 },
  })),
  'POST /registrations/:id/reject': absent('chief', ({ ours }) => ({
    params: { id: ours.pendingId },
    body: { version: 1 },
  })),
  'GET /notifications': own('student'),
  'POST /notifications/read': own('student', ({ ours }) => ({ body: { upTo: ours.noticeId } })),
  'POST /notifications/:id/archive': absent('student', ({ ours }) => ({ params: { id: ours.noticeId } })),
  'POST /notifications/:id/restore': absent('student', ({ ours }) => ({ params: { id: ours.noticeId } })),
  'POST /notices': absent('chief', ({ ours }) => ({
    body: { to: { groupId: ours.group.id }, text: 'Come and see' },
  })),

  'GET /changes': own('chief', ({ ours }) => ({ query: { userId: ours.student.userId } })),
  'GET /changes.csv': own('chief', ({ ours }) => ({ query: { userId: ours.student.userId } })),
} as const satisfies Record<SignedInRoute, WalkStep>

/** Limits that nobody reaches, for tests of what is behind them. */
export function makeOpenLimits(): AccountLimits {
  const never = { count: 1_000_000_000, windowMs: 60_000 }
  const entries = Object.keys(ACCOUNT_LIMITS).map((name) => [name, { perAccount: never, perAddress: never }])
  return Object.fromEntries(entries) as AccountLimits
}

/** Makes the two universities, under these marks, and a confirmed request with the first one's words. */
export async function makeWalkWorld(
  pool: Database,
  app: FastifyInstance,
  [ourMark, theirMark]: readonly [string, string],
): Promise<WalkWorld> {
  const ours = await makeFullUniversity(pool, app, ourMark)
  const theirs = await makeFullUniversity(pool, app, theirMark)
  await query(pool, 'delete from university_requests')
  const [request] = await query<{ id: number }>(
    pool,
    `insert into university_requests (name, email_domains, timezone, contact, asked_from, token_hash, expires_at, confirmed_at)
     values ($1 || ' request', array['request.' || $2], 'UTC', $1 || '@example.edu', '', '', now(), now()) returning id`,
    [ourMark, ours.domain],
  )
  return { ours, theirs, requestId: request?.id ?? 0 }
}
