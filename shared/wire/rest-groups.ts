import { Type } from 'typebox'
import { MAX_ADDRESS_LENGTH } from '../domain/account.ts'
import {
  Group,
  MAX_GROUP_DESCRIPTION_LENGTH,
  MAX_GROUP_NAME_LENGTH,
  Member,
  Permission,
} from '../domain/group.ts'
import { Id } from '../domain/space.ts'
import type { Contract } from './contract.ts'

const closed = { additionalProperties: false }
const GroupId = Type.Object({ id: Id }, closed)
const MemberIds = Type.Object({ id: Id, userId: Id }, closed)
const Version = Type.Integer({ minimum: 1, maximum: 2_147_483_647 })

// Longer in the schema than by the rule, so that what is too long gets the rule's answer.
const Name = Type.String({ minLength: 1, maxLength: 4 * MAX_GROUP_NAME_LENGTH })
const Description = Type.Union([Type.Null(), Type.String({ maxLength: MAX_GROUP_DESCRIPTION_LENGTH })])

/** Groups of my university and their members. */
export const GROUP_ROUTES = {
  'GET /groups': {
    summary: 'Groups that I see: all for members of the super group, else my own.',
    who: 'signedIn',
    isHeavy: true,
    answer: { status: 200, body: Type.Object({ groups: Type.Array(Group) }, closed) },
    refusals: [],
  },
  'POST /groups': {
    summary: 'Creates a group.',
    who: 'signedIn',
    isAct: true,
    body: Type.Object(
      {
        name: Name,
        description: Type.Optional(Description),
        gidNumber: Type.Optional(
          Type.Union([Type.Null(), Type.Integer({ minimum: 0, maximum: 4_294_967_295 })]),
        ),
      },
      closed,
    ),
    answer: { status: 201, body: Group },
    refusals: ['notAllowed', 'nameRefused', 'nameTaken'],
  },
  'PATCH /groups/:id': {
    summary: 'Changes name or description of a group.',
    who: 'signedIn',
    isAct: true,
    params: GroupId,
    body: Type.Object(
      { version: Version, name: Type.Optional(Name), description: Type.Optional(Description) },
      closed,
    ),
    answer: { status: 200, body: Group },
    refusals: ['notAllowed', 'nameRefused', 'nameTaken', 'stale'],
  },
  'GET /groups/:id/deletion': {
    summary: 'What is deleted together with a group.',
    who: 'signedIn',
    isHeavy: true,
    params: GroupId,
    answer: {
      status: 200,
      body: Type.Object(
        {
          memberCount: Type.Integer({ minimum: 0 }),
          /** Bookings, weekly bookings and draw applications in its name. */
          bookingCount: Type.Integer({ minimum: 0 }),
        },
        closed,
      ),
    },
    refusals: ['notAllowed'],
  },
  'DELETE /groups/:id': {
    summary: 'Deletes a group with its memberships; never the super group.',
    who: 'signedIn',
    isAct: true,
    params: GroupId,
    query: Type.Object({ version: Version }, closed),
    answer: { status: 204, body: null },
    refusals: ['notAllowed', 'passwordNeeded', 'stale'],
  },
  'GET /groups/:id/members': {
    summary: 'Members of a group.',
    who: 'signedIn',
    isHeavy: true,
    params: GroupId,
    answer: { status: 200, body: Type.Object({ members: Type.Array(Member) }, closed) },
    refusals: ['notAllowed'],
  },
  'POST /groups/:id/members': {
    summary: 'Adds someone from the university, by email address or username.',
    who: 'signedIn',
    isAct: true,
    params: GroupId,
    body: Type.Object(
      {
        person: Type.String({ minLength: 1, maxLength: MAX_ADDRESS_LENGTH }),
        permission: Permission,
      },
      closed,
    ),
    answer: { status: 201, body: Member },
    refusals: ['notAllowed', 'valueRefused'],
  },
  'PUT /groups/:id/members/:userId': {
    summary: 'Changes the role of a member.',
    who: 'signedIn',
    isAct: true,
    params: MemberIds,
    body: Type.Object({ permission: Permission }, closed),
    answer: { status: 200, body: Member },
    refusals: ['notAllowed', 'lastAdmin'],
  },
  'DELETE /groups/:id/members/:userId': {
    summary: 'Removes a member from a group.',
    who: 'signedIn',
    isAct: true,
    params: MemberIds,
    answer: { status: 204, body: null },
    refusals: ['notAllowed', 'lastAdmin'],
  },
} as const satisfies Record<string, Contract>
