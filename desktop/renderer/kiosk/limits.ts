// The same numbers as in shared/wire/bridge.ts; repeated, because that file declares schemas too. A test holds them equal.

/** The most letters of a page's fault that are written down. */
export const MAX_FAULT_LETTERS = 600

/** Without any word for so long, a page whose engine beat before is not connected to it. [KSK-17] */
export const SILENT_ENGINE_MS = 5_000
