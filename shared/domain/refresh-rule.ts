/** How long a refresh token is good, and how long a sign-in can be renewed at most. */
export const REFRESH_TOKEN_MS = 7 * 24 * 3_600_000
export const MAX_SESSION_MS = 90 * 24 * 3_600_000

/** Two tabs, or a request whose answer was lost, show the same token again; after this it was stolen. */
export const REPEAT_PATIENCE_MS = 30_000

/** A session as it stands, and the genuine token that was shown for it. */
export interface RefreshFacts {
  /** Number of the token within its family. */
  shown: number
  /** Number of the newest token that was given. */
  newest: number
  /** Whether the shown token is, letter by letter, the newest one; tells nothing of older ones. */
  isNewest: boolean
  rotatedAtMs: number
  nowMs: number
  /** Whether it comes from the user agent that made the last step. */
  isSameAgent: boolean
}

/**
 * What becomes of a refresh token: the newest one is traded for the next; the one before it gets that same successor
 * again, for thirty seconds and the same user agent; anything else was used twice, and ends the family. [IDN-8]
 */
export function decideRefresh(facts: RefreshFacts): 'next' | 'same' | 'revoke' {
  if (facts.shown === facts.newest) return facts.isNewest ? 'next' : 'revoke'
  const isBefore = facts.shown === facts.newest - 1
  const isSoon = facts.nowMs - facts.rotatedAtMs <= REPEAT_PATIENCE_MS
  return isBefore && isSoon && facts.isSameAgent ? 'same' : 'revoke'
}
