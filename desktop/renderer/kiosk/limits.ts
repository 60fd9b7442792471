// The same number as in shared/wire/bridge.ts; repeated, because that file declares schemas too. A test holds them equal.

/** The most letters of a page's fault that are written down. */
export const MAX_FAULT_LETTERS = 600
