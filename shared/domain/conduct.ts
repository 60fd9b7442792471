/** How many tries there may be in a window of time. */
export interface TryLimit {
  count: number
  windowMs: number
}

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

/**
 * Tries at the doors of accounts: per account (as it was named, whether or not there is one), and per address of the
 * network. Counted by all hubs together, before a try is judged. [IDN-12]
 */
export const ACCOUNT_LIMITS = {
  signIn: { perAccount: { count: 10, windowMs: MINUTE_MS }, perAddress: { count: 60, windowMs: MINUTE_MS } },
  register: { perAccount: { count: 3, windowMs: HOUR_MS }, perAddress: { count: 3, windowMs: HOUR_MS } },
  resend: { perAccount: { count: 3, windowMs: HOUR_MS }, perAddress: { count: 3, windowMs: HOUR_MS } },
  forgotten: { perAccount: { count: 3, windowMs: HOUR_MS }, perAddress: { count: 3, windowMs: HOUR_MS } },
  /** Passwords that somebody signed in, or with a mailed link, would have: each is judged at some cost. [IDN-20] */
  password: {
    perAccount: { count: 10, windowMs: 10 * MINUTE_MS },
    perAddress: { count: 300, windowMs: 10 * MINUTE_MS },
  },
  /** Links that are shown, right or wrong; their tokens cannot be guessed, this only keeps the database quiet. */
  link: { perAccount: { count: 20, windowMs: MINUTE_MS }, perAddress: { count: 60, windowMs: MINUTE_MS } },
} as const satisfies Record<string, { perAccount: TryLimit; perAddress: TryLimit }>

/** A door of accounts at which tries are counted. */
export type AccountDoor = keyof typeof ACCOUNT_LIMITS

/** The limits of all doors. */
export type AccountLimits = Record<AccountDoor, { perAccount: TryLimit; perAddress: TryLimit }>

/** How many requests for universities may wait. */
export interface RequestLimits {
  inAll: number
  /** From one address of the network. */
  perAddress: number
}

/** Unless an installation says otherwise: more than a hundred nobody looks through, and one person needs one. [UNI-1] */
export const REQUEST_LIMITS: RequestLimits = { inAll: 100, perAddress: 3 }
