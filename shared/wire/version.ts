/** The version of the protocol between kiosk and hub: since 2 with `levels`, since 3 with any language and with texts in several. [SYN-13] */
export const PROTOCOL = 3

/** Versions that a hub speaks, best first. [SYN-13] */
export const PROTOCOLS: readonly number[] = [PROTOCOL, 2, 1]

/** Whether changed levels come in short; before, as whole rows. */
export function hasLevels(protocol: number): boolean {
  return protocol >= 2
}

/** Whether a kiosk takes an assignment in a language that it does not know; before, it refuses the assignment. [LNG-5] */
export function takesAnyLanguage(protocol: number): boolean {
  return protocol >= 3
}

/** Whether a kiosk takes rows with texts in other languages; before, it refuses the row. [TXT-5] */
export function takesTexts(protocol: number): boolean {
  return protocol >= 3
}

/** Whether welcomes give resume keys, and hellos may prove themselves by them. [SYN-38] */
export function hasResumeKeys(protocol: number): boolean {
  return protocol >= 3
}

/** Whether hellos and welcomes name capabilities, and rows of collections travel; before, hours are facts of a space. [SYN-31] [SYN-34] */
export function hasCapabilities(protocol: number): boolean {
  return protocol >= 3
}

/** Whether an outcome may be `internal`; before, such a one is `malformed`. [SYN-36] */
export function knowsInternal(protocol: number): boolean {
  return protocol >= 3
}
