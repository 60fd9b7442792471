import { Type, type Static } from 'typebox'
import { KeyGrade, KioskRole, MAX_KIOSK_NAME_LENGTH } from '../domain/kiosk.ts'
import { Id } from '../domain/space.ts'
import type { CallAnswer, HttpInput, Contract } from './contract.ts'
import { AUTH_ROUTES } from './rest-auth.ts'
import { BOOKING_ROUTES } from './rest-bookings.ts'
import { CHANGE_ROUTES } from './rest-changes.ts'
import { GROUP_ROUTES } from './rest-groups.ts'
import { NOTIFICATION_ROUTES } from './rest-notifications.ts'
import { SPACE_ROUTES } from './rest-spaces.ts'
import { UNIVERSITY_ROUTES } from './rest-universities.ts'

// HTTP contracts of the hub, under /api/v1.

/** POST /api/v1/kiosks/enrol: a device shows its code and the key that it made. [SYN-20] */
export const EnrolRequest = Type.Object(
  {
    /** As printed; dashes, spaces and case do not matter. */
    code: Type.String({ minLength: 1, maxLength: 64 }),
    /** Raw Ed25519 public key, 32 bytes, base64url. */
    publicKey: Type.String({ pattern: '^[A-Za-z0-9_-]{43}$' }),
    name: Type.String({ minLength: 1, maxLength: MAX_KIOSK_NAME_LENGTH }),
    keyGrade: KeyGrade,
    appVersion: Type.String({ maxLength: 64 }),
    /** Signature over `enrolStatement`, base64url. */
    proof: Type.String({ minLength: 1, maxLength: 128 }),
  },
  { additionalProperties: false },
)
export type EnrolRequest = Static<typeof EnrolRequest>

/** 201, and 200 with the same body when the same device asks again with the same code (its first answer was lost). */
export const EnrolResponse = Type.Object(
  { kioskId: Id, universityId: Id, spaceId: Id, role: KioskRole },
  { additionalProperties: false },
)
export type EnrolResponse = Static<typeof EnrolResponse>

/** Devices. */
const KIOSK_ROUTES = {
  'POST /kiosks/enrol': {
    summary: 'Enrols a device as a kiosk, with a one-time code and its key.',
    who: 'anyone',
    body: EnrolRequest,
    answer: { status: 201, body: EnrolResponse },
    refusals: ['codeRefused', 'badProof'],
  },
} as const satisfies Record<string, Contract>

/** What programs read about all of this. */
const DOCUMENT_ROUTES = {
  'GET /openapi.json': {
    summary: 'This description of all calls, OpenAPI 3.1.',
    who: 'anyone',
    answer: { status: 200, body: Type.Record(Type.String(), Type.Unknown()) },
    refusals: [],
  },
} as const satisfies Record<string, Contract>

/** Every HTTP call of the hub, under /api/v1: the one place that routes, OpenAPI document, tests and screens take it from. */
export const ROUTES = {
  ...KIOSK_ROUTES,
  ...BOOKING_ROUTES,
  ...AUTH_ROUTES,
  ...UNIVERSITY_ROUTES,
  ...GROUP_ROUTES,
  ...SPACE_ROUTES,
  ...NOTIFICATION_ROUTES,
  ...CHANGE_ROUTES,
  ...DOCUMENT_ROUTES,
} as const satisfies Record<string, Contract>

/** Name of a call: method and path. */
export type RouteName = keyof typeof ROUTES
/** What is sent with a call. */
export type RouteInput<Name extends RouteName> = HttpInput<(typeof ROUTES)[Name]>
/** What it gives. */
export type RouteAnswer<Name extends RouteName> = CallAnswer<(typeof ROUTES)[Name]>
