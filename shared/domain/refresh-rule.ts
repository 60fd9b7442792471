/** How long a refresh token is valid. */
export const REFRESH_TOKEN_MS = 7 * 24 * 3_600_000
/** How long after the sign-in a session can be renewed at most. */
export const MAX_SESSION_MS = 90 * 24 * 3_600_000

/** Tabs of one browser may send the same token within this time, whenever it is exchanged; that is no reuse. */
export const TABS_GRACE_MS = 30_000

/** For so long a lost answer may be asked for again: a phone may be without network, or a laptop asleep. */
export const LOST_ANSWER_MS = 24 * 3_600_000

/** So many lost answers a day are normal; more repeats of old tokens mean that a thief has them. */
export const MAX_REPEATS = 5
/** The window in which repeats are counted. */
export const REPEATS_WINDOW_MS = 24 * 3_600_000

/** A session as it stands, and the genuine token that was shown for it. */
export interface RefreshFacts {
  /** Number of the token within its family. */
  shown: number
  /** Number of the newest token that was given. */
  newest: number
  /** Whether the shown token is, letter by letter, the newest one; says nothing of older ones. */
  isNewest: boolean
  /** When the newest was made, and when it was given last: then, or again. */
  rotatedAtMs: number
  givenAtMs: number
  nowMs: number
  /** Whether it comes from the user agent that the newest was given to. */
  isSameAgent: boolean
  /** How often within the last day the same successor was given again, tabs at once left out. */
  repeatCount: number
}

/**
 * What becomes of a refresh token. The newest one is traded for the next. The one before it gets that same successor again
 * while nobody has shown the successor, since its answer may have been lost: to tabs at once (`same`), and within a day
 * five times (`again`, which is counted and written down). Anything else was used twice, and ends the family. [IDN-8]
 */
export function decideRefresh(facts: RefreshFacts): 'next' | 'same' | 'again' | 'revoke' {
  if (facts.shown === facts.newest) return facts.isNewest ? 'next' : 'revoke'
  // A successor that was shown has one itself, and the token before it is two behind.
  if (facts.shown !== facts.newest - 1) return 'revoke'
  if (facts.nowMs - facts.rotatedAtMs > LOST_ANSWER_MS) return 'revoke'
  if (facts.nowMs - facts.givenAtMs <= TABS_GRACE_MS && facts.isSameAgent) return 'same'
  return facts.repeatCount < MAX_REPEATS ? 'again' : 'revoke'
}
