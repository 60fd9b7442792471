import type { AccountLimits } from '#shared/domain/conduct.ts'
import type { HubLog } from '../platform/log.ts'
import type { CookieSettings } from './refresh-cookie.ts'
import { makeOwnerSlots, type OwnerSlots } from '../platform/owner-slots.ts'
import type { Database } from '../platform/postgres/database.ts'
import type { Semaphore } from '../platform/semaphore.ts'
import type { AccessTokens } from './access-tokens.ts'
import type { Directories } from '../directories/directories.ts'
import type { IsCommon } from './password-checker.ts'
import type { Passwords } from './passwords.ts'
import type { ServerKeys } from '../platform/secrets/server-secret.ts'

/**
 * Slots for passwords that are checked, hashed or compared: as many as a full lecture hall needs at once, of which no address of
 * the network (no person, once it is known who they are) can hold all. Without a slot a call is refused at no cost. [IDN-25]
 */
export interface PasswordSlots {
  /** New passwords: checked, then hashed, twice at a registration; with all slots taken the last one waits eight seconds. */
  newPassword: OwnerSlots
  /** Passwords that are compared with those of this hub; with all slots taken the last one waits four seconds. */
  comparison: OwnerSlots
}

const MAX_SLOTS = 400
const MAX_SLOTS_PER_OWNER = 300

/** Makes the slots; once for a whole hub. */
export function makePasswordSlots(total = MAX_SLOTS, perOwner = MAX_SLOTS_PER_OWNER): PasswordSlots {
  return { newPassword: makeOwnerSlots(total, perOwner), comparison: makeOwnerSlots(total, perOwner) }
}

/** What accounts, sessions and mail are given; one for a whole hub. */
export interface IdentityDependencies {
  /** Keys from the server's secret: for mailed links (`makeLink`), refresh tokens and hashes of addresses. */
  keys: ServerKeys
  /** The directories of the universities. */
  directories: Directories
  /** Starts sending what waits in the outbox, without waiting for the next round; returns at once. */
  kickMail(): void
  /** Whether mail reaches addresses beyond ASCII; null while the mail server does not answer. [IDN-18] */
  mailTakesUtf8(): Promise<boolean | null>
  passwords: Passwords
  /** Limits the statements of sign-ins that run at once: a crowd that signs in must not hold up reports. [IDN-12] */
  signInSemaphore: Semaphore
  isCommon: IsCommon
  passwordSlots: PasswordSlots
  limits: AccountLimits
  cookie: CookieSettings
  /**
   * Answers that must not tell whether an address is known are given no earlier than this after the question: the few
   * statements more or less that lie between both take a hundredth of it. [IDN-2]
   */
  minimumAnswerMs: number
}

/** The same with what a running app adds. */
export interface AccountDependencies extends IdentityDependencies {
  pool: Database
  log: HubLog
  tokens: AccessTokens
}
