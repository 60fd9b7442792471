import { Type, type Static } from 'typebox'
import { ReachedQuota } from '../domain/booking.ts'
import { Id } from '../domain/space.ts'

/** Why an HTTP call is refused, and the status that says so. A closed list. */
export const HTTP_STATUS = {
  malformed: 400,
  universityNeeded: 400,
  signInNeeded: 401,
  credentialsRefused: 401,
  accountBlocked: 403,
  codeRefused: 403,
  badProof: 403,
  crossSite: 403,
  notAllowed: 403,
  notTrusted: 403,
  passwordNeeded: 403,
  notFound: 404,
  methodNotAllowed: 405,
  stale: 409,
  nameTaken: 409,
  lastAdmin: 409,
  bookingConflict: 409,
  outsideHours: 409,
  roomNotBookable: 409,
  tooFarAhead: 409,
  hasChildren: 409,
  composite: 409,
  quotaReached: 409,
  spaceDeleted: 410,
  roomGone: 410,
  bookingOver: 410,
  linkRefused: 410,
  tooLarge: 413,
  unsupportedMediaType: 415,
  hostRefused: 421,
  addressRefused: 422,
  passwordRefused: 422,
  nameRefused: 422,
  keyReused: 422,
  spanRefused: 422,
  inThePast: 422,
  tooShort: 422,
  tooLong: 422,
  groupNeeded: 422,
  valueRefused: 422,
  tooMany: 429,
  internal: 500,
  unavailable: 503,
  directoryAway: 503,
} as const

/** Code of an HTTP refusal. */
export type HttpErrorCode = keyof typeof HTTP_STATUS

/** Refusals that any call may be answered with, beside those of its contract. */
export const COMMON_REFUSALS = [
  'malformed',
  'crossSite',
  'notFound',
  'methodNotAllowed',
  'tooLarge',
  'unsupportedMediaType',
  'hostRefused',
  'tooMany',
  'internal',
  'unavailable',
] as const satisfies readonly HttpErrorCode[]

const HttpErrorName = Type.Enum(Object.keys(HTTP_STATUS) as HttpErrorCode[])

/** Why a password is not taken. [IDN-4] */
export const PasswordFault = Type.Enum([
  'tooShort',
  'tooLong',
  'onlyDigits',
  'common',
  'isAddress',
  'controls',
])
export type PasswordFault = Static<typeof PasswordFault>

/** The body of every answer that is not a success. */
export const HttpError = Type.Object(
  {
    error: HttpErrorName,
    /** One English sentence; screens have words of their own for each code. */
    message: Type.String(),
    /** Of `malformed`, `valueRefused` and others of one field: that field, as a JSON pointer. */
    at: Type.Optional(Type.String()),
    /** Of `passwordRefused`. */
    faults: Type.Optional(Type.Array(PasswordFault)),
    /** Of `nameRefused`: it is, has, or looks like an address of the web or of mail. [EDG-10] */
    nameFault: Type.Optional(Type.Literal('address')),
    /** Of `hasChildren` and `composite`: the spaces in question. */
    spaces: Type.Optional(Type.Array(Type.Object({ id: Id, name: Type.String() }))),
    /** Of a booking: the rule that refuses it. */
    rule: Type.Optional(Type.String({ pattern: '^[A-Z]{3}-[0-9]+$' })),
    /** Of `bookingConflict`: what is booked already, never by whom. */
    inTheWay: Type.Optional(Type.Array(Type.Object({ start: Type.String(), end: Type.String() }))),
    /** Of `tooShort` and `tooLong`. */
    limitMinutes: Type.Optional(Type.Integer()),
    /** Of `tooFarAhead`: when a booking may end at the latest. */
    until: Type.Optional(Type.String()),
    /** Of `quotaReached` of a booking. */
    quota: Type.Optional(ReachedQuota),
    /** Of `stale`: the row as it is now. */
    current: Type.Optional(Type.Unknown()),
  },
  { additionalProperties: false },
)
export type HttpError = Static<typeof HttpError>
