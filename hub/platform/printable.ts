/** Invisible in writing, turning it around, a terminal's own commands, or (NUL, half a surrogate pair) nothing that PostgreSQL can keep. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u

/** Whether a text from outside may be kept and shown to staff as it is. [SYN-15] */
export function isPrintable(text: string): boolean {
  return !UNPRINTABLE.test(text)
}
