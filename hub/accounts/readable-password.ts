import { randomInt } from 'node:crypto'

/** Letters and digits that nobody mistakes for each other; 16 of them are 78 bits. */
const ALPHABET = 'abcdefghjkmnpqrstuvwxyz23456789'

/** A password to be read from a screen and typed once. [IMP-8] */
export function makeReadablePassword(): string {
  const part = (): string => Array.from({ length: 4 }, () => ALPHABET[randomInt(ALPHABET.length)]).join('')
  return [part(), part(), part(), part()].join('-')
}
