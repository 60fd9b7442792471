/** How many tries there may be in a window of time. */
export interface AttemptLimit {
  count: number
  windowMs: number
}

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

const TEN_MINUTES_MS = 10 * MINUTE_MS

/**
 * Limits of attempts at accounts: per account (as it was named, whether or not there is one), and per address of the
 * network. Counted by all hubs together, before a try is checked. A campus may have one address: what is counted there is
 * what all of it does at the busiest hour, and an installation may say otherwise. [IDN-12] [EDG-6]
 */
export const ACCOUNT_LIMITS = {
  signIn: { perAccount: { count: 10, windowMs: MINUTE_MS }, perAddress: { count: 600, windowMs: MINUTE_MS } },
  /** Wrong passwords alone; over it nobody signs in from there. It keeps guesses over many accounts few. [EDG-7] */
  wrongPassword: {
    perAccount: { count: 300, windowMs: TEN_MINUTES_MS },
    perAddress: { count: 300, windowMs: TEN_MINUTES_MS },
  },
  register: { perAccount: { count: 3, windowMs: HOUR_MS }, perAddress: { count: 600, windowMs: HOUR_MS } },
  /**
   * New passwords that are checked, of new accounts too: people try several, and each costs the hub some milliseconds. The password checker
   * has few slots (IDN-25), so that this may be more than somebody sends for a joke. [EDG-13]
   */
  password: {
    perAccount: { count: 10, windowMs: TEN_MINUTES_MS },
    perAddress: { count: 3_000, windowMs: TEN_MINUTES_MS },
  },
  resend: { perAccount: { count: 3, windowMs: HOUR_MS }, perAddress: { count: 300, windowMs: HOUR_MS } },
  forgotten: { perAccount: { count: 3, windowMs: HOUR_MS }, perAddress: { count: 300, windowMs: HOUR_MS } },
  /** Links that are shown, right or wrong; their tokens cannot be guessed, this only keeps the database quiet. */
  link: { perAccount: { count: 20, windowMs: MINUTE_MS }, perAddress: { count: 600, windowMs: MINUTE_MS } },
  /** Acts of one person that are logged for ever. [AUD-6] */
  act: { perAccount: { count: 600, windowMs: HOUR_MS }, perAddress: { count: 20_000, windowMs: HOUR_MS } },
  /** Heavy reads: a person with three open pages makes some ten in a minute. [EDG-16] */
  read: {
    perAccount: { count: 120, windowMs: MINUTE_MS },
    perAddress: { count: 60_000, windowMs: MINUTE_MS },
  },
} as const satisfies Record<string, { perAccount: AttemptLimit; perAddress: AttemptLimit }>

/** Name of a limit of attempts. */
export type AccountLimitName = keyof typeof ACCOUNT_LIMITS

/** All limits of attempts. */
export type AccountLimits = Record<AccountLimitName, { perAccount: AttemptLimit; perAddress: AttemptLimit }>

/** How many requests for universities may wait. */
export interface RequestLimits {
  inAll: number
  /** From one address of the network. */
  perAddress: number
}

/** Unless an installation says otherwise: more than a hundred nobody looks through, and one person needs one. [UNI-1] */
export const REQUEST_LIMITS: RequestLimits = { inAll: 100, perAddress: 3 }

/** Sockets that one address of the network may have at a hub. [EDG-14] */
export interface SocketLimits {
  /** Unauthenticated connections of kiosks. */
  newKiosks: number
  /** Unauthenticated connections of people's pages. */
  newPages: number
  /** Of people's pages in all. */
  pages: number
}

/** Unless an installation says otherwise: half of what a hub takes in all, as a campus needs it after a restart. [EDG-14] */
export const SOCKET_LIMITS: SocketLimits = { newKiosks: 8_192, newPages: 1_024, pages: 10_000 }

/** How many calls of one owner may run and wait at once; one more is refused. */
export interface OwnerLimit {
  running: number
  waiting: number
}

/** How calls over HTTP share a hub. */
export interface CallLimits {
  /** Calls of one signed-in session. [EDG-20] */
  perSession: OwnerLimit
  /** Calls without a session from one address of the network. [EDG-22] */
  perAddress: OwnerLimit
  /** Heavy reads that are made at once, of all people together. [EDG-21] */
  heavyReads: number
  /** A call waits no longer than this before it is begun. [EDG-23] */
  waitMs: number
}

/**
 * Unless an installation says otherwise. A page asks for a few things at once; a campus may have one address. Heavy reads leave
 * most database connections to what takes less long.
 */
export const CALL_LIMITS: CallLimits = {
  perSession: { running: 2, waiting: 64 },
  perAddress: { running: 32, waiting: 1_024 },
  heavyReads: 4,
  waitMs: 10_000,
}

/** Enrolments with a wrong code or proof that one address of the network may make in a minute. [SYN-20] */
export const FAILED_ENROLMENTS: AttemptLimit = { count: 60, windowMs: MINUTE_MS }
