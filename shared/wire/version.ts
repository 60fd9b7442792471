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

/** Whether acks name a fault of the hub's own as `internal`; before, as `malformed`. [SYN-36] */
export function knowsInternal(protocol: number): boolean {
  return protocol >= 3
}
