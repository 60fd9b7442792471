import { Type, type Static } from 'typebox'
import { KeyGrade, KioskRole, MAX_KIOSK_NAME_LENGTH } from '../domain/kiosk.ts'
import { Id } from '../domain/space.ts'

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

/** Why an HTTP call is refused. A closed list; each has one status. */
export const HttpErrorCode = Type.Enum([
  'malformed',
  'tooLarge',
  'notFound',
  'methodNotAllowed',
  'unsupportedMediaType',
  'tooMany',
  'codeRefused',
  'badProof',
  'hostRefused',
  'unavailable',
  'internal',
])
export type HttpErrorCode = Static<typeof HttpErrorCode>

/** The body of every answer that is not a success. */
export const HttpError = Type.Object(
  { error: HttpErrorCode, message: Type.String() },
  { additionalProperties: false },
)
export type HttpError = Static<typeof HttpError>

/** HTTP status of each refusal. A code that is wrong, used or out of date gets one and the same answer: nothing to probe. */
export const HTTP_STATUS: Record<HttpErrorCode, number> = {
  malformed: 400,
  tooLarge: 413,
  notFound: 404,
  methodNotAllowed: 405,
  unsupportedMediaType: 415,
  tooMany: 429,
  codeRefused: 403,
  badProof: 403,
  hostRefused: 421,
  unavailable: 503,
  internal: 500,
}
