import { Type } from 'typebox'
import { AddressText, LinkToken } from '../domain/account.ts'
import { Id } from '../domain/space.ts'
import { Locale } from '../domain/university.ts'
import type { Contract } from './contract.ts'

const closed = { additionalProperties: false }

const Domain = Type.String({ minLength: 1, maxLength: 253 })
const Zone = Type.String({ minLength: 1, maxLength: 64 })

/** Somebody's request for a university, as a platform administrator sees it. */
const UniversityRequest = Type.Object(
  {
    id: Id,
    name: Type.String(),
    domains: Type.Array(Type.String()),
    timezone: Type.String(),
    locale: Locale,
    contact: Type.String(),
    isContactConfirmed: Type.Boolean(),
    requestedAtMs: Type.Number(),
    /** What conflicts with it: a domain that is claimed, a public mail provider, a sub-domain of another's or a parent of it, a taken name. */
    collisions: Type.Array(
      Type.Object(
        {
          kind: Type.Enum(['claimed', 'publicProvider', 'subdomain', 'parentDomain', 'name']),
          domain: Type.Union([Type.Null(), Type.String()]),
          university: Type.Union([Type.Null(), Type.String()]),
        },
        closed,
      ),
    ),
  },
  closed,
)

const RequestId = Type.Object({ id: Id }, closed)

/** Universities: what anyone may see and ask for, and what platform administrators decide. */
export const UNIVERSITY_ROUTES = {
  'GET /universities': {
    summary: 'Names of the participating universities. Nothing else is shown without signing in.',
    who: 'anyone',
    answer: {
      status: 200,
      body: Type.Object(
        {
          universities: Type.Array(
            Type.Object(
              {
                id: Id,
                name: Type.String(),
                /** Whether people sign in there by username. */
                hasDirectory: Type.Boolean(),
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
  'POST /universities': {
    summary: 'Requests a new university. A link is sent to the contact address.',
    who: 'anyone',
    body: Type.Object(
      {
        name: Type.String({ minLength: 1, maxLength: 400 }),
        domains: Type.Array(Domain, { minItems: 1, maxItems: 10 }),
        timezone: Zone,
        contact: AddressText,
        locale: Type.Optional(Locale),
      },
      closed,
    ),
    answer: { status: 202, body: null },
    refusals: ['nameRefused', 'addressRefused', 'valueRefused', 'quotaReached'],
  },
  'POST /universities/confirm': {
    summary: 'Confirms the contact address with the token of the emailed link.',
    who: 'anyone',
    body: Type.Object({ token: LinkToken }, closed),
    answer: { status: 204, body: null },
    refusals: ['linkRefused'],
  },
  'GET /platform/requests': {
    summary: 'Pending requests, oldest first.',
    who: 'signedIn',
    isHeavy: true,
    answer: { status: 200, body: Type.Object({ requests: Type.Array(UniversityRequest) }, closed) },
    refusals: ['notAllowed'],
  },
  'POST /platform/requests/:id/approve': {
    summary: 'Approves a request: creates the university, its super group and its root space.',
    who: 'signedIn',
    isAct: true,
    params: RequestId,
    answer: { status: 201, body: Type.Object({ universityId: Id }, closed) },
    refusals: ['notAllowed', 'passwordNeeded', 'nameTaken', 'valueRefused'],
  },
  'POST /platform/requests/:id/reject': {
    summary: 'Rejects a request; the contact is notified.',
    who: 'signedIn',
    isAct: true,
    params: RequestId,
    body: Type.Object({ reason: Type.Optional(Type.String({ maxLength: 500 })) }, closed),
    answer: { status: 204, body: null },
    refusals: ['notAllowed', 'passwordNeeded', 'valueRefused'],
  },
} as const satisfies Record<string, Contract>
