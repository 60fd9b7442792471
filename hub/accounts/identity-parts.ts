import type { AccountLimits } from '#shared/domain/conduct.ts'
import type { HubLog } from '../platform/log.ts'
import type { CookieSettings } from './refresh-cookie.ts'
import { makePlaces, type Places } from '../platform/places.ts'
import type { Database } from '../platform/postgres/database.ts'
import type { Turnstile } from '../platform/semaphore.ts'
import type { AccessTokens } from './access-tokens.ts'
import type { DirectoryDesk } from '../directories/directory-desk.ts'
import type { IsCommon } from './password-judge.ts'
import type { Passwords } from './passwords.ts'
import type { ServerKeys } from '../platform/secrets/server-secret.ts'

/**
 * Places of those whose password is worked on: a lecture hall has room at once, and no address of the network (no person,
 * once it is known who they are) holds them all. Whose place it is not waits outside at no cost. [IDN-25]
 */
export interface PasswordPlaces {
  /** New passwords: judged, then hashed, twice at a registration; the last of a full house waits eight seconds. */
  chosen: Places
  /** Passwords that are compared with those of this hub; the last of a full house waits four seconds. */
  shown: Places
}

const PLACES = 400
const PLACES_OF_ONE = 300

/** Makes them; one for a whole hub. */
export function makePasswordPlaces(inAll = PLACES, ofOne = PLACES_OF_ONE): PasswordPlaces {
  return { chosen: makePlaces(inAll, ofOne), shown: makePlaces(inAll, ofOne) }
}

/** What accounts, sessions and mail are made of; one for a whole hub. */
export interface IdentityParts {
  /** Keys from the server's secret: for mailed links (`makeLink`), refresh tokens and hashes of addresses. */
  keys: ServerKeys
  /** The directories of the universities. */
  directories: DirectoryDesk
  /** Sends what waits in the outbox now instead of at the next round; returns at once. */
  kickMail(): void
  /** Whether mail reaches addresses beyond ASCII; null while the mail server does not answer. [IDN-18] */
  mailTakesUtf8(): Promise<boolean | null>
  passwords: Passwords
  /** Before the statements of a sign-in: a crowd that comes at once must not stand in the way of reports. [IDN-12] */
  signInDoor: Turnstile
  isCommon: IsCommon
  places: PasswordPlaces
  limits: AccountLimits
  cookie: CookieSettings
  /**
   * Answers that must not tell whether an address is known are given no earlier than this after the question: the few
   * statements more or less that lie between both take a hundredth of it. [IDN-2]
   */
  maskMs: number
}

/** The same with what a running app adds. */
export interface AccountParts extends IdentityParts {
  pool: Database
  log: HubLog
  tokens: AccessTokens
}
