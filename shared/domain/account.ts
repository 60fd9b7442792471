import { Type, type Static } from 'typebox'
import { Permission } from './group.ts'
import { Id } from './space.ts'
import { Locale } from './university.ts'

/** Longest address that mail can be sent to, in characters (RFC 5321, 4.5.3.1.3). */
export const MAX_ADDRESS_LENGTH = 254

/** Length of a password, in characters: [IDN-4]; the upper bound only keeps hashing cheap. */
export const MIN_PASSWORD_LENGTH = 10
/** Longest password, in characters. */
export const MAX_PASSWORD_LENGTH = 256

/** The longest name that somebody goes by, and the longest username of a directory, in characters. */
export const MAX_DISPLAYNAME_LENGTH = 80
/** Longest username, in characters. */
export const MAX_USERNAME_LENGTH = 64

/** An email address as typed; `parseAddress` has the rules. */
export const AddressText = Type.String({ minLength: 1, maxLength: MAX_ADDRESS_LENGTH })

/** A password as typed; the schema takes more than the rule, so that a long one gets the rule's answer. */
export const PasswordText = Type.String({ minLength: 1, maxLength: 1024 })

/** A token of a mailed link: 256 bits, base64url. [IDN-6] */
export const LinkToken = Type.String({ pattern: '^[A-Za-z0-9_-]{43}$' })

/** A signed-in person as they see themselves. */
export const Me = Type.Object(
  {
    id: Id,
    /** Null for platform administrators, who belong to no university. */
    university: Type.Union([
      Type.Null(),
      Type.Object({ id: Id, name: Type.String(), timezone: Type.String(), locale: Locale }),
    ]),
    isPlatformAdmin: Type.Boolean(),
    /** Null for self-registered accounts, who sign in by email. */
    username: Type.Union([Type.Null(), Type.String()]),
    /** Null when a directory knows none. */
    email: Type.Union([Type.Null(), Type.String()]),
    displayname: Type.Union([Type.Null(), Type.String()]),
    locale: Type.Union([Type.Null(), Locale]),
    /** Whether the password is the directory's, and changed there. */
    isFromDirectory: Type.Boolean(),
    groups: Type.Array(
      Type.Object({
        id: Id,
        name: Type.String(),
        isSuper: Type.Boolean(),
        permission: Permission,
      }),
    ),
  },
  { additionalProperties: false },
)
export type Me = Static<typeof Me>
