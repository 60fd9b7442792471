import { Type, type Static } from 'typebox'
import { KioskRole } from '../domain/kiosk.ts'
import { Level } from '../domain/occupancy.ts'
import {
  Id,
  MAX_CAPACITY,
  MAX_LOCATION_LENGTH,
  MAX_SPACE_NAME_LENGTH,
  SpaceDetails,
  SpaceFacts,
  SpaceKind,
  TextsPatch,
} from '../domain/space.ts'
import { IdempotencyKey, type Contract } from './contract.ts'
import { LiveSpace } from './live.ts'

const closed = { additionalProperties: false }
const SpaceId = Type.Object({ id: Id }, closed)
const Version = Type.Integer({ minimum: 1 })

/** A space as its university's people see it: the live row, with its hours, and what is personal. */
export const PeopleSpace = Type.Object(
  {
    ...LiveSpace.properties,
    facts: SpaceFacts,
    isMine: Type.Boolean(),
    isTracked: Type.Boolean(),
    /** Whether I may edit and delete it. */
    isMineToEdit: Type.Boolean(),
  },
  closed,
)
export type PeopleSpace = Static<typeof PeopleSpace>

const SPACE_FIELDS = {
  name: Type.String({ minLength: 1, maxLength: 4 * MAX_SPACE_NAME_LENGTH }),
  kind: SpaceKind,
  location: Type.Union([Type.Null(), Type.String({ maxLength: MAX_LOCATION_LENGTH })]),
  details: SpaceDetails,
  texts: TextsPatch,
  capacity: Type.Union([Type.Null(), Type.Integer({ minimum: 1, maximum: MAX_CAPACITY })]),
  parentId: Id,
}

const MY_REPORT = {
  id: Id,
  spaceId: Id,
  spaceName: Type.String(),
  level: Level,
  reportedAtMs: Type.Number(),
  isWithdrawn: Type.Boolean(),
}
const MyReport = Type.Object(MY_REPORT, closed)

/** A tap's report; `isRepeat`: made before, by an equal tap of the same person. [OCC-16] */
const TakenReport = Type.Object({ ...MY_REPORT, isRepeat: Type.Optional(Type.Boolean()) }, closed)

/** What was withdrawn, and the earlier report of the same person that counts then; absent: none does. [OCC-16] */
const WithdrawnReport = Type.Object({ ...MY_REPORT, earlier: Type.Optional(MyReport) }, closed)

const Named = Type.Object({ id: Id, name: Type.String() }, closed)

/** Spaces: what members of the university see, report, make and change. */
export const SPACE_ROUTES = {
  'GET /spaces': {
    summary: 'The tree of my university, with status and age.',
    who: 'signedIn',
    isHeavy: true,
    answer: {
      status: 200,
      body: Type.Object(
        {
          epoch: Type.String(),
          head: Type.Integer({ minimum: 0 }),
          nowMs: Type.Number(),
          staleMs: Type.Integer(),
          spaces: Type.Array(PeopleSpace),
        },
        closed,
      ),
    },
    refusals: [],
  },
  'POST /spaces': {
    summary: 'Adds a space inside another one.',
    who: 'signedIn',
    isAct: true,
    takesKey: true,
    body: Type.Object(
      {
        name: SPACE_FIELDS.name,
        kind: SPACE_FIELDS.kind,
        parentId: SPACE_FIELDS.parentId,
        location: Type.Optional(SPACE_FIELDS.location),
        details: Type.Optional(SPACE_FIELDS.details),
        texts: Type.Optional(SPACE_FIELDS.texts),
        capacity: Type.Optional(SPACE_FIELDS.capacity),
      },
      closed,
    ),
    answer: { status: 201, body: PeopleSpace },
    refusals: ['nameRefused', 'nameTaken', 'valueRefused', 'quotaReached', 'spaceDeleted', 'tooMany'],
  },
  'GET /spaces/deleted': {
    summary: 'Deleted spaces that I may restore, newest first.',
    who: 'signedIn',
    isHeavy: true,
    answer: {
      status: 200,
      body: Type.Object(
        {
          spaces: Type.Array(
            Type.Object(
              {
                id: Id,
                name: Type.String(),
                parentName: Type.Union([Type.Null(), Type.String()]),
                /** Names of what it was in, from the top down, without the university's own space. */
                within: Type.Array(Type.String()),
                deletedAtMs: Type.Number(),
                version: Version,
              },
              closed,
            ),
          ),
        },
        closed,
      ),
    },
    refusals: [],
  },
  'PATCH /spaces/:id': {
    summary: 'Changes a space, or moves it into another one.',
    who: 'signedIn',
    isAct: true,
    takesKey: true,
    params: SpaceId,
    body: Type.Object(
      {
        version: Version,
        name: Type.Optional(SPACE_FIELDS.name),
        kind: Type.Optional(SPACE_FIELDS.kind),
        parentId: Type.Optional(SPACE_FIELDS.parentId),
        location: Type.Optional(SPACE_FIELDS.location),
        details: Type.Optional(SPACE_FIELDS.details),
        texts: Type.Optional(SPACE_FIELDS.texts),
        capacity: Type.Optional(SPACE_FIELDS.capacity),
      },
      closed,
    ),
    answer: { status: 200, body: PeopleSpace },
    refusals: ['notAllowed', 'nameRefused', 'nameTaken', 'valueRefused', 'stale', 'spaceDeleted', 'tooMany'],
  },
  'DELETE /spaces/:id': {
    summary: 'Deletes a space; one with children is refused with their names unless `withChildren`.',
    who: 'signedIn',
    isAct: true,
    takesKey: true,
    params: SpaceId,
    query: Type.Object({ version: Version, withChildren: Type.Optional(Type.Boolean()) }, closed),
    answer: {
      status: 200,
      body: Type.Object(
        {
          deleted: Type.Array(Named),
          /** Kiosks whose space is gone, until they are moved; listed for those who may see kiosks. */
          strandedKiosks: Type.Array(Named),
        },
        closed,
      ),
    },
    refusals: ['notAllowed', 'hasChildren', 'stale', 'spaceDeleted', 'tooMany'],
  },
  'POST /spaces/:id/restore': {
    summary: 'Restores a deleted space, with everything that was deleted together with it.',
    who: 'signedIn',
    isAct: true,
    takesKey: true,
    params: SpaceId,
    answer: { status: 200, body: PeopleSpace },
    refusals: ['notAllowed', 'nameTaken', 'spaceDeleted', 'valueRefused', 'quotaReached', 'tooMany'],
  },
  'PUT /spaces/:id/on-kiosks': {
    summary: 'Shows a space on public screens, or hides it from them.',
    who: 'signedIn',
    isAct: true,
    takesKey: true,
    params: SpaceId,
    body: Type.Object({ isOnKiosks: Type.Boolean() }, closed),
    answer: { status: 200, body: PeopleSpace },
    refusals: ['notAllowed', 'nameTaken', 'spaceDeleted', 'valueRefused'],
  },
  'PUT /spaces/:id/tracked': {
    summary: 'Tracks a space.',
    who: 'signedIn',
    takesKey: true,
    params: SpaceId,
    answer: { status: 204, body: null },
    refusals: ['quotaReached', 'spaceDeleted'],
  },
  'DELETE /spaces/:id/tracked': {
    summary: 'Stops tracking a space.',
    who: 'signedIn',
    takesKey: true,
    params: SpaceId,
    answer: { status: 204, body: null },
    refusals: [],
  },
  'POST /spaces/:id/reports': {
    summary: 'Reports on a space. The same key counts once, also without the header.',
    who: 'signedIn',
    takesKey: true,
    params: SpaceId,
    body: Type.Object({ level: Level, key: IdempotencyKey }, closed),
    answer: { status: 201, body: TakenReport },
    refusals: ['composite', 'spaceDeleted', 'tooMany'],
  },
  'POST /reports/:id/withdraw': {
    summary: 'Removes one of my reports. Doing it twice changes nothing.',
    who: 'signedIn',
    takesKey: true,
    params: SpaceId,
    answer: { status: 200, body: WithdrawnReport },
    refusals: [],
  },
  'GET /me/reports': {
    summary: 'My newest 200 reports.',
    who: 'signedIn',
    isHeavy: true,
    answer: { status: 200, body: Type.Object({ reports: Type.Array(MyReport) }, closed) },
    refusals: [],
  },
  'PUT /spaces/:id/level': {
    summary: 'Overrides the status of a space, whatever was reported; null: unknown. Super group only.',
    who: 'signedIn',
    isAct: true,
    takesKey: true,
    params: SpaceId,
    body: Type.Object({ level: Type.Union([Level, Type.Null()]) }, closed),
    answer: { status: 200, body: PeopleSpace },
    refusals: ['notAllowed', 'composite', 'spaceDeleted'],
  },
  'GET /kiosks': {
    summary: 'Kiosks of my university.',
    who: 'signedIn',
    isHeavy: true,
    answer: {
      status: 200,
      body: Type.Object(
        {
          kiosks: Type.Array(
            Type.Object(
              {
                id: Id,
                name: Type.String(),
                role: KioskRole,
                spaceId: Id,
                spaceName: Type.String(),
                isSilenced: Type.Boolean(),
                lastSeenAtMs: Type.Union([Type.Null(), Type.Number()]),
              },
              closed,
            ),
          ),
        },
        closed,
      ),
    },
    refusals: ['notAllowed'],
  },
  'PUT /kiosks/:id/silenced': {
    summary: 'Mutes or unmutes a kiosk.',
    who: 'signedIn',
    isAct: true,
    takesKey: true,
    params: Type.Object({ id: Id }, closed),
    body: Type.Object({ isSilenced: Type.Boolean() }, closed),
    answer: { status: 204, body: null },
    refusals: ['notAllowed'],
  },
  'POST /live/ticket': {
    summary: 'A ticket for the live socket: valid once, within 30 seconds, for this session.',
    who: 'signedIn',
    isHeavy: true,
    answer: { status: 201, body: Type.Object({ ticket: Type.String() }, closed) },
    refusals: [],
  },
} as const satisfies Record<string, Contract>
