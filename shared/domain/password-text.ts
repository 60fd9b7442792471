/** Controls, and halves of surrogate pairs, which no encoding keeps apart. */
const REFUSED = /[\p{Cc}\p{Cs}]/u

/**
 * A password in the one spelling in which it is checked, hashed and compared (OpaqueString of RFC 8265): blanks of any sort
 * are U+0020, and letters are in Unicode normal form C, so that every keyboard types the same. Case, blanks and anything
 * else stay. Null for what cannot be a password: an empty text, and one with control characters. [IDN-19]
 */
export function preparePassword(typed: string): string | null {
  const text = typed.replaceAll(/\p{Zs}/gu, ' ').normalize('NFC')
  return text === '' || REFUSED.test(text) ? null : text
}
