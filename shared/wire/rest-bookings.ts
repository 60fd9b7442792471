import { Type, type Static } from 'typebox'
import {
  BookingRules,
  CheckInPolicy,
  EndedAs,
  Importance,
  MAX_BOOKING_DESCRIPTION,
  Trust,
} from '../domain/booking.ts'
import { Id, SpaceDetails } from '../domain/space.ts'
import type { Contract } from './contract.ts'

const closed = { additionalProperties: false }
const Version = Type.Integer({ minimum: 1 })
const RegistrationId = Type.Object({ id: Id }, closed)
const orNull = <Schema extends Parameters<typeof Type.Union>[0][number]>(schema: Schema) =>
  Type.Union([Type.Null(), schema])

/** A moment, ISO 8601 with "Z" or an offset: "2026-10-05T14:00+02:00". Read by `parseInstant`. [BOK-2] */
const Instant = Type.String({ minLength: 16, maxLength: 32 })

/** A booking, as somebody sees it who may see whose it is. */
export const Registration = Type.Object(
  {
    id: Id,
    version: Version,
    classroomId: Id,
    /** ISO 8601, UTC. */
    start: Type.String(),
    end: Type.String(),
    groupId: orNull(Id),
    /** Null: a personal booking. */
    groupName: orNull(Type.String()),
    /** Who made it; null when nobody who is still there did. */
    userId: orNull(Id),
    userName: orNull(Type.String()),
    longtermId: orNull(Id),
    description: orNull(Type.String()),
    importance: orNull(Importance),
    isPending: Type.Boolean(),
    isCheckedIn: Type.Boolean(),
    /** When it frees the room unless something happens before, and as what. */
    freesAt: orNull(Type.String()),
    freesAs: orNull(EndedAs),
    /** Somebody ended it, and until `freesAt` that can be undone. [BOK-6] */
    canBeRestored: Type.Boolean(),
    endedAs: orNull(EndedAs),
  },
  closed,
)
export type Registration = Static<typeof Registration>

const ROOM_FIELDS = {
  requirePermission: Type.Boolean(),
  isValid: Type.Boolean(),
  checkIn: CheckInPolicy,
}

/** A room that can be booked, with what its space says of it. */
export const Classroom = Type.Object(
  {
    id: Id,
    spaceId: Id,
    name: Type.String(),
    /** Names of what it is in, from the top down, without the university's own space. */
    within: Type.Array(Type.String()),
    capacity: orNull(Type.Integer()),
    details: SpaceDetails,
    ...ROOM_FIELDS,
    /** What the people of each of my groups may do; `groupId` null: in nobody's name but my own. Absent: not at all. */
    trust: Type.Array(Type.Object({ groupId: orNull(Id), trust: Trust }, closed)),
    gridMinutes: Type.Integer(),
    shortestMinutes: Type.Integer(),
    longestMinutes: Type.Integer(),
    aheadDays: Type.Integer(),
    version: Version,
  },
  closed,
)
export type Classroom = Static<typeof Classroom>

const SPAN_REFUSALS = [
  'spanRefused',
  'inThePast',
  'tooShort',
  'tooLong',
  'tooFarAhead',
  'roomGone',
  'roomNotBookable',
  'notTrusted',
  'notAllowed',
  'groupNeeded',
  'outsideHours',
  'quotaReached',
  'bookingConflict',
  'valueRefused',
] as const

const acts = { who: 'signedIn', isAct: true, takesKey: true } as const
const ok = { status: 200, body: Registration } as const

/** Rooms and bookings. */
export const BOOKING_ROUTES = {
  'GET /classrooms': {
    summary: 'The rooms of my university that can be booked.',
    who: 'signedIn',
    isHeavy: true,
    answer: {
      status: 200,
      body: Type.Object({ timezone: Type.String(), classrooms: Type.Array(Classroom) }, closed),
    },
    refusals: [],
  },
  'GET /classrooms/free': {
    summary: 'Rooms for a span, those that can be had first and the best fit first.',
    who: 'signedIn',
    isHeavy: true,
    query: Type.Object(
      {
        from: Instant,
        to: Instant,
        groupId: Type.Optional(Id),
        people: Type.Optional(Type.Integer({ minimum: 1, maximum: 100_000 })),
        /** Names of things, with commas between them; a room has all of them. */
        equipment: Type.Optional(Type.String({ maxLength: 400 })),
        /** A space in which the room is: a floor, a building. */
        floor: Type.Optional(Id),
      },
      closed,
    ),
    answer: {
      status: 200,
      body: Type.Object(
        {
          rooms: Type.Array(
            Type.Object(
              {
                classroomId: Id,
                /** Null: it can be had, or asked for. */
                why: orNull(Type.String()),
                isPending: Type.Boolean(),
                rule: orNull(Type.String()),
              },
              closed,
            ),
          ),
        },
        closed,
      ),
    },
    refusals: ['spanRefused', 'notAllowed'],
  },
  'GET /classrooms/:id/alternatives': {
    summary: 'The same room later, and the same time in other rooms.',
    who: 'signedIn',
    isHeavy: true,
    params: RegistrationId,
    query: Type.Object({ from: Instant, to: Instant, groupId: Type.Optional(Id) }, closed),
    answer: {
      status: 200,
      body: Type.Object(
        {
          later: Type.Array(Type.Object({ start: Type.String(), end: Type.String() }, closed)),
          elsewhere: Type.Array(Type.Object({ classroomId: Id, isPending: Type.Boolean() }, closed)),
        },
        closed,
      ),
    },
    refusals: ['spanRefused', 'notAllowed', 'roomGone'],
  },
  'GET /timetable': {
    summary: 'What is booked in rooms on some days, without whose it is but where I may know.',
    who: 'signedIn',
    isHeavy: true,
    query: Type.Object(
      {
        from: Instant,
        to: Instant,
        classroomId: Type.Optional(Id),
        /** A space in which the rooms are. */
        within: Type.Optional(Id),
      },
      closed,
    ),
    answer: {
      status: 200,
      body: Type.Object(
        {
          /** ISO 8601, UTC: minutes count from here. */
          from: Type.String(),
          rooms: Type.Array(
            Type.Object(
              {
                classroomId: Id,
                /** Each [first minute, minutes, state]: 0 booked, 1 requested; then the booking's id where I may see whose it is. */
                bookings: Type.Array(Type.Array(Type.Integer(), { minItems: 3, maxItems: 4 })),
                /** Each [first minute, minutes]. */
                closed: Type.Array(Type.Tuple([Type.Integer(), Type.Integer()])),
              },
              closed,
            ),
          ),
        },
        closed,
      ),
    },
    refusals: ['spanRefused'],
  },
  'PUT /spaces/:id/classroom': {
    summary: 'Makes a space a room that can be booked, or changes how. Super group only.',
    ...acts,
    params: RegistrationId,
    body: Type.Object(
      {
        ...ROOM_FIELDS,
        rules: Type.Optional(BookingRules),
        trust: Type.Optional(
          Type.Array(Type.Object({ groupId: orNull(Id), trust: Trust }, closed), { maxItems: 500 }),
        ),
        approverIds: Type.Optional(Type.Array(Id, { maxItems: 100 })),
      },
      closed,
    ),
    answer: { status: 200, body: Type.Object({ classroomId: Id }, closed) },
    refusals: ['notAllowed', 'spaceDeleted', 'composite', 'valueRefused'],
  },
  'POST /registrations': {
    summary: 'Books a room, or asks for it where that needs approval.',
    ...acts,
    body: Type.Object(
      {
        classroomId: Id,
        start: Instant,
        end: Instant,
        groupId: Type.Optional(orNull(Id)),
        description: Type.Optional(orNull(Type.String({ maxLength: 4 * MAX_BOOKING_DESCRIPTION }))),
        importance: Type.Optional(orNull(Importance)),
      },
      closed,
    ),
    answer: { status: 201, body: Registration },
    refusals: SPAN_REFUSALS,
  },
  'GET /registrations': {
    summary: 'Bookings that I may see, of a room, a group or my own, in a span.',
    who: 'signedIn',
    isHeavy: true,
    query: Type.Object(
      {
        classroomId: Type.Optional(Id),
        groupId: Type.Optional(Id),
        mine: Type.Optional(Type.Boolean()),
        from: Instant,
        to: Instant,
      },
      closed,
    ),
    answer: { status: 200, body: Type.Object({ registrations: Type.Array(Registration) }, closed) },
    refusals: ['spanRefused'],
  },
  'GET /registrations/:id': {
    summary: 'A booking that I may see.',
    who: 'signedIn',
    params: RegistrationId,
    answer: ok,
    refusals: [],
  },
  'PATCH /registrations/:id': {
    summary: 'Moves a booking, or changes what is said of it.',
    ...acts,
    params: RegistrationId,
    body: Type.Object(
      {
        version: Version,
        classroomId: Type.Optional(Id),
        start: Type.Optional(Instant),
        end: Type.Optional(Instant),
        groupId: Type.Optional(orNull(Id)),
        description: Type.Optional(orNull(Type.String({ maxLength: 4 * MAX_BOOKING_DESCRIPTION }))),
        importance: Type.Optional(orNull(Importance)),
      },
      closed,
    ),
    answer: ok,
    refusals: [...SPAN_REFUSALS, 'stale', 'bookingOver'],
  },
  'DELETE /registrations/:id': {
    summary: 'Cancels a booking, or ends one that is on. It can be restored for a moment.',
    ...acts,
    params: RegistrationId,
    query: Type.Object({ version: Version }, closed),
    answer: ok,
    refusals: ['stale', 'bookingOver'],
  },
  'POST /registrations/:id/restore': {
    summary: 'Undoes that a booking was cancelled, ended or rejected, while its room is not free yet.',
    ...acts,
    params: RegistrationId,
    answer: ok,
    refusals: ['bookingOver', 'notAllowed'],
  },
  'POST /registrations/:id/approve': {
    summary: 'Approves a request.',
    ...acts,
    params: RegistrationId,
    body: Type.Object({ version: Version, reason: Type.Optional(Type.String({ maxLength: 2_000 })) }, closed),
    answer: ok,
    refusals: ['stale', 'bookingOver', 'notAllowed', 'valueRefused'],
  },
  'POST /registrations/:id/reject': {
    summary: 'Rejects a request. It can be restored for a moment.',
    ...acts,
    params: RegistrationId,
    body: Type.Object({ version: Version, reason: Type.Optional(Type.String({ maxLength: 2_000 })) }, closed),
    answer: ok,
    refusals: ['stale', 'bookingOver', 'notAllowed', 'valueRefused'],
  },
  'POST /registrations/:id/check-in': {
    summary: 'Says that somebody is there.',
    ...acts,
    params: RegistrationId,
    answer: ok,
    refusals: ['bookingOver', 'valueRefused'],
  },
} as const satisfies Record<string, Contract>
